#include "images/unpack.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TarPart file(const std::string& name, const std::string& content = "x") {
  TarPart p;
  p.name = name;
  p.content = content;
  return p;
}
TarPart folder(const std::string& name, unsigned mode = 0755) {
  TarPart p;
  p.type = '5';
  p.name = name;
  p.mode = mode;
  return p;
}
TarPart symlink(const std::string& name, const std::string& to) {
  TarPart p;
  p.type = '2';
  p.name = name;
  p.link = to;
  return p;
}
TarPart hardlink(const std::string& name, const std::string& to) {
  TarPart p;
  p.type = '1';
  p.name = name;
  p.link = to;
  return p;
}
TarPart device(const std::string& name, char type, unsigned major, unsigned minor) {
  TarPart p;
  p.type = type;
  p.name = name;
  p.major = major;
  p.minor = minor;
  return p;
}

struct stat lstat_of(const std::string& path) {
  struct stat st {};
  EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
  return st;
}
std::string xattr_of(const std::string& path, const char* name) {
  char value[256];
  const ssize_t n = ::lgetxattr(path.c_str(), name, value, sizeof value);
  return n < 0 ? "(none)" : std::string(value, static_cast<std::size_t>(n));
}
bool is_whiteout(const std::string& path) {
  const struct stat st = lstat_of(path);
  return S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

class Unpack : public ImagesRoot {
 protected:
  void good(const std::vector<TarPart>& parts, bool lowest = false) {
    auto report = unpack(tar_bytes(parts), lowest);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->diff_id, sha256_digest(tar_bytes(parts)));
  }
  // What is unpacked goes to memory: the disk is not what is tested.
  void out_in_memory() {
    std::filesystem::create_directories(out());
    ASSERT_EQ(::mount("tmpfs", out().c_str(), "tmpfs", 0, "nr_inodes=0"), 0);
    in_memory_ = true;
  }
  void TearDown() override {
    if (in_memory_) ::umount2(out().c_str(), MNT_DETACH);
    ImagesRoot::TearDown();
  }
  std::string refused(const std::vector<TarPart>& parts) {
    auto report = unpack(tar_bytes(parts));
    EXPECT_FALSE(report);
    return report ? "" : report.error().message;
  }

 private:
  bool in_memory_ = false;
};

TEST_F(Unpack, KeepsContentModeOwnerTimeAndSetuid) {
  TarPart p = file("bin/su", "program");
  p.mode = 04755;
  p.uid = 1234;
  p.gid = 4321;
  TarPart d = folder("bin", 01777);
  d.mtime = 1600000000;
  good({d, p});
  const struct stat st = lstat_of(out("bin/su"));
  EXPECT_EQ(text(out("bin/su")), "program");
  EXPECT_EQ(st.st_mode & 07777u, 04755u);
  EXPECT_EQ(st.st_uid, 1234u);
  EXPECT_EQ(st.st_gid, 4321u);
  EXPECT_EQ(st.st_mtime, 1700000000);
  EXPECT_EQ(lstat_of(out("bin")).st_mode & 07777u, 01777u);
  EXPECT_EQ(lstat_of(out("bin")).st_mtime, 1600000000) << "a file written later must not touch it";
}

