#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/ecs_log.h"
#include "cli/ecs_rows.h"
#include "cli/local_input.h"
#include "cli/local_tasks.h"
#include "fake_daemon.h"

// The habits of ecs-cli: arguments, tables, and the verbs against a daemon that a test answers for.
namespace drydock::cli::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Options>
Options read(const std::vector<std::string>& arguments, Program program = Program::kDrydock) {
  const Parsed parsed = parse_arguments(arguments, program);
  EXPECT_EQ(parsed.print, "");
  if (!std::holds_alternative<Options>(parsed.verb)) {
    ADD_FAILURE() << "another verb was read";
    return {};
  }
  return std::get<Options>(parsed.verb);
}

// A folder for the files of a test, in which it works.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/drydock-ecs-XXXXXX";
    path_ = ::mkdtemp(name);
    before_ = ::open(".", O_PATH | O_CLOEXEC);
    EXPECT_EQ(::chdir(path_.c_str()), 0);
  }
  ~Folder() {
    EXPECT_EQ(::fchdir(before_), 0);
    ::close(before_);
    (void)remove_tree(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(write_file_atomic(path_ + "/" + name, text));
  }
  std::string text(const std::string& name) const {
    const auto read_text = read_file(path_ + "/" + name);
    return read_text ? *read_text : "";
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int before_;
};

Json container(const std::string& name, const Json& more) {
  Json c = {{"name", name}};
  c.update(more);
  return c;
}

// A task as `local up` starts it from /work/app/task-definition.json.
Json local_task(const std::string& status) {
  const auto tag = [](const char* key, const char* value) {
    return Json{{"key", key}, {"value", value}};
  };
  const bool ended = status == "STOPPED";
  Json facts = container("web", {{"status", status}, {"startedAt", "2026-03-01T08:00:00Z"}});
  if (ended) facts.update({{"finishedAt", "2026-03-01T08:10:00Z"}, {"exitCode", 3}});
  facts["ports"] = Json::array({{{"hostAddress", "127.0.0.1"},
                                 {"hostPort", 8080},
                                 {"containerPort", 80},
                                 {"protocol", "tcp"}}});
  return task(status, {{"desiredStatus", ended ? "STOPPED" : "RUNNING"},
                       {"clusterArn", "arn:aws:ecs:r:a:cluster/default"},
                       {"tags", Json::array({tag(kLocalType, "local"),
                                             tag(kLocalValue, "/work/app/task-definition.json"),
                                             tag(kLocalFolder, "/work/app")})},
                       {"containers", Json::array({{{"name", "web"},
                                                    {"image", "nginx"},
                                                    {"lastStatus", status},
                                                    {"healthStatus", "HEALTHY"}}})},
                       {"local", {{"containers", Json::array({facts})}}}});
}

Time at(const char* text) { return *parse_rfc3339(text); }

TEST(EcsCliArguments, TheLinkedNameHasTheVerbsThatAreKnownFromThere) {
  EXPECT_EQ(program_of("/usr/local/bin/ecs-cli"), Program::kEcsCli);
  EXPECT_EQ(program_of("drydock"), Program::kDrydock);
  EXPECT_EQ(read<LocalOptions>({"local", "up"}, Program::kEcsCli).action, "up");
  EXPECT_EQ(read<EcsPsOptions>({"ps", "--cluster", "c"}, Program::kEcsCli).cluster, "c");
  EXPECT_EQ(read<EcsLogsOptions>({"logs", "--task-id", "1", "--since", "5"}, Program::kEcsCli)
                .since_minutes,
            5);
  EXPECT_EQ(parse_arguments({"run", "x.json"}, Program::kEcsCli).exit_code, 2);
  EXPECT_THAT(parse_arguments({"--help"}, Program::kEcsCli).print, HasSubstr("ecs-cli local up"));
}

TEST(EcsCliArguments, EveryFlagOfLocalIsRead) {
  const auto o = read<LocalOptions>({"local", "--region", "r", "up", "-f", "a.json", "-o", "b.yml",
                                     "--override", "c.yml", "--override", "d.yml", "--force"});
  EXPECT_EQ(o.action + o.file + o.output + o.region, "upa.jsonb.ymlr");
  EXPECT_THAT(o.overrides, ElementsAre("c.yml", "d.yml"));
  EXPECT_TRUE(o.force);
  EXPECT_EQ(read<LocalOptions>({"local", "up", "-c", "x.yml"}).compose, "x.yml");
  EXPECT_TRUE(read<LocalOptions>({"local", "create", "-t", "app:3", "--use-role"}).use_role);
  EXPECT_TRUE(read<LocalOptions>({"local", "ps", "--all", "--json"}).all);
  EXPECT_TRUE(read<LocalOptions>({"local", "down", "--all"}).all);
}

TEST(EcsCliArguments, EveryVerbOfComposeIsRead) {
  const auto o = read<ComposeOptions>({"compose", "-f", "a.yml", "-f", "b.yml", "-p", "shop", "-c",
                                       "east", "up", "--launch-type", "FARGATE", "-u"});
  EXPECT_THAT(o.source.files, ElementsAre("a.yml", "b.yml"));
  EXPECT_EQ(o.action + o.source.project + o.cluster + o.source.launch_type, "upshopeastFARGATE");
  EXPECT_TRUE(o.force_update);
  EXPECT_EQ(read<ComposeOptions>({"compose", "down"}).action, "stop");
  EXPECT_EQ(read<ComposeOptions>({"compose", "list"}).action, "ps");
  EXPECT_EQ(read<ComposeOptions>({"compose", "scale", "3"}).count, 3);
  EXPECT_THAT(read<ComposeOptions>({"compose", "run", "web", "echo hi"}).commands,
              ElementsAre("web", "echo hi"));
  const auto s = read<ComposeOptions>({"compose", "service", "up", "--timeout", "0.5",
                                       "--deployment-max-percent", "150", "--target-groups",
                                       "targetGroupArn=a,containerName=b,containerPort=1",
                                       "--enable-service-discovery", "--vpc", "v"});
  EXPECT_EQ(s.action, "service up");
  EXPECT_EQ(s.service.most_percent, 150);
  EXPECT_EQ(s.service.timeout_minutes, 0.5);
  EXPECT_THAT(s.service.target_groups,
              ElementsAre("targetGroupArn=a,containerName=b,containerPort=1"));
  for (const char* verb : {"create", "start", "up", "ps", "stop", "rm"})
    EXPECT_EQ(read<ComposeOptions>({"compose", "service", verb}).action,
              std::string("service ") + verb);
  EXPECT_EQ(parse_arguments({"compose", "scale"}).exit_code, 2);
}

TEST(LocalInput, PairsThatExcludeEachOtherAreRefusedWithCode1) {
  FakeDaemon daemon;
  LocalOptions o;
  o.action = "up";
  o.file = "a";
  o.remote = "b";
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_EQ(r.err, "drydock: --task-def-file and --task-def-remote can not be used together\n");
  o.remote.clear();
  o.compose = "c";
  EXPECT_FALSE(check_pairs(o));
  o.file.clear();
  o.output = "d";
  EXPECT_THAT(check_pairs(o).error().message,
              HasSubstr("--output and --task-def-compose can not be used together"));
}

TEST(LocalInput, TheFirstThatIsThereCounts) {
  const Folder folder;
  LocalOptions o;
  o.action = "up";
  EXPECT_THAT(local_input(o).error().message,
              HasSubstr("neither task-definition.json nor docker-compose.ecs-local.yml"));
  folder.write("docker-compose.ecs-local.yml", "x");
  EXPECT_EQ(local_input(o)->kind, LocalKind::kCompose);
  folder.write("task-definition.json", "{}");
  EXPECT_EQ(local_input(o)->kind, LocalKind::kFile);
  o.remote = "app";
  EXPECT_EQ(local_input(o)->name, "app");
  EXPECT_EQ(override_name("foo.yml"), "foo.override.yml");
  EXPECT_EQ(override_name("a.b/foo"), "a.b/foo.override");
}

TEST(LocalVerb, CreateWritesBothFilesForTheOwnerAndKeepsWhatWasEdited) {
  const Folder folder;
  folder.write("task-definition.json",
               R"({"family": "app", "containerDefinitions": [{"name": "web", "image": "nginx:1",
                   "environment": [{"name": "PRICE", "value": "$5"}], "cpu": 10,
                   "secrets": [{"name": "KEY", "valueFrom": "/app/key"}]}]})");
  FakeDaemon daemon;
  LocalOptions o;
  o.action = "create";
  auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  const std::string file = folder.text("docker-compose.ecs-local.yml");
  EXPECT_THAT(file, HasSubstr("version: \"3.4\"\n"));
  EXPECT_THAT(file, HasSubstr("PRICE: \"$$5\"\n"));
  EXPECT_THAT(file, HasSubstr("KEY: \"${web_KEY}\"\n"));
  EXPECT_THAT(file, HasSubstr("ecs-local.secret.KEY: /app/key\n"));
  EXPECT_THAT(file, HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: /creds\n"));
  EXPECT_THAT(file, HasSubstr("ecs-local.task-definition-input.value: " + folder.path() +
                              "/task-definition.json\n"));
  EXPECT_THAT(folder.text("docker-compose.ecs-local.override.yml"),
              HasSubstr("driver: json-file\n"));
  struct stat info {};
  ASSERT_EQ(::stat("docker-compose.ecs-local.yml", &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_THAT(r.err, HasSubstr("INFO[0000] Successfully wrote docker-compose.ecs-local.yml\n"));
  EXPECT_THAT(r.err, HasSubstr("containerDefinitions[0].cpu: is not in the Compose file"));

  folder.write("docker-compose.ecs-local.override.yml", "mine");
  o.force = true;
  EXPECT_EQ(run_verb(daemon, o).exit_code, 0);
  EXPECT_NE(folder.text("docker-compose.ecs-local.override.yml"), "mine");
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(LocalVerb, UpRunsTheDefinitionWithWhatWasWrittenOverIt) {
  const Folder folder;
  folder.write("task-definition.json",
               R"({"family": "app", "containerDefinitions": [{"name": "web", "image": "nginx:1",
                   "memory": 64, "environment": [{"name": "A", "value": "1"}],
                   "logConfiguration": {"logDriver": "awslogs"}}]})");
  folder.write("more.yml", "services: {web: {environment: [A=2, B=3], command: run it}}");
  FakeDaemon daemon;
  Json body;
  daemon.routes["POST run"] = [&](const http::Request& r) {
    body = Json::parse(r.body);
    return answer({{"tasks", Json::array({task("PROVISIONING")})}});
  };
  daemon.routes[std::string("GET tasks/") + kId + "/events"] = [](const http::Request&) {
    Json running = local_task("RUNNING");
    running["local"]["networks"] =
        Json::array({{{"mode", "awsvpc"}, {"address", "172.31.0.9"}, {"containers", {"web"}}}});
    running["local"]["containers"][0]["mappedPorts"] =
        Json::array({{{"containerPort", 80}, {"protocol", "tcp"}}});
    return stream_of(event(running));
  };
  LocalOptions o;
  o.action = "up";
  o.overrides = {"more.yml", "absent.yml"};
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("WARN[0000] Skipping override file absent.yml"));
  EXPECT_THAT(r.err, HasSubstr("web  http://172.31.0.9:80  also http://127.0.0.1:8080"));
  const Json& web = body["taskDefinition"]["containerDefinitions"][0];
  EXPECT_EQ(web["environment"],
            Json::parse(R"([{"name": "A", "value": "2"}, {"name": "B", "value": "3"}])"));
  EXPECT_EQ(web["command"], Json({"run", "it"}));
  EXPECT_EQ(web["logConfiguration"]["logDriver"], "awslogs");
  EXPECT_EQ(web["memory"], 64);
  EXPECT_EQ(tag_of(body, kLocalValue), folder.path() + "/task-definition.json");
  EXPECT_EQ(tag_of(body, kLocalFolder), folder.path());
}

