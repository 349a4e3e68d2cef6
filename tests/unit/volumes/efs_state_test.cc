#include "volumes/efs_state.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::volumes {
namespace {

Result<AccessPoint> read(const char* text) { return access_point_of(*parse_json(text)); }

TEST(EfsState, AnAccessPointIsReadInTheWordsOfEfs) {
  const auto point = read(R"({"FileSystemId": "fs-1",
      "PosixUser": {"Uid": 1000, "Gid": 1001, "SecondaryGids": [5, 6]},
      "RootDirectory": {"Path": "/a//b/", "CreationInfo":
          {"OwnerUid": 1, "OwnerGid": 2, "Permissions": "0750"}}})");
  ASSERT_TRUE(point) << point.error().message;
  EXPECT_EQ(point->path, "/a/b");
  EXPECT_EQ(point->user, (PosixUser{1000, 1001, {5, 6}}));
  EXPECT_EQ(point->creation, (CreationInfo{1, 2, 0750, "0750"}));
  EXPECT_EQ(dump_json(access_point_json(*point)),
            R"({"PosixUser":{"Uid":1000,"Gid":1001,"SecondaryGids":[5,6]},)"
            R"("RootDirectory":{"Path":"/a/b","CreationInfo":)"
            R"({"OwnerUid":1,"OwnerGid":2,"Permissions":"0750"}}})");
}

TEST(EfsState, WithoutMoreItIsTheWholeFileSystem) {
  const auto point = read(R"({"FileSystemId": "fs-1"})");
  ASSERT_TRUE(point);
  EXPECT_EQ(point->path, "/");
  EXPECT_FALSE(point->user);
  EXPECT_FALSE(point->creation);
}

TEST(EfsState, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"({})", "FileSystemId"},
      {R"({"FileSystemId": "../x"})", "FileSystemId"},
      {R"({"FileSystemId": "fs-/x"})", "FileSystemId"},
      {R"({"FileSystemId": "fs-1", "PosixUser": {"Uid": -1, "Gid": 0}})", "PosixUser.Uid"},
      {R"({"FileSystemId": "fs-1", "PosixUser": {"Uid": 0, "Gid": 4294967295}})", "PosixUser.Gid"},
      {R"({"FileSystemId": "fs-1", "PosixUser": {"Uid": 0}})", "PosixUser.Gid"},
      {R"({"FileSystemId": "fs-1", "PosixUser": {"Uid": 0, "Gid": 0, "SecondaryGids": 5}})",
       "SecondaryGids"},
      {R"({"FileSystemId": "fs-1", "PosixUser": "root"})", "PosixUser.Uid"},
      {R"({"FileSystemId": "fs-1", "RootDirectory": {"Path": "a"}})", "Path"},
      {R"({"FileSystemId": "fs-1", "RootDirectory": {"Path": "/a/../b"}})", "Path"},
      {R"({"FileSystemId": "fs-1", "RootDirectory": {"Path": "/1/2/3/4/5"}})", "Path"},
      {R"({"FileSystemId": "fs-1", "RootDirectory": {"CreationInfo":
           {"OwnerUid": 1, "OwnerGid": 1, "Permissions": "888"}}})",
       "Permissions"}};
  for (const auto& [text, member] : kCases) {
    const auto point = read(text);
    ASSERT_FALSE(point) << text;
    EXPECT_NE(point.error().message.find(member), std::string::npos) << point.error().message;
  }
}

TEST(EfsState, WhatIsKeptComesBackWithoutWhatIsConfigured) {
  EfsState state;
  state.file_systems["fs-1"] = {"fs-1", "/srv/x", "token", "{}", {{"Name", "web"}}, 12.5, false};
  state.access_points["fsap-1"] = {
      "fsap-1",     "fs-1", "/a", PosixUser{1, 2, {3}}, CreationInfo{1, 2, 0700, "0700"}, "t",
      {{"k", "v"}}, 13.5,   false};
  state.mount_targets["fsmt-1"] = {"fsmt-1", "fs-1", "subnet-1", "192.0.2.7", {"sg-1", "sg-2"}};
  EXPECT_EQ(*state_of(stored_state(state)), state);
  state.access_points["fsap-1"].configured = true;
  state.file_systems["fs-1"].configured = true;
  const auto back = state_of(stored_state(state));
  EXPECT_TRUE(back->access_points.empty());
  EXPECT_EQ(back->file_systems.at("fs-1").folder, "");
}

}  // namespace
}  // namespace drydock::volumes
