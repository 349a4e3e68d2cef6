#include "runtime/bundle/spec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "golden.h"

namespace drydock::runtime {
namespace {

using Args = std::vector<std::string>;

BundleInput simple() {
  BundleInput in;
  in.container.name = "web";
  in.image = {{"/entry"}, {"serve"}, "/srv"};
  in.environment = {"A=1", "PATHS=2"};
  in.user = {101, 102, {102, 300}, "/home/web"};
  in.place.rootfs = "/run/drydock/t/web/rootfs";
  in.place.hostname = "ip-172-31-0-5.ec2.internal";
  in.place.netns_path = "/run/drydock/netns/3";
  in.place.cgroups_path = "/drydock-0/ecs/t/c";
  in.place.cgroup_namespace = "/run/drydock/cgroupns";
  in.place.files = {{"/run/drydock/t/hosts", "/etc/hosts", false, false, ""}};
  return in;
}

Json spec(const BundleInput& in) {
  std::vector<std::string> notes;
  return oci_spec(in, notes).value();
}

Json without_filter(Json json) {
  json["linux"].erase("seccomp");  // has a golden file of its own
  return json;
}

const Json* mount_at(const Json& document, const std::string& destination) {
  for (const Json& mount : document["mounts"])
    if (mount["destination"] == destination) return &mount;
  return nullptr;
}

TEST(Spec, AMinimalFargateContainer) {
  expect_golden("spec_minimal.json", pretty_json(without_filter(spec(simple()))) + "\n");
}

TEST(Spec, AContainerWithEverything) {
  BundleInput in = simple();
  auto& c = in.container;
  c.entry_point = {"/app"};
  c.command = {"-x"};
  c.cpu = 256;
  c.memory_mib = 512;
  c.memory_reservation_mib = 128;
  c.working_directory = "/work";
  c.readonly_root_filesystem = true;
  c.pseudo_terminal = true;
  c.docker_security_options = {"no-new-privileges"};
  c.ulimits = {{"nofile", 1024, 1048576}, {"core", 0, -1}};
  c.system_controls = {{"net.ipv4.tcp_keepalive_time", "60"}, {"kernel.shmmax", "1"}};
  auto& p = c.linux_parameters;
  p.capabilities_add = {"SYS_PTRACE"};
  p.capabilities_drop = {"NET_RAW"};
  p.tmpfs = {{"/scratch", 16, {"exec", "mode=1777"}}};
  p.shared_memory_size_mib = 128;
  p.init_process_enabled = true;
  p.max_swap_mib = 100;
  p.swappiness = 10;
  in.devices = {{"/dev/fuse", false, 10, 229, 0666, 0, 0, "rw"}};
  in.host.hard_limits = {{"nofile", 20000}};
  in.place.init_program = "/usr/bin/tini-static";
  in.place.cgroup_mounts = {
      {"/sys/fs/cgroup/memory/drydock-0/ecs/t/c", "/sys/fs/cgroup/memory", true, false, ""}};
  in.mounts = {{"/vol/data", "/data", true, false, "data"},
               {"/vol/hosts", "/etc/hosts", false, false, "hosts"}};
  std::vector<std::string> notes;
  const auto made = oci_spec(in, notes);
  ASSERT_TRUE(made) << made.error().message;
  expect_golden("spec_everything.json", pretty_json(without_filter(*made)) + "\n");
  EXPECT_EQ(notes, Args{"container 'web': ulimit nofile is 20000 instead of 1048576: Drydock has "
                        "no right to raise it "
                        "on this machine (CAP_SYS_RESOURCE)"});
}

TEST(Spec, ArgumentsFollowEntryPointAndCommand) {
  const ImageFacts image{{"/entry"}, {"serve"}, ""};
  taskdef::ContainerDefinition c;
  EXPECT_EQ(container_args(c, image), (Args{"/entry", "serve"}));
  c.command = {"other"};
  EXPECT_EQ(container_args(c, image), (Args{"/entry", "other"}));
  c.entry_point = {"/mine"};
  EXPECT_EQ(container_args(c, image), (Args{"/mine", "other"}));
  c.command.reset();
  EXPECT_EQ(container_args(c, image), (Args{"/mine"}));
  c.entry_point = Args{};
  c.command = Args{};
  EXPECT_EQ(container_args(c, image), (Args{"/entry", "serve"}));
}

TEST(Spec, NothingToRunIsAnError) {
  BundleInput in = simple();
  in.image = {};
  std::vector<std::string> notes;
  const auto made = oci_spec(in, notes);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::kInvalid);
  EXPECT_NE(made.error().message.find("No command specified"), std::string::npos);
}

TEST(Spec, ItsOwnVariablesWinOverDefaults) {
  BundleInput in = simple();
  in.environment = {"PATH=/x", "HOME=/y", "HOSTNAME=z"};
  EXPECT_EQ(spec(in)["process"]["env"].dump(), R"(["PATH=/x","HOME=/y","HOSTNAME=z"])");
}

TEST(Spec, SmallCpuMeansTwoShares) {
  BundleInput in = simple();
  for (const int cpu : {0, 1, 2}) {
    in.container.cpu = cpu;
    EXPECT_EQ(spec(in)["linux"]["resources"]["cpu"]["shares"], 2);
  }
  in.container.cpu = 1 << 30;
  EXPECT_EQ(spec(in)["linux"]["resources"]["cpu"]["shares"], 262144);
}

TEST(Spec, WithoutSwapAccountingNoSwapLimitIsWritten) {
  BundleInput in = simple();
  in.container.memory_mib = 1;  // too little for any process: raised to 4 MiB
  in.place.swap_limit = false;
  EXPECT_EQ(spec(in)["linux"]["resources"]["memory"].dump(), R"({"limit":4194304})");
}

TEST(Spec, PrivilegedHidesNothing) {
  BundleInput in = simple();
  in.container.privileged = true;
  const Json made = spec(in);
  EXPECT_FALSE(made["linux"].contains("seccomp"));
  EXPECT_FALSE(made["linux"].contains("maskedPaths"));
  EXPECT_EQ(made["process"]["capabilities"]["bounding"].size(), 41u);
  EXPECT_TRUE(made["linux"]["resources"]["devices"][0]["allow"].get<bool>());
}

TEST(Spec, AVolumeOverDevReplacesItsMounts) {
  BundleInput in = simple();
  in.mounts = {{"/vol", "/dev", false, false, "dev"}};
  const Json made = spec(in);
  EXPECT_EQ((*mount_at(made, "/dev"))["source"], "/vol");
  EXPECT_EQ(mount_at(made, "/dev/shm"), nullptr);
  EXPECT_NE(mount_at(made, "/proc"), nullptr);
}

TEST(Spec, SharedNamespacesAreJoinedAndHostOnesAreNotMade) {
  BundleInput in = simple();
  in.pid_mode = "task";
  in.place.pid_namespace = "/proc/7/ns/pid";
  in.ipc_mode = "host";
  const std::string list = spec(in)["linux"]["namespaces"].dump();
  EXPECT_NE(list.find(R"({"type":"pid","path":"/proc/7/ns/pid"})"), std::string::npos);
  EXPECT_EQ(list.find("ipc"), std::string::npos);
}

TEST(Spec, ASysctlOfTheMachineIsRefused) {
  BundleInput in = simple();
  in.container.system_controls = {{"vm.swappiness", "1"}};
  std::vector<std::string> notes;
  const auto made = oci_spec(in, notes);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("vm.swappiness"), std::string::npos);
}

