#include "daemon/builtin_router.h"

#include <sys/utsname.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "base/ids.h"
#include "base/json.h"
#include "daemon/instance.h"
#include "images/archive.h"
#include "logrouter/builtin/router_plan.h"
#include "netns/nft.h"

namespace drydock::daemon {
namespace {

constexpr std::size_t kBlock = 512;
constexpr const char* kProgram = "drydock-router";
constexpr const char* kCertificates = "etc/ssl/certs/ca-certificates.crt";
// What health commands of definitions call: each is the router itself, which answers for its own
// health whatever it is asked.
constexpr const char* kHealthNames[] = {"bin/sh",     "bin/bash", "usr/bin/curl", "usr/bin/wget",
                                        "usr/bin/nc", "bin/nc",   "usr/bin/test", "usr/bin/pgrep"};

void put(std::string& header, std::size_t at, const std::string& text) {
  header.replace(at, text.size(), text);
}

std::string octal(std::size_t n, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*zo", digits, n);
  return text;
}

std::string header_of(const ArchiveFile& file) {
  std::string header(kBlock, '\0');
  const bool folder = file.path.ends_with('/');
  put(header, 0, file.path);
  put(header, 100, folder || file.program ? "0000755" : "0000644");
  put(header, 108, "0000000");
  put(header, 116, "0000000");
  put(header, 124, octal(file.content.size(), 11));
  put(header, 136, octal(0, 11));
  put(header, 148, "        ");
  header[156] = !file.link.empty() ? '2' : folder ? '5' : '0';
  put(header, 157, file.link);
  put(header, 257,
      std::string("ustar\0"
                  "00",
                  8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, octal(sum, 6) + '\0');
  return header;
}

std::string architecture() {
  utsname machine{};
  ::uname(&machine);
  const std::string name = machine.machine;
  return name == "x86_64" ? "amd64" : name == "aarch64" ? "arm64" : name;
}

Result<std::vector<ArchiveFile>> layer_of(const std::string& program) {
  std::vector<ArchiveFile> files = {{"bin/", "", "", false},
                                    {"etc/", "", "", false},
                                    {"usr/", "", "", false},
                                    {"usr/bin/", "", "", false},
                                    {"tmp/", "", "", false},
                                    {"var/", "", "", false},
                                    {"var/run/", "", "", false},
                                    {"fluent-bit/", "", "", false},
                                    {"fluent-bit/etc/", "", "", false},
                                    {"etc/passwd", "root:x:0:0:root:/:/bin/sh\n", "", false},
                                    {"etc/group", "root:x:0:\n", "", false}};
  DRYDOCK_LET(std::string text, read_file(program));
  files.push_back({kProgram, std::move(text), "", true});
  for (const char* name : kHealthNames)
    files.push_back({name, "", std::string("/") + kProgram, false});
  if (auto certificates = read_file(std::string("/") + kCertificates))
    files.push_back({kCertificates, std::move(*certificates), "", false});
  DRYDOCK_LET(const auto linked, netns::run_program("ldd", {program}, ""));
  if (linked.exit_code != 0)
    return fail(Errc::kSystem, "ldd " + program + " failed: " + linked.out.substr(0, 200));
  for (const std::string& library : libraries_of(linked.out)) {
    DRYDOCK_LET(std::string content, read_file(library));
    files.push_back({library.substr(1), std::move(content), "", true});
  }
  return files;
}

}  // namespace

std::string tar_of(const std::vector<ArchiveFile>& files) {
  std::string tar;
  for (const ArchiveFile& file : files) {
    tar += header_of(file) + file.content;
    tar.append((kBlock - file.content.size() % kBlock) % kBlock, '\0');
  }
  return tar + std::string(2 * kBlock, '\0');
}

std::vector<std::string> libraries_of(const std::string& ldd) {
  std::vector<std::string> files;
  std::istringstream lines(ldd);
  for (std::string line; std::getline(lines, line);) {
    const auto from = line.find('/');
    if (from == std::string::npos) continue;
    files.push_back(line.substr(from, line.find(" (", from) - from));
  }
  return files;
}

std::string image_archive(const std::vector<ArchiveFile>& layer, const std::string& name,
                          const std::string& entrypoint) {
  std::vector<ArchiveFile> files = {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})", "", false}};
  const auto blob = [&](std::string content, const std::string& type) {
    const std::string digest = sha256_hex(content);
    Json descriptor = {
        {"mediaType", type}, {"digest", "sha256:" + digest}, {"size", content.size()}};
    files.push_back({"blobs/sha256/" + digest, std::move(content), "", false});
    return descriptor;
  };
  const std::string tar = tar_of(layer);
  const Json config = {
      {"architecture", architecture()},
      {"os", "linux"},
      {"config",
       {{"Entrypoint", {entrypoint}},
        {"Env", {"PATH=/usr/bin:/bin"}},
        {"Labels", {{"drydock.builtin", "log-router"}}}}},
      {"rootfs", {{"type", "layers"}, {"diff_ids", {"sha256:" + sha256_hex(tar)}}}}};
  const Json layer_blob = blob(tar, "application/vnd.oci.image.layer.v1.tar");
  const Json config_blob = blob(dump_json(config), "application/vnd.oci.image.config.v1+json");
  Json manifest = blob(dump_json({{"schemaVersion", 2},
                                  {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                                  {"config", config_blob},
                                  {"layers", Json::array({layer_blob})}}),
                       "application/vnd.oci.image.manifest.v1+json");
  manifest["annotations"] = {{"org.opencontainers.image.ref.name", name}};
  files.push_back({"index.json",
                   dump_json({{"schemaVersion", 2}, {"manifests", Json::array({manifest})}}), "",
                   false});
  return tar_of(files);
}

Result<std::string> BuiltinRouter::image() {
  const std::lock_guard lock(mutex_);
  if (!name_.empty() && store_.find(name_)) return name_;
  DRYDOCK_LET(const std::string program, find_own_program(kProgram));
  DRYDOCK_LET(const std::string text, read_file(program));
  const std::string reference(logrouter::kBuiltinRouterImage);
  const std::string name =
      reference.substr(0, reference.rfind(':') + 1) + sha256_hex(text).substr(0, 12);
  if (!store_.find(name)) {
    DRYDOCK_LET(const auto layer, layer_of(program));
    const std::string archive = image_archive(layer, name, std::string("/") + kProgram);
    std::size_t at = 0;
    auto loaded = images::load_archive(store_, [&](char* buffer, std::size_t size) {
      const std::size_t n = archive.copy(buffer, size, at);
      at += n;
      return Result<std::size_t>(n);
    });
    if (!loaded)
      return tl::unexpected(std::move(loaded.error()).in("make the built-in log router's image"));
  }
  return name_ = name;
}

}  // namespace drydock::daemon
