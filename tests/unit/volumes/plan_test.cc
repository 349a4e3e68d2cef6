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

PlanInput input() { return {"t1", "/v", "/r"}; }

PlannedVolume planned(const taskdef::Volume& volume) {
  return volume_plan(with(volume), input())->volumes.at(0);
}

TEST(VolumePlan, AnEmptyVolumeIsAFolderOfTheTask) {
  EXPECT_EQ(planned(named("data")),
            (PlannedVolume{"data", Kind::kTaskFolder, "/v/tasks/t1/data", "", "/v/tasks/t1/data"}));
}

TEST(VolumePlan, AHostPathIsTakenAsItIs) {
  taskdef::Volume volume = named("data");
  volume.host_source_path = "/srv/x";
  PlannedVolume expected{"data", Kind::kHostPath, "/srv/x", "", "/srv/x"};
  expected.fills = false;
  EXPECT_EQ(planned(volume), expected);
  volume.host_source_path = "srv";
  EXPECT_FALSE(volume_plan(with(volume), input()));
}

TEST(VolumePlan, EfsIsKeptPerFileSystem) {
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-12345678";
  PlannedVolume expected{"data", Kind::kKeptFolder, "/v/efs/fs-12345678", "", "/v/efs/fs-12345678"};
  expected.kept_as = "fs-12345678";
  expected.fills = false;
  EXPECT_EQ(planned(volume), expected);
  volume.efs->root_directory = "//app/./x/";
  expected.inside = "app/x";
  expected.source = "/v/tasks/t1/.bound/data";
  EXPECT_EQ(planned(volume), expected);
  EXPECT_EQ(volume_plan(with(volume), input())->notes.size(), 1u);
  volume.efs->root_directory = "/a/../../..";
  EXPECT_FALSE(volume_plan(with(volume), input()));
  volume.efs->root_directory = "/";
  volume.efs->file_system_id = "../x";
  EXPECT_FALSE(volume_plan(with(volume), input()));
}

TEST(VolumePlan, DockerVolumesFollowTheirScope) {
  taskdef::Volume volume = named("data");
  volume.docker = taskdef::DockerVolume{};
  EXPECT_EQ(planned(volume).source, "/v/tasks/t1/data");
  volume.docker->scope = "shared";
  EXPECT_EQ(planned(volume).source, "/v/docker/data");
  EXPECT_EQ(planned(volume).kind, Kind::kKeptFolder);
  EXPECT_EQ(planned(volume).docker, volume.docker);
  volume.docker->driver = "rexray/ebs";
  EXPECT_EQ(volume_plan(with(volume), input()).error().code, Errc::kUnsupported);
}

TEST(VolumePlan, AMappedFileSystemIsItsFolderWhichMustExist) {
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-1";
  PlanInput in = input();
  in.efs.file_systems["fs-1"].folder = "/srv/data";
  const auto plan = volume_plan(with(volume), in);
  EXPECT_EQ(plan->volumes[0].source, "/srv/data");
  EXPECT_TRUE(plan->volumes[0].must_exist);
}

TEST(VolumePlan, AnAccessPointWithAUserIsOneMountForAllTasks) {
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-1";
  volume.efs->access_point_id = "fsap-1";
  PlanInput in = input();
  in.efs.access_points["fsap-1"] = {"fsap-1", "fs-1", "/app", PosixUser{1000, 1001, {}}};
  auto plan = volume_plan(with(volume), in);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->volumes[0].source, "/r/fsap-1");
  EXPECT_EQ(plan->volumes[0].inside, "app");
  in.efs.access_points["fsap-1"].user.reset();
  plan = volume_plan(with(volume), in);
  EXPECT_EQ(plan->volumes[0].source, "/v/tasks/t1/.bound/data");
  in.efs.access_points["fsap-1"].file_system = "fs-2";
  plan = volume_plan(with(volume), in);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message.find("belongs to file system fs-2"), std::string::npos);
}

TEST(VolumePlan, AnUnknownAccessPointIsToldAndItsFileSystemUsed) {
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-1";
  volume.efs->access_point_id = "fsap-9";
  const auto plan = volume_plan(with(volume), input());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->volumes[0].source, "/v/efs/fs-1");
  EXPECT_NE(plan->notes.back().find("fsap-9 is not known here"), std::string::npos);
}

TEST(VolumePlan, DriverOptsAreMountedOrBound) {
  taskdef::Volume volume = named("data");
  volume.docker = taskdef::DockerVolume{};
  volume.docker->driver_opts = {{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}};
  EXPECT_EQ(planned(volume).source, "/v/tasks/t1/.bound/data");
  EXPECT_EQ(planned(volume).mount, (DriverMount{"tmpfs", "tmpfs", "size=1m"}));
  volume.docker->scope = "shared";
  EXPECT_EQ(planned(volume).source, "/r/docker-data");
  volume.docker->driver_opts = {{"type", "none"}, {"device", "/srv/x"}, {"o", "bind"}};
  EXPECT_EQ(planned(volume).source, "/srv/x");
  EXPECT_TRUE(planned(volume).must_exist);
  volume.docker->driver_opts = {{"type", "tmpfs"}, {"size", "1m"}};
  EXPECT_EQ(volume_plan(with(volume), input()).error().code, Errc::kInvalid);
}

TEST(VolumePlan, AnEbsVolumeIsMountedForItsTask) {
  taskdef::Volume volume = named("data");
  volume.configured_at_launch = true;
  EXPECT_EQ(planned(volume).kind, Kind::kTaskFolder) << "without a configuration";
  PlanInput in = input();
  in.block = BlockVolume{"data", "vol-1", "", "", 1};
  const auto plan = volume_plan(with(volume), in);
  EXPECT_EQ(plan->volumes[0].kind, Kind::kBlock);
  EXPECT_EQ(plan->volumes[0].folder, "/v/ebs/vol-1");
  EXPECT_EQ(plan->volumes[0].kept_as, "vol-1");
}

TEST(VolumePlan, NamesCannotLeaveTheFolder) {
  for (const char* name : {"", "..", ".filled", "a/b", "a b"})
    EXPECT_FALSE(volume_plan(with(named(name)), input())) << name;
}

TEST(VolumePlan, FsxIsRefused) {
  taskdef::Volume volume = named("data");
  volume.fsx = true;
  EXPECT_EQ(volume_plan(with(volume), input()).error().code, Errc::kUnsupported);
}

}  // namespace
}  // namespace drydock::volumes
