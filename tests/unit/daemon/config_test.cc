#include "daemon/config.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/files.h"

namespace drydock::daemon {
namespace {

using ::testing::HasSubstr;

Environment no_environment() {
  return [](const std::string&) { return std::nullopt; };
}

Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  };
}

// A configuration file that is gone at the end of the test.
class File {
 public:
  explicit File(std::string_view text) {
    char name[] = "/tmp/drydock-config-XXXXXX";
    const UniqueFd fd(::mkostemp(name, O_CLOEXEC));
    path_ = name;
    EXPECT_TRUE(write_all(fd.get(), text));
  }
  ~File() { ::unlink(path_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string refusal(std::string_view text) {
  Config config;
  const auto ok = apply_file(config, text, "drydock.json");
  EXPECT_EQ(config, Config{}) << "a refused file changes nothing";
  return ok ? "" : ok.error().message;
}

TEST(Config, NestedKeysAreRead) {
  Config config;
  ASSERT_TRUE(apply_file(config,
                         R"({"root": "/srv/dock", "health": {"early": false, "concurrency": 3},
    "tasks": {"keep_stopped": "10m"}, "allow_uids": [1000, 1001], "pool_size": 0})",
                         "f"));
  EXPECT_EQ(config.root, "/srv/dock");
  EXPECT_FALSE(config.health_early);
  EXPECT_EQ(config.health_concurrency, 3);
  EXPECT_EQ(config.tasks_keep_stopped, std::chrono::minutes(10));
  EXPECT_EQ(config.allow_uids, (std::vector<uid_t>{1000, 1001}));
  EXPECT_EQ(config.pool_size, 0);
}

TEST(Config, TheWholeConfigurationSurvivesItsOwnFile) {
  Config config;
  config.subnet = "10.9.0.0/16";
  config.tasks_keep_stopped = std::chrono::seconds(90);
  config.allow_uids = {7};
  Config again;
  ASSERT_TRUE(apply_file(again, dump_json(config_json(config)), "f"));
  EXPECT_EQ(again, config);
}

TEST(Config, AnUnknownKeyNamesTheNearestKnownOne) {
  EXPECT_EQ(
      refusal(R"({"subnets": "10.0.0.0/16"})"),
      "drydock.json: subnets (here \"10.0.0.0/16\") is not a known key; did you mean subnet?");
  EXPECT_EQ(refusal(R"({"health": {"erly": true}})"),
            "drydock.json: health.erly (here true) is not a known key; did you mean health.early?");
  EXPECT_EQ(refusal(R"({"zzzzzzzzzz": 1})"),
            "drydock.json: zzzzzzzzzz (here 1) is not a known key");
}

TEST(Config, AKeyAtTheWrongPlaceIsShownWithItsValueAndTheNearest) {
  EXPECT_EQ(refusal(R"({"port": 80})"),
            "drydock.json: port (here 80) is not a known key; did you mean listen?");
  EXPECT_EQ(refusal(R"({"early": true})"),
            "drydock.json: early (here true) is not a known key; did you mean health.early?");
  EXPECT_EQ(refusal(R"({"network": {"security_groups": {"sg-a": {"ingress": [{"port": 80}]}}}})"),
            "drydock.json: network.security_groups sg-a.ingress[0] has \"port\": 80; did you mean "
            "ports?; "
            "a rule has protocol, ports, and cidr or group");
}

TEST(Config, AWrongTypeNamesThePathTheValueAndTheForm) {
  EXPECT_EQ(refusal(R"({"pool_size": "many"})"),
            "drydock.json: pool_size is \"many\"; it must be a whole number from 0 to 64");
  EXPECT_EQ(refusal(R"({"health": {"early": 1}})"),
            "drydock.json: health.early is 1; it must be true or false");
  EXPECT_EQ(refusal(R"({"health": true})"), "drydock.json: health is true; it must be an object");
  EXPECT_THAT(refusal(R"({"allow_uids": [-1]})"), HasSubstr("a list of user ids"));
  EXPECT_THAT(refusal(R"({"allow_uids": 1000})"), HasSubstr("a list of user ids"));
  EXPECT_THAT(refusal(R"({"tasks": {"keep_stopped": 60}})"), HasSubstr("a duration"));
  EXPECT_THAT(refusal(R"({"pool_size": 99999999999999999999})"), HasSubstr("pool_size is"));
}

TEST(Config, ValuesThatCannotWorkAreRefused) {
  EXPECT_THAT(refusal(R"({"root": "relative"})"), HasSubstr("absolute path"));
  EXPECT_THAT(refusal(R"({"listen": "localhost:1"})"), HasSubstr("loopback address and a port"));
  EXPECT_THAT(refusal(R"({"listen": "0.0.0.0:4590"})"), HasSubstr("loopback address"));
  EXPECT_THAT(refusal(R"({"listen": "127.0.0.1:70000"})"),
              HasSubstr("loopback address and a port"));
  EXPECT_THAT(refusal(R"({"subnet": "10.0.0.1/16"})"), HasSubstr("host bits zero"));
  EXPECT_THAT(refusal(R"({"subnet": "10.0.0.0/31"})"), HasSubstr("/8 to /28"));
  EXPECT_THAT(refusal(R"({"account": "123"})"), HasSubstr("twelve digits"));
  EXPECT_THAT(refusal(R"({"region": "Moon"})"), HasSubstr("region"));
  EXPECT_THAT(refusal(R"({"runtime": "bin/runc"})"), HasSubstr("absolute path"));
}

TEST(Config, SecurityGroupsAreReadAsInAVpc) {
  Config config;
  const auto done = apply_file(config, R"({"network": {"subnets": {"subnet-a": "172.31.16.0/20"},
    "security_groups": {"sg-web": {"ingress": [{"protocol": "tcp", "ports": 80, "cidr": "0.0.0.0/0"},
      {"protocol": "udp", "ports": "8000-8100", "group": "sg-web"}, {"protocol": "all", "cidr": "fd00::/8"}]},
      "sg-db": {"egress": []}}}})",
                               "f");
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(config.network_security_groups.size(), 2u);
  const auto& web = config.network_security_groups.front();
  EXPECT_EQ(web.id, "sg-web");
  EXPECT_EQ(web.ingress[0], (netns::SecurityRule{"tcp", 80, 80, "0.0.0.0/0", ""}));
  EXPECT_EQ(web.ingress[1], (netns::SecurityRule{"udp", 8000, 8100, "", "sg-web"}));
  EXPECT_EQ(web.ingress[2], (netns::SecurityRule{"", 0, 65535, "fd00::/8", ""}));
  EXPECT_EQ(web.egress.size(), 2u) << "everything may leave, over IPv4 and IPv6";
  EXPECT_TRUE(config.network_security_groups.back().egress.empty());
  EXPECT_EQ(mapped_subnets(config).front().id, "subnet-a");
  Config again;
  ASSERT_TRUE(apply_file(again, dump_json(config_json(config)), "f"));
  EXPECT_EQ(again, config);
}

