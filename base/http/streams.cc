#include "base/http/streams.h"

#include <algorithm>
#include <charconv>

namespace drydock::http {
namespace {

constexpr std::size_t kWritable = 64u << 10;   // message.h: on_writable
constexpr std::size_t kHardLimit = 32u << 20;  // a producer that does not pause loses its client
constexpr std::size_t kHeldIn = 256u << 10;

std::string chunk_head(std::size_t size) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, size, 16).ptr;
  return std::string(text, end) + "\r\n";
}

class Writer final : public StreamWriter {
 public:
  explicit Writer(std::shared_ptr<OutStream> stream) : stream_(std::move(stream)) {}
  ~Writer() override { stream_->abandon(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  bool write(std::string_view bytes) override { return stream_->write(bytes); }
  std::size_t pending() const override { return stream_->pending(); }
  void on_writable(std::function<void()> fn) override { stream_->on_writable(std::move(fn)); }
  void on_gone(std::function<void()> fn) override { stream_->on_gone(std::move(fn)); }
  void close() override { stream_->close(); }

 private:
  std::shared_ptr<OutStream> stream_;
};

}  // namespace

void OutStream::wake_locked() {
  if (gone_ || woken_) return;
  woken_ = true;
  wake_();
}

bool OutStream::write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (gone_ || end_ != End::kNotYet) return false;
  if (bytes.empty()) return true;
  if (queued_.size() + in_flight_ > kHardLimit) {
    end_ = End::kAbandoned;
    wake_locked();
    return false;
  }
  if (chunked_) queued_ += chunk_head(bytes.size());
  queued_ += bytes;
  if (chunked_) queued_ += "\r\n";
  wake_locked();
  return true;
}

std::size_t OutStream::pending() const {
  const std::lock_guard lock(mutex_);
  return gone_ ? 0 : queued_.size() + in_flight_;
}

void OutStream::on_writable(std::function<void()> fn) {
  {
    const std::lock_guard lock(mutex_);
    if (!gone_ && queued_.size() + in_flight_ >= kWritable) {
      on_writable_ = std::move(fn);
      return;
    }
  }
  fn();
}

void OutStream::on_gone(std::function<void()> fn) {
  {
    const std::lock_guard lock(mutex_);
    if (!gone_) {
      if (end_ == End::kNotYet) on_gone_ = std::move(fn);
      return;
    }
  }
  fn();
}

void OutStream::finish(End end) {
  std::function<void()> writable, left;  // destroyed after the lock: they may hold the writer
  const std::lock_guard lock(mutex_);
  writable.swap(on_writable_);
  left.swap(on_gone_);
  if (gone_ || end_ != End::kNotYet) return;
  end_ = end;
  if (end == End::kClosed && chunked_) queued_ += "0\r\n\r\n";
  wake_locked();
}

void OutStream::close() { finish(End::kClosed); }
void OutStream::abandon() { finish(End::kAbandoned); }

std::string OutStream::take(End& end) {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  in_flight_ += queued_.size();
  end = end_;
  return std::exchange(queued_, {});
}

void OutStream::taken(std::size_t bytes) {
  std::function<void()> fn;
  {
    const std::lock_guard lock(mutex_);
    in_flight_ -= std::min(in_flight_, bytes);
    if (queued_.size() + in_flight_ < kWritable) fn = std::exchange(on_writable_, nullptr);
  }
  if (fn) fn();
}

void OutStream::gone() {
  std::function<void()> writable, left;
  {
    const std::lock_guard lock(mutex_);
    if (gone_) return;
    gone_ = true;
    wake_ = nullptr;
    queued_ = {};
    writable = std::exchange(on_writable_, nullptr);
    left = std::exchange(on_gone_, nullptr);
  }
  if (left) left();
  if (writable) writable();  // a producer that waits learns from write() that nobody listens
}

std::shared_ptr<StreamWriter> writer_of(std::shared_ptr<OutStream> stream) {
  return std::make_shared<Writer>(std::move(stream));
}

ssize_t InStream::read(char* buffer, std::size_t size) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return at_ < held_.size() || finished_ || failed_; });
  if (failed_) return -1;
  const auto got = held_.copy(buffer, size, at_);
  at_ += got;
  if (at_ == held_.size()) {
    held_.clear();
    at_ = 0;
  }
  if (full_ && held_.size() - at_ < kHeldIn / 2) {
    full_ = false;
    resume_();
  }
  return static_cast<ssize_t>(got);
}

bool InStream::push(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (at_ >= kHeldIn) held_.erase(0, std::exchange(at_, 0));
  held_ += bytes;
  full_ = held_.size() - at_ >= kHeldIn;
  arrived_.notify_one();
  return !full_;
}

void InStream::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  arrived_.notify_one();
}

void InStream::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  arrived_.notify_one();
}

bool InStream::finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

}  // namespace drydock::http
