#include "runtime/shim/exec_call.h"

#include <gtest/gtest.h>

namespace drydock::runtime::shim {
namespace {

TEST(ExecCall, ComesBackFromItsArguments) {
  const ExecCall call{"/run/x/exec/1", "id-1", "/usr/sbin/runc", "/run/x/runc", true, true,
                      {"/a", "/b"}};
  const auto back = parse_exec_call(arguments(call));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, call);
}

TEST(ExecCall, RefusesWhatItDoesNotKnow) {
  const auto good = arguments(ExecCall{"/f", "id", "/r", "/rr"});
  ASSERT_TRUE(parse_exec_call(good));
  auto with = [&](std::vector<std::string> more) {
    auto all = good;
    all.insert(all.end(), more.begin(), more.end());
    return parse_exec_call(all).has_value();
  };
  EXPECT_FALSE(with({"--other", "x"}));
  EXPECT_FALSE(with({"--folder"}));
  EXPECT_FALSE(with({"--folder", "relative"}));
  EXPECT_FALSE(with({"--id", "-x"}));
  EXPECT_FALSE(parse_exec_call({"run"}));
  EXPECT_FALSE(parse_exec_call({}));
}

}  // namespace
}  // namespace drydock::runtime::shim