TEST(Config, AWrongRuleIsNamedByItsPlace) {
  const auto group = [](const std::string& inner) {
    return refusal(R"({"network": {"security_groups": {"sg-a": )" + inner + "}}}");
  };
  EXPECT_EQ(group(R"({"ingress": [{"cidr": "10.0.0.0/8"}, {"group": "sg-b"}]})"),
            "drydock.json: network.security_groups sg-a.ingress[1] names group \"sg-b\", which is "
            "not configured");
  EXPECT_EQ(
      group(R"({"egress": [{"prot": "tcp", "cidr": "10.0.0.0/8"}]})"),
      "drydock.json: network.security_groups sg-a.egress[0] has \"prot\": \"tcp\"; a rule has "
      "protocol, ports, and cidr or group");
  EXPECT_THAT(group(R"({"egress": [{"protocol": "tcp", "ports": "80-x", "cidr": "10.0.0.0/8"}]})"),
              HasSubstr("sg-a.egress[0] ports must be a number or a range"));
  EXPECT_THAT(group(R"({"outgress": []})"), HasSubstr("a group has ingress and egress"));
  EXPECT_THAT(group("[]"), HasSubstr("sg-a must be an object"));
  EXPECT_THAT(refusal(R"({"network": {"subnets": {"subnet-a": "10.0.0.1/8"}}})"),
              HasSubstr("an object of networks"));
}

