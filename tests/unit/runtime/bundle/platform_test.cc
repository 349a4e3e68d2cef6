#include "runtime/bundle/platform.h"

#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

std::string registration(const std::string& state, const std::string& flags,
                         const std::string& e_machine) {
  return state + "\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: " + flags +
         "\noffset 0\nmagic 7f454c460201010000000000000000000200" + e_machine +
         "00\nmask ffffffffffffff00fffffffffffffffffeffffff\n";
}

TEST(Platform, AnEmulatorCountsWhenItWorksInsideAContainer) {
  EXPECT_TRUE(emulates({registration("enabled", "POCF", "b700")}, "ARM64"));
  EXPECT_TRUE(emulates({registration("enabled", "F", "3e00")}, "X86_64"));
  EXPECT_FALSE(emulates({registration("enabled", "POC", "b700")}, "ARM64"));
  EXPECT_FALSE(emulates({registration("disabled", "POCF", "b700")}, "ARM64"));
  EXPECT_FALSE(emulates({registration("enabled", "POCF", "3e00")}, "ARM64"));
  EXPECT_FALSE(
      emulates({"enabled\ninterpreter /usr/bin/jexec\nflags: F\nextension .jar\n", ""}, "ARM64"));
}

TEST(Platform, WhatCannotRunIsRefusedInTheWordsOfEcs) {
  taskdef::TaskDefinition task;
  EXPECT_TRUE(check_platform(task, "x86_64", {}));
  task.cpu_architecture = "X86_64";
  EXPECT_TRUE(check_platform(task, "x86_64", {}));
  task.cpu_architecture = "ARM64";
  EXPECT_TRUE(check_platform(task, "aarch64", {}));
  EXPECT_TRUE(check_platform(task, "x86_64", {registration("enabled", "POCF", "b700")}));
  const auto arm = check_platform(task, "x86_64", {});
  ASSERT_FALSE(arm);
  EXPECT_EQ(arm.error().message.find(
                "image Manifest does not contain descriptor matching platform 'linux/arm64' ("),
            0u);
  EXPECT_NE(arm.error().message.find("qemu-user-static"), std::string::npos);
  task = {};
  task.operating_system_family = "WINDOWS_SERVER_2022_CORE";
  const auto windows = check_platform(task, "x86_64", {});
  ASSERT_FALSE(windows);
  EXPECT_NE(windows.error().message.find("'windows/amd64'"), std::string::npos);
}

}  // namespace
}  // namespace drydock::runtime
