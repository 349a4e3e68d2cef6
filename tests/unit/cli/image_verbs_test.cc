#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "fake_daemon.h"

// The verbs of images against a daemon that a test answers for.
namespace drydock::cli::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ImagesVerb, AFolderIsSentAsAnArchive) {
  FakeDaemon daemon;
  daemon.routes["POST images/load?name=web%3A1"] = [](const http::Request& r) {
    return answer(
        {{"images", Json::array({r.body.find("oci-layout") != std::string::npos ? "packed"
                                                                                : "not packed"})}});
  };
  const std::string layout = daemon.folder() + "/layout";
  ASSERT_TRUE(make_dirs(layout));
  LoadOptions o;
  o.file = layout;
  o.name = "web:1";
  EXPECT_THAT(run_verb(daemon, o).err, HasSubstr("without an oci-layout file"));
  ASSERT_TRUE(write_file_atomic(layout + "/oci-layout", "{}"));
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "packed\n");
}

TEST(ImagesVerb, ListsAndRemoves) {
  FakeDaemon daemon;
  daemon.routes["GET images"] = [](const http::Request&) {
    return answer({{"images", Json::array({{{"names", {"web:latest", "web:2"}},
                                            {"digest", "sha256:0123456789abcdef"},
                                            {"size", 1500000},
                                            {"shared", 500000},
                                            {"unique", 1000000},
                                            {"architecture", "amd64"}}})}});
  };
  daemon.routes["DELETE images?ref=web%3A2"] = [](const http::Request&) {
    return answer({{"untagged", {"web:2"}}});
  };
  EXPECT_EQ(run_verb(daemon, ImagesOptions{}).out,
            "IMAGE        DIGEST         ARCHITECTURE   SIZE     SHARED   UNIQUE   CREATED\n"
            "web:latest   0123456789ab   amd64          1.5 MB   500 kB   1.0 MB   -\n"
            "web:2        0123456789ab   amd64          1.5 MB   500 kB   1.0 MB   -\n");
  Common quiet;
  quiet.quiet = true;
  EXPECT_EQ(run_verb(daemon, ImagesOptions{}, quiet).out, "web:latest\nweb:2\n");
  EXPECT_EQ(run_verb(daemon, RmiOptions{{"web:2"}}).out, "web:2\n");
}

TEST(SaveVerb, AnArchiveThatIsCutOffLeavesNoFile) {
  FakeDaemon daemon;
  std::atomic<bool> whole = false;  // read on the daemon's thread
  daemon.routes["GET images/save?ref=web"] = [&](const http::Request&) {
    http::Response r;
    r.stream = [&whole](const std::shared_ptr<http::StreamWriter>& writer) {
      writer->write("part of it");
      if (whole) writer->close();
    };
    return r;
  };
  SaveOptions o;
  o.references = {"web"};
  o.file = daemon.folder() + "/web.tar";
  EXPECT_EQ(run_verb(daemon, o).exit_code, 1);
  EXPECT_FALSE(exists(o.file));
  EXPECT_THAT(list_dir(daemon.folder()), ElementsAre("d.sock"));
  whole = true;
  EXPECT_EQ(run_verb(daemon, o).exit_code, 0);
  EXPECT_EQ(read_file(o.file, 100).value(), "part of it");
}

TEST(PullVerb, TheLastLineDecides) {
  FakeDaemon daemon;
  std::string lines;
  daemon.routes["POST images/pull"] = [&](const http::Request&) { return stream_of(lines); };
  PullOptions o;
  o.references = {"web"};
  lines = R"({"layers":[{"digest":"sha256:0123456789abcdef","step":"done","bytes":5,"total":5}]})"
          "\n"
          R"({"image":{"name":"docker.io/library/web:latest","digest":"sha256:ff"}})"
          "\n";
  auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "docker.io/library/web@sha256:ff\n");
  EXPECT_THAT(r.err, HasSubstr("pulling web\n0123456789ab  done          5 B\n"));
  lines = R"({"error":{"__type":"Denied","message":"no access"}})"
          "\n";
  r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("pull web: no access"));
  lines = R"({"error":{"__type":"Denied","message":"docker.io/library/web:latest: no such name"}})"
          "\n";
  EXPECT_THAT(run_verb(daemon, o).err, HasSubstr("drydock: pull docker.io/library/web:latest: no"));
  lines = "oops\n";
  EXPECT_THAT(run_verb(daemon, o).err, HasSubstr("is not JSON"));
  lines.clear();
  EXPECT_THAT(run_verb(daemon, o).err, HasSubstr("without a word"));
}

}  // namespace
}  // namespace drydock::cli::test