TEST(LocalVerb, AFileOfEcsCliRunsWithItsSecretsAsSuch) {
  const Folder folder;
  folder.write("docker-compose.ecs-local.yml", R"(version: "3.4"
services:
  web:
    environment:
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: /creds
      ECS_CONTAINER_METADATA_URI: http://169.254.170.2/v3
      KEY: ${web_KEY}
      MODE: test
    image: nginx:1
    labels:
      ecs-local.secret.KEY: /app/key
      ecs-local.task-definition-input.type: remote
      ecs-local.task-definition-input.value: app:3
    networks: {ecs-local-network: null}
networks: {ecs-local-network: {external: true}}
)");
  folder.write("docker-compose.ecs-local.override.yml",
               "version: \"3.4\"\nservices: {web: {logging: {driver: json-file}}}");
  FakeDaemon daemon;
  Json body;
  daemon.routes["POST run"] = [&](const http::Request& r) {
    body = Json::parse(r.body);
    return answer({{"tasks", Json::array()}});
  };
  LocalOptions o;
  o.action = "up";
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.err,
            "services.web: gets 512 MiB of memory: neither mem_limit nor mem_reservation is "
            "given\nINFO[0000] Using docker-compose.ecs-local.yml, "
            "docker-compose.ecs-local.override.yml files to start containers\n");
  const Json& web = body["taskDefinition"]["containerDefinitions"][0];
  EXPECT_EQ(web["environment"], Json::parse(R"([{"name": "MODE", "value": "test"}])"));
  EXPECT_EQ(web["secrets"], Json::parse(R"([{"name": "KEY", "valueFrom": "/app/key"}])"));
  EXPECT_FALSE(web.contains("logConfiguration"));
  EXPECT_EQ(tag_of(body, kLocalType), "remote");
  EXPECT_EQ(tag_of(body, kLocalValue), "app:3");
}

