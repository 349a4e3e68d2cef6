#include "runtime/shim/program/stdio.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace drydock::runtime::shim {
namespace {

constexpr int kPipeBytes = 1 << 20;  // one read then takes up to 16 times as much (experiment E14)

Status make_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe");
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  (void)::fcntl(ends[1], F_SETPIPE_SZ,
                kPipeBytes);  // over the user's quota: ignoring, a small pipe works too
  return {};
}

Result<UniqueFd> listen_for_console() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("make the console socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kConsoleSocket, sizeof address.sun_path - 1);
  ::unlink(kConsoleSocket);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 1) != 0)
    return fail_errno("make the console socket");
  return fd;
}

Result<UniqueFd> receive_fd(int socket) {
  char byte[4096];  // the runtime sends the terminal's name along
  iovec data{byte, sizeof byte};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
    return fail_errno("take the terminal");
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
      head->cmsg_len != CMSG_LEN(sizeof(int)))
    return fail(Errc::kSystem, "take the terminal: the runtime sent none");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace

Result<Stdio> Stdio::make(const Request& request) {
  Stdio s;
  if (request.terminal) {
    DRYDOCK_LET(s.listener_, listen_for_console());
    return s;
  }
  DRYDOCK_TRY(make_pipe(s.from_stdout, s.out_));
  DRYDOCK_TRY(make_pipe(s.from_stderr, s.err_));
  if (request.input == Stdin::kHeldOpen) DRYDOCK_TRY(make_pipe(s.in_, s.held_));
  return s;
}

Stdio::~Stdio() {
  if (listener_) ::unlink(kConsoleSocket);
}

void Stdio::given() {
  in_.reset();
  out_.reset();
  err_.reset();
}

Result<UniqueFd> Stdio::terminal() {
  UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) return fail_errno("take the terminal");
  return receive_fd(connection.get());
}

}  // namespace drydock::runtime::shim
