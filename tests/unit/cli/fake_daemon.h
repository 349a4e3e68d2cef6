#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/http/door.h"
#include "cli/session.h"

// A daemon that a test answers for, and running a verb against it.
namespace drydock::cli::test {

inline constexpr const char* kId = "0123456789abcdef0123456789abcdef";

inline Json task(const std::string& status, Json more = Json::object()) {
  Json t = {{"taskArn", std::string("arn:aws:ecs:r:a:task/default/") + kId},
            {"taskDefinitionArn", "arn:aws:ecs:r:a:task-definition/web:1"},
            {"lastStatus", status},
            {"local",
             {{"id", kId}, {"containers", Json::array({{{"name", "web"}, {"essential", true}}})}}}};
  t.merge_patch(more);
  return t;
}

inline Json exited(int code) {
  return task("STOPPED",
              {{"stopCode", "EssentialContainerExited"},
               {"local",
                {{"containers",
                  Json::array({{{"name", "web"}, {"exitCode", code}, {"essential", true}}})}}}});
}

inline std::string event(const Json& t) { return dump_json(Json{{"task", t}}) + "\n"; }

inline http::Response answer(const Json& body, int status = 200) {
  http::Response r;
  r.status = status;
  r.body = dump_json(body);
  return r;
}

// The door's threads must not take the signals that are meant for the verb: made before the door.
struct SignalsBlocked {
  SignalsBlocked() {
    sigset_t mask;
    sigemptyset(&mask);
    for (const int s : {SIGINT, SIGTERM}) sigaddset(&mask, s);
    ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  }
};

class FakeDaemon {
  SignalsBlocked signals_blocked_;

 public:
  // "GET tasks?all=1" -> answer. Requests are recorded as "METHOD path body".
  std::map<std::string, std::function<http::Response(const http::Request&)>> routes;

  FakeDaemon() {
    char folder[] = "/tmp/drydock-cli-XXXXXX";
    folder_ = ::mkdtemp(folder);
    socket_ = folder_ + "/d.sock";
    auto listening = http::listen_unix(socket_, 0600, ::getgid());
    EXPECT_TRUE(listening);
    http::Surface surface;
    surface.handler = [this](const http::Request& r) { return reply(r); };
    door_.open(std::move(*listening), std::move(surface));
  }
  ~FakeDaemon() {
    close();
    (void)remove_tree(folder_);
  }
  void close() { door_.reset(); }  // returns when no handler runs any more
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  std::vector<std::string> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  const std::string& folder() const { return folder_; }
  std::string host() const { return "unix://" + socket_; }

 private:
  class Holder {
   public:
    int open(UniqueFd fd, http::Surface surface) {
      return door_->open(std::move(fd), std::move(surface));
    }
    void reset() { door_.reset(); }

   private:
    std::unique_ptr<http::Door> door_ = std::make_unique<http::Door>();
  };
  http::Response reply(const http::Request& r) {
    std::string what = r.method + " " + r.target;
    if (const auto at = what.find("/_drydock/v1/"); at != std::string::npos) what.erase(at, 13);
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(what + (r.body.empty() ? "" : " " + r.body));
    }
    const auto found = routes.find(what);
    return found == routes.end()
               ? answer({{"__type", "NotFound"}, {"message", "no route " + what}}, 404)
               : found->second(r);
  }

  std::string folder_, socket_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  Holder door_;
};

struct Outcome {
  int exit_code = 0;
  std::string out, err;
};

inline std::string content(int fd) {
  std::string all(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(fd, all.data(), all.size(), 0), static_cast<ssize_t>(all.size()));
  return all;
}

template <class Options>
Outcome run_verb(const FakeDaemon& daemon, const Options& options, Common common = {}) {
  const UniqueFd out(::memfd_create("out", MFD_CLOEXEC)), err(::memfd_create("err", MFD_CLOEXEC));
  common.host = daemon.host();
  Session session(common, out.get(), err.get());
  const int code = execute(session, options);
  return {code, content(out.get()), content(err.get())};
}

// A stream that says `text` and ends.
inline http::Response stream_of(std::string text) {
  http::Response r;
  r.stream = [text = std::move(text)](const std::shared_ptr<http::StreamWriter>& writer) {
    writer->write(text);
    writer->close();
  };
  return r;
}

inline std::string frame(const std::string& bytes) {
  return "web stdout 2026-03-01T08:15:04.123456789Z " + std::to_string(bytes.size()) + "\n" +
         bytes + "\n";
}

inline RunOptions run_options(const FakeDaemon& daemon) {
  RunOptions o;
  o.file = daemon.folder() + "/td.json";
  EXPECT_TRUE(write_file_atomic(
      o.file, R"({"family":"web","containerDefinitions":[{"name":"web","image":"x"}]})"));
  return o;
}

}  // namespace drydock::cli::test
