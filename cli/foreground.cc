#include "cli/foreground.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/log_frames.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

// What the reading threads tell the main one.
struct News {
  enum class Kind { kChanged, kEventsEnded, kLogsEnded, kOutputGone } kind;
  std::size_t task = 0;
  Json state;
  Status status;
};

class Mailbox {
 public:
  Mailbox() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void put(News news) {
    std::lock_guard lock(mutex_);
    news_.push_back(std::move(news));
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  }
  std::deque<News> take() {
    std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
    return std::exchange(news_, {});
  }
  int fd() const { return wake_.get(); }

 private:
  UniqueFd wake_;
  std::mutex mutex_;
  std::deque<News> news_;
};

// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct Watched {
  Json task;
  std::size_t notes_shown = 0;
  bool addresses_shown = false;
  bool events_ended = false;
  bool logs_started = false;
  bool logs_ended = false;
  // Said at the end: when the daemon has gone, that is said instead.
  Status logs_read;
  bool ended() const { return events_ended && (!logs_started || logs_ended); }
};

class Watcher {
 public:
  Watcher(Session& session, const Client& client, const Foreground& foreground);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  Ending run();

 private:
  // On threads of their own: they know their task by its id, the rest of watched_ is the main
  // thread's.
  void read_events(std::size_t index, const std::string& id);
  void read_logs(std::size_t index, const std::string& id);
  void handle(News news);
  void show_addresses(std::size_t index);
  void show_notes(Watched& watched);
  void on_signal();
  void stop_all(const std::string& reason, bool now);
  void wait_for_news();
  void show_end();
  int exit_code() const;

  Session& session_;
  const Client& client_;
  std::vector<Watched> watched_;
  Mailbox mailbox_;
  UniqueFd signals_;
  sigset_t old_mask_{};
  std::vector<std::thread> threads_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  int interrupts_ = 0;
  bool timed_out_ = false;
  bool output_gone_ = false;
  bool lost_ = false;  // the daemon went away
};

Watcher::Watcher(Session& session, const Client& client, const Foreground& foreground)
    : session_(session), client_(client) {
  // Blocked before the first thread, so that every signal comes to signals_. SIGPIPE: a reader that
  // goes away is news, not our end.
  sigset_t mask;
  sigemptyset(&mask);
  for (const int s : {SIGINT, SIGTERM}) sigaddset(&mask, s);
  sigset_t blocked = mask;
  sigaddset(&blocked, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &old_mask_);
  signals_.reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (foreground.timeout) deadline_ = std::chrono::steady_clock::now() + *foreground.timeout;
  for (const auto& task : foreground.tasks) watched_.emplace_back().task = task;
  for (std::size_t i = 0; i < watched_.size(); ++i)
    threads_.emplace_back([this, i, id = task_id(watched_[i].task)] { read_events(i, id); });
}