TEST(Spec, AnIpcSysctlIsRefusedInTheHostsNamespace) {
  BundleInput in = simple();
  in.ipc_mode = "host";
  in.container.system_controls = {{"kernel.shmmax", "1"}};
  std::vector<std::string> notes;
  ASSERT_FALSE(oci_spec(in, notes));
  in.container.system_controls = {{"net.ipv4.tcp_keepalive_time", "1"}};
  EXPECT_TRUE(oci_spec(in, notes));
}

TEST(Spec, ARelativeWorkingDirectoryIsRefusedUnlessItIsTheImages) {
  BundleInput in = simple();
  in.image.working_directory = "srv";
  EXPECT_EQ(spec(in)["process"]["cwd"], "/srv");
  in.container.working_directory = "work";
  std::vector<std::string> notes;
  const auto made = oci_spec(in, notes);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("the working directory 'work' is invalid"),
            std::string::npos);
}

TEST(Spec, SharedMemoryIsTheTasksTheHostsOrNone) {
  BundleInput in = simple();
  in.container.linux_parameters.shared_memory_size_mib = 96;
  EXPECT_NE((*mount_at(spec(in), "/dev/shm")).dump().find("size=96m"), std::string::npos);
  in.ipc_mode = "task";
  in.place.shared_memory = "/run/drydock/tasks/t/.sandbox/shm";
  EXPECT_EQ((*mount_at(spec(in), "/dev/shm"))["source"], in.place.shared_memory);
  in.ipc_mode = "none";
  in.place.shared_memory.clear();
  std::vector<std::string> notes;
  const auto made = oci_spec(in, notes);
  ASSERT_TRUE(made);
  EXPECT_EQ(mount_at(*made, "/dev/shm"), nullptr);
  EXPECT_EQ(notes, Args{"container 'web': sharedMemorySize has no effect with ipcMode none"});
}

