#include "images/engine_source.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <future>
#include <nlohmann/json.hpp>

#include "base/http/client.h"
#include "base/json.h"
#include "base/unique_fd.h"

namespace drydock::images {
namespace {

constexpr std::size_t kQueue = 1u << 20;  // bytes between the engine and the store

bool is_socket(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

// The path of GET for a name: everything but its slashes escaped.
std::string image_path(const std::string& name) {
  constexpr const char* kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/:";
  std::string path = "/images/";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos)
      path += c;
    else
      ((path += '%') += kHex[byte >> 4]) += kHex[byte & 15];
  }
  return path + "/get";
}

// All of `data` into the queue; false when its reader has gone.
bool push(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

struct Answer {
  Status done;
  bool left = false;  // the reader went away first: its own error counts
};

// Streams one archive into `queue` and closes it.
Answer fetch_archive(const std::string& socket, const std::string& name, UniqueFd queue,
                     const CancelFlag& cancel) {
  Answer answer;
  http::ClientRequest request;
  request.unix_socket = socket;
  request.url = "http://localhost" + image_path(name);
  request.max_body = 1u << 20;
  request.cancelled = [&] { return cancel.is_set(); };
  request.on_data = [&](std::string_view data) {
    answer.left = !push(queue.get(), data);
    return !answer.left && !cancel.is_set();
  };
  const auto got = http::fetch(request);
  if (cancel.is_set()) {
    answer.done = fail(Errc::kCancelled, "loading " + name + " from " + socket + " was cancelled");
  } else if (!got) {
    answer.done = tl::unexpected(got.error());
  } else if (got->status != 200) {
    const auto json = parse_json(got->body);
    const std::string said = json ? json_string(*json, "message") : std::string();
    answer.done = fail(got->status == 404 ? Errc::kNotFound : Errc::kSystem,
                       socket + " answered " + std::to_string(got->status) +
                           (said.empty() ? "" : ": " + said.substr(0, 500)));
  }
  return answer;
}

Result<LoadedImage> load_name(Store& store, const std::string& socket, const std::string& name,
                              const CancelFlag& cancel) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail_errno("make a socket pair");
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const int room = kQueue;
  (void)::setsockopt(writer.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  auto arriving = std::async(std::launch::async, [&, queue = std::move(writer)]() mutable {
    return fetch_archive(socket, name, std::move(queue), cancel);
  });
  std::optional<Answer> answer;
  auto loaded = load_archive(store, [&](char* buffer, std::size_t size) -> Result<std::size_t> {
    for (;;) {
      const ssize_t n = ::read(reader.get(), buffer, size);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read what " + socket + " sends");
      if (n > 0) return static_cast<std::size_t>(n);
      // The end of the bytes is the end of the archive only when the engine says so.
      if (!answer) answer = arriving.get();
      if (!answer->done) return tl::unexpected(answer->done.error());
      return std::size_t{0};
    }
  });
  reader.reset();
  if (!answer) answer = arriving.get();
  if (!answer->done && !answer->left) return tl::unexpected(answer->done.error());
  if (!loaded) return tl::unexpected(std::move(loaded.error()).in("load from " + socket));
  if (loaded->size() != 1)
    return fail(Errc::kInvalid, socket + " sent " + std::to_string(loaded->size()) +
                                    " images when asked for " + name);
  return std::move(loaded->front());
}

}  // namespace

std::vector<std::string> engine_sockets(unsigned uid) {
  std::vector<std::string> candidates;
  if (const char* host = std::getenv("DOCKER_HOST")) {
    constexpr std::string_view kUnix = "unix://";
    if (std::string_view(host).starts_with(kUnix)) candidates.emplace_back(host + kUnix.size());
  }
  const std::string user = "/run/user/" + std::to_string(uid);
  for (const auto& path : {std::string("/run/docker.sock"), std::string("/run/podman/podman.sock"),
                           user + "/docker.sock", user + "/podman/podman.sock"})
    if (candidates.empty() || candidates.front() != path) candidates.push_back(path);
  std::erase_if(candidates, [](const std::string& path) { return !is_socket(path); });
  return candidates;
}

Result<LoadedImage> load_from_engine(Store& store, const std::string& socket,
                                     const Reference& reference, const CancelFlag& cancel) {
  if (!reference.digest.empty())
    return fail(Errc::kInvalid, reference.familiar() +
                                    ": an engine's archive has other digests than the registry; "
                                    "name the image by its tag");
  auto loaded = load_name(store, socket, reference.text(), cancel);
  // Podman gives what it builds under a short name a registry of its own.
  if (!loaded && loaded.error().code == Errc::kNotFound && reference.registry == "docker.io") {
    auto local = load_name(store, socket, "localhost/" + reference.familiar(), cancel);
    if (local || local.error().code != Errc::kNotFound) loaded = std::move(local);
  }
  if (!loaded) return loaded;
  DRYDOCK_TRY(store.tag(loaded->manifest_digest, reference.text()));
  return loaded;
}

}  // namespace drydock::images