Watcher::~Watcher() {
  for (auto& t : threads_) t.join();
  ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

void Watcher::read_events(std::size_t index, const std::string& id) {
  JsonLines lines([&](const Json& line) {
    const Json* task = json_find(line, "task");
    if (task) mailbox_.put({News::Kind::kChanged, index, *task, {}});
    return true;
  });
  auto status = client_.stream("tasks/" + id + "/events?foreground=1",
                               [&](std::string_view data) { return lines.feed(data); });
  if (status && !lines.error()) status = lines.error();
  mailbox_.put({News::Kind::kEventsEnded, index, {}, std::move(status)});
}

void Watcher::read_logs(std::size_t index, const std::string& id) {
  LogStyle style;
  style.colour = session_.out.colour();
  if (watched_.size() > 1) style.task = id.substr(0, 8) + "/";
  LogPrinter printer(session_.out, style);
  Status damage;
  auto status = client_.stream("tasks/" + id + "/logs?follow=1", [&](std::string_view data) {
    const auto there = printer.feed(data);
    if (!there) damage = tl::unexpected(there.error());
    if (there && !*there) mailbox_.put({News::Kind::kOutputGone, index, {}, {}});
    return there && *there;
  });
  printer.finish();
  mailbox_.put({News::Kind::kLogsEnded, index, {}, damage ? std::move(status) : std::move(damage)});
}

void Watcher::show_addresses(std::size_t index) {
  Watched& w = watched_[index];
  if (w.addresses_shown || !addresses_are_known(w.task)) return;
  w.addresses_shown = true;
  for (const auto& line : address_lines(w.task)) session_.note(line);
  // Only now, so that no log line comes before the addresses; the journal keeps what has been
  // written.
  w.logs_started = true;
  threads_.emplace_back([this, index, id = task_id(w.task)] { read_logs(index, id); });
}

// What the daemon found out about the task since the last look.
void Watcher::show_notes(Watched& w) {
  const auto notes = task_notes(w.task);
  for (; w.notes_shown < notes.size(); ++w.notes_shown) session_.note(notes[w.notes_shown]);
}

void Watcher::handle(News news) {
  Watched& w = watched_[news.task];
  switch (news.kind) {
    case News::Kind::kChanged:
      for (const auto& line : restart_lines(w.task, news.state)) session_.note(line);
      w.task = std::move(news.state);
      show_notes(w);
      show_addresses(news.task);
      break;
    case News::Kind::kEventsEnded:
      w.events_ended = true;
      if (!is_stopped(w.task)) {
        lost_ = true;
        const std::string why = news.status ? "" : ": " + news.status.error().message;
        session_.failed({Errc::kSystem,
                         "the daemon no longer tells about task " + task_id(w.task) +
                             ", which may run on" + why,
                         0});
        session_.note("see: drydock logs -f " + short_task_id(w.task));
      }
      break;
    case News::Kind::kLogsEnded:
      w.logs_ended = true;
      w.logs_read = std::move(news.status);
      break;
    case News::Kind::kOutputGone:
      if (!std::exchange(output_gone_, true))
        stop_all("the reader of the task's output has gone", false);
      break;
  }
}

void Watcher::stop_all(const std::string& reason, bool now) {
  for (const auto& w : watched_) {
    if (w.events_ended || is_stopped(w.task)) continue;
    const auto answer =
        client_.post("tasks/" + task_id(w.task) + "/stop", Json{{"reason", reason}, {"now", now}});
    if (!answer) session_.failed(answer.error());
  }
}

void Watcher::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (++interrupts_ == 1) {
      session_.note("stopping (again: kill)");
      stop_all("Interrupted", false);
    } else {
      stop_all("Interrupted", true);
    }
  }
}

void Watcher::wait_for_news() {
  int wait = -1;
  if (deadline_ && !timed_out_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - std::chrono::steady_clock::now())
            .count();
    wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
  }
  pollfd fds[] = {{mailbox_.fd(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
  const int ready = ::poll(fds, 2, wait);
  if (ready == 0 && deadline_ && std::chrono::steady_clock::now() >= *deadline_) {
    timed_out_ = true;
    session_.note("the time is up: stopping");
    stop_all("The time limit was reached", false);
  }
  if (fds[1].revents) on_signal();
  for (auto& news : mailbox_.take()) handle(std::move(news));
}

void Watcher::show_end() {
  for (auto& w : watched_) {
    if (!is_stopped(w.task)) continue;
    if (!w.logs_read) session_.failed(std::move(w.logs_read.error()).in("logs"));
    const std::string prefix = watched_.size() > 1 ? task_id(w.task).substr(0, 8) + "/" : "";
    for (const auto& line : end_lines(w.task, interrupts_ > 1)) session_.note(prefix + line);
    // Not a note: without it nobody would know why.
    if (const auto line = task_end_line(w.task); !line.empty()) session_.err.line(line);
  }
}

int Watcher::exit_code() const {
  if (timed_out_) return kTimedOut;
  if (interrupts_ > 0 || output_gone_) return kInterrupted;
  if (lost_) return kRefused;
  for (const auto& w : watched_)
    if (const int code = exit_code_of(w.task); code != 0) return code;
  return 0;
}

Ending Watcher::run() {
  const auto all_ended = [&] {
    return std::all_of(watched_.begin(), watched_.end(),
                       [](const Watched& w) { return w.ended(); });
  };
  while (!all_ended()) {
    wait_for_news();
    // A daemon that went away cannot end the log streams of other tasks properly.
    if (lost_ && std::all_of(watched_.begin(), watched_.end(),
                             [](const Watched& w) { return w.events_ended; }))
      break;
  }
  show_end();
  Ending ending{exit_code(), {}};
  for (const auto& w : watched_) ending.tasks.push_back(w.task);
  return ending;
}

}  // namespace

Ending stay_in_foreground(Session& session, const Client& client, const Foreground& foreground) {
  return Watcher(session, client, foreground).run();
}

}  // namespace drydock::cli
