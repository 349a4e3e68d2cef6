#include "control/block_volume.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::control {
namespace {

taskdef::TaskDefinition definition() {
  taskdef::TaskDefinition d;
  d.volumes.resize(1);
  d.volumes[0].name = "data";
  d.volumes[0].configured_at_launch = true;
  return d;
}

auto asked(const std::string& managed) {
  return block_volume_of(
      *parse_json(R"({"volumeConfigurations": [{"name": "data", "managedEBSVolume": )" + managed +
                  "}]}"),
      definition());
}

TEST(BlockVolume, IsWhatRunTaskAskedFor) {
  const auto volume = asked(
      R"({"roleArn": "r", "sizeInGiB": 3, "terminationPolicy": {"deleteOnTermination": false}})");
  ASSERT_TRUE(volume && *volume);
  EXPECT_EQ((*volume)->size_gib, 3);
  EXPECT_EQ((*volume)->file_system, "xfs");
  EXPECT_FALSE((*volume)->delete_on_termination);
  EXPECT_EQ(block_volume_of_json(block_volume_json(**volume)), **volume);
  EXPECT_FALSE(block_volume_of(Json::object(), definition()).value());
}

TEST(BlockVolume, WhatCannotBeIsRefused) {
  for (const char* managed :
       {R"({"sizeInGiB": 3})", R"({"roleArn": "r"})", R"({"roleArn": "r", "sizeInGiB": 70000})",
        R"({"roleArn": "r", "sizeInGiB": 3, "snapshotId": "snap-1"})",
        R"({"roleArn": "r", "sizeInGiB": 3, "filesystemType": "ntfs"})"})
    EXPECT_FALSE(asked(managed)) << managed;
  const auto other = block_volume_of(
      *parse_json(R"({"volumeConfigurations": [{"name": "other"}]})"), definition());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message,
            "The volume name 'other' in your request does not have a matching volume in your Task "
            "Definition");
}

TEST(BlockVolume, ItsAttachmentHasTheDetailsOfTheApi) {
  volumes::BlockVolume volume{"data", "vol-1", "role", "id", 1};
  EXPECT_EQ(dump_json(block_attachment(volume, "ATTACHED")),
            R"({"id":"id","type":"AmazonElasticBlockStorage","status":"ATTACHED","details":[)"
            R"({"name":"roleArn","value":"role"},{"name":"deleteOnTermination","value":"true"},)"
            R"({"name":"volumeName","value":"data"},{"name":"volumeId","value":"vol-1"}]})");
}

}  // namespace
}  // namespace drydock::control