TEST(LocalTasks, AreFoundByFolderFileAndAnySpellingOfTheName) {
  Json remote = local_task("RUNNING");
  remote["tags"][0]["value"] = "remote";
  remote["tags"][1]["value"] = "web:1";
  const Json tasks = Json::array({local_task("STOPPED"), remote, task("RUNNING")});
  const auto count = [&](const LocalFilter& filter) { return local_tasks(tasks, filter).size(); };
  EXPECT_EQ(count({.all = true, .file = {}, .remote = {}, .folder = {}}), 2u);
  EXPECT_EQ(count({false, "/work/app/task-definition.json", {}, {}}), 1u);
  EXPECT_EQ(count({false, {}, "web", {}}), 1u);
  EXPECT_EQ(count({false, {}, "arn:aws:ecs:r:a:task-definition/web:1", {}}), 1u);
  EXPECT_EQ(count({false, {}, "web:2", {}}), 0u);
  EXPECT_EQ(count({false, {}, {}, "/work/app"}), 2u);
  EXPECT_EQ(count({false, {}, {}, "/work"}), 0u);
  EXPECT_EQ(tag_value("/a b/ü(1)#"), "/a b/___1__");
}

TEST(LocalTasks, TheTableHasTheSixColumns) {
  const auto rows = local_rows({local_task("RUNNING")}, at("2026-03-01T08:05:00Z"));
  EXPECT_THAT(rows[0],
              ElementsAre("CONTAINER ID", "IMAGE", "STATUS", "PORTS", "NAMES", "TASKDEFINITION"));
  EXPECT_EQ(rows[1][0].size(), 12u);
  EXPECT_THAT(std::vector<std::string>(rows[1].begin() + 1, rows[1].end()),
              ElementsAre("nginx", "Up 5 minutes", "127.0.0.1:8080->80/tcp",
                          "/ecs-web-1-web-0123456789ab", "/work/app/task-definition.json"));
  const auto ended = local_rows({local_task("STOPPED")}, at("2026-03-01T09:10:00Z"));
  EXPECT_EQ(ended[1][2], "Exited (3) About an hour ago");
  EXPECT_EQ(ended[1][3], "");
  EXPECT_EQ(ecs_table({{"A", "B"}, {"1", "2"}}),
            "A" + std::string(19, ' ') + "B\n1" + std::string(19, ' ') + "2\n");
}

