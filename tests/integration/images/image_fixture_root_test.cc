#include "tests/integration/images/image_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/spawn.h"
#include "images/archive.h"

namespace drydock::images {
namespace {

std::string octal(unsigned long value, int width) {
  std::string text(static_cast<std::size_t>(width), '0');
  for (int i = width - 1; i >= 0; --i, value >>= 3)
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + (value & 7));
  return text;
}

void put(std::string& block, std::size_t at, const std::string& text) {
  block.replace(at, text.size(), text);
}

std::string padded(const std::string& data) {
  return data + std::string((512 - data.size() % 512) % 512, '\0');
}

std::string header(const TarPart& p, std::size_t size) {
  std::string block(512, '\0');
  put(block, 0, p.name.substr(0, 100));
  put(block, 100, octal(p.mode, 7));
  put(block, 108, octal(p.uid, 7));
  put(block, 116, octal(p.gid, 7));
  put(block, 124, octal(size, 11));
  put(block, 136, octal(static_cast<unsigned long>(p.mtime), 11));
  put(block, 148, "        ");
  block[156] = p.type;
  put(block, 157, p.link.substr(0, 100));
  put(block, 257, std::string("ustar\00000", 8));
  put(block, 329, octal(p.major, 7));
  put(block, 337, octal(p.minor, 7));
  unsigned sum = 0;
  for (unsigned char c : block) sum += c;
  put(block, 148, octal(sum, 6) + std::string("\0 ", 2));
  return block;
}

std::string pax_record(const std::string& key, const std::string& value) {
  std::size_t length = key.size() + value.size() + 3;
  length += std::to_string(length).size();
  if (std::to_string(length).size() + key.size() + value.size() + 3 != length) ++length;
  return std::to_string(length) + " " + key + "=" + value + "\n";
}

}  // namespace

std::string tar_bytes(const std::vector<TarPart>& parts, bool with_end) {
  std::string tar;
  for (const TarPart& p : parts) {
    std::string records;
    for (const auto& [key, value] : p.pax) records += pax_record(key, value);
    if (p.name.size() > 100) records += pax_record("path", p.name);
    if (p.link.size() > 100) records += pax_record("linkpath", p.link);
    if (!records.empty()) {
      TarPart x;
      x.type = 'x';
      x.name = "pax";
      tar += header(x, records.size()) + padded(records);
    }
    tar += header(p, p.content.size()) + padded(p.content);
  }
  return with_end ? tar + std::string(1024, '\0') : tar;
}

std::string one_file(const std::string& name, const std::string& content) {
  TarPart p;
  p.name = name;
  p.content = content;
  return tar_bytes({p});
}

std::string sha256_digest(const std::string& data) { return "sha256:" + sha256_hex(data); }

