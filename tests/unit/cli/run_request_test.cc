#include "cli/run_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "cli/doctor/checks.h"
#include "cli/shell_env.h"

namespace drydock::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json request(const RunOptions& options, Json overrides = Json()) {
  auto r = run_request(options, Json{{"family", "web"}}, {"web", "side"}, std::move(overrides));
  EXPECT_TRUE(r) << r.error().message;
  return r ? *r : Json();
}

TEST(RunRequest, APlainRunAsksForDefaultsOnly) {
  EXPECT_EQ(
      dump_json(request({})),
      R"({"taskDefinition":{"family":"web"},"cluster":"default","count":1,"strict":false,"foreground":true,"publishAutomatically":true})");
}

TEST(RunRequest, AVariableWithoutAContainerIsForEveryContainer) {
  RunOptions o;
  o.environment = {{"", "A", "1"}, {"side", "A", "2"}, {"side", "B", ""}};
  EXPECT_EQ(
      dump_json(request(o)["overrides"]),
      R"({"containerOverrides":[{"name":"web","environment":[{"name":"A","value":"1"}]},)"
      R"({"name":"side","environment":[{"name":"A","value":"2"},{"name":"B","value":""}]}]})");
}

TEST(RunRequest, FlagsComeOnTopOfTheOverridesFile) {
  RunOptions o;
  o.environment = {{"web", "A", "flag"}};
  o.commands = {{"web", {"sh"}}};
  o.cpu = "512";
  const Json file =
      parse_json(
          R"({"memory":"1024","cpu":"256","containerOverrides":[{"name":"web","cpu":1,"environment":[{"name":"A","value":"file"}]}]})")
          .value();
  EXPECT_EQ(
      dump_json(request(o, file)["overrides"]),
      R"({"memory":"1024","cpu":"512","containerOverrides":[{"name":"web","cpu":1,"environment":[{"name":"A","value":"flag"}],"command":["sh"]}]})");
}

std::string sample_file() {
  std::string path = ::testing::TempDir() + "app.env";
  std::ofstream(path) << "A=1\n";
  return path;
}

Result<Json> with_files(std::vector<EnvFileSetting> files, std::vector<std::string> objects) {
  RunOptions o;
  o.env_files = std::move(files);
  return run_request(o, Json{{"family", "web"}}, {"web", "side"}, Json(), std::move(objects));
}

TEST(RunRequest, AnEnvFileStandsForTheObjectThatIsMeant) {
  const std::string file = sample_file();
  const std::string one = "arn:aws:s3:::b/app.env";
  const std::string two = "arn:aws:s3:::b/x/two.env";
  EXPECT_EQ((*with_files({{"", file}}, {two, one}))["objects"], (Json{{one, file}}));
  EXPECT_EQ((*with_files({{"", file}}, {two}))["objects"], (Json{{two, file}}));
  for (const std::string& name : {two, std::string("b/x/two.env"), std::string("two.env")})
    EXPECT_EQ((*with_files({{name, file}}, {one, two}))["objects"], (Json{{two, file}})) << name;
  const auto unknown = with_files({{"three.env", file}}, {one, two});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("\"three.env\" is none of the objects"));
  EXPECT_THAT(unknown.error().message, HasSubstr("b/app.env, b/x/two.env"));
  EXPECT_FALSE(with_files({{"", "/not/there.env"}}, {one}));
}

TEST(RunRequest, WithoutEnvironmentFilesAnEnvFileIsForEveryContainer) {
  const std::string file = sample_file();
  const Json r = *with_files({{"", file}}, {});
  EXPECT_EQ(
      dump_json(r["overrides"]),
      R"({"containerOverrides":[{"name":"web","environmentFiles":[{"type":"s3","value":"arn:aws:s3:::drydock/0/app.env"}]},)"
      R"({"name":"side","environmentFiles":[{"type":"s3","value":"arn:aws:s3:::drydock/0/app.env"}]}]})");
  EXPECT_EQ(r["objects"], (Json{{"arn:aws:s3:::drydock/0/app.env", file}}));
}

TEST(RunRequest, PortsAndImagesTravelBesideTheOverrides) {
  RunOptions o;
  o.publish = {{"", 8080, 80, "tcp"}, {"web", 53, 53, "udp"}};
  o.images = {{"side", "busybox:1"}};
  o.no_publish = true;
  o.group = "g";
  const Json r = request(o);
  EXPECT_EQ(
      dump_json(r["publish"]),
      R"([{"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":53,"containerPort":53,"protocol":"udp","container":"web"}])");
  EXPECT_EQ(dump_json(r["images"]), R"({"side":"busybox:1"})");
  EXPECT_EQ(json_bool(r, "publishAutomatically", true), false);
  EXPECT_EQ(json_string(r, "group"), "g");
}

