#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "base/files.h"
#include "logrouter/drivers/drivers_made.h"
#include "logrouter/drivers/writer.h"

// Driver journald: systemd's journal by its native protocol, with the fields of Docker's driver.
namespace drydock::logrouter {
namespace {

constexpr const char* kSocket = "/run/systemd/journal/socket";

// NAME=value, or with a length where the value has line ends.
void field(std::string& out, const std::string& name, const std::string& value) {
  if (value.find('\n') == std::string::npos) {
    out += name + "=" + value + "\n";
    return;
  }
  out += name + "\n";
  for (int shift = 0; shift < 64; shift += 8)
    out += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xff);
  out += value + "\n";
}

// The journal takes upper-case names of letters, digits and underscores.
std::string field_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'z',
               upper = c >= 'A' && c <= 'Z';
    name += lower ? static_cast<char>(c - 'a' + 'A') : digit || upper ? c : '_';
  }
  while (name.starts_with('_')) name.erase(0, 1);
  return name;
}

class JournaldWriter final : public LogWriter {
 public:
  JournaldWriter(std::string socket, const LogSource& source, const std::string& tag)
      : path_(std::move(socket)) {
    field(common_, "CONTAINER_ID", short_id(source));
    field(common_, "CONTAINER_ID_FULL", source.runtime_id);
    field(common_, "CONTAINER_NAME", source.container);
    field(common_, "CONTAINER_TAG", tag);
    field(common_, "IMAGE_NAME", source.image);
    field(common_, "SYSLOG_IDENTIFIER", tag);
    for (const auto& [name, value] : extra_attributes(source))
      if (const std::string known = field_name(name); !known.empty()) field(common_, known, value);
  }

  const std::string& address() const override { return path_; }
  Answer write(const Batch& batch) override {
    std::size_t sent = 0;
    for (const Entry& entry : batch.entries) {
      if (entry.stream != Stream::kGap)
        if (auto done = send(entry); !done) return Answer::later(done.error().message, sent);
      ++sent;
    }
    return {};
  }

 private:
  Status send(const Entry& entry) {
    std::string message = common_;
    field(message, "MESSAGE", entry.text);
    field(message, "PRIORITY", entry.stream == Stream::kStderr ? "3" : "6");
    field(message, "SYSLOG_TIMESTAMP", rfc3339_nano(entry.time));
    if (entry.partial) field(message, "CONTAINER_PARTIAL_MESSAGE", "true");
    if (!fd_) fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd_) return fail_errno("make a socket");
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path_.c_str(), std::min(path_.size(), sizeof to.sun_path - 1));
    if (::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0)
      return {};
    if (errno == EMSGSIZE || errno == ENOBUFS) return send_file(message, to);
    return fail_errno("send to " + path_);
  }

  // What no datagram holds goes as a sealed file.
  Status send_file(const std::string& message, sockaddr_un& to) {
    const UniqueFd file(::memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return fail_errno("make a file for the journal");
    DRYDOCK_TRY(write_all(file.get(), message));
    if (::fcntl(file.get(), F_ADD_SEALS,
                F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
      return fail_errno("seal a file for the journal");
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_name = &to;
    header.msg_namelen = sizeof to;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = file.get();
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    if (::sendmsg(fd_.get(), &header, MSG_NOSIGNAL) < 0) return fail_errno("send to " + path_);
    return {};
  }

  std::string path_, common_;
  UniqueFd fd_;
};

}  // namespace

Result<std::unique_ptr<Destination>> make_journald_at(const std::string& socket,
                                                      const DriverRoom& room,
                                                      const LogSource& source) {
  DRYDOCK_LET(const auto tag, log_tag(source));
  return written_by(room, std::make_unique<JournaldWriter>(socket, source, tag));
}

Result<std::unique_ptr<Destination>> make_journald(const DriverRoom& room,
                                                   const LogSource& source) {
  return make_journald_at(kSocket, room, source);
}

}  // namespace drydock::logrouter
