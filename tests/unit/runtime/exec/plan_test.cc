#include "runtime/exec/plan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::runtime {
namespace {

const Json kContainer = {{"terminal", true},
                         {"consoleSize", {{"height", 1}, {"width", 1}}},
                         {"user", {{"uid", 1000}, {"gid", 1000}}},
                         {"args", {"server"}},
                         {"env", {"PATH=/bin", "HOME=/home/app", "COLOUR=teal"}},
                         {"cwd", "/srv"},
                         {"capabilities", {{"bounding", {"CAP_CHOWN"}}}},
                         {"noNewPrivileges", true}};

TEST(ExecProcess, IsTheContainersOwnButForTheCommand) {
  ExecRequest request;
  request.command = {"ps", "-e"};
  const Json process = exec_process(kContainer, request, std::nullopt);
  Json expected = kContainer;
  expected["args"] = {"ps", "-e"};
  expected["terminal"] = false;
  expected.erase("consoleSize");
  EXPECT_EQ(process, expected);
}

TEST(ExecProcess, ATerminalHasASizeAndAType) {
  ExecRequest request;
  request.command = {"sh"};
  request.terminal = true;
  request.size = {40, 100};
  const Json process = exec_process(kContainer, request, std::nullopt);
  EXPECT_EQ(process["consoleSize"].dump(), R"({"height":40,"width":100})");
  EXPECT_EQ(process["env"].back(), "TERM=xterm");
  Json with_term = kContainer;
  with_term["env"].push_back("TERM=vt100");
  EXPECT_EQ(exec_process(with_term, request, std::nullopt)["env"].back(), "TERM=vt100");
}

TEST(ExecProcess, AnotherUserHasAnotherHome) {
  ExecRequest request;
  request.command = {"sh"};
  request.working_directory = "/";
  request.environment = {"COLOUR=red", "NEW=a=b"};
  ContainerUser root;
  root.home = "/root";
  root.additional_gids = {0, 4};
  const Json process = exec_process(kContainer, request, root);
  EXPECT_EQ(process["user"].dump(), R"({"uid":0,"gid":0,"additionalGids":[0,4]})");
  EXPECT_EQ(process["env"].dump(), R"(["PATH=/bin","HOME=/root","COLOUR=red","NEW=a=b"])");
  EXPECT_EQ(process["cwd"], "/");
  EXPECT_EQ(process["capabilities"], kContainer["capabilities"]);
}

}  // namespace
}  // namespace drydock::runtime