TEST(RunRequest, AContainerThatDoesNotExistNamesTheFlagAndThoseThatDo) {
  const auto refusal = [](const RunOptions& o) {
    auto r = run_request(o, Json(), {"web", "side"}, Json());
    return r ? "" : r.error().message;
  };
  RunOptions o;
  o.environment = {{"wbe", "A", "1"}};
  EXPECT_EQ(refusal(o), "--env: the task definition has no container \"wbe\" (it has web, side)");
  o = {};
  o.images = {{"x", "y"}};
  EXPECT_THAT(refusal(o), HasSubstr("--image"));
  o = {};
  o.commands = {{"x", {}}};
  EXPECT_THAT(refusal(o), HasSubstr("--command"));
  o = {};
  o.publish = {{"x", 1, 1, "tcp"}};
  EXPECT_THAT(refusal(o), HasSubstr("--publish"));
  o = {};
  o.overrides_file = "o.json";
  auto r = run_request(o, Json(), {}, Json::array());
  ASSERT_FALSE(r);
  EXPECT_THAT(r.error().message, HasSubstr("o.json"));
}

TEST(ShellEnv, ExportsWhatClientsReadAndUnsetsWhatWouldMislead) {
  EXPECT_EQ(shell_env({"http://127.0.0.1:4590", "eu-west-1", false, false}),
            "export AWS_ENDPOINT_URL=http://127.0.0.1:4590\nexport AWS_REGION=eu-west-1\nexport "
            "AWS_DEFAULT_REGION=eu-west-1\n"
            "export AWS_ACCESS_KEY_ID=drydock\nexport AWS_SECRET_ACCESS_KEY=drydock\nunset "
            "AWS_PROFILE\nunset AWS_SESSION_TOKEN\n");
  EXPECT_THAT(shell_env({"e", "r", false, true}),
              HasSubstr("aws() { command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }"));
  const auto fish = shell_env({"e", "r", true, true});
  EXPECT_THAT(fish, HasSubstr("set -gx AWS_ENDPOINT_URL e;"));
  EXPECT_THAT(fish, HasSubstr("set -e AWS_PROFILE;"));
  EXPECT_THAT(fish, HasSubstr("function aws; command aws"));
}

TEST(ShellEnv, TellsOldAwsFromNew) {
  EXPECT_FALSE(aws_reads_endpoint_url(
      "aws-cli/2.9.19 Python/3.11.2 Linux/6.1 source/x86_64.debian.12 prompt/off\n"));
  EXPECT_FALSE(aws_reads_endpoint_url("aws-cli/1.28.9 Python/3"));
  EXPECT_FALSE(aws_reads_endpoint_url("aws-cli/2.12.7 Python/3"));
  EXPECT_TRUE(aws_reads_endpoint_url("aws-cli/2.13.0 Python/3"));
  EXPECT_TRUE(aws_reads_endpoint_url("aws-cli/1.45.11 Python/3.11.7"));
  EXPECT_TRUE(aws_reads_endpoint_url("something else"));
}

TEST(ClientErrors, CarryTheDaemonsMessage) {
  const auto e = error_of_answer(
      400, R"({"__type":"ClusterNotFoundException","message":"Cluster not found."})");
  EXPECT_EQ(e.message, "ClusterNotFoundException: Cluster not found.");
  EXPECT_EQ(error_of_answer(404, R"({"__type":"NotFound","message":"There is no task x."})").code,
            Errc::kNotFound);
  EXPECT_EQ(error_of_answer(409, R"({"__type":"Conflict","message":"m"})").message, "m");
  EXPECT_EQ(error_of_answer(502, "<html>").message, "the daemon answered with status 502");
}

TEST(ClientErrors, StreamsAreCutIntoLines) {
  std::vector<std::string> seen;
  JsonLines lines([&](const Json& j) {
    seen.push_back(dump_json(j));
    return seen.size() < 3;
  });
  EXPECT_TRUE(lines.feed("{\"a\""));
  EXPECT_TRUE(lines.feed(":1}\n\n[2]\n{"));
  EXPECT_FALSE(lines.feed("}\n{}\n"));
  EXPECT_THAT(seen, ElementsAre("{\"a\":1}", "[2]", "{}"));
  EXPECT_TRUE(lines.error());
  JsonLines broken([](const Json&) { return true; });
  EXPECT_FALSE(broken.feed("oops\n"));
  EXPECT_FALSE(broken.error());
  JsonLines endless([](const Json&) { return true; });
  EXPECT_FALSE(endless.feed(std::string(9u << 20, ' ')));
}

