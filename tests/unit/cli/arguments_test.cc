#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/values.h"

namespace drydock::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Options>
Options options_of(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse_arguments(arguments);
  EXPECT_EQ(parsed.print, "");
  EXPECT_EQ(parsed.exit_code, 0);
  if (!std::holds_alternative<Options>(parsed.verb)) {
    ADD_FAILURE() << "another verb was read";
    return {};
  }
  return std::get<Options>(parsed.verb);
}

std::string usage_error(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse_arguments(arguments);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(parsed.verb));
  return parsed.print;
}

TEST(RunArguments, EveryFlagIsRead) {
  const auto o = options_of<RunOptions>({"run",
                                         "td.json",
                                         "-d",
                                         "--cluster",
                                         "c",
                                         "--env",
                                         "A=1",
                                         "--env",
                                         "web:B=x=y",
                                         "--command",
                                         "web=sh -c 'a b'",
                                         "--image",
                                         "web=nginx:1",
                                         "--cpu",
                                         "512",
                                         "--memory",
                                         "1024",
                                         "--overrides",
                                         "o.json",
                                         "-p",
                                         "8080:80",
                                         "-p",
                                         "dns:5353:53/udp",
                                         "--pull",
                                         "never",
                                         "--count",
                                         "3",
                                         "--timeout",
                                         "1m30s",
                                         "--rm",
                                         "--strict",
                                         "--name",
                                         "g"});
  EXPECT_EQ(o.file, "td.json");
  EXPECT_TRUE(o.detach && o.remove && o.strict);
  EXPECT_EQ(o.cluster, "c");
  EXPECT_THAT(o.environment,
              ElementsAre(EnvironmentSetting{"", "A", "1"}, EnvironmentSetting{"web", "B", "x=y"}));
  EXPECT_THAT(o.commands, ElementsAre(CommandSetting{"web", {"sh", "-c", "a b"}}));
  EXPECT_THAT(o.images, ElementsAre(std::pair<std::string, std::string>{"web", "nginx:1"}));
  EXPECT_EQ(o.cpu + o.memory + o.overrides_file, "5121024o.json");
  EXPECT_THAT(o.publish,
              ElementsAre(Publish{"", 8080, 80, "tcp"}, Publish{"dns", 5353, 53, "udp"}));
  EXPECT_EQ(o.pull, "never");
  EXPECT_EQ(o.count, 3);
  EXPECT_EQ(o.timeout, std::chrono::seconds(90));
  EXPECT_EQ(o.group, "g");
}

TEST(RunArguments, AFlagThatRepeatsDoesNotSwallowTheDefinition) {
  EXPECT_EQ(options_of<RunOptions>({"run", "--env", "A=1", "td.json"}).file, "td.json");
  EXPECT_EQ(options_of<RunOptions>({"run", "-p", "1:1", "-p", "2:2", "td.json"}).file, "td.json");
  EXPECT_EQ(options_of<RunOptions>({"run", "-f", "td.json"}).file, "td.json");
  EXPECT_EQ(options_of<RunOptions>({"run"}).file, "");
  EXPECT_EQ(options_of<RunOptions>({"run", "-t", "web:3"}).remote, "web:3");
}

TEST(RunArguments, AWrongValueNamesItsFlag) {
  EXPECT_THAT(usage_error({"run", "--count", "many"}), HasSubstr("--count"));
  EXPECT_THAT(usage_error({"run", "--count", "11"}),
              HasSubstr("--count: \"11\" must be a number from 1 to 10"));
  EXPECT_THAT(usage_error({"run", "--timeout", "soon"}),
              HasSubstr("--timeout: \"soon\" is not a duration"));
  EXPECT_THAT(usage_error({"run", "-p", "80"}),
              HasSubstr("--publish: \"80\" does not have the form"));
  EXPECT_THAT(usage_error({"run", "--env", "X"}), HasSubstr("--env"));
  EXPECT_THAT(usage_error({"run", "--pull", "maybe"}),
              HasSubstr("--pull: \"maybe\" must be always, missing or never"));
  EXPECT_THAT(usage_error({"run", "--command", "web"}), HasSubstr("--command"));
  EXPECT_THAT(usage_error({"run", "--command", "web=[1]"}), HasSubstr("--command"));
  EXPECT_THAT(usage_error({"run", "--image", "=x"}), HasSubstr("--image"));
  EXPECT_THAT(usage_error({"run", "--cluster"}), HasSubstr("--cluster"));
  EXPECT_THAT(usage_error({"run", "--ephemeral-storage", "15MiB"}),
              HasSubstr("--ephemeral-storage: \"15MiB\" does not have the form 30GiB or 64MiB"));
  EXPECT_THAT(usage_error({"run", "--volume-size", "data"}), HasSubstr("--volume-size"));
  EXPECT_THAT(usage_error({"run", "--bogus"}), HasSubstr("--bogus"));
  EXPECT_THAT(usage_error({"run", "a.json", "-t", "web"}), HasSubstr("--task-def"));
  EXPECT_THAT(usage_error({"run", "-p", "1:1", "--no-publish"}), HasSubstr("--no-publish"));
}