TEST(LocalTasks, JsonHasDockersKeys) {
  const Json all = local_json({local_task("RUNNING")}, at("2026-03-01T08:05:00Z"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["Names"], Json({"/ecs-web-1-web-0123456789ab"}));
  EXPECT_EQ(all[0]["State"], "running");
  EXPECT_EQ(
      all[0]["Ports"][0],
      Json({{"IP", "127.0.0.1"}, {"PrivatePort", 80}, {"PublicPort", 8080}, {"Type", "tcp"}}));
  EXPECT_EQ(all[0]["Labels"][kLocalType], "local");
  EXPECT_EQ(local_json({}, now()), Json::array());
}

TEST(LocalTasks, AgesAreWordedAsDockerDoes) {
  using std::chrono::seconds;
  EXPECT_EQ(docker_duration(seconds(0)), "Less than a second");
  EXPECT_EQ(docker_duration(seconds(1)), "1 second");
  EXPECT_EQ(docker_duration(seconds(59)), "59 seconds");
  EXPECT_EQ(docker_duration(seconds(60)), "About a minute");
  EXPECT_EQ(docker_duration(seconds(3599)), "59 minutes");
  EXPECT_EQ(docker_duration(seconds(3600)), "About an hour");
  EXPECT_EQ(docker_duration(seconds(3600 * 47)), "47 hours");
  EXPECT_EQ(docker_duration(seconds(3600 * 24 * 3)), "3 days");
}

TEST(LocalVerb, DownStopsAndForgetsAndSaysSo) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({local_task("STOPPED")})}});
  };
  daemon.routes[std::string("DELETE tasks/") + kId] = [](const http::Request&) {
    return answer(Json::object());
  };
  LocalOptions o;
  o.action = "down";
  o.all = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_THAT(r.err, HasSubstr("INFO[0000] Stop and remove 1 container(s)\n"));
  EXPECT_THAT(r.err, HasSubstr("INFO[0000] Stopped container with id "));
  EXPECT_THAT(r.err, HasSubstr("INFO[0000] Removed container with id "));
  o.all = false;
  o.remote = "other";
  const auto none = run_verb(daemon, o);
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_THAT(none.err, HasSubstr("WARN[0000] No running ECS local tasks found\n"));
}

