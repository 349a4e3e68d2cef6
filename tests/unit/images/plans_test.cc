#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "images/archive.h"
#include "images/archive_plan.h"
#include "images/catalogue.h"
#include "images/entry_plan.h"

namespace drydock::images {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CleanPath, StaysInsideAndIsPlain) {
  EXPECT_EQ(clean_path("./usr//bin/./x/").value(), "usr/bin/x");
  EXPECT_EQ(clean_path("/etc/passwd").value(), "etc/passwd");
  EXPECT_EQ(clean_path("a/../b").value(), "b");
  EXPECT_EQ(clean_path("a/b/..").value(), "a");
  EXPECT_EQ(clean_path("./").value(), "");
  EXPECT_FALSE(clean_path(".."));
  EXPECT_FALSE(clean_path("a/../../b"));
  EXPECT_FALSE(clean_path(std::string_view("a\0b", 3)));
}

TEST(PlanEntry, KnowsWhiteouts) {
  const auto plan = [](std::string_view name) {
    auto p = plan_entry(name);
    return p ? std::to_string(static_cast<int>(p->kind)) + p->path : p.error().message;
  };
  const auto expect = [](EntryKind kind, const std::string& path) {
    return std::to_string(static_cast<int>(kind)) + path;
  };
  EXPECT_EQ(plan("./"), expect(EntryKind::kRoot, ""));
  EXPECT_EQ(plan("./a/b"), expect(EntryKind::kCreate, "a/b"));
  EXPECT_EQ(plan("a/.wh.b"), expect(EntryKind::kWhiteout, "a/b"));
  EXPECT_EQ(plan(".wh.b"), expect(EntryKind::kWhiteout, "b"));
  EXPECT_EQ(plan("a/.wh..wh..opq"), expect(EntryKind::kOpaque, "a"));
  EXPECT_EQ(plan(".wh..wh..opq"), expect(EntryKind::kOpaque, ""));
  EXPECT_EQ(plan(".wh..wh.plnk/1.2"), expect(EntryKind::kSkip, ".wh..wh.plnk/1.2"));
  EXPECT_EQ(plan("a/.wh.b/c"), expect(EntryKind::kSkip, "a/.wh.b/c"));
  EXPECT_EQ(plan("a.wh.b"), expect(EntryKind::kCreate, "a.wh.b"));
  EXPECT_THAT(plan("a/.wh.."), HasSubstr("whiteout of nothing"));
  EXPECT_THAT(plan("a/.wh..."), HasSubstr("whiteout of nothing"));
}

TEST(KeepsXattr, NeverWhatOverlayOrTheHostBelieve) {
  EXPECT_TRUE(keeps_xattr("user.x"));
  EXPECT_TRUE(keeps_xattr("security.capability"));
  EXPECT_FALSE(keeps_xattr("trusted.overlay.opaque"));
  EXPECT_FALSE(keeps_xattr("security.selinux"));
  EXPECT_FALSE(keeps_xattr("security.ima"));
}

TEST(ArchiveKind, IsToldByItsFiles) {
  EXPECT_EQ(archive_kind({"oci-layout", "index.json", "blobs/sha256/x"}).value(),
            ArchiveKind::kOci);
  EXPECT_EQ(archive_kind({"manifest.json", "x.json"}).value(), ArchiveKind::kDockerArchive);
  EXPECT_EQ(archive_kind({"manifest.json", "oci-layout", "index.json"}).value(), ArchiveKind::kOci);
  EXPECT_THAT(archive_kind({"repositories"}).error().message, HasSubstr("older than 1.10"));
  EXPECT_THAT(archive_kind({"x/oci-layout", "x/index.json"}).error().message,
              HasSubstr("folder 'x'"));
  EXPECT_FALSE(archive_kind({}));
}

TEST(ArchiveView, FollowsLinksButNotForEver) {
  const ArchiveView view("/s", {{"a", "0", "", 1},
                                {"b", "", "a", 0},
                                {"l1", "", "l2", 0},
                                {"l2", "", "l1", 0},
                                {"a", "7", "", 1}});
  EXPECT_EQ(view.path("a").value(), "/s/7") << "the last entry of a name counts";
  EXPECT_EQ(view.path("b").value(), "/s/7");
  EXPECT_FALSE(view.path("l1"));
  EXPECT_THAT(view.path("nosuch").error().message, HasSubstr("lacks the file nosuch"));
}

