#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "images/entry_plan.h"
#include "images/layer_stream.h"
#include "images/layer_writer.h"
#include "images/sandbox.h"
#include "images/sha256.h"
#include "images/tar_reader.h"
#include "images/unpack.h"

// The helper's side of unpack.h: everything here runs in a child that has nothing but one folder.
namespace drydock::images {
namespace {

constexpr std::size_t kMaxNames = 4u << 20;  // bytes of all names of an image archive

struct Arguments {
  std::string what;
  std::string folder;
  std::string growing;  // path of the blob while it is being written; else it is the standard input
  pid_t parent = 0;
  bool lowest = false;
  UnpackLimits limits;
};

template <class T>
bool number(const char* text, T& out) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, out).ptr == end && text != end;
}

Result<Arguments> parse(int argc, char** argv) {
  Arguments a;
  int lowest = 0;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  if (argc != 10 || !number(argv[4], a.parent) || !number(argv[5], lowest) ||
      !number(argv[6], bytes) || !number(argv[7], entries) ||
      !number(argv[8], a.limits.memory_bytes))
    return fail(Errc::kInvalid, "unpack-layer is started by the image store, not by hand");
  a.what = argv[2];
  a.folder = argv[3];
  a.growing = argv[9];
  a.lowest = lowest != 0;
  a.limits.layer_bytes = a.limits.archive_bytes = bytes;
  a.limits.layer_entries = a.limits.archive_entries = entries;
  return a;
}

// What a tar stream may hold beyond the contents: headers and padding of every entry.
std::uint64_t stream_bytes(const Arguments& a) {
  const std::uint64_t heads = a.limits.layer_entries * 16384;
  return a.limits.layer_bytes > UINT64_MAX - heads ? UINT64_MAX : a.limits.layer_bytes + heads;
}

Result<Json> unpack(const Arguments& a, const UniqueFd& growing) {
  LayerStream stream(growing ? growing.get() : STDIN_FILENO, stream_bytes(a),
                     growing ? STDIN_FILENO : -1);
  TarReader tar(stream);
  LayerWriter writer(a.lowest, a.limits);
  DRYDOCK_TRY(writer.write(tar));
  DRYDOCK_LET(const std::string diff_id, stream.finish());
  return Json{{"diffId", diff_id}, {"bytes", writer.bytes()}, {"entries", writer.entries()}};
}

Status copy_out(TarReader& tar, const std::string& name, std::uint64_t room) {
  UniqueFd fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("make file");
  for (std::uint64_t at = 0;;) {
    DRYDOCK_LET(const TarReader::Piece piece, tar.read());
    if (piece.data.data() == nullptr) return {};
    if (piece.offset != at) return fail(Errc::kUnsupported, "a sparse file in an image archive");
    at += piece.data.size();
    if (at > room) return fail(Errc::kInvalid, "the archive is larger than an image may be");
    DRYDOCK_TRY(write_all(fd.get(), piece.data));
  }
}

// Old `docker save` archives write a layer once and link to it: within the archive, never outside.
std::string link_target(const TarEntry& entry, const std::string& clean) {
  std::string from;
  if (entry.type == TarEntry::Type::kSymlink && !entry.link.starts_with('/'))
    if (const std::size_t slash = clean.rfind('/'); slash != std::string::npos)
      from = clean.substr(0, slash + 1);
  return clean_path(from + entry.link).value_or("");
}

Result<Json> stage(const Arguments& a) {
  LayerStream stream(STDIN_FILENO, stream_bytes(a));
  TarReader tar(stream);
  Json files = Json::array();
  std::uint64_t total = 0;
  std::uint64_t entries = 0;
  std::size_t names = 0;
  for (;;) {
    DRYDOCK_LET(const TarEntry* entry, tar.next());
    if (!entry) break;
    if (++entries > a.limits.archive_entries)
      return fail(Errc::kInvalid,
                  "more than " + std::to_string(a.limits.archive_entries) + " entries");
    DRYDOCK_LET(const std::string name, clean_path(entry->name));
    names += name.size() + entry->link.size();
    if (names > kMaxNames)
      return fail(Errc::kInvalid, "the names in it are longer than 4 MiB together");
    if (entry->type == TarEntry::Type::kFile) {
      const std::string file = std::to_string(files.size());
      const std::uint64_t size = entry->size;
      if (size > a.limits.archive_bytes - total)
        return fail(Errc::kInvalid,
                    "larger than " + std::to_string(a.limits.archive_bytes) + " bytes");
      DRYDOCK_TRY(copy_out(tar, file, size));
      total += size;
      files.push_back({{"name", name}, {"file", file}, {"size", size}});
    } else if (entry->type == TarEntry::Type::kSymlink ||
               entry->type == TarEntry::Type::kHardlink) {
      files.push_back({{"name", name}, {"link", link_target(*entry, name)}});
    }
  }
  DRYDOCK_TRY(stream.finish());
  if (stream.bytes() == 0) return fail(Errc::kInvalid, "it is empty");
  return Json{{"files", std::move(files)}};
}

Result<Json> sync_to_disk(const Arguments& a) {
  UniqueFd folder(::open(a.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) return fail_errno("sync " + a.folder);
  return Json::object();
}

Result<Json> work(int argc, char** argv) {
  DRYDOCK_LET(const Arguments a, parse(argc, argv));
  if (a.what == "sync") return sync_to_disk(a);
  TarReader::prepare();
  Sha256().hex();  // OpenSSL reads its configuration on first use: the host's, not the archive's
  UniqueFd growing;
  if (!a.growing.empty()) {
    growing.reset(::open(a.growing.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!growing) return fail_errno("open " + a.growing);
  }
  DRYDOCK_TRY(enter_sandbox(a.folder, a.parent, a.limits.layer_bytes, a.limits));
  return a.what == "archive" ? stage(a) : unpack(a, growing);
}

const char* code_name(Errc code) {
  switch (code) {
    case Errc::kInvalid:
      return "invalid";
    case Errc::kUnsupported:
      return "unsupported";
    default:
      return "system";
  }
}

}  // namespace

int unpack_child_main(int argc, char** argv) {
  Result<Json> done = Json();
  try {
    done = work(argc, argv);
  } catch (const std::exception& e) {  // bad_alloc at the memory limit, above all
    done = fail(Errc::kInvalid, std::string("too big to unpack: ") + e.what());
  }
  Json report = done ? std::move(*done)
                     : Json{{"error", done.error().message},
                            {"code", code_name(done.error().code)},
                            {"errno", done.error().sys}};
  const bool told = write_all(STDOUT_FILENO, dump_json(report)).has_value();
  // Nothing runs at exit: handlers of libraries would find themselves in a hostile root.
  ::_exit(told && done ? 0 : 1);
}

}  // namespace drydock::images