TEST(ClientErrors, QueriesAreEncoded) { EXPECT_EQ(url_encode("a b/é:1~"), "a%20b%2F%C3%A9%3A1~"); }

Facts good_machine() {
  Facts f;
  f.root = true;
  f.kernel = "6.1.0-18-amd64";
  f.cgroup_version = 2;
  f.controllers = {"cpu", "memory", "pids"};
  f.seccomp = f.overlay_known = f.overlay_tested = f.group_exists = true;
  f.root_folder = "/var/lib/drydock";
  f.free_bytes = 50e9;
  f.runtime = "/usr/sbin/runc";
  f.runtime_version = "runc 1.1";
  f.nft = "/usr/sbin/nft";
  f.tini = "/usr/bin/tini-static";
  f.ip_forward = 1;
  f.nofile_hard = 1048576;
  f.listen = "127.0.0.1:4590";
  return f;
}

// The checks that are not fine, as "name: warning".
std::vector<std::string> complaints(const Facts& f) {
  std::vector<std::string> out;
  for (const auto& c : judge(f)) {
    if (c.verdict == Verdict::kOk) continue;
    out.push_back(c.name + (c.verdict == Verdict::kBroken ? ": broken" : ": warning"));
    EXPECT_FALSE(c.fix.empty()) << c.name;
    EXPECT_FALSE(c.lost.empty()) << c.name;
  }
  return out;
}

TEST(Doctor, AGoodMachineHasNoComplaints) { EXPECT_THAT(complaints(good_machine()), IsEmpty()); }

TEST(Doctor, EachMissingThingIsOneComplaint) {
  const auto with = [](auto change) {
    Facts f = good_machine();
    change(f);
    return complaints(f);
  };
  EXPECT_THAT(with([](Facts& f) { f.kernel = "5.4.0"; }), ElementsAre("kernel: broken"));
  EXPECT_THAT(with([](Facts& f) { f.runtime.clear(); }), ElementsAre("runtime: broken"));
  EXPECT_THAT(with([](Facts& f) { f.nft.clear(); }), ElementsAre("nftables: broken"));
  EXPECT_THAT(with([](Facts& f) { f.nft_error = "Operation not supported"; }),
              ElementsAre("nftables: broken"));
  EXPECT_THAT(with([](Facts& f) { f.root_filesystem = "overlay"; }),
              ElementsAre("overlayfs: broken"));
  EXPECT_THAT(with([](Facts& f) { f.overlay_error = "EINVAL"; }), ElementsAre("overlayfs: broken"));
  EXPECT_THAT(with([](Facts& f) { f.cgroup_version = 0; }), ElementsAre("cgroups: broken"));
  EXPECT_THAT(with([](Facts& f) { f.controllers = {"cpu"}; }), ElementsAre("cgroups: broken"));
  EXPECT_THAT(with([](Facts& f) { f.nofile_hard = 20000; }), ElementsAre("open files: warning"));
  EXPECT_THAT(with([](Facts& f) { f.group_exists = false; }), ElementsAre("group: warning"));
  EXPECT_THAT(with([](Facts& f) { f.listen_error = "in use"; }), ElementsAre("port: warning"));
  EXPECT_THAT(with([](Facts& f) { f.free_bytes = 1e6; }), ElementsAre("disk: broken"));
  EXPECT_THAT(with([](Facts& f) { f.tini.clear(); }), ElementsAre("tini: warning"));
  EXPECT_THAT(with([](Facts& f) { f.leftovers["12345678"] = "bridge"; }),
              ElementsAre("leftovers: warning"));
  EXPECT_THAT(with([](Facts& f) { f.capabilities = 0; }), ElementsAre("privileges: broken"));
  EXPECT_THAT(with([](Facts& f) { f.seccomp = false; }), ElementsAre("seccomp: broken"));
}

TEST(Doctor, WhatBelongsToTheDaemonThatAnswersIsNoLeftover) {
  Facts f = good_machine();
  f.daemon_answers = true;
  f.own_instance = "12345678";
  f.leftovers["12345678"] = "bridge";
  EXPECT_THAT(complaints(f), IsEmpty());
}

}  // namespace
}  // namespace drydock::cli