TEST(RunArguments, ComposeFilesStandForADefinition) {
  const auto o =
      options_of<RunOptions>({"run", "-c", "a.yml", "--compose", "b.yml", "--ecs-params", "p.yml"});
  EXPECT_THAT(o.compose.files, ElementsAre("a.yml", "b.yml"));
  EXPECT_EQ(o.compose.ecs_params, "p.yml");
  EXPECT_THAT(usage_error({"run", "a.json", "-c", "b.yml"}), HasSubstr("--compose"));
  EXPECT_THAT(usage_error({"run", "-t", "app", "-c", "b.yml"}), HasSubstr("--compose"));
}

TEST(Arguments, CommonFlagsMayStandBeforeOrAfterTheVerb) {
  for (const auto& arguments :
       {std::vector<std::string>{"--json", "-q", "--host", "unix:///x", "ps"},
        std::vector<std::string>{"ps", "-q", "--json", "--host", "unix:///x"}}) {
    const Parsed parsed = parse_arguments(arguments);
    EXPECT_TRUE(parsed.common.json && parsed.common.quiet);
    EXPECT_EQ(parsed.common.host, "unix:///x");
    EXPECT_TRUE(std::holds_alternative<PsOptions>(parsed.verb));
  }
}

TEST(Arguments, AWrongVerbIsNamedAndAMissingOneIsSaid) {
  EXPECT_THAT(usage_error({"explode"}), HasSubstr("\"explode\" is not a verb"));
  EXPECT_THAT(usage_error({}), HasSubstr("a verb is missing"));
  EXPECT_THAT(usage_error({"daemon"}), HasSubstr("a verb is missing"));
  EXPECT_THAT(usage_error({"service"}), HasSubstr("a verb is missing"));
}

TEST(Arguments, ExecPassesItsCommandOnWordByWord) {
  const auto parsed = parse_arguments({"exec", "-e", "A=1", "web", "-c", "app", "-it", "--", "echo",
                                       "[a,b]", "", "--", "-c", "x y", "{}", "--host"});
  const auto* o = std::get_if<ExecOptions>(&parsed.verb);
  ASSERT_NE(o, nullptr) << parsed.print;
  EXPECT_EQ(o->task, "web");
  EXPECT_EQ(o->container, "app");
  EXPECT_THAT(o->environment, ElementsAre("A=1"));
  EXPECT_TRUE(o->input);
  EXPECT_TRUE(o->terminal);
  EXPECT_THAT(o->command, ElementsAre("echo", "[a,b]", "", "--", "-c", "x y", "{}", "--host"));
}

TEST(Arguments, AMissingOperandIsNamed) {
  EXPECT_THAT(usage_error({"stop"}), HasSubstr("TASK"));
  EXPECT_THAT(usage_error({"tag", "a"}), HasSubstr("TARGET"));
  EXPECT_THAT(usage_error({"load"}), HasSubstr("--input"));
  EXPECT_THAT(usage_error({"ps", "web"}), HasSubstr("web"));
}

TEST(Arguments, OtherVerbsAreRead) {
  EXPECT_THAT(options_of<StopOptions>({"stop", "a", "b", "--now", "--reason", "r"}).tasks,
              ElementsAre("a", "b"));
  EXPECT_EQ(options_of<LogsOptions>({"logs", "t", "web", "-n", "5", "-f"}).tail, 5);
  EXPECT_THAT(options_of<LogsOptions>({"logs", "t", "web", "side"}).containers,
              ElementsAre("web", "side"));
  EXPECT_TRUE(options_of<EventsOptions>({"events", "-f", "--cluster", "c"}).follow);
  EXPECT_EQ(options_of<EventsOptions>({"events", "--since", "10m"}).since, "10m");
  EXPECT_THAT(usage_error({"events", "--since", "soon"}),
              HasSubstr("--since: \"soon\" must be a time like"));
  EXPECT_EQ(options_of<WaitOptions>({"wait", "t", "--for", "healthy", "--timeout", "5"}).state,
            "healthy");
  EXPECT_TRUE(options_of<DescribeOptions>({"inspect", "t", "--local"}).local);
  EXPECT_EQ(options_of<LoadOptions>({"load", "-i", "-"}).file, "-");
  EXPECT_THAT(options_of<PullOptions>({"pull", "a", "b", "--platform", "linux/arm64"}).references,
              ElementsAre("a", "b"));
  EXPECT_EQ(options_of<SaveOptions>({"save", "a", "-o", "f"}).file, "f");
  EXPECT_TRUE(options_of<PruneOptions>({"prune", "--images"}).images);
  EXPECT_EQ(options_of<EnvOptions>({"env", "--shell", "fish"}).shell, "fish");
  EXPECT_TRUE(options_of<DaemonStopOptions>({"daemon", "stop", "--stop-tasks"}).stop_tasks);
  EXPECT_TRUE(std::holds_alternative<VersionOptions>(parse_arguments({"--version"}).verb));
}