TEST(Config, WhatOnlyTwoKeysTogetherShowIsRefused) {
  const auto together = [](const std::string& text) {
    const File file(text);
    const auto read = read_invocation({"--config", file.path()}, no_environment());
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(together(R"({"tasks": {"endpoint_url": "local"}})"),
            "tasks.endpoint_url is local, but tasks.api is none: set that to sts or all");
  EXPECT_EQ(together(R"({"tasks": {"api": "sts"}, "listen": "none"})"),
            "tasks.api is sts, but listen is none: tasks use the port of listen");
  EXPECT_EQ(together(R"({"mtu": 500})"), "mtu is 500; it must be 0, or 576 at least");
  EXPECT_THAT(together(R"({"subnet": "10.9.0.0/16", "network": {"subnets": {"subnet-a":
                           "10.8.0.0/20"}}})"),
              HasSubstr("network.subnets: subnet subnet-a (10.8.0.0/20) does not lie"));
  EXPECT_EQ(together(R"({"tasks": {"endpoint_url": "http://host.docker.internal:4566"}})"), "");
}

TEST(Config, ImagesKeysTakeListsAndObjects) {
  Config config;
  const auto done = apply_file(config, R"({"images": {"pull": "always", "offline": true,
    "insecure_registries": ["registry.local:5000"], "mirrors": {"docker.io": ["https://m.example/p"]},
    "aliases": {"public.ecr.aws/x/": "x/", "web:1": "web:2"}, "layers_at_once": 2}})",
                               "f");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(config.images_pull, "always");
  EXPECT_TRUE(config.images_offline);
  EXPECT_EQ(config.images_insecure_registries.front(), "registry.local:5000");
  EXPECT_EQ(config.images_mirrors["docker.io"].front(), "https://m.example/p");
  EXPECT_EQ(config.images_aliases["web:1"], "web:2");
  EXPECT_EQ(config.images_layers_at_once, 2);
  Config again;
  ASSERT_TRUE(apply_file(again, dump_json(config_json(config)), "f"));
  EXPECT_EQ(again, config);
}

TEST(Config, ImagesKeysSayWhatTheyMustBe) {
  EXPECT_THAT(refusal(R"({"images": {"pull": "sometimes"}})"),
              HasSubstr("always, missing or never"));
  EXPECT_THAT(refusal(R"({"images": {"insecure_registries": ["http://x"]}})"),
              HasSubstr("a list of hosts"));
  EXPECT_THAT(refusal(R"({"images": {"mirrors": {"docker.io": "https://x"}}})"),
              HasSubstr("an object of lists of addresses"));
  EXPECT_THAT(refusal(R"({"images": {"mirrors": {"docker.io": ["https://user:pw@x"]}}})"),
              HasSubstr("an object of lists of addresses"));
  EXPECT_THAT(refusal(R"({"images": {"aliases": {"a/": "b"}}})"),
              HasSubstr("object of image names"));
  EXPECT_THAT(refusal(R"({"images": {"logins": "logins.json"}})"), HasSubstr("absolute path"));
  EXPECT_THAT(refusal(R"({"images": {"layers_at_once": 0}})"), HasSubstr("from 1 to 16"));
}

TEST(Config, InstancesNameClusters) {
  Config config;
  ASSERT_TRUE(apply_file(config, R"({"instances": {"virtual": ["work_shop-1", "*"]}})", "f"));
  EXPECT_EQ(config.instances_virtual, (std::vector<std::string>{"work_shop-1", "*"}));
  Config again;
  ASSERT_TRUE(apply_file(again, dump_json(config_json(config)), "f"));
  EXPECT_EQ(again, config);
  for (const char* wrong : {R"("default")", R"(["a b"])", R"([""])", R"([1])"})
    EXPECT_THAT(refusal(std::string(R"({"instances": {"virtual": )") + wrong + "}}"),
                HasSubstr("a list of names of clusters"));
}

TEST(Config, BrokenJsonNamesLineAndColumn) {
  EXPECT_THAT(refusal("{\"root\": \n oops}"), HasSubstr("drydock.json: line 2, column"));
  EXPECT_THAT(refusal("[]"), HasSubstr("must be a JSON object"));
}

TEST(Invocation, FlagsWinOverTheEnvironmentAndThatOverTheFile) {
  const File file(R"({"region": "eu-west-1", "listen": "127.0.0.1:1", "allow_uids": [5]})");
  auto plain = read_invocation({"--config", file.path()}, no_environment());
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->config.region, "eu-west-1");
  EXPECT_EQ(plain->config_file, file.path());
  auto both = read_invocation(
      {"--config=" + file.path(), "--listen", "127.0.0.1:2", "--allow-uid", "6", "--allow-uid=7"},
      environment_of({{"AWS_REGION", "eu-north-1"}, {"AWS_DEFAULT_REGION", "sa-east-1"}}));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->config.region, "eu-north-1");
  EXPECT_EQ(both->config.listen, "127.0.0.1:2");
  EXPECT_EQ(both->config.allow_uids, (std::vector<uid_t>{6, 7}));
}

TEST(Invocation, EachFlagOfTheDaemonIsRead) {
  const File file("{}");
  auto all = read_invocation(
      {"--root", "/r", "--run", "/u", "--listen", "none", "--subnet", "10.1.0.0/16", "--ephemeral",
       "--ready-file", "/ready", "--runtime", "/opt/crun", "--config", file.path(), "--foreground"},
      no_environment());
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->config.root, "/r");
  EXPECT_EQ(all->config.run, "/u");
  EXPECT_EQ(all->config.listen, "none");
  EXPECT_EQ(all->config.subnet, "10.1.0.0/16");
  EXPECT_TRUE(all->config.ephemeral);
  EXPECT_EQ(all->ready_file, "/ready");
  EXPECT_EQ(all->config.runtime, "/opt/crun");
  EXPECT_TRUE(all->foreground);
}

