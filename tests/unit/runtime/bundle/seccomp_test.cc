#include "runtime/bundle/seccomp.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "golden.h"
#include "runtime/bundle/capabilities.h"

namespace drydock::runtime {
namespace {

std::vector<std::string> capabilities(const std::vector<std::string>& add,
                                      const std::vector<std::string>& drop = {},
                                      bool privileged = false, std::uint64_t permitted = ~0ull) {
  std::vector<std::string> refused;
  return container_capabilities(add, drop, privileged, permitted, refused);
}

// The action for a call without arguments, "" when only the default applies.
std::string action(const Json& filter, const std::string& call) {
  for (const Json& rule : filter["syscalls"])
    if (!rule.contains("args") &&
        std::find(rule["names"].begin(), rule["names"].end(), call) != rule["names"].end())
      return rule["action"].get<std::string>() +
             (rule.contains("errnoRet") ? " " + rule["errnoRet"].dump() : "");
  return "";
}

TEST(Seccomp, TheDefaultSetGivesTheGoldenFilter) {
  expect_golden("seccomp_default_x86_64.json",
                pretty_json(seccomp_filter(capabilities({}), "x86_64")) + "\n");
}

TEST(Seccomp, CapabilitiesOpenTheirCalls) {
  const Json plain = seccomp_filter(capabilities({}), "x86_64");
  EXPECT_EQ(action(plain, "mount"), "SCMP_ACT_ERRNO 1");
  EXPECT_EQ(action(plain, "unshare"), "SCMP_ACT_ERRNO 1");
  EXPECT_EQ(action(plain, "clone3"), "SCMP_ACT_ERRNO 38");
  EXPECT_EQ(action(plain, "reboot"), "SCMP_ACT_ERRNO 1");
  EXPECT_EQ(action(plain, "chroot"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(plain, "ptrace"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(plain, "openat"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(plain, "io_uring_setup"), "");
  const Json admin = seccomp_filter(capabilities({"SYS_ADMIN"}), "x86_64");
  EXPECT_EQ(action(admin, "mount"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(admin, "clone"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(admin, "clone3"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(seccomp_filter(capabilities({}, {"ALL"}), "x86_64"), "chroot"),
            "SCMP_ACT_ERRNO 1");
}

TEST(Seccomp, NoCallIsBothAllowedAndRefused) {
  for (const auto& caps : {capabilities({}), capabilities({}, {"ALL"}), capabilities({"ALL"}),
                           capabilities({"SYS_PTRACE"})})
    for (const char* machine : {"x86_64", "aarch64"}) {
      const Json filter = seccomp_filter(caps, machine);
      std::set<std::string> seen;
      for (const Json& rule : filter["syscalls"]) {
        if (rule.contains("args")) continue;
        for (const Json& name : rule["names"])
          EXPECT_TRUE(seen.insert(name.get<std::string>()).second)
              << name << " " << caps.size() << " " << machine;
      }
      for (const Json& rule : filter["syscalls"]) {
        if (!rule.contains("args")) continue;
        for (const Json& name : rule["names"])
          EXPECT_FALSE(seen.count(name.get<std::string>())) << name;
      }
    }
}

TEST(Seccomp, ArchitecturesFollowTheMachine) {
  EXPECT_EQ(seccomp_filter({}, "aarch64")["architectures"].dump(),
            R"(["SCMP_ARCH_AARCH64","SCMP_ARCH_ARM"])");
  EXPECT_EQ(action(seccomp_filter({}, "x86_64"), "arch_prctl"), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action(seccomp_filter({}, "aarch64"), "arch_prctl"), "");
  EXPECT_FALSE(seccomp_filter({}, "riscv64").contains("architectures"));
}

TEST(Capabilities, DefaultIsDockersFourteen) {
  EXPECT_EQ(capabilities({}).size(), 14u);
  EXPECT_EQ(capabilities({}).front(), "CAP_CHOWN");
}

TEST(Capabilities, AddAndDropFollowDocker) {
  EXPECT_EQ(capabilities({"SYS_PTRACE"}).size(), 15u);
  EXPECT_EQ(capabilities({}, {"ALL"}).size(), 0u);
  EXPECT_EQ(capabilities({"CHOWN"}, {"ALL"}), std::vector<std::string>{"CAP_CHOWN"});
  EXPECT_EQ(capabilities({"ALL"}, {"SYS_ADMIN"}).size(), 40u);
  EXPECT_EQ(capabilities({"CHOWN"}, {"CHOWN", "KILL"}).size(), 13u);
  EXPECT_EQ(capabilities({}, {"KILL"}, true).size(), 41u);
}

TEST(Capabilities, WhatTheHostLacksIsNamed) {
  std::vector<std::string> refused;
  container_capabilities({"SYS_RESOURCE"}, {}, false, ~(1ull << 24), refused);
  EXPECT_EQ(refused, std::vector<std::string>{"CAP_SYS_RESOURCE"});
}

}  // namespace
}  // namespace drydock::runtime