std::map<std::string, std::string> oci_layout(const std::vector<std::string>& tars,
                                              const std::string& name) {
  std::map<std::string, std::string> files;
  const auto blob = [&](const std::string& type, const std::string& data) {
    files["blobs/sha256/" + sha256_hex(data)] = data;
    return Json{{"mediaType", type}, {"digest", sha256_digest(data)}, {"size", data.size()}};
  };
  Json layers = Json::array();
  Json diff_ids = Json::array();
  for (const std::string& tar : tars) {
    layers.push_back(blob(std::string(kOciLayer), tar));
    diff_ids.push_back(sha256_digest(tar));
  }
  const Json config{{"architecture", host_platform().architecture},
                    {"os", "linux"},
                    {"config", {{"Cmd", {"/bin/true"}}}},
                    {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
  const Json manifest{{"schemaVersion", 2},
                      {"mediaType", kOciManifest},
                      {"config", blob(std::string(kOciConfig), dump_json(config))},
                      {"layers", layers}};
  Json entry = blob(std::string(kOciManifest), dump_json(manifest));
  if (!name.empty()) entry["annotations"] = {{"org.opencontainers.image.ref.name", name}};
  files["index.json"] = dump_json(Json{{"schemaVersion", 2}, {"manifests", {entry}}});
  files["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})";
  return files;
}

std::string tar_of_files(const std::map<std::string, std::string>& files) {
  std::vector<TarPart> parts;
  for (const auto& [name, content] : files) {
    TarPart p;
    p.name = name;
    p.content = content;
    parts.push_back(p);
  }
  return tar_bytes(parts);
}

std::string gzip_bytes(const std::string& data) {
  char name[] = "/tmp/drydock-test-XXXXXX";
  UniqueFd fd(::mkostemp(name, O_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), data));
  std::string packed;
  if (FILE* pipe = ::popen((std::string("gzip -nc ") + name).c_str(), "re")) {
    char buffer[65536];
    for (std::size_t n; (n = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
      packed.append(buffer, n);
    ::pclose(pipe);
  }
  ::unlink(name);
  return packed;
}

void ImagesRoot::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: mounts, device nodes, trusted attributes";
  char name[] = "/tmp/drydock-images-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  dir_ = name;
  reopen();
}

void ImagesRoot::TearDown() {
  if (dir_.empty()) return;
  store_.reset();
  EXPECT_THAT(text("/proc/self/mounts"), ::testing::Not(::testing::HasSubstr(dir_)))
      << "a mount is left";
  auto gone = remove_tree(dir_);
  EXPECT_TRUE(gone) << gone.error().message;
}

StoreOptions ImagesRoot::options() const {
  return {dir_ + "/root", std::string(DRYDOCK_BIN_DIR) + "/drydock-unpack-test-helper", limits_};
}

void ImagesRoot::reopen() {
  store_.reset();
  auto opened = Store::open(options());
  ASSERT_TRUE(opened) << opened.error().message;
  store_ = std::move(*opened);
}

Result<std::vector<std::string>> ImagesRoot::load(const std::string& archive) {
  std::size_t at = 0;
  auto loaded = load_archive(store(), [&](char* buffer, std::size_t size) -> Result<std::size_t> {
    const std::size_t n = std::min({size, archive.size() - at, std::size_t{70'000}});
    archive.copy(buffer, n, at);
    at += n;
    return n;
  });
  if (!loaded) return tl::unexpected(loaded.error());
  std::vector<std::string> digests;
  for (const LoadedImage& image : *loaded) digests.push_back(image.manifest_digest);
  return digests;
}

ImagePtr ImagesRoot::load_layers(const std::vector<std::string>& tars, const std::string& name) {
  auto loaded = load(tar_of_files(oci_layout(tars, "docker.io/library/" + name + ":latest")));
  EXPECT_TRUE(loaded) << loaded.error().message;
  auto image = store().find(name);
  EXPECT_TRUE(image) << image.error().message;
  return image ? *image : nullptr;
}

Result<LayerReport> ImagesRoot::unpack(const std::string& blob, bool lowest) {
  std::filesystem::create_directories(dir_ + "/out");
  const std::string file = dir_ + "/blob";
  DRYDOCK_TRY(write_file_atomic(file, blob));
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  return unpack_layer(options().helper, fd.get(), dir_ + "/out", lowest, limits_);
}

std::vector<std::string> ImagesRoot::tree(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& e : std::filesystem::recursive_directory_iterator(folder))
    paths.push_back(e.path().lexically_relative(folder));
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string ImagesRoot::text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

int ImagesRoot::run(std::vector<std::string> command) {
  std::string program;
  for (const char* folder : {"/bin/", "/usr/bin/"})
    if (::access((folder + command[0]).c_str(), X_OK) == 0) program = folder + command[0];
  if (command[0].front() == '/') program = command[0];
  if (program.empty()) return 127;
  SpawnRequest request;
  request.program = program;
  request.args.assign(command.begin() + 1, command.end());
  request.env = {"PATH=/usr/bin:/bin", "HOME=/root"};
  request.stderr_fd = 2;
  auto child = spawn(request);
  if (!child) return 126;
  siginfo_t end{};
  ::waitid(P_PIDFD, static_cast<id_t>(child->pidfd.get()), &end, WEXITED);
  return end.si_status;
}

}  // namespace drydock::images