TEST(Arguments, ServicesAreRead) {
  const auto c = options_of<ServiceCreateOptions>(
      {"service", "create", "web", "-f", "t.yaml", "--parameter", "A=b=c", "--desired-count", "2",
       "--min-healthy", "50", "--circuit-breaker", "rollback", "--wait"});
  EXPECT_EQ(c.name + c.file, "webt.yaml");
  EXPECT_EQ(c.desired, 2);
  EXPECT_EQ(c.min_healthy, 50);
  EXPECT_EQ(c.breaker, Breaker::kRollback);
  EXPECT_TRUE(c.wait);
  EXPECT_THAT(c.from.parameters, ElementsAre(std::pair<std::string, std::string>{"A", "b=c"}));
  EXPECT_THAT(
      options_of<ServiceScaleOptions>({"service", "scale", "web=3", "api=0"}).targets,
      ElementsAre(std::pair<std::string, int>{"web", 3}, std::pair<std::string, int>{"api", 0}));
  EXPECT_TRUE(
      options_of<ServiceUpdateOptions>({"service", "update", "web", "--force-new-deployment"})
          .force_new_deployment);
  EXPECT_THAT(usage_error({"service", "scale", "web"}), HasSubstr("SERVICE=COUNT"));
  EXPECT_THAT(usage_error({"service", "create", "--circuit-breaker", "x"}),
              HasSubstr("must be on, rollback or off"));
  EXPECT_THAT(usage_error({"service", "create", "-f", "a", "--task-definition", "b"}),
              HasSubstr("--task-definition"));
  EXPECT_THAT(usage_error({"run", "--parameter", "x"}), HasSubstr("--parameter"));
}

TEST(Arguments, DaemonStartPassesItsFlagsOn) {
  const auto o = options_of<DaemonStartOptions>({"daemon", "start", "--root", "/r", "--run", "/u",
                                                 "--allow-uid", "1", "--allow-uid", "2",
                                                 "--ephemeral", "--dry", "--dry-run"});
  EXPECT_THAT(o.arguments,
              ::testing::UnorderedElementsAre("--root", "/r", "--run", "/u", "--allow-uid", "1",
                                              "--allow-uid", "2", "--ephemeral", "--dry"));
  EXPECT_EQ(o.run, "/u");
  EXPECT_TRUE(o.dry);
  EXPECT_TRUE(o.dry_run);
}

TEST(Help, EveryVerbHasASummaryAnExampleAndHelp) {
  const auto check = [](const CommandModel& c, std::vector<std::string> words) {
    EXPECT_FALSE(c.summary.empty()) << c.name;
    EXPECT_THAT(c.example, HasSubstr("drydock")) << c.name;
    for (const auto& o : c.options) EXPECT_FALSE(o.help.empty()) << c.name << " " << o.names.back();
    words.push_back("--help");
    const Parsed parsed = parse_arguments(words);
    EXPECT_EQ(parsed.exit_code, 0) << c.name;
    EXPECT_THAT(parsed.print, HasSubstr("Example:\n  " + c.example)) << c.name;
    EXPECT_THAT(parsed.print, HasSubstr("--host ADDR")) << c.name;
  };
  for (const auto& c : command_model().commands) {
    check(c, {c.name});
    for (const auto& s : c.commands) {
      check(s, {c.name, s.name});
      for (const auto& t : s.commands) check(t, {c.name, s.name, t.name});
    }
  }
  EXPECT_THAT(parse_arguments({"--help"}).print, HasSubstr("Verbs:\n"));
}

TEST(Help, TheContractsVerbsOfThisVersionAreThere) {
  std::vector<std::string> names;
  for (const auto& c : command_model().commands) names.push_back(c.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre(
                         "run", "ps", "logs", "events", "exec", "stop", "spot-interrupt", "wait",
                         "describe", "rm", "prune", "validate", "register", "images", "load",
                         "pull", "save", "tag", "rmi", "volumes", "secrets", "params", "env",
                         "daemon", "doctor", "version", "local", "compose", "stats", "network",
                         "convert", "up", "down", "service"));
}

