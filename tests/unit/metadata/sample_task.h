#pragma once
#include <memory>

#include "runtime/task_view.h"

namespace drydock::metadata {

// A service's task with a log router and a web container that uses most of what the documents can
// show.
inline std::shared_ptr<runtime::TaskView> sample_task() {
  using namespace taskdef;
  const std::string id = "4f5e6d7c8b9a40112233445566778899";
  auto spec = std::make_shared<runtime::TaskSpec>();
  spec->task_id = id;
  spec->task_arn = "arn:aws:ecs:eu-north-1:111122223333:task/harbour/" + id;
  spec->cluster_name = "harbour";
  spec->cluster_arn = "arn:aws:ecs:eu-north-1:111122223333:cluster/harbour";
  spec->region = "eu-north-1";
  spec->availability_zone = "eu-north-1c";
  spec->service_name = "tide-svc";
  spec->tags = {{"owner", "pilots"}, {"cost", "<low> & fair"}};
  spec->container_ids = {{"router", id + "-1000000001"}, {"tide", id + "-2000000002"}};
  const std::string arn = "arn:aws:ecs:eu-north-1:111122223333:container/harbour/" + id;
  spec->container_arns = {{"router", arn + "/aaaaaaaa-1111-4111-8111-111111111111"},
                          {"tide", arn + "/bbbbbbbb-2222-4222-8222-222222222222"}};
  auto& definition = spec->definition;
  definition.family = "tide";
  definition.revision = 12;
  definition.cpu = 256;
  definition.memory_mib = 2048;
  definition.volumes.push_back({"charts", {}, {}, {}, false, false});
  ContainerDefinition router;
  router.name = "router";
  router.image = "example.org/log-router:3";
  router.log_configuration = LogConfiguration{"awslogs",
                                              {{"awslogs-stream-prefix", "fire"},
                                               {"awslogs-group", "/tide"},
                                               {"awslogs-region", "eu-north-1"}},
                                              {}};
  ContainerDefinition tide;
  tide.name = "tide";
  tide.image = "111122223333.dkr.ecr.eu-north-1.amazonaws.com/tide:1.9";
  tide.cpu = 200;
  tide.memory_mib = 1500;
  tide.docker_labels = {
      {"team", "pilots"}, {"com.amazonaws.ecs.cluster", "forged"}, {"AA", "first"}};
  tide.port_mappings.push_back({8080, 8080, "tcp", {}, {}, {}});
  tide.mount_points.push_back({"charts", "/srv/charts", false});
  tide.log_configuration =
      LogConfiguration{"awsfirelens", {{"Name", "http"}, {"Host", "logs"}}, {{"Token", "arn:x"}}};
  tide.health_check = HealthCheck{};
  tide.restart_policy = RestartPolicy{true, {}, 300};
  definition.containers = {router, tide};

  const auto at = [](const char* text) { return *parse_rfc3339(text); };
  auto task = std::make_shared<runtime::TaskView>();
  task->spec = spec;
  task->last_status = runtime::TaskStatus::kRunning;
  task->pull_started_at = at("2026-05-04T10:00:00.250Z");
  task->pull_stopped_at = at("2026-05-04T10:00:09Z");
  auto& network = task->networks.emplace_back();
  network.mode = "awsvpc";
  network.containers = {"router", "tide"};
  network.slot = 9;
  network.address = "172.31.4.9";
  network.prefix = 16;
  network.subnet_cidr = "172.31.0.0/16";
  network.gateway = "172.31.0.1";
  network.mac = "0a:1b:2c:3d:4e:5f";
  network.private_dns_name = "ip-172-31-4-9.eu-north-1.compute.internal";
  network.dns_servers = {"172.31.0.2"};
  network.dns_search = {"eu-north-1.compute.internal"};
  runtime::ContainerView view;
  view.name = "router";
  view.known = runtime::ContainerStatus::kRunning;
  view.image_digest = "sha256:" + std::string(64, 'a');
  view.image_id = "sha256:" + std::string(64, 'c');
  view.created_at = at("2026-05-04T10:00:10.100200300Z");
  view.started_at = at("2026-05-04T10:00:10.400Z");
  task->containers.push_back(view);
  view.name = "tide";
  view.image_digest.clear();
  view.health = {runtime::Health::kHealthy, at("2026-05-04T10:00:41.5Z"), 0, "ok <3>"};
  task->containers.push_back(view);
  return task;
}

}  // namespace drydock::metadata