TEST(Spec, SwapComesOnTopOfMemoryAndNeedsIt) {
  BundleInput in = simple();
  in.container.linux_parameters.max_swap_mib = 32;
  in.container.linux_parameters.swappiness = 20;
  std::vector<std::string> notes;
  EXPECT_FALSE(oci_spec(in, notes).value()["linux"]["resources"]["memory"].contains("swap"));
  EXPECT_EQ(notes, Args{"container 'web': maxSwap has no effect without 'memory'"});
  in.container.memory_mib = 64;
  EXPECT_EQ(spec(in)["linux"]["resources"]["memory"].dump(),
            R"({"limit":67108864,"swap":100663296,"swappiness":20})");
  in.place.cgroup2 = true;
  notes.clear();
  const Json made = oci_spec(in, notes).value();
  EXPECT_FALSE(made["linux"]["resources"]["memory"].contains("swappiness"));
  EXPECT_EQ(made["linux"]["resources"]["unified"]["cpu.weight"], "1");
  EXPECT_EQ(notes.size(), 1u);
}

TEST(Spec, NoContainerHasMoreMemoryThanTheMachine) {
  BundleInput in = simple();
  in.host.memory_mib = 1000;
  in.container.memory_mib = 4000;
  in.container.memory_reservation_mib = 2000;
  EXPECT_EQ(spec(in)["linux"]["resources"]["memory"].dump(),
            R"({"limit":1048576000,"reservation":1048576000,"swap":1048576000})");
}

TEST(Spec, SecurityOptionsAreApplied) {
  BundleInput in = simple();
  in.container.docker_security_options = {"no-new-privileges:true", "seccomp=unconfined",
                                          "apparmor:mine", "label:level:s0"};
  std::vector<std::string> notes;
  Json made = oci_spec(in, notes).value();
  EXPECT_TRUE(made["process"]["noNewPrivileges"].get<bool>());
  EXPECT_FALSE(made["linux"].contains("seccomp"));
  EXPECT_TRUE(made["linux"].contains("maskedPaths"));
  EXPECT_FALSE(made["process"].contains("apparmorProfile"));
  EXPECT_EQ(notes.size(), 2u);
  in.host.apparmor = true;
  EXPECT_EQ(spec(in)["process"]["apparmorProfile"], "mine");
}

TEST(Spec, AnInitReapsAlsoWhereItIsNotProcessOne) {
  BundleInput in = simple();
  in.container.linux_parameters.init_process_enabled = true;
  in.place.init_program = "/usr/bin/tini-static";
  EXPECT_EQ(spec(in)["process"]["args"].dump(), R"(["/sbin/docker-init","--","/entry","serve"])");
  in.pid_mode = "task";
  EXPECT_EQ(spec(in)["process"]["args"].dump(),
            R"(["/sbin/docker-init","-s","--","/entry","serve"])");
}

TEST(Spec, AMissingInitIsNoted) {
  BundleInput in = simple();
  in.container.linux_parameters.init_process_enabled = true;
  std::vector<std::string> notes;
  ASSERT_TRUE(oci_spec(in, notes));
  EXPECT_EQ(notes.size(), 1u);
}

}  // namespace
}  // namespace drydock::runtime