TEST(Completion, AGroupInAGroupIsNotTheGroup) {
  const CommandModel model = command_model();
  EXPECT_THAT(bash_completion(model), ::testing::AllOf(HasSubstr("|'compose service'"),
                                                       HasSubstr("--host) ((i++)); host=(--host")));
  EXPECT_THAT(fish_completion(model),
              HasSubstr("__fish_seen_subcommand_from service; and __fish_seen_subcommand_from ps; "
                        "and not __fish_seen_subcommand_from compose "));
}

TEST(Help, RunShowsItsOperandAndChoices) {
  const auto text = parse_arguments({"run", "-h"}).print;
  EXPECT_THAT(text, HasSubstr("Usage: drydock run [TASKDEF] [flags]"));
  EXPECT_THAT(text, HasSubstr("--pull always|missing|never"));
  EXPECT_THAT(text, HasSubstr("-f, --task-def-file FILE"));
}

TEST(Manual, NamesEveryVerbAndFlag) {
  const auto model = command_model();
  const auto man = man_page(model), bash = bash_completion(model), zsh = zsh_completion(model),
             fish = fish_completion(model);
  for (const auto& c : model.commands) {
    std::string in_roff = c.name;
    for (auto at = in_roff.find('-'); at != in_roff.npos; at = in_roff.find('-', at + 2))
      in_roff.insert(at, "\\");
    EXPECT_THAT(man, HasSubstr("drydock " + in_roff));
    for (const auto& text : {bash, zsh, fish}) EXPECT_THAT(text, HasSubstr(c.name));
    for (const auto& o : c.options) {
      const std::string flag = o.names.back();
      EXPECT_THAT(bash, HasSubstr(flag));
      EXPECT_THAT(zsh, HasSubstr(flag));
      EXPECT_THAT(fish, HasSubstr("-l " + flag.substr(2)));
    }
  }
}

TEST(Values, HostsAreSocketsOrUrls) {
  EXPECT_EQ(*parse_host("unix:///run/d.sock"), (Host{"/run/d.sock", ""}));
  EXPECT_EQ(*parse_host("http://127.0.0.1:4590/"), (Host{"", "http://127.0.0.1:4590"}));
  for (const char* wrong : {"", "127.0.0.1:4590", "https://x", "unix://", "http://"})
    EXPECT_FALSE(parse_host(wrong)) << wrong;
}

TEST(Values, WordsAreSplitAsAShellDoes) {
  EXPECT_THAT(*split_words(R"(sh -c 'a "b"' "c \" d" e\ f '')"),
              ElementsAre("sh", "-c", "a \"b\"", "c \" d", "e f", ""));
  EXPECT_THAT(*split_words("  "), ElementsAre());
  EXPECT_FALSE(split_words("a 'b"));
  EXPECT_FALSE(split_words("a \\"));
}

TEST(Values, APortIsPublishedAtAnAddressWhenOneIsNamed) {
  EXPECT_EQ(*parse_publish("0.0.0.0:8080:80"), (Publish{"", 8080, 80, "tcp", "0.0.0.0"}));
  EXPECT_EQ(*parse_publish("web:192.0.2.1:0:53/udp"), (Publish{"web", 0, 53, "udp", "192.0.2.1"}));
  EXPECT_EQ(*parse_publish("web:8080:80"), (Publish{"web", 8080, 80, "tcp", ""}));
  for (const char* wrong : {"1.2.3:8080:80", "0.0.0.0:web:8080:80", ":0.0.0.0:1:80", "0.0.0.0:80"})
    EXPECT_FALSE(parse_publish(wrong)) << wrong;
}

TEST(Values, StorageHasAUnitOrIsInGib) {
  EXPECT_EQ(*parse_storage("30"), 30 * 1024);
  EXPECT_EQ(*parse_storage("30GiB"), 30 * 1024);
  EXPECT_EQ(*parse_storage("64MiB"), 64);
  EXPECT_EQ(*parse_storage("200GiB"), 200 * 1024);
  for (const char* wrong : {"", "0", "201", "15MiB", "1.5GiB", "64M", "-1", "GiB", "30 GiB"})
    EXPECT_FALSE(parse_storage(wrong)) << wrong;
  EXPECT_EQ(*parse_volume_size("data=10"), (std::pair<std::string, int>{"data", 10}));
  for (const char* wrong : {"data", "data=", "=1", "data=0", "data=65537", "a/b=1", "data=1GiB"})
    EXPECT_FALSE(parse_volume_size(wrong)) << wrong;
}

TEST(Values, PublishedPortsAreBounded) {
  for (const char* wrong :
       {"80:0", "65536:80", "a:b:c:80", ":80", "80:", "x y:80:80", "80:80/sctp", ""})
    EXPECT_FALSE(parse_publish(wrong)) << wrong;
}

}  // namespace
}  // namespace drydock::cli
