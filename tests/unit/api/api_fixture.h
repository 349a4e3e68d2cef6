#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/context.h"
#include "base/ids.h"
#include "control/control.h"

// The whole API over an engine that does nothing by itself: tests say what becomes of a task.
namespace drydock::api::testing {

class FakeEngine : public runtime::Engine {
 public:
  void run(std::shared_ptr<const runtime::TaskSpec> spec) override {
    auto view = std::make_shared<runtime::TaskView>();
    view->spec = spec;
    view->created_at = now();
    for (const auto& c : spec->definition.containers) {
      runtime::ContainerView one;
      one.name = c.name;
      view->containers.push_back(one);
    }
    publish(std::move(view));
  }
  void stop(const std::string& id, runtime::StopRequest request) override {
    stops.push_back(id + " " + request.code + " " + request.reason + (request.now ? " now" : ""));
    change(id, [&](runtime::TaskView& v) {
      if (v.desired_stopped) return;
      v.desired_stopped = true;
      v.stop_code = request.code;
      v.stopped_reason = request.reason;
      v.stopping_at = now();
    });
  }
  Status forget(const std::string& id) override {
    auto next = std::make_shared<runtime::World>(*world_.get());
    next->tasks.erase(id);
    world_.set(next);
    forgotten.push_back(id);
    return {};
  }
  void adopt(std::shared_ptr<const runtime::TaskView> stored) override {
    publish(std::move(stored));
  }
  void note(const std::string&, const std::string&) override {}
  const runtime::PublishedWorld& world() const override { return world_; }
  void end() override {}

  template <class F>
  void change(const std::string& id, F edit) {
    const auto world = world_.get();
    const auto it = world->tasks.find(id);
    if (it == world->tasks.end()) return;
    auto view = std::make_shared<runtime::TaskView>(*it->second);
    edit(*view);
    ++view->version;
    publish(std::move(view));
  }

  std::function<void(std::shared_ptr<const runtime::TaskView>)> changed;
  std::vector<std::string> stops;
  std::vector<std::string> forgotten;

 private:
  void publish(std::shared_ptr<const runtime::TaskView> view) {
    auto next = std::make_shared<runtime::World>(*world_.get());
    next->tasks[view->spec->task_id] = view;
    world_.set(next);
    if (changed) changed(view);
  }
  runtime::PublishedWorld world_;
};

// One life of the daemon's control plane over a state folder.
class Plane {
 public:
  explicit Plane(const std::string& folder, control::TasksOptions options = {}) {
    auto opened = control::Store::open(folder + "/drydock.db");
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(*opened);
    control = std::make_unique<control::Control>(loop, *store, options);
    engine.changed = [this](auto view) { control->tasks.changed(std::move(view)); };
    auto views = control->restore();
    if (!views) throw std::runtime_error(views.error().message);
    control->tasks.attach(engine);
    for (const auto& view : *views) engine.adopt(view);
    thread = std::thread([this] { loop.run(); });
    context = std::make_shared<ApiContext>();
    context->loop = &loop;
    context->control = control.get();
    context->defaults = {"us-east-1", "123456789012", ""};
    context->facts.version = "0.1.0";
    context->facts.root = folder;
    context->facts.run = folder + "/run";
    handler = ecs_handler(context);
  }
  ~Plane() {
    context->close();
    loop.stop();
    thread.join();
  }
  Plane(const Plane&) = delete;

  Loop loop;
  std::unique_ptr<control::Store> store;
  FakeEngine engine;
  std::unique_ptr<control::Control> control;
  std::thread thread;
  std::shared_ptr<ApiContext> context;
  http::Handler handler;
};

struct Reply {
  int status = 0;
  Json body;
  http::Headers headers;
  std::string type() const { return json_string(body, "__type"); }
  std::string message() const { return json_string(body, "message"); }
};

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() : folder(std::filesystem::temp_directory_path() / ("drydock-api-" + random_hex(6))) {
    std::filesystem::create_directories(folder);
    plane = std::make_unique<Plane>(folder);
  }
  ~ApiTest() override {
    plane.reset();
    std::filesystem::remove_all(folder);
  }

  void restart(control::TasksOptions options = {}) {
    plane.reset();
    plane = std::make_unique<Plane>(folder, options);
  }

  Reply send(http::Request request) {
    const http::Response r = plane->handler(request);
    Reply reply{r.status, Json(), r.headers};
    if (!r.body.empty()) reply.body = Json::parse(r.body);
    return reply;
  }
  // One operation as botocore sends it.
  Reply call(const std::string& operation, const Json& input, const std::string& scope = "") {
    http::Request r;
    r.method = "POST";
    r.target = r.path = "/";
    r.headers = {{"x-amz-target", "AmazonEC2ContainerServiceV20141113." + operation},
                 {"Content-Type", "application/x-amz-json-1.1"}};
    if (!scope.empty())
      r.headers.emplace_back("Authorization",
                             "AWS4-HMAC-SHA256 Credential=" + scope +
                                 "/ecs/aws4_request, SignedHeaders=host, Signature=00");
    r.body = input.is_string() ? input.get<std::string>() : input.dump();
    return send(r);
  }
  Reply local(const std::string& method, const std::string& path, const Json& body = Json()) {
    http::Request r;
    r.method = method;
    r.path = "/_drydock/v1/" + path;
    if (const auto q = r.path.find('?'); q != std::string::npos) {
      r.query = r.path.substr(q + 1);
      r.path.resize(q);
    }
    if (!body.is_null()) r.body = body.dump();
    return send(r);
  }
  template <class F>
  void change(const std::string& id, F edit) {
    plane->loop.call([&] {
      plane->engine.change(id, edit);
      return true;
    });
  }
  void become(const std::string& id, runtime::TaskStatus status) {
    change(id, [&](runtime::TaskView& v) {
      v.last_status = status;
      if (status == runtime::TaskStatus::kStopped) {
        v.desired_stopped = true;
        v.stopped_at = now();
        for (auto& c : v.containers) c.known = runtime::ContainerStatus::kStopped;
      }
    });
  }

  static Json fargate(const std::string& family) {
    return {{"family", family},
            {"networkMode", "awsvpc"},
            {"requiresCompatibilities", {"FARGATE"}},
            {"cpu", "256"},
            {"memory", "512"},
            {"containerDefinitions",
             Json::array({{{"name", "web"},
                           {"image", "web:latest"},
                           {"portMappings", Json::array({{{"containerPort", 80}}})}},
                          {{"name", "log"}, {"image", "log"}, {"essential", false}}})}};
  }
  static Json network() {
    return {{"awsvpcConfiguration", {{"subnets", Json::array({"subnet-1"})}}}};
  }
  static std::string id_of(const Json& task) {
    const std::string arn = json_string(task, "taskArn");
    return arn.substr(arn.rfind('/') + 1);
  }
  // A cluster "c" and a definition "web:1".
  void prepare() {
    call("CreateCluster", {{"clusterName", "c"}});
    const Reply made = call("RegisterTaskDefinition", fargate("web"));
    ASSERT_EQ(made.status, 200) << made.body.dump();
  }
  Json run_input() {
    return {{"cluster", "c"},
            {"taskDefinition", "web"},
            {"launchType", "FARGATE"},
            {"networkConfiguration", network()}};
  }
  Json run_one() {
    const Reply r = call("RunTask", run_input());
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.body["tasks"][0];
  }

  std::string folder;
  std::unique_ptr<Plane> plane;
};

}  // namespace drydock::api::testing
