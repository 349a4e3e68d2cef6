#include "tests/integration/images/registry_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/files.h"
#include "base/http/client.h"
#include "base/http/door.h"
#include "images/sha256.h"

namespace drydock::images::registry {
namespace {

std::string digest_of(const std::string& text) {
  Sha256 sha;
  sha.update(text);
  return "sha256:" + sha.hex();
}

bool more_to_read(int fd, const std::atomic<bool>& ended) {
  pollfd one{fd, POLLIN, 0};
  while (!ended)
    if (::poll(&one, 1, 50) > 0) return true;
  return false;
}

bool answers(int port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::string Seen::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

void Wire::raw(const std::string& bytes) const {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t sent = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return;
    at += static_cast<std::size_t>(sent);
  }
}

void Wire::reply(int status, const std::string& body,
                 const std::vector<std::string>& headers) const {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " X\r\nConnection: close\r\n";
  for (const auto& line : headers) head += line + "\r\n";
  raw(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

void Wire::stall() const { (void)more_to_read(fd_, ended_); }

RudeServer::RudeServer(Handler handler) : handler_(std::move(handler)) {
  auto listening = http::listen_tcp("127.0.0.1", 0);
  if (!listening) throw std::runtime_error(listening.error().message);
  listening_ = std::move(*listening);
  port_ = http::bound_port(listening_.get()).value_or(0);
  thread_ = std::thread([this] { accept_all(); });
}

RudeServer::~RudeServer() {
  ended_ = true;
  thread_.join();
  for (auto& talk : talks_) talk.join();
}

void RudeServer::accept_all() {
  while (more_to_read(listening_.get(), ended_)) {
    const int fd = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) talks_.emplace_back([this, fd] { serve(fd); });
  }
}

void RudeServer::serve(int fd) {
  const UniqueFd owned(fd);
  const Wire wire(fd, ended_);
  std::string text;
  Seen seen;
  std::size_t body_size = 0;
  std::size_t head_end = std::string::npos;
  while (head_end == std::string::npos || text.size() < head_end + 4 + body_size) {
    char buffer[4096];
    if (!more_to_read(fd, ended_)) return;
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text[0] == 0x16) return;  // TLS is not spoken here
    if (head_end != std::string::npos) continue;
    head_end = text.find("\r\n\r\n");
    if (head_end == std::string::npos) continue;
    std::istringstream lines(text.substr(0, head_end));
    lines >> seen.method >> seen.target;
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);) {
      const auto colon = line.find(": ");
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      std::string value = line.substr(std::min(line.size(), colon + 2));
      if (!value.empty() && value.back() == '\r') value.pop_back();
      seen.headers[name] = value;
    }
    if (seen.headers.count("content-length") != 0)
      body_size = std::stoul(seen.headers["content-length"]);
  }
  seen.body = text.substr(head_end + 4);
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(seen);
  }
  handler_(seen, wire);
}

std::vector<Seen> RudeServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

int RudeServer::count(const std::string& target_part) const {
  int found = 0;
  for (const auto& one : seen()) found += one.target.find(target_part) != std::string::npos;
  return found;
}

TinyImage tiny_image(std::size_t layer_bytes) {
  TinyImage image;
  image.config =
      R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}})";
  unsigned state = 1;
  while (image.layer.size() < layer_bytes)
    image.layer += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  image.config_blob = {
      std::string(kOciConfig), digest_of(image.config), image.config.size(), {}, {}};
  image.layer_blob = {std::string(kOciLayer), digest_of(image.layer), image.layer.size(), {}, {}};
  image.manifest = manifest_text(image.config_blob, {image.layer_blob});
  image.digest = digest_of(image.manifest);
  return image;
}

RealRegistry::RealRegistry(const std::string& folder, const std::string& http,
                           const std::string& rest) {
  port_ = http::bound_port(http::listen_tcp("127.0.0.1", 0)->get()).value();
  std::filesystem::create_directories(folder + "/data");
  const std::string config = folder + "/" + std::to_string(port_) + ".yml";
  (void)write_file_atomic(config, "version: 0.1\nstorage: {filesystem: {rootdirectory: " + folder +
                                      "/data}}\nhttp:\n  addr: 127.0.0.1:" + std::to_string(port_) +
                                      "\n" + http + rest);
  auto child = spawn({"/usr/bin/docker-registry", {"serve", config}, {"PATH=/usr/bin"}});
  if (!child) throw std::runtime_error(child.error().message);
  child_ = std::move(*child);
  pollfd gone{child_.pidfd.get(), POLLIN, 0};
  while (!answers(port_))
    if (::poll(&gone, 1, 20) > 0) throw std::runtime_error("docker-registry ended: " + config);
}

RealRegistry::~RealRegistry() {
  ::syscall(SYS_pidfd_send_signal, child_.pidfd.get(), SIGKILL, nullptr, 0);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(child_.pidfd.get()), &info, WEXITED);
}

void RealRegistry::push(const TinyImage& image, const std::string& repository,
                        const std::string& tag) const {
  const std::string base = "http://127.0.0.1:" + std::to_string(port_) + "/v2/" + repository;
  const auto send = [](const std::string& method, const std::string& url, const std::string& body,
                       const std::string& type) {
    http::ClientRequest request;
    request.method = method;
    request.url = url;
    request.body = body;
    request.headers = {{"Content-Type", type}};
    auto response = http::fetch(request);
    EXPECT_TRUE(response) << response.error().message;
    EXPECT_LT(response->status, 300) << response->body;
    return *response;
  };
  for (const auto& [blob, bytes] :
       {std::pair(image.config_blob, image.config), std::pair(image.layer_blob, image.layer)}) {
    const auto started = send("POST", base + "/blobs/uploads/", "", "application/octet-stream");
    const std::string location(http::header(started.headers, "Location"));
    send("PUT", location + "&digest=" + blob.digest, bytes, "application/octet-stream");
  }
  send("PUT", base + "/manifests/" + tag, image.manifest, std::string(kOciManifest));
}

Options test_options() {
  Options options;
  options.first_backoff = std::chrono::milliseconds(5);
  options.certs_dirs = {};
  return options;
}

Reference reference(const std::string& text) { return parse_reference(text).value(); }

Result<std::string> fetch_blob(ImageSource& source, const Reference& from, const Descriptor& blob) {
  std::string bytes;
  const BlobSink sink = [&](std::string_view data) -> Status {
    bytes += data;
    return {};
  };
  DRYDOCK_TRY(source.blob(from, blob, sink, CancelFlag()));
  return bytes;
}

int run(const std::string& program, const std::vector<std::string>& args) {
  auto child = spawn({program, args, {"PATH=/usr/bin:/bin"}});
  if (!child) return -1;
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(child->pidfd.get()), &info, WEXITED);
  return info.si_status;
}

}  // namespace drydock::images::registry
