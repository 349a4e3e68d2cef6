#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/http/message.h"

// The two ends that a streaming handler and the reactor share. Handlers use them from their own
// threads.
namespace drydock::http {

// A body on its way out. The handler's writer and the connection hold it.
class OutStream {
 public:
  // `wake` tells the reactor that there is something to do; it is never called after gone().
  OutStream(bool chunked, std::function<void()> wake) : chunked_(chunked), wake_(std::move(wake)) {}

  // The handler's side.
  bool write(std::string_view bytes);
  std::size_t pending() const;
  void on_writable(std::function<void()> fn);
  void on_gone(std::function<void()> fn);
  void close();
  void abandon();  // the writer was destroyed: without close() before, the client sees a cut body

  // The reactor's side.
  enum class End { kNotYet, kClosed, kAbandoned };
  // Everything queued, and whether more can follow.
  std::string take(End& end);
  void taken(std::size_t bytes);  // by the socket
  void gone();

 private:
  void wake_locked();
  void finish(End end);

  const bool chunked_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::string queued_;
  std::size_t in_flight_ = 0;
  bool woken_ = false;
  bool gone_ = false;
  End end_ = End::kNotYet;
  std::function<void()> on_writable_;
  std::function<void()> on_gone_;
};

// The StreamWriter a handler gets.
std::shared_ptr<StreamWriter> writer_of(std::shared_ptr<OutStream> stream);

// A body on its way in, with back pressure: the reactor stops reading the socket while full() is
// true.
class InStream final : public BodyReader {
 public:
  explicit InStream(std::function<void()> resume) : resume_(std::move(resume)) {}
  ssize_t read(char* buffer, std::size_t size) override;

  // The reactor's side.
  bool push(std::string_view bytes);  // false when full: resume() follows
  void finish();                      // the body's end
  void fail();  // the client is gone, or the reply is on its way: nobody reads on
  bool finished() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::function<void()> resume_;
  std::string held_;
  std::size_t at_ = 0;
  bool full_ = false;
  bool finished_ = false;
  bool failed_ = false;
};

}  // namespace drydock::http