TEST(EcsRows, NameStatePortsTaskDefinitionHealth) {
  Json t = local_task("RUNNING");
  t["local"]["networks"] =
      Json::array({{{"mode", "awsvpc"}, {"address", "172.31.0.9"}, {"containers", {"web"}}}});
  t["local"]["containers"][0]["mappedPorts"] =
      Json::array({{{"containerPort", 80}, {"protocol", "tcp"}}});
  EXPECT_THAT(ecs_rows({t}),
              ElementsAre(ElementsAre("Name", "State", "Ports", "TaskDefinition", "Health"),
                          ElementsAre(std::string("default/") + kId + "/web", "RUNNING",
                                      "172.31.0.9:80->80/tcp, 127.0.0.1:8080->80/tcp", "web:1",
                                      "HEALTHY")));
  Json ended = local_task("STOPPED");
  ended["containers"][0].update({{"exitCode", 1}, {"reason", "OutOfMemoryError"}});
  EXPECT_EQ(ecs_rows({ended})[1][1], "STOPPED ExitCode: 1 Reason: OutOfMemoryError");
}

TEST(EcsRows, TasksOfServicesAreTheirs) {
  Json of_service = local_task("RUNNING");
  of_service["group"] = "service:web";
  const Json tasks = Json::array({local_task("STOPPED"), of_service});
  EXPECT_EQ(ecs_tasks(tasks, {"default", "web", {}, true, {}}).size(), 1u);
  EXPECT_EQ(ecs_tasks(tasks, {"default", {}, "web", false, {}}).size(), 1u);
  EXPECT_EQ(ecs_tasks(tasks, {{}, {}, {}, false, "STOPPED"}).size(), 1u);
  EXPECT_EQ(ecs_tasks(tasks, {"other", {}, {}, false, {}}).size(), 0u);
}

