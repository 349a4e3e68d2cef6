#include "taskdef/read_model.h"

#include "taskdef/normalise.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

TaskDefinition every_member() {
  return read_model(normalise(test::json(test::read_golden("every_member.request.json"))));
}

TEST(ReadModel, the_task_level_is_read) {
  const TaskDefinition task = every_member();
  EXPECT_EQ(task.family, "every_member");
  EXPECT_EQ(task.network_mode, "bridge");
  EXPECT_EQ(task.cpu, 1024);
  EXPECT_EQ(task.memory_mib, 2048);
  EXPECT_EQ(task.task_role_arn, "task-role");
  EXPECT_EQ(task.execution_role_arn, "execution-role");
  EXPECT_EQ(task.pid_mode, "task");
  EXPECT_EQ(task.ipc_mode, "task");
  EXPECT_EQ(task.ephemeral_storage_gib, 30);
  EXPECT_TRUE(task.fault_injection);
  EXPECT_TRUE(task.proxy_configuration);
  EXPECT_EQ(task.requires_compatibilities, std::vector<std::string>{"EC2"});
}

TEST(ReadModel, a_container_is_read) {
  const ContainerDefinition c = every_member().containers.at(0);
  EXPECT_EQ(c.name, "all");
  EXPECT_EQ(c.memory_mib, 256);
  EXPECT_EQ(c.memory_reservation_mib, 128);
  EXPECT_EQ(c.entry_point, (std::vector<std::string>{"/bin/sh", "-c"}));
  EXPECT_EQ(c.environment, (std::vector<KeyValue>{{"A", "1"}}));
  EXPECT_EQ(c.environment_files,
            (std::vector<EnvironmentFile>{{"s3", "arn:aws:s3:::bucket/file.env"}}));
  EXPECT_EQ(c.secrets, (std::vector<Secret>{{"B", "/param/b"}}));
  EXPECT_EQ(c.port_mappings, (std::vector<PortMapping>{{53, 5353, "udp", "", "dns", "http2"}}));
  EXPECT_EQ(c.depends_on, (std::vector<Dependency>{{"other", Condition::kHealthy}}));
  EXPECT_EQ(c.mount_points, (std::vector<MountPoint>{{"data", "/data", true}}));
  EXPECT_EQ(c.volumes_from, (std::vector<VolumeFrom>{{"other", true}}));
  EXPECT_EQ(c.ulimits, (std::vector<Ulimit>{{"nofile", 1024, 4096}}));
  EXPECT_EQ(c.system_controls, (std::vector<KeyValue>{{"net.core.somaxconn", "1024"}}));
  EXPECT_EQ(c.health_check, (HealthCheck{{"CMD", "true"}, 5, 2, 1, 0}));
  EXPECT_EQ(c.restart_policy, (RestartPolicy{true, {0, 3}, 60}));
  EXPECT_EQ(c.start_timeout, 30);
  EXPECT_EQ(c.stop_timeout, 40);
  EXPECT_EQ(c.log_configuration->driver, "splunk");
  EXPECT_EQ(c.firelens_configuration->type, "fluentbit");
  EXPECT_EQ(c.linux_parameters.devices,
            (std::vector<Device>{{"/dev/fuse", "/dev/fuse", {"read", "write"}}}));
  EXPECT_EQ(c.linux_parameters.tmpfs, (std::vector<Tmpfs>{{"/tmp", 64, {"noexec"}}}));
  EXPECT_EQ(c.linux_parameters.swappiness, 10);
  EXPECT_EQ(c.credentials_parameter, "registry-login");
  EXPECT_TRUE(c.readonly_root_filesystem && c.interactive && c.pseudo_terminal && c.privileged);
}

TEST(ReadModel, a_volume_is_read) {
  const Volume v = every_member().volumes.at(0);
  EXPECT_EQ(v.host_source_path, "/srv/data");
  EXPECT_EQ(v.efs, (EfsVolume{"fs-1", "/", "fsap-1", true, true}));
  EXPECT_EQ(v.docker->driver_opts.at("type"), "tmpfs");
  EXPECT_TRUE(v.fsx && v.configured_at_launch);
}

TEST(ReadModel, what_is_absent_keeps_its_default) {
  const TaskDefinition task = read_model(normalise(test::fargate()));
  const ContainerDefinition& c = task.containers.at(0);
  EXPECT_FALSE(c.entry_point || c.command || c.memory_mib || c.health_check || c.restart_policy ||
               c.log_configuration);
  EXPECT_TRUE(c.essential);
  EXPECT_EQ(task.cpu_architecture, "");
  EXPECT_EQ(task.ephemeral_storage_gib, 0);
}

TEST(ReadModel, values_of_the_wrong_type_read_as_absent) {
  const TaskDefinition task = read_model(test::json(
      R"({"family": 1, "cpu": [], "containerDefinitions": [{"cpu": 99999999999, "command": {}}, 3]})"));
  EXPECT_EQ(task.family, "");
  EXPECT_EQ(task.containers.size(), 2u);
  EXPECT_EQ(read_model(test::json("[]")).containers.size(), 0u);
}

}  // namespace
}  // namespace drydock::taskdef
