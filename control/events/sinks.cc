#include "control/events/sinks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/http/client.h"
#include "control/events/socket_sink.h"

namespace drydock::control::events {
namespace {

using End = Delivery::End;

// An open file that lines are appended to.
class LineFile {
 public:
  LineFile(std::string path, gid_t group) : path_(std::move(path)), group_(group) {}

  Delivery append(const std::string& line) {
    if (auto opened = open(); !opened) return {End::kAgain, opened.error().message};
    const off_t end = ::lseek(fd_.get(), 0, SEEK_END);
    const Status written = write_all(fd_.get(), line + "\n");
    if (written) return {};
    // No half line: it comes again as a whole.
    if (end >= 0 && ::ftruncate(fd_.get(), end) != 0) fd_.reset();
    return {End::kAgain, written.error().message};
  }

 private:
  Status open() {
    struct stat named {
    }, held{};
    if (fd_ && ::stat(path_.c_str(), &named) == 0 && ::fstat(fd_.get(), &held) == 0 &&
        named.st_ino == held.st_ino && named.st_dev == held.st_dev)
      return {};
    const bool fresh = !exists(path_);
    fd_.reset(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    if (!fd_) return fail_errno("open " + path_);
    if (fresh && ::fchown(fd_.get(), static_cast<uid_t>(-1), group_) != 0)
      return fail_errno("give " + path_ + " to its group");
    return {};
  }

  std::string path_;
  gid_t group_;
  UniqueFd fd_;
};

}  // namespace

Follower::Deliver to_file(std::string path, gid_t group) {
  return [file = std::make_shared<LineFile>(std::move(path), group)](const Logged& event) {
    return file->append(event.line);
  };
}

Follower::Deliver to_webhook(std::string url, const std::atomic<bool>& ending) {
  return [url = std::move(url), &ending](const Logged& event) -> Delivery {
    http::ClientRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = event.line;
    request.total_timeout = std::chrono::seconds(30);
    request.max_body = 1u << 20;
    request.cancelled = [&ending] { return ending.load(); };
    const auto answer = http::fetch(request);
    if (!answer) return {End::kAgain, answer.error().message};
    if (answer->status >= 200 && answer->status < 300) return {};
    const bool again = answer->status == 408 || answer->status == 429 || answer->status >= 500;
    return {again ? End::kAgain : End::kRefused,
            "it answers with status " + std::to_string(answer->status)};
  };
}

struct Sinks::State {
  // A delivery to a webhook asks whether its follower ends: that is made after it.
  std::atomic<bool> ending{false};
  std::vector<std::unique_ptr<Follower>> followers;
  std::unique_ptr<SocketSink> socket;
};

Sinks::Sinks(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sinks::~Sinks() { state_->ending = true; }

Result<std::unique_ptr<Sinks>> Sinks::open(EventLog& log, Store& store,
                                           const SinksOptions& options) {
  auto state = std::make_unique<State>();
  DRYDOCK_LET(const auto places, followed(store));
  const auto follow = [&](const char* key, const std::string& to, Follower::Deliver deliver) {
    Follower::Options o;
    o.name = std::string(key) + " " + to;
    o.key = o.name;
    const auto place = places.find(o.key);
    o.begin = log.last_of_earlier();
    if (place != places.end()) o.begin = std::min(o.begin, place->second);
    state->followers.push_back(
        std::make_unique<Follower>(log, store, std::move(o), std::move(deliver)));
  };
  if (!options.file.empty())
    follow("events.file", options.file, to_file(options.file, options.group));
  if (!options.webhook.empty())
    follow("events.webhook", options.webhook, to_webhook(options.webhook, state->ending));
  if (!options.socket.empty()) {
    DRYDOCK_LET(state->socket, SocketSink::open(log, options.socket, options.group));
  }
  return std::unique_ptr<Sinks>(new Sinks(std::move(state)));
}

}  // namespace drydock::control::events
