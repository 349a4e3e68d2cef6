#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"

namespace drydock::api::local {
namespace {

bool asked(const http::Request& request, std::string_view key) {
  const auto value = http::query_value(request.query, key);
  return value && *value != "0" && *value != "false";
}

http::Response no_task(const std::string& id) {
  return problem(404, "NotFound", "There is no task " + id.substr(0, 64) + ".");
}

// Sends a task's state whenever it changes, until it is STOPPED. Lives on the loop's thread; kept
// alive by the watch and the connection, which both let go at the end.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(Context context, std::string id, bool foreground,
              std::shared_ptr<http::StreamWriter> writer)
      : context_(std::move(context)),
        id_(std::move(id)),
        foreground_(foreground),
        writer_(std::move(writer)) {}

  void start() {
    if (foreground_) context_->unclaimed.erase(id_);
    watch_ = tasks().watch(id_, [self = shared_from_this()] { self->send(); });
    writer_->on_gone([self = weak_from_this(), loop = context_->loop] {
      loop->post([self] {
        if (const auto alive = self.lock()) alive->client_gone();
      });
    });
    send();
  }

 private:
  control::Tasks& tasks() const { return context_->control->tasks; }

  void send() {
    if (!writer_) return;
    const Json task = tasks().local(id_);
    if (task.is_null()) return end();  // forgotten
    std::string line = dump_json({{"task", task}}) + "\n";
    if (line == last_) return;
    const bool there = writer_->write(line);
    last_ = std::move(line);
    if (!there) return client_gone();
    if (json_string(task, "lastStatus") == "STOPPED") end();
  }

  void client_gone() {
    if (!writer_) return;
    // The stop changes the task, which calls send() here before it returns.
    if (std::exchange(foreground_, false) && !context_->closing)
      tasks().stop_task(id_, client_went_away());
    end();
  }

  void end() {
    const auto writer = std::exchange(writer_, nullptr);
    if (!writer) return;
    tasks().unwatch(watch_);
    writer->close();
  }

  Context context_;
  std::string id_;
  bool foreground_;
  std::shared_ptr<http::StreamWriter> writer_;
  std::string last_;
  int watch_ = 0;
};

}  // namespace

runtime::StopRequest client_went_away() {
  return {"UserInitiated", "The client that ran the task in the foreground went away", false};
}

http::Response list_tasks(const Context& context, const http::Request& request) {
  const bool all = asked(request, "all");
  Json tasks = context->loop->call([&] { return context->control->tasks.all_local(all); });
  return ok({{"tasks", std::move(tasks)}});
}

http::Response show_task(const Context& context, const std::string& id) {
  Json task = context->loop->call([&] { return context->control->tasks.local(id); });
  if (task.is_null()) return no_task(id);
  return ok({{"task", std::move(task)}});
}

http::Response target_groups(const Context& context) {
  return ok(
      context->loop->call([context] { return context->control->services.balancing().shown(); }));
}

http::Response stop_task(const Context& context, const http::Request& request,
                         const std::string& id) {
  const auto input = input_of(request.body);
  if (!input) return problem(input.error());
  const std::string reason = json_string(*input, "reason", "Task stopped by user").substr(0, 1024);
  const bool now = json_bool(*input, "now");
  Json task = context->loop->call([&] {
    context->control->tasks.stop_task(id, {"UserInitiated", reason, now});
    return context->control->tasks.local(id);
  });
  if (task.is_null()) return no_task(id);
  return ok({{"task", std::move(task)}});
}

http::Response interrupt_task(const Context& context, const std::string& id) {
  bool is_spot = false;
  Json task = context->loop->call([&] {
    is_spot =
        json_string(context->control->tasks.local(id), "capacityProviderName") == "FARGATE_SPOT";
    if (is_spot)
      context->control->tasks.stop_task(
          id, {"SpotInterruption", "Your Spot Task was interrupted.", false});
    return context->control->tasks.local(id);
  });
  if (task.is_null()) return no_task(id);
  if (!is_spot)
    return problem(
        409, "Conflict",
        "task " + id +
            " does not run on FARGATE_SPOT; run it with a capacityProviderStrategy that "
            "names it, in a cluster that has it (aws ecs put-cluster-capacity-providers)");
  return ok({{"task", std::move(task)}});
}

http::Response forget_task(const Context& context, const std::string& id) {
  std::shared_future<Status> saved;
  const Status done = context->loop->call([&] {
    Status forgotten = context->control->tasks.forget(id);
    saved = context->control->store.committed();
    return forgotten;
  });
  if (!done) return problem(done.error());
  if (const Status& written = saved.get(); !written) return problem(written.error());
  return ok(Json::object());
}

http::Response task_events(const Context& context, const http::Request& request,
                           const std::string& id) {
  if (!context->loop->call([&] { return context->control->tasks.view(id) != nullptr; }))
    return no_task(id);
  const bool foreground = asked(request, "foreground");
  http::Response r;
  r.headers = {{"Content-Type", "application/x-ndjson"}};
  r.stream = [context, id, foreground](std::shared_ptr<http::StreamWriter> writer) {
    auto stream = std::make_shared<EventStream>(context, id, foreground, std::move(writer));
    context->loop->post([stream] { stream->start(); });
  };
  return r;
}

}  // namespace drydock::api::local
