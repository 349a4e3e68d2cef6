#include <nlohmann/json.hpp>

#include "api/local/routes.h"

namespace drydock::api::local {
namespace {

// A line at each change of any task, for as long as the client stays. Lives on the loop's thread;
// kept alive by the watch and the connection, which both let go at the end.
class ChangeStream : public std::enable_shared_from_this<ChangeStream> {
 public:
  ChangeStream(Context context, std::shared_ptr<http::StreamWriter> writer)
      : context_(std::move(context)), writer_(std::move(writer)) {}

  void start() {
    watch_ = context_->control->tasks.watch("", [self = shared_from_this()] { self->send(); });
    writer_->on_gone([self = weak_from_this(), loop = context_->loop] {
      loop->post([self] {
        if (const auto alive = self.lock()) alive->end();
      });
    });
    send();  // what changed before the watch began has been seen by nobody
  }

 private:
  void send() {
    // A client that does not read misses nothing: it looks at everything when it wakes up.
    if (!writer_ || writer_->pending() > 4096) return;
    if (!writer_->write("{}\n")) end();
  }

  void end() {
    if (!writer_) return;
    context_->control->tasks.unwatch(watch_);
    writer_->close();
    writer_ = nullptr;
  }

  Context context_;
  std::shared_ptr<http::StreamWriter> writer_;
  int watch_ = 0;
};

}  // namespace

http::Response changes(const Context& context) {
  http::Response r;
  r.headers = {{"Content-Type", "application/x-ndjson"}};
  r.stream = [context](std::shared_ptr<http::StreamWriter> writer) {
    auto stream = std::make_shared<ChangeStream>(context, std::move(writer));
    context->loop->post([stream] { stream->start(); });
  };
  return r;
}

}  // namespace drydock::api::local