TEST_F(Unpack, ReadsGzipZstdXzAndSeveralGzipMembers) {
  const std::string tar = tar_bytes({file("a", std::string(300'000, 'a')), file("b")});
  const std::string half = tar.substr(0, tar.size() / 2);
  const std::string members = gzip_bytes(half) + gzip_bytes(tar.substr(half.size()));
  for (const std::string& blob : {gzip_bytes(tar), members, members + std::string(1000, '\0')}) {
    auto report = unpack(blob);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->diff_id, sha256_digest(tar));
    EXPECT_EQ(report->bytes, 300'001u);
    ASSERT_TRUE(remove_tree(out()));
  }
  std::ofstream(dir_ + "/x.tar") << tar;
  for (const auto& [packer, suffix] :
       {std::pair("zstd", ".zst"), std::pair("xz", ".xz"), std::pair("bzip2", ".bz2")}) {
    const int code = run({packer, "-q", "-k", "-f", dir_ + "/x.tar"});
    if (code == 127) continue;  // not installed
    ASSERT_EQ(code, 0) << packer;
    auto report = unpack(text(dir_ + "/x.tar" + suffix));
    ASSERT_TRUE(report) << packer << ": " << report.error().message;
    EXPECT_EQ(report->diff_id, sha256_digest(tar)) << packer;
    ASSERT_TRUE(remove_tree(out()));
  }
}

TEST_F(Unpack, NothingIsWrittenOutsideWhateverNamesAndLinksSay) {
  const std::string outside = dir_ + "/outside";
  std::filesystem::create_directory(outside);
  std::ofstream(outside + "/precious") << "mine";
  const auto before = tree(outside);
  EXPECT_THAT(refused({file("../outside/a")}), HasSubstr("leads out of the layer"));
  EXPECT_THAT(refused({file("a/../../outside/a")}), HasSubstr("leads out of the layer"));
  EXPECT_THAT(refused({hardlink("h", "../outside/precious")}), HasSubstr("leads out of the layer"));
  EXPECT_THAT(refused({hardlink("h", outside + "/precious")}),
              HasSubstr("which the layer does not have"));
  ASSERT_TRUE(remove_tree(out()));
  // Links are followed, but the layer is the whole world: what they name is inside.
  good({file("/absolute"), symlink("abs", outside), folder("deep"),
        symlink("deep/up", "../../../../../.."), folder("deep/up/fromtop"),
        file("deep/up/fromtop/f")});
  EXPECT_TRUE(exists(out("absolute")));
  EXPECT_TRUE(exists(out("fromtop/f")));
  EXPECT_FALSE(unpack(tar_bytes({symlink("abs", outside), file("abs/written")})));
  EXPECT_FALSE(
      unpack(tar_bytes({symlink("l", outside + "/precious"), hardlink("h", "l"), file("h/x")})));
  EXPECT_EQ(tree(outside), before);
  EXPECT_EQ(text(outside + "/precious"), "mine");
  EXPECT_EQ(lstat_of(outside + "/precious").st_nlink, 1u);
}

TEST_F(Unpack, AFileOverASymlinkReplacesTheLinkNotItsTarget) {
  good({file("target", "old"), symlink("name", "target"), file("name", "new")});
  EXPECT_EQ(text(out("target")), "old");
  EXPECT_EQ(text(out("name")), "new");
  EXPECT_TRUE(S_ISREG(lstat_of(out("name")).st_mode));
}

TEST_F(Unpack, LegalLayersMayWriteThroughTheirOwnLinks) {
  good({folder("usr"), folder("usr/lib"), symlink("lib", "usr/lib"), file("lib/x", "through")});
  EXPECT_EQ(text(out("usr/lib/x")), "through");
}

TEST_F(Unpack, LaterEntriesReplaceEarlierOnesOfAnyKind) {
  good({file("a", "1"), file("a", "2"), folder("d"), file("d/in"), file("d", "now a file"),
        file("f"), folder("f"), file("f/in"), symlink("s", "nowhere"), folder("s"), file("s/in"),
        folder("k"), file("k/kept"), folder("k", 0700)});
  EXPECT_EQ(text(out("a")), "2");
  EXPECT_EQ(text(out("d")), "now a file");
  EXPECT_TRUE(exists(out("f/in")));
  EXPECT_TRUE(S_ISDIR(lstat_of(out("s")).st_mode));
  EXPECT_TRUE(exists(out("k/kept"))) << "a folder named again keeps what it has";
  EXPECT_EQ(lstat_of(out("k")).st_mode & 07777u, 0700u);
}

TEST_F(Unpack, MissingParentsAreMade) {
  good({file("a/b/c/d", "deep")});
  EXPECT_EQ(text(out("a/b/c/d")), "deep");
  EXPECT_EQ(lstat_of(out("a/b")).st_mode & 07777u, 0755u);
}

TEST_F(Unpack, WhiteoutsAndOpaqueFoldersBecomeOverlaysOwn) {
  good({file(".wh.gone"), folder("etc"), file("etc/.wh.motd"), folder("var"),
        file("var/.wh..wh..opq"), hardlink("etc/.wh.linked", "etc/whatever"), file(".wh..wh.plnk"),
        file("opt/x/.wh..wh..opq")});
  EXPECT_TRUE(is_whiteout(out("gone")));
  EXPECT_TRUE(is_whiteout(out("etc/motd")));
  EXPECT_TRUE(is_whiteout(out("etc/linked")));
  EXPECT_EQ(xattr_of(out("var"), "trusted.overlay.opaque"), "y");
  EXPECT_EQ(xattr_of(out("opt/x"), "trusted.overlay.opaque"), "y");
  EXPECT_THAT(tree(out()),
              ElementsAre("etc", "etc/linked", "etc/motd", "gone", "opt", "opt/x", "var"));
}

TEST_F(Unpack, AFolderPutInThePlaceOfARemovedOneIsOpaque) {
  good({file(".wh.a"), folder("a"), file("a/new"), folder("b"), file("b/new"), file(".wh.b"),
        file(".wh.c"), file("c/new"), file("keep"), file(".wh.keep")});
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(xattr_of(out(name), "trusted.overlay.opaque"), "y") << name;
    EXPECT_TRUE(exists(out(name) + "/new"));
  }
  EXPECT_TRUE(S_ISREG(lstat_of(out("keep")).st_mode));
}

TEST_F(Unpack, TheLowestLayerHasNoWhiteouts) {
  good({file("etc/.wh.motd"), file("a"), folder("d"), file("d/.wh..wh..opq")}, true);
  EXPECT_THAT(tree(out()), ElementsAre("a", "d"));
  EXPECT_EQ(xattr_of(out("d"), "trusted.overlay.opaque"), "(none)");
}

TEST_F(Unpack, BrokenWhiteoutsAndTricksWithOverlaysOwnMarksAreRefused) {
  EXPECT_THAT(refused({file(".wh.")}), HasSubstr("whiteout of nothing"));
  EXPECT_THAT(refused({file("a/.wh...")}), HasSubstr("whiteout of nothing"));
  EXPECT_THAT(refused({device("null", '3', 0, 0)}), HasSubstr("character device 0,0"));
  ASSERT_TRUE(remove_tree(out()));
  TarPart p = folder("d");
  p.pax = {{"SCHILY.xattr.trusted.overlay.redirect", "/etc"},
           {"SCHILY.xattr.trusted.overlay.opaque", "y"},
           {"SCHILY.xattr.security.selinux", "label"},
           {"SCHILY.xattr.user.mine", "kept"}};
  good({p});
  EXPECT_EQ(xattr_of(out("d"), "trusted.overlay.redirect"), "(none)");
  EXPECT_EQ(xattr_of(out("d"), "trusted.overlay.opaque"), "(none)");
  EXPECT_EQ(xattr_of(out("d"), "user.mine"), "kept");
}

TEST_F(Unpack, FileCapabilitiesSurvive) {
  // cap_net_raw+ep, as setcap writes it (version 2, effective).
  const std::string capability(
      "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  TarPart p = file("ping");
  p.mode = 0755;
  p.uid = 5;
  p.pax = {{"SCHILY.xattr.security.capability", capability}};
  good({p});
  EXPECT_EQ(xattr_of(out("ping"), "security.capability"), capability);
}

TEST_F(Unpack, DevicesPipesAndLinksAreMade) {
  good({device("null", '3', 1, 3), device("disk", '4', 8, 0), device("pipe", '6', 0, 0),
        file("a", "same"), hardlink("b", "a"), symlink("dangling", "/no/where")});
  EXPECT_EQ(lstat_of(out("null")).st_rdev, makedev(1, 3));
  EXPECT_TRUE(S_ISBLK(lstat_of(out("disk")).st_mode));
  EXPECT_TRUE(S_ISFIFO(lstat_of(out("pipe")).st_mode));
  EXPECT_EQ(lstat_of(out("a")).st_ino, lstat_of(out("b")).st_ino);
  EXPECT_EQ(std::filesystem::read_symlink(out("dangling")), "/no/where");
}

TEST_F(Unpack, WritingIntoAPipeOrDeviceOfTheLayerReplacesIt) {
  good({device("pipe", '6', 0, 0), file("pipe", "file now"), device("disk", '4', 8, 0),
        file("disk", "file, too")});
  EXPECT_EQ(text(out("pipe")), "file now");
  EXPECT_EQ(text(out("disk")), "file, too");
}

TEST_F(Unpack, LongAndForeignNamesAreKept) {
  const std::string longest =
      std::string(200, 'n') + "/" + std::string(255, 'm') + "/\xc3\xa4\xe2\x82\xac";
  good({file(longest, "long"), file("latin\xe4", "bytes"), symlink("s", std::string(300, 't'))});
  EXPECT_EQ(text(out(longest)), "long");
  EXPECT_EQ(text(out("latin\xe4")), "bytes");
  EXPECT_EQ(std::filesystem::read_symlink(out("s")), std::string(300, 't'));
  EXPECT_THAT(refused({file(std::string(256, 'x'))}), HasSubstr("File name too long"));
  std::string endless;
  for (int i = 0; i < 3000; ++i) endless += "d/";
  EXPECT_THAT(refused({file(endless + "f")}), HasSubstr("4095"));
}

TEST_F(Unpack, GnuTarsSparseFilesAndFormatsAreRead) {
  const std::string in = dir_ + "/in";
  std::filesystem::create_directory(in);
  std::ofstream(in + "/sparse").seekp(50'000'000) << "end";
  std::ofstream(in + "/" + std::string(150, 'g')) << "gnu long name";
  for (const char* format : {"gnu", "pax"}) {
    ASSERT_EQ(run({"tar", "-S", "-C", in, std::string("--format=") + format, "-cf", dir_ + "/s.tar",
                   "."}),
              0);
    auto report = unpack(text(dir_ + "/s.tar"));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(lstat_of(out("sparse")).st_size, 50'000'003);
    EXPECT_LT(lstat_of(out("sparse")).st_blocks, 1000);
    EXPECT_EQ(text(out(std::string(150, 'g'))), "gnu long name");
    ASSERT_TRUE(remove_tree(out()));
  }
}

TEST_F(Unpack, TruncatedAndBrokenStreamsAreRefused) {
  const std::string tar = tar_bytes({file("a", std::string(100'000, 'a'))});
  const std::string packed = gzip_bytes(tar);
  EXPECT_FALSE(unpack(tar.substr(0, 50'000)));
  auto cut = unpack(packed.substr(0, packed.size() - 20));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("gzip"));
  std::string bad_sum = packed;
  bad_sum[bad_sum.size() - 6] = static_cast<char>(bad_sum[bad_sum.size() - 6] ^ 1);
  EXPECT_FALSE(unpack(bad_sum));
  EXPECT_FALSE(unpack("this is no archive of any kind, but long enough to be looked at"));
  EXPECT_EQ(unpack("\x28\xb5\x2f\xfd garbage").error().code, Errc::kInvalid);
  for (const auto& [packer, suffix] : {std::pair("zstd", ".zst"), std::pair("xz", ".xz")}) {
    std::ofstream(dir_ + "/x.tar") << tar;
    const int code = run({packer, "-q", "-k", "-f", dir_ + "/x.tar"});
    if (code == 127) continue;  // not installed
    const std::string whole = text(dir_ + "/x.tar" + suffix);
    for (const std::size_t size : {whole.size() - 1, whole.size() / 2, std::size_t{10}})
      EXPECT_EQ(unpack(whole.substr(0, size)).error().code, Errc::kInvalid)
          << packer << " " << size;
  }
}

TEST_F(Unpack, BombsStopAtTheLimits) {
  limits_.layer_bytes = 1u << 20;
  limits_.layer_entries = 10;
  EXPECT_THAT(
      unpack(gzip_bytes(tar_bytes({file("zeros", std::string(5u << 20, '\0'))}))).error().message,
      HasSubstr("larger than a layer may be"));
  std::vector<TarPart> many;
  for (int i = 0; i < 11; ++i) many.push_back(file("f" + std::to_string(i)));
  EXPECT_THAT(refused(many), HasSubstr("more than 10 entries"));
  // Zeros after the archive's end are read, hashed and counted too.
  EXPECT_FALSE(unpack(gzip_bytes(tar_bytes({file("a")}) + std::string(8u << 20, '\0'))));
}

TEST_F(Unpack, AMillionEntriesAreUnpackedInLittleMemory) {
  // What a helper keeps of each entry would not fit in here.
  limits_.memory_bytes = 160u << 20;
  out_in_memory();
  std::string tar = tar_bytes({folder("d")}, false);
  // An emulated machine gets a tenth, which takes it as long.
  const int entries = std::getenv("DRYDOCK_SLOW") != nullptr ? 100'000 : 1'000'000;
  tar.reserve(static_cast<std::size_t>(entries + 4) * 512);
  for (int i = 1; i < entries; ++i) tar += tar_bytes({file("d/" + std::to_string(i), "")}, false);
  tar += std::string(1024, '\0');
  auto report = unpack(tar);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->entries, static_cast<std::uint64_t>(entries));
  EXPECT_EQ(lstat_of(out("d/" + std::to_string(entries - 1))).st_size, 0);
}

TEST_F(Unpack, AFloodOfEntriesOfOneNameLeavesTheLast) {
  limits_.memory_bytes = 160u << 20;
  out_in_memory();
  std::string tar;
  // Every kind replaces every other, and what a folder had goes with it.
  for (int i = 0; i < 10'000; ++i) {
    tar += tar_bytes({folder("same"), file("same/inner"), file("same", std::to_string(i)),
                      symlink("same", "/etc/passwd"), device("same", '6', 0, 0)},
                     false);
  }
  tar += tar_bytes({file("same", "last")});
  auto report = unpack(tar);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(tree(out()), ElementsAre("same"));
  EXPECT_EQ(text(out("same")), "last");
}

TEST_F(Unpack, AnEmptyLayerIsALayer) {
  good({});
  EXPECT_THAT(tree(out()), IsEmpty());
  auto nothing = unpack("");
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_EQ(nothing->entries, 0u);
}

}  // namespace
}  // namespace drydock::images