TEST(NamesOf, ReadsTheAnnotationsOfContainerdPodmanAndBuildx) {
  const auto names = [](std::map<std::string, std::string> annotations) {
    Descriptor d;
    d.annotations = std::move(annotations);
    return names_of(d);
  };
  const std::string containerd = "io.containerd.image.name";
  const std::string ref = "org.opencontainers.image.ref.name";
  EXPECT_THAT(names({{containerd, "docker.io/library/a:1"}, {ref, "1"}}),
              ElementsAre("docker.io/library/a:1"));
  EXPECT_THAT(names({{ref, "localhost/b:2"}}), ElementsAre("localhost/b:2"));
  EXPECT_THAT(names({{ref, "latest"}}), IsEmpty());
  EXPECT_THAT(names({{ref, "v1.2"}}), IsEmpty());
  EXPECT_THAT(names({{ref, "myapp"}}), ElementsAre("docker.io/library/myapp:latest"));
  EXPECT_THAT(names({{ref, "Not A Name/"}}), IsEmpty());
}

Catalogue two_images() {
  Catalogue c;
  const auto digest = [](char x, char y) {
    return "sha256:" + std::string(4, x) + std::string(60, y);
  };
  c.images[digest('1', 'a')] = {"m", digest('c', '1'), digest('9', '9'), "t"};
  c.images[digest('2', 'b')] = {"m", digest('c', '2'), "", "t"};
  c.names["docker.io/library/one:latest"] = digest('1', 'a');
  c.names["docker.io/library/cccc:latest"] = digest('2', 'b');
  return c;
}

TEST(Catalogue, SurvivesBeingWrittenAndRead) {
  const Catalogue c = two_images();
  auto read = parse_catalogue(catalogue_text(c));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->images, c.images);
  EXPECT_EQ(read->names, c.names);
  EXPECT_FALSE(parse_catalogue("{}"));
  EXPECT_FALSE(parse_catalogue(R"({"images":{},"names":{"a":"sha256:1"}})"))
      << "a name that leads nowhere";
}

TEST(Catalogue, ANameWinsOverAPrefixAndAmbiguityIsAnError) {
  const Catalogue c = two_images();
  EXPECT_EQ(c.resolve("one")->name, "docker.io/library/one:latest");
  EXPECT_EQ(c.resolve("cccc")->name, "docker.io/library/cccc:latest");
  EXPECT_THAT(c.resolve("sha256:cccc").error().message, HasSubstr("beginning of 2 image ids"));
  EXPECT_EQ(c.resolve("cccc1")->digest, c.names.at("docker.io/library/one:latest"));
  EXPECT_EQ(c.resolve("ccc").error().code, Errc::kNotFound) << "three digits are a name";
  EXPECT_EQ(c.resolve("x@sha256:9999" + std::string(60, '9'))->digest,
            c.names.at("docker.io/library/one:latest"));
  EXPECT_EQ(c.resolve("two").error().code, Errc::kNotFound);
}

TEST(LayerFolder, IsShortAndTellsLayersApart) {
  const std::string a = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(layer_folder(a, false).size(), 26u);
  EXPECT_NE(layer_folder(a, false), layer_folder(a, true));
  EXPECT_NE(layer_folder(a, false), layer_folder("sha256:b" + std::string(63, 'a'), false));
  EXPECT_NE(layer_folder(a, false),
            layer_folder("sha256:" + std::string(30, 'a') + "b" + std::string(33, 'a'), false));
}

TEST(LayerFolders, RepeatedLayersAreKeptOnceAtTheTop) {
  const std::string a = "sha256:" + std::string(64, 'a');
  const std::string b = "sha256:" + std::string(64, 'b');
  EXPECT_THAT(layer_folders({a, b, a}), ElementsAre(layer_folder(a, false), layer_folder(b, true)));
  EXPECT_THAT(layer_folders({a}), ElementsAre(layer_folder(a, true)));
}

}  // namespace
}  // namespace drydock::images