TEST(Invocation, AWrongFlagIsNamed) {
  const auto message = [](const std::vector<std::string>& args) {
    auto r = read_invocation(args, no_environment());
    return r ? "" : r.error().message;
  };
  EXPECT_THAT(message({"--rot", "/x"}),
              HasSubstr("--rot is not a flag of drydockd; did you mean --root?"));
  EXPECT_EQ(message({"--root"}), "--root needs a value");
  EXPECT_THAT(message({"--allow-uid", "me"}), HasSubstr("--allow-uid is \"me\""));
  EXPECT_EQ(message({"--ephemeral=yes"}), "--ephemeral takes no value");
  EXPECT_THAT(message({"--config", "/nonexistent/drydock.json"}),
              HasSubstr("/nonexistent/drydock.json"));
  EXPECT_THAT(message({"--root", "/x", "--run", "/x"}), HasSubstr("two folders"));
}

TEST(Invocation, AnEnvironmentThatCannotBeARegionIsNamed) {
  const File file("{}");
  auto r =
      read_invocation({"--config", file.path()}, environment_of({{"AWS_DEFAULT_REGION", "x"}}));
  ASSERT_FALSE(r);
  EXPECT_THAT(r.error().message, HasSubstr("AWS_DEFAULT_REGION"));
}

TEST(Configuration, ObjectsOfS3AreNamedByArnOrByBucketAndKey) {
  Config config;
  ASSERT_TRUE(apply_file(config,
                         R"({"s3": {"objects": {"arn:aws:s3:::b/app.env": "/srv/app.env",
                                                "b/dir/": "/srv/dir", "c": "/srv/c"}}})",
                         "f"));
  EXPECT_EQ(config.s3_objects,
            (std::map<std::string, std::string>{
                {"b/app.env", "/srv/app.env"}, {"b/dir/", "/srv/dir"}, {"c/", "/srv/c"}}));
  const auto relative = apply_file(config, R"({"s3": {"objects": {"b/": "srv"}}})", "f");
  ASSERT_FALSE(relative);
  EXPECT_THAT(relative.error().message, HasSubstr("absolute path"));
  const auto queue = apply_file(config, R"({"s3": {"objects": {"arn:aws:sqs:::b": "/x"}}})", "f");
  ASSERT_FALSE(queue);
  EXPECT_THAT(queue.error().message, HasSubstr("neither bucket/key nor its ARN"));
}

TEST(ConfigurationDocument, IsCurrent) {
  const std::string file = std::string(DRYDOCK_GOLDEN_DIR) + "/../../docs/configuration.md";
  if (std::getenv("DRYDOCK_UPDATE_GOLDEN")) {
    ASSERT_TRUE(write_file_atomic(file, configuration_document()));
  }
  const auto text = read_file(file);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, configuration_document()) << "run the test with DRYDOCK_UPDATE_GOLDEN=1";
}

TEST(DaemonHelp, NamesEveryFlag) {
  const auto help = daemon_help();
  for (const char* flag : {"--root", "--run", "--listen", "--subnet", "--ephemeral", "--allow-uid",
                           "--ready-file", "--runtime", "--config", "--foreground"})
    EXPECT_THAT(help, HasSubstr(flag));
}

}  // namespace
}  // namespace drydock::daemon
