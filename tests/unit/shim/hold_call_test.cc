#include "runtime/shim/hold_call.h"

#include <gtest/gtest.h>

namespace drydock::runtime::shim {
namespace {

TEST(HoldCall, ArgumentsAreReadBack) {
  const HoldCall call = {"/run/x/.sandbox", 128, {"/sys/fs/cgroup/memory/a/cgroup.procs"}};
  EXPECT_EQ(parse_hold_call(arguments(call)).value(), call);
}

TEST(HoldCall, WrongArgumentsAreNamed) {
  for (const auto& [args, word] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"hold", "--folder", "x"}, "absolute"},
           {{"hold", "--folder"}, "--folder"},
           {{"hold", "--shm", "0", "--folder", "/x"}, "--shm"},
           {{"hold", "--what", "x", "--folder", "/x"}, "--what"},
           {{"run"}, "hold"}}) {
    const auto call = parse_hold_call(args);
    ASSERT_FALSE(call);
    EXPECT_NE(call.error().message.find(word), std::string::npos) << call.error().message;
  }
}

}  // namespace
}  // namespace drydock::runtime::shim
