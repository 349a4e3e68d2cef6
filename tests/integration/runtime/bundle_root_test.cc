#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/spawn.h"
#include "runtime/bundle/host.h"
#include "runtime/bundle/spec.h"
#include "runtime/cgroup.h"

namespace drydock::runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTask = "0123456789abcdef0123456789abcdef";
constexpr const char* kContainer = "0123456789abcdef0123456789abcdef-1234567890";

struct Outcome {
  int code = -1;
  std::string out;
};

// Runs generated bundles with a real OCI runtime on a root of busybox.
class BundleRoot : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (::access("/bin/busybox", X_OK) != 0) GTEST_SKIP() << "needs busybox-static";
    program_ = std::string(GetParam()) == "runc" ? "/usr/sbin/runc" : "/usr/bin/crun";
    if (::access(program_.c_str(), X_OK) != 0) GTEST_SKIP() << "needs " << program_;
    auto found = cgroup_mounts();
    if (!found) GTEST_SKIP() << found.error().message;
    char name[] = "/tmp/drydock-bundle-XXXXXX";
    base_ = ::mkdtemp(name);
    rootfs_ = base_ / "rootfs";
    fs::create_directories(rootfs_ / "bin");
    fs::create_directories(rootfs_ / "etc");
    fs::copy_file("/bin/busybox", rootfs_ / "bin/busybox");
    for (const char* applet : {"sh", "cat", "ls", "id", "pwd", "mount", "stat", "touch", "hostname",
                               "unshare", "grep", "df", "mkdir", "chroot", "tty", "env", "dd"})
      fs::create_symlink("busybox", rootfs_ / "bin" / applet);
    write(rootfs_ / "etc/passwd",
          "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/srv/web:/bin/sh\n");
    write(rootfs_ / "etc/group", "root:x:0:\nweb:x:102:\nextra:x:300:web\n");
    parent_ = "/drydock-test" + std::to_string(::getpid());
    mounts_ = *found;
    auto groups = Cgroups::open(mounts_, parent_, base_);
    ASSERT_TRUE(groups) << groups.error().message;
    groups_.emplace(std::move(*groups));
    ASSERT_TRUE(groups_->make_task(kTask, {512, 0, 512}));
    ASSERT_TRUE(groups_->make_container(kTask, kContainer));
    root_.reset(::open(rootfs_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  void TearDown() override {
    if (!groups_) return;
    const auto gone = groups_->remove_all();
    EXPECT_TRUE(gone) << gone.error().message;
    EXPECT_EQ(read_file("/proc/self/mountinfo")->find(base_.string()), std::string::npos);
    fs::remove_all(base_);
  }

  static void write(const fs::path& path, const std::string& text) {
    ASSERT_TRUE(write_file_atomic(path, text));
  }

  BundleInput shell(const std::string& script) {
    BundleInput in;
    in.container.name = "web";
    in.container.entry_point = {"/bin/sh", "-c"};
    in.container.command = {script};
    in.environment = {"A=one two", "EMPTY="};
    in.host = host_limits();
    in.user = *resolve_user(root_.get(), "");
    in.place.rootfs = rootfs_;
    in.place.hostname = "ip-172-31-0-5";
    in.place.cgroups_path = groups_->container_path(kTask, kContainer);
    in.place.cgroup_namespace = groups_->namespace_path();
    in.place.cgroup_mounts = groups_->container_mounts(kTask, kContainer);
    in.place.swap_limit = groups_->swap_limit();
    return in;
  }

  Outcome run(const BundleInput& in) {
    EXPECT_TRUE(
        groups_->make_container(kTask, kContainer));  // the runtime removed it with the run before
    std::vector<std::string> notes;
    auto spec = oci_spec(in, notes);
    EXPECT_TRUE(spec) << spec.error().message;
    if (auto made = make_mount_points(root_.get(), in.mounts); !made)
      return {-1, made.error().message};
    write(base_ / "config.json", dump_json(*spec));
    std::vector<std::string> args = {"--root", base_ / "state", "run", "-b", base_, "drydock-test"};
    std::string program = program_;
    if (std::string(GetParam()) == "crun" && !mounts_.pure_v2()) {  // decision 35
      args.insert(args.begin(),
                  {"-m", "sh", "-c", "umount /sys/fs/cgroup/unified; exec crun \"$@\"", "-"});
      program = "/usr/bin/unshare";
    }
    UniqueFd out(::open((base_ / "out").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    auto child =
        spawn({program, args, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, -1, out.get(), out.get()});
    EXPECT_TRUE(child);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(child->pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
    return {info.si_status, *read_file(base_ / "out")};
  }
  Outcome run(const std::string& script) { return run(shell(script)); }

  fs::path base_, rootfs_;
  std::string program_, parent_;
  CgroupMounts mounts_;
  std::optional<Cgroups> groups_;
  UniqueFd root_;
};

TEST_P(BundleRoot, EnvironmentFolderHostnameAndExitCode) {
  BundleInput in = shell("env; pwd; hostname; exit 7");
  in.container.working_directory = "/made/for/it";
  const Outcome got = run(in);
  EXPECT_EQ(got.code, 7);
  for (const char* line : {"A=one two\n", "EMPTY=\n", "HOME=/root\n", "HOSTNAME=ip-172-31-0-5\n",
                           "\n/made/for/it\n", "\nip-172-31-0-5\n", "PATH=/usr/local/sbin:"})
    EXPECT_NE(got.out.find(line), std::string::npos) << line << got.out;
}

TEST_P(BundleRoot, UsersGroupsAndCapabilities) {
  BundleInput in = shell("id; grep -E 'CapEff|CapBnd|CapInh|NoNewPrivs' /proc/self/status");
  EXPECT_NE(run(in).out.find("CapEff:\t00000000a80425fb"), std::string::npos) << run(in).out;
  in.user = *resolve_user(root_.get(), "web");
  in.container.linux_parameters.capabilities_add = {"SYS_PTRACE"};
  in.container.linux_parameters.capabilities_drop = {"NET_RAW", "MKNOD"};
  in.container.docker_security_options = {"no-new-privileges"};
  const Outcome got = run(in);
  EXPECT_NE(got.out.find("uid=101(web) gid=102(web) groups=102(web),300(extra)"), std::string::npos)
      << got.out;
  EXPECT_NE(got.out.find("CapEff:\t0000000000000000"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("CapBnd:\t00000000a00c05fb"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("CapInh:\t0000000000000000"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("NoNewPrivs:\t1"), std::string::npos) << got.out;
}

TEST_P(BundleRoot, KernelFilesAreHiddenAndCallsFiltered) {
  const Outcome got =
      run("cat /proc/kcore | dd bs=1 count=1 2>/dev/null; cat /proc/keys; ls /sys/firmware;"
          "echo 1 2>/dev/null > /proc/sys/vm/drop_caches || echo SYS-RO; touch /sys/x 2>/dev/null "
          "|| echo SYSFS-RO;"
          "grep Seccomp: /proc/self/status; unshare -m true 2>&1; mount -t tmpfs x /mnt 2>&1; "
          "chroot / /bin/sh -c 'echo chroot works'");
  EXPECT_NE(got.out.find("SYS-RO\n"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("SYSFS-RO\n"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("Seccomp:\t2"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("Operation not permitted"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("chroot works"), std::string::npos) << got.out;
  EXPECT_EQ(got.out.find("keyring"), std::string::npos) << got.out;
}

TEST_P(BundleRoot, LimitsOfTheHostAreKept) {
  BundleInput in = shell("ulimit -Hn; ulimit -Sn; ulimit -Sc");
  in.container.ulimits = {{"core", 0, 0}};
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  const auto limits = host_limits();
  const auto most = limits.hard_limits.find("nofile");
  const std::uint64_t want =
      most == limits.hard_limits.end() ? 65535 : std::min<std::uint64_t>(65535, most->second);
  EXPECT_EQ(run(in).out, std::to_string(want) + "\n" + std::to_string(want) + "\n0\n");
}

TEST_P(BundleRoot, TheCgroupIsSeenAsOnEcs) {
  BundleInput in = shell(
      "cat /proc/self/cgroup; cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat "
      "/sys/fs/cgroup/memory.max;"
      "cat /sys/fs/cgroup/ecs/*/*/memory.max 2>/dev/null; touch /sys/fs/cgroup/cgroup.procs 2>&1;"
      "mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x 2>/dev/null && echo WRITABLE; :");
  in.container.memory_mib = 64;
  const Outcome got = run(in);
  const std::string path = std::string("/ecs/") + kTask + "/" + kContainer;
  EXPECT_NE(got.out.find(mounts_.pure_v2() ? "0::" + path + "\n" : "memory:" + path + "\n"),
            std::string::npos)
      << got.out;
  EXPECT_EQ(got.out.find(parent_), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("\n67108864\n"), std::string::npos) << got.out;
  if (mounts_.pure_v2()) {
    EXPECT_NE(got.out.find("\n67108864\n67108864\n"), std::string::npos) << got.out;
  }
  EXPECT_EQ(got.out.find("WRITABLE"), std::string::npos) << got.out;
}

TEST_P(BundleRoot, TheTaskLimitKillsAndIsCounted) {
  const std::string path = groups_->container_path(kTask, kContainer);
  ASSERT_TRUE(groups_->make_task(kTask, {512, 0, 32}));
  const Outcome got =
      run("dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null & wait $!; echo ended $?");
  EXPECT_NE(got.out.find("ended 137"), std::string::npos) << got.out;
  (void)path;
}

TEST_P(BundleRoot, VolumesTmpfsShmAndReadOnlyRoot) {
  fs::create_directories(base_ / "vol/sub");
  write(base_ / "vol/file", "from the volume\n");
  write(base_ / "hosts", "127.0.0.1 localhost\n");
  BundleInput in = shell(
      "cat /data/file; echo x > /data/new; echo x > /ro/new 2>/dev/null || echo RO; echo x > /new "
      "2>/dev/null || echo ROOT-RO;"
      "cat /etc/hosts; mount | grep -E ' /(scratch|dev/shm) '; ls -ld /dev/shm /dev/mqueue "
      "/dev/pts/ptmx; cat /etc/file");
  in.container.readonly_root_filesystem = true;
  in.container.linux_parameters.tmpfs = {{"/scratch", 3, {"exec"}}};
  in.mounts = {{base_ / "vol", "/data", false, false, "v"},
               {base_ / "vol", "/ro", true, false, "v"},
               {base_ / "vol/file", "/etc/file", false, false, "v"}};
  in.place.files = {{base_ / "hosts", "/etc/hosts", false, false, ""}};
  const Outcome got = run(in);
  for (const char* text :
       {"from the volume\n", "RO\n", "ROOT-RO\n", "localhost", "size=3072k", "size=65536k"})
    EXPECT_NE(got.out.find(text), std::string::npos) << text << "\n" << got.out;
  EXPECT_TRUE(exists(base_ / "vol/new"));
}

TEST_P(BundleRoot, LinksOfTheImageNeverLeadMountsOut) {
  fs::create_directories(base_ / "vol");
  fs::create_directories(base_ / "outside");
  write(base_ / "vol/x", "volume\n");
  fs::create_symlink(base_ / "outside", rootfs_ / "data");
  fs::create_symlink("../../../../../../../../" + (base_ / "outside").string().substr(1),
                     rootfs_ / "rel");
  fs::create_symlink("../run/stub/resolv.conf", rootfs_ / "etc/resolv.conf");
  BundleInput in = shell("cat /data/deep/x /rel/deep/x; cat /etc/resolv.conf");
  in.mounts = {{base_ / "vol", "/data/deep", false, false, "v"},
               {base_ / "vol", "/rel/deep", false, false, "v"}};
  in.place.files = {{base_ / "vol/x", "/etc/resolv.conf", false, false, ""}};
  const Outcome got = run(in);
  EXPECT_EQ(got.out, "volume\nvolume\nvolume\n");
  EXPECT_TRUE(fs::is_empty(base_ / "outside"));
}

TEST_P(BundleRoot, HostileUserFilesAreSurvived) {
  fs::remove(rootfs_ / "etc/passwd");
  fs::create_symlink("/proc/self/environ", rootfs_ / "etc/passwd");
  EXPECT_FALSE(resolve_user(root_.get(), "web"));
  fs::remove(rootfs_ / "etc/passwd");
  ASSERT_EQ(::mkfifo((rootfs_ / "etc/passwd").c_str(), 0600), 0);
  EXPECT_EQ(resolve_user(root_.get(), "web").error().message,
            "unable to find user web: no matching entries in passwd file");
  EXPECT_EQ(resolve_user(root_.get(), "5:6")->gid, 6u);
  fs::remove(rootfs_ / "etc/passwd");
  fs::create_symlink(base_ / "outside-passwd", rootfs_ / "etc/passwd");
  write(base_ / "outside-passwd", "web:x:1:1::/:/bin/sh\n");
  EXPECT_FALSE(resolve_user(root_.get(), "web")) << "read a file outside the root";
}

TEST_P(BundleRoot, IpcSysctlsAndDevices) {
  BundleInput in = shell(
      "cat /proc/sys/kernel/shmmax; ls -l /dev/given; cat /dev/given | dd bs=2 count=1 2>/dev/null "
      "| ls >/dev/null && echo OPEN; mount | grep -c shm");
  in.container.system_controls = {{"kernel.shmmax", "123456789"}};
  in.devices = *device_facts({{"/dev/zero", "/dev/given", {"read"}}});
  const Outcome got = run(in);
  EXPECT_NE(got.out.find("123456789\n"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("1,   5"), std::string::npos) << got.out;
  EXPECT_NE(got.out.find("OPEN"), std::string::npos) << got.out;
  EXPECT_EQ(device_facts({{"/nowhere", "", {}}}).error().code, Errc::kNotFound);
  EXPECT_EQ(device_facts({{"/etc/passwd", "", {}}}).error().code, Errc::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(Runtimes, BundleRoot, testing::Values("runc", "crun"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace drydock::runtime
