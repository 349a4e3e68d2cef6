#include "volumes/plan.h"

#include <gtest/gtest.h>

namespace drydock::volumes {
namespace {

taskdef::TaskDefinition with(const taskdef::Volume& volume) {
  taskdef::TaskDefinition definition;
  definition.volumes = {volume};
  return definition;
}

taskdef::Volume named(const std::string& name) {
  taskdef::Volume volume;
  volume.name = name;
  return volume;
}

PlannedVolume planned(const taskdef::Volume& volume) {
  return volume_plan(with(volume), "t1", "/v")->volumes.at(0);
}

TEST(VolumePlan, AnEmptyVolumeIsAFolderOfTheTask) {
  EXPECT_EQ(planned(named("data")),
            (PlannedVolume{"data", Kind::kTaskFolder, "/v/tasks/t1/data", "", "/v/tasks/t1/data"}));
}

TEST(VolumePlan, AHostPathIsTakenAsItIs) {
  taskdef::Volume volume = named("data");
  volume.host_source_path = "/srv/x";
  EXPECT_EQ(planned(volume), (PlannedVolume{"data", Kind::kHostPath, "/srv/x", "", "/srv/x"}));
  volume.host_source_path = "srv";
  EXPECT_FALSE(volume_plan(with(volume), "t1", "/v"));
}

TEST(VolumePlan, EfsIsKeptPerFileSystem) {
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-12345678";
  EXPECT_EQ(planned(volume), (PlannedVolume{"data", Kind::kKeptFolder, "/v/efs/fs-12345678", "",
                                            "/v/efs/fs-12345678"}));
  volume.efs->root_directory = "//app/./x/";
  EXPECT_EQ(planned(volume), (PlannedVolume{"data", Kind::kKeptFolder, "/v/efs/fs-12345678",
                                            "app/x", "/v/tasks/t1/.bound/data"}));
  EXPECT_EQ(volume_plan(with(volume), "t1", "/v")->notes.size(), 1u);
  volume.efs->root_directory = "/a/../../..";
  EXPECT_FALSE(volume_plan(with(volume), "t1", "/v"));
  volume.efs->root_directory = "/";
  volume.efs->file_system_id = "../x";
  EXPECT_FALSE(volume_plan(with(volume), "t1", "/v"));
}

TEST(VolumePlan, DockerVolumesFollowTheirScope) {
  taskdef::Volume volume = named("data");
  volume.docker = taskdef::DockerVolume{};
  EXPECT_EQ(planned(volume).source, "/v/tasks/t1/data");
  volume.docker->scope = "shared";
  EXPECT_EQ(planned(volume).source, "/v/docker/data");
  EXPECT_EQ(planned(volume).kind, Kind::kKeptFolder);
  volume.docker->driver = "rexray/ebs";
  EXPECT_EQ(volume_plan(with(volume), "t1", "/v").error().code, Errc::kUnsupported);
}

TEST(VolumePlan, NamesCannotLeaveTheFolder) {
  for (const char* name : {"", "..", ".filled", "a/b", "a b"})
    EXPECT_FALSE(volume_plan(with(named(name)), "t1", "/v")) << name;
}

TEST(VolumePlan, FsxIsRefused) {
  taskdef::Volume volume = named("data");
  volume.fsx = true;
  EXPECT_EQ(volume_plan(with(volume), "t1", "/v").error().code, Errc::kUnsupported);
}

}  // namespace
}  // namespace drydock::volumes
