#include "images/sandbox.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

namespace drydock::images {
namespace {

Status tie_to_parent(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail_errno("prctl PDEATHSIG");
  // The parent may have gone before the call above.
  if (::getppid() != parent) return fail(Errc::kSystem, "the parent process is gone");
  return {};
}

// The folder becomes the root of a mount namespace in which nothing else exists. nodev: a device
// node that the archive makes cannot be opened here.
Status shut_in(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0) return fail_errno("unshare the mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return fail_errno("make mounts private");
  if (::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail_errno("bind " + folder);
  if (::mount(nullptr, folder.c_str(), nullptr,
              MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID | MS_NOEXEC, nullptr) != 0)
    return fail_errno("remount " + folder);
  if (::chdir(folder.c_str()) != 0) return fail_errno("enter " + folder);
  if (::syscall(SYS_pivot_root, ".", ".") == 0) {
    if (::umount2(".", MNT_DETACH) != 0) return fail_errno("leave the old root");
  } else if (::chroot(".") != 0) {  // pivot_root is refused on an initramfs
    return fail_errno("chroot " + folder);
  }
  if (::chdir("/") != 0) return fail_errno("enter the new root");
  return {};
}

Status set_limit(int what, rlim_t most, const char* name) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(what), &now) != 0) return fail_errno(name);
  if (now.rlim_max < most) most = now.rlim_max;
  const rlimit limit{most, most};
  if (::setrlimit(static_cast<__rlimit_resource>(what), &limit) != 0) return fail_errno(name);
  return {};
}

constexpr std::uint64_t bit(int capability) { return 1ull << capability; }

// CAP_SYS_ADMIN only for trusted.* attributes: the filter below takes the rest of its power.
constexpr std::uint64_t kKept = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) |
                                bit(CAP_FSETID) | bit(CAP_MKNOD) | bit(CAP_SETFCAP) |
                                bit(CAP_SYS_ADMIN);

Status drop_capabilities() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &head, data.data()) != 0) return fail_errno("capget");
  for (unsigned i = 0; i < 2; ++i) {
    const auto kept = static_cast<__u32>(kKept >> (32 * i)) & data[i].permitted;
    data[i] = {kept, kept, 0};
  }
  if (::syscall(SYS_capset, &head, data.data()) != 0) return fail_errno("capset");
  return {};
}

#if defined(__x86_64__)
constexpr __u32 kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr __u32 kArch = AUDIT_ARCH_AARCH64;
#else
#error "say which audit architecture this is"
#endif

constexpr std::array kDenied = {SYS_execve,
                                SYS_execveat,
                                SYS_mount,
                                SYS_umount2,
                                SYS_pivot_root,
                                SYS_chroot,
                                SYS_unshare,
                                SYS_setns,
                                SYS_clone3,
                                SYS_ptrace,
                                SYS_socket,
                                SYS_socketpair,
                                SYS_bpf,
                                SYS_fsopen,
                                SYS_fsmount,
                                SYS_fspick,
                                SYS_open_tree,
                                SYS_move_mount,
                                SYS_mount_setattr,
                                SYS_swapon,
                                SYS_keyctl,
                                SYS_add_key,
                                SYS_open_by_handle_at,
                                SYS_perf_event_open,
                                SYS_io_uring_setup,
                                SYS_quotactl,
                                SYS_sethostname,
                                SYS_setdomainname};

Status filter_calls() {
  std::array<sock_filter, kDenied.size() + 8> code{};
  std::size_t n = 0;
  const auto load = [&](std::size_t offset) {
    code[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<__u32>(offset));
  };
  load(offsetof(seccomp_data, arch));
  code[n++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArch, 1, 0);
  code[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  load(offsetof(seccomp_data, nr));
  // x32 numbers would pass by the list.
  code[n++] =
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, static_cast<__u8>(kDenied.size() + 1), 0);
  for (std::size_t i = 0; i < kDenied.size(); ++i)
    code[n++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(kDenied[i]),
                         static_cast<__u8>(kDenied.size() - i), 0);
  code[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  const sock_fprog program{static_cast<unsigned short>(n), code.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return fail_errno("seccomp");
  return {};
}

}  // namespace

Status enter_sandbox(const std::string& folder, pid_t parent, std::uint64_t file_bytes,
                     const UnpackLimits& limits) {
  DRYDOCK_TRY(tie_to_parent(parent));
  DRYDOCK_TRY(shut_in(folder));
  ::umask(0);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that is too big is an error of write(2), not a death
  std::signal(SIGPIPE, SIG_IGN);
  DRYDOCK_TRY(set_limit(RLIMIT_CORE, 0, "limit core"));
  DRYDOCK_TRY(set_limit(RLIMIT_NOFILE, 1024, "limit files"));
  DRYDOCK_TRY(set_limit(RLIMIT_FSIZE, file_bytes, "limit file size"));
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // their shadow memory is terabytes
  DRYDOCK_TRY(set_limit(RLIMIT_AS, limits.memory_bytes, "limit memory"));
#else
  (void)limits;
#endif
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no new privileges");
  DRYDOCK_TRY(drop_capabilities());
  return filter_calls();
}

}  // namespace drydock::images