class ComposeVerb : public ::testing::Test {
 protected:
  ComposeVerb() {
    folder_.write("docker-compose.yml", "services: {web: {image: nginx, mem_limit: 64m}}");
    options_.source.project = "shop";
    daemon_.routes["POST /"] = [this](const http::Request& r) {
      const std::string operation = std::string(http::header(r.headers, "x-amz-target"))
                                        .substr(strlen("AmazonEC2ContainerServiceV20141113."));
      called_.push_back(operation);
      const Json input = Json::parse(r.body);
      const auto found = api_.find(operation);
      return found == api_.end() ? answer({{"__type", "ClientException"}, {"message", "none"}}, 400)
                                 : found->second(input);
    };
    daemon_.routes["GET tasks?all=1"] = [this](const http::Request&) {
      return answer({{"tasks", tasks_}});
    };
    api_["RegisterTaskDefinition"] = [this](const Json& input) {
      registered_ = input;
      return answer(
          {{"taskDefinition", {{"taskDefinitionArn", "arn:aws:ecs:r:a:task-definition/shop:2"}}}});
    };
  }

  Outcome act(const std::string& action) {
    options_.action = action;
    return run_verb(daemon_, options_);
  }

  Folder folder_;
  FakeDaemon daemon_;
  ComposeOptions options_;
  std::map<std::string, std::function<http::Response(const Json&)>> api_;
  std::vector<std::string> called_;
  Json tasks_ = Json::array();
  Json registered_;
};

TEST_F(ComposeVerb, CreateRegistersTheProject) {
  options_.tags = "team=a";
  const auto r = act("create");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(registered_["family"], "shop");
  EXPECT_EQ(registered_["tags"], Json::parse(R"([{"key": "team", "value": "a"}])"));
  EXPECT_THAT(r.err, HasSubstr("INFO[0000] Using ECS task definition"));
  EXPECT_THAT(r.err, HasSubstr(" TaskDefinition=\"shop:2\"\n"));
}

TEST_F(ComposeVerb, UpLeavesTasksOfTheSameDefinitionAlone) {
  Json running = local_task("RUNNING");
  running["taskDefinitionArn"] = "arn:aws:ecs:r:a:task-definition/shop:2";
  tasks_.push_back(running);
  const auto r = act("up");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("nothing to do"));
  EXPECT_THAT(called_, ElementsAre("DescribeTaskDefinition", "RegisterTaskDefinition"));
}

TEST_F(ComposeVerb, PsShowsTheProjectsTasksOnly) {
  Json other = local_task("RUNNING");
  Json mine = local_task("RUNNING");
  mine["taskDefinitionArn"] = "arn:aws:ecs:r:a:task-definition/shop:2";
  tasks_ = Json::array({other, mine});
  const auto r = act("ps");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("Name "));
  EXPECT_THAT(r.out, HasSubstr("shop:2 "));
  EXPECT_THAT(r.out, ::testing::Not(HasSubstr("web:1")));
}

TEST_F(ComposeVerb, ARunsCommandsComeInPairs) {
  options_.commands = {"web"};
  const auto r = act("run");
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("\"web\" has no command"));
}

TEST_F(ComposeVerb, AServiceIsMadeWithoutTasks) {
  Json created;
  api_["CreateCluster"] = [](const Json&) { return answer(Json::object()); };
  api_["CreateService"] = [&](const Json& input) {
    created = input;
    return answer({{"service", Json::object()}});
  };
  options_.service.target_group = "arn:tg";
  options_.service.container = "web";
  options_.service.container_port = 80;
  const auto r = act("service create");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(created["serviceName"], "shop");
  EXPECT_EQ(created["desiredCount"], 0);
  EXPECT_EQ(created["deploymentConfiguration"],
            Json({{"maximumPercent", 200}, {"minimumHealthyPercent", 100}}));
  EXPECT_EQ(created["loadBalancers"],
            Json::parse(
                R"([{"containerName": "web", "containerPort": 80, "targetGroupArn": "arn:tg"}])"));
}

TEST_F(ComposeVerb, AServiceThatIsNotThereIsNamed) {
  api_["DescribeServices"] = [](const Json&) { return answer({{"services", Json::array()}}); };
  const auto r = act("service scale");
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("there is no service shop in cluster default"));
}

}  // namespace
}  // namespace drydock::cli::test
