#include "images/layer_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/files.h"
#include "images/entry_plan.h"

namespace drydock::images {
namespace {

constexpr char kOpaqueXattr[] = "trusted.overlay.opaque";
constexpr char kDefaultAcl[] = "system.posix_acl_default";

bool is_whiteout(const struct stat& st) { return S_ISCHR(st.st_mode) && st.st_rdev == 0; }

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Status mark_opaque(const std::string& folder) {
  if (::lsetxattr(folder.c_str(), kOpaqueXattr, "y", 1, 0) != 0)
    return fail_errno("mark " + folder + " opaque");
  return {};
}

}  // namespace

// What a new file gets from its folder: its group where the folder is set-group-id or the mount
// says so, and a default ACL.
void LayerWriter::look_at_root() {
  struct stat st {};
  plain_folders_ = ::geteuid() == 0 && ::getegid() == 0 && ::lstat(".", &st) == 0 &&
                   st.st_gid == 0 && (st.st_mode & S_ISGID) == 0 &&
                   ::lgetxattr(".", kDefaultAcl, nullptr, 0) < 0;
}

Status LayerWriter::write(TarReader& tar) {
  look_at_root();
  for (;;) {
    DRYDOCK_LET(const TarEntry* entry, tar.next());
    if (!entry) break;
    if (++entries_ > limits_.layer_entries)
      return fail(Errc::kInvalid,
                  "more than " + std::to_string(limits_.layer_entries) + " entries");
    if (auto added = add(tar, *entry); !added)
      return tl::unexpected(
          std::move(added.error()).in("entry '" + entry->name.substr(0, 200) + "'"));
  }
  // Last to first, and after everything else: making a file in a folder touches the folder.
  for (auto it = folder_times_.rbegin(); it != folder_times_.rend(); ++it) {
    const timespec times[2] = {{it->seconds, it->nanos}, {it->seconds, it->nanos}};
    // A folder that a later entry replaced is no loss.
    (void)::utimensat(AT_FDCWD, it->path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
  return {};
}

Status LayerWriter::add(TarReader& tar, const TarEntry& entry) {
  DRYDOCK_LET(const EntryPlan plan, plan_entry(entry.name));
  switch (plan.kind) {
    case EntryKind::kSkip:
      return {};
    case EntryKind::kWhiteout:
      return lowest_ ? Status() : whiteout(plan.path);
    case EntryKind::kOpaque:
      return lowest_ ? Status() : opaque(plan.path);
    case EntryKind::kRoot:
      if (entry.type != TarEntry::Type::kFolder)
        return fail(Errc::kInvalid, "the root of a layer must be a folder");
      if (entry.gid != 0 || (entry.mode & S_ISGID) != 0 || entry.xattrs.contains(kDefaultAcl))
        plain_folders_ = false;
      return attributes(".", entry);
    case EntryKind::kCreate:
      break;
  }
  DRYDOCK_TRY(parents(plan.path));
  switch (entry.type) {
    case TarEntry::Type::kFolder:
      return folder(plan.path, entry);
    case TarEntry::Type::kFile:
      return file(plan.path, entry, tar);
    case TarEntry::Type::kHardlink:
      return hard_link(plan.path, entry);
    case TarEntry::Type::kSymlink:
    case TarEntry::Type::kFifo:
    case TarEntry::Type::kCharDevice:
    case TarEntry::Type::kBlockDevice:
      return node(plan.path, entry);
    case TarEntry::Type::kOther:
      break;
  }
  return fail(Errc::kUnsupported, "an entry of a kind that layers do not have");
}

template <class Make>
Status LayerWriter::place(const std::string& path, const char* what, Make make) {
  if (make() == 0) return {};
  if (errno != EEXIST) return fail_errno(what);
  DRYDOCK_TRY(remove_tree(path));
  good_parent_.clear();
  if (make() == 0) return {};
  return fail_errno(what);
}

// Folders that the archive left out on the way to `path`.
Status LayerWriter::parents(const std::string& path) {
  const std::string parent = parent_of(path);
  if (parent.empty() || parent == good_parent_) return {};
  struct stat st {};
  if (::stat(parent.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) {
    good_parent_ = parent;
    return {};
  }
  for (std::size_t end = 0; end != std::string::npos;) {
    end = parent.find('/', end + 1);
    const std::string part = parent.substr(0, end);
    if (::stat(part.c_str(), &st) == 0) {
      if (S_ISDIR(st.st_mode)) continue;
      if (!is_whiteout(st))
        return fail(Errc::kInvalid, "'" + part + "' on the way is not a folder");
      if (::unlink(part.c_str()) != 0 || ::mkdir(part.c_str(), 0755) != 0)
        return fail_errno("make folder " + part);
      DRYDOCK_TRY(mark_opaque(part));
    } else if (::mkdir(part.c_str(), 0755) != 0) {
      return fail_errno("make folder " + part);
    }
  }
  good_parent_ = parent;
  return {};
}

Status LayerWriter::whiteout(const std::string& path) {
  DRYDOCK_TRY(parents(path));
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0) {
    // This layer puts something new in the place of what it removes.
    return S_ISDIR(st.st_mode) ? mark_opaque(path) : Status();
  }
  if (::mknod(path.c_str(), S_IFCHR, 0) != 0) return fail_errno("whiteout");
  return {};
}

Status LayerWriter::opaque(const std::string& path) {
  if (path.empty()) return mark_opaque(".");
  DRYDOCK_TRY(parents(path));
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode)) {
    if (!is_whiteout(st)) return fail(Errc::kInvalid, "marked opaque, but not a folder");
    if (::unlink(path.c_str()) != 0) return fail_errno("unlink");
  }
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("make folder");
  return mark_opaque(path);
}

Status LayerWriter::folder(const std::string& path, const TarEntry& entry) {
  if (entry.gid != 0 || (entry.mode & S_ISGID) != 0 || entry.xattrs.contains(kDefaultAcl))
    plain_folders_ = false;
  const bool made = ::mkdir(path.c_str(), entry.mode & 0777) == 0;
  if (!made) {
    if (errno != EEXIST) return fail_errno("make folder");
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) return fail_errno("make folder");
    if (!S_ISDIR(st.st_mode)) {
      if (::unlink(path.c_str()) != 0 || ::mkdir(path.c_str(), 0700) != 0)
        return fail_errno("make folder");
      if (is_whiteout(st)) DRYDOCK_TRY(mark_opaque(path));
    }
  }
  good_parent_ = path;
  return attributes(path, entry, made);
}

Status LayerWriter::file(const std::string& path, const TarEntry& entry, TarReader& tar) {
  if (entry.size > limits_.layer_bytes) return fail(Errc::kInvalid, "larger than a layer may be");
  UniqueFd fd;
  DRYDOCK_TRY(place(path, "make file", [&] {
    fd.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    entry.mode & 0777));
    return fd ? 0 : -1;
  }));
  DRYDOCK_TRY(content(fd.get(), entry, tar));
  return attributes(path, entry, true, fd.get());
}

Status LayerWriter::content(int fd, const TarEntry& entry, TarReader& tar) {
  std::uint64_t end = 0;
  for (;;) {
    DRYDOCK_LET(TarReader::Piece piece, tar.read());
    if (piece.data.data() == nullptr) break;
    bytes_ += piece.data.size();
    if (bytes_ > limits_.layer_bytes)
      return fail(Errc::kInvalid,
                  "the layer holds more than " + std::to_string(limits_.layer_bytes) + " bytes");
    end = piece.offset + piece.data.size();
    while (!piece.data.empty()) {
      const ssize_t n =
          ::pwrite(fd, piece.data.data(), piece.data.size(), static_cast<off_t>(piece.offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("write");
      piece.data.remove_prefix(static_cast<std::size_t>(n));
      piece.offset += static_cast<std::size_t>(n);
    }
  }
  // A sparse file may end with a hole.
  if (end < entry.size && ::ftruncate(fd, static_cast<off_t>(entry.size)) != 0)
    return fail_errno("set size");
  return {};
}

Status LayerWriter::hard_link(const std::string& path, const TarEntry& entry) {
  DRYDOCK_LET(const EntryPlan target, plan_entry(entry.link));
  if (target.kind != EntryKind::kCreate)
    return fail(Errc::kInvalid, "a hard link to '" + entry.link.substr(0, 200) + "'");
  if (target.path == path) return {};
  struct stat st {};
  if (::lstat(target.path.c_str(), &st) != 0)
    return fail(Errc::kInvalid, "a hard link to '" + entry.link.substr(0, 200) +
                                    "', which the layer does not have");
  if (S_ISDIR(st.st_mode)) return fail(Errc::kInvalid, "a hard link to a folder");
  return place(path, "hard link", [&] { return ::link(target.path.c_str(), path.c_str()); });
}

Status LayerWriter::node(const std::string& path, const TarEntry& entry) {
  const auto make = [&] {
    switch (entry.type) {
      case TarEntry::Type::kSymlink:
        return ::symlink(entry.link.c_str(), path.c_str());
      case TarEntry::Type::kFifo:
        return ::mknod(path.c_str(), S_IFIFO | 0600, 0);
      case TarEntry::Type::kBlockDevice:
        return ::mknod(path.c_str(), S_IFBLK | 0600, entry.device);
      default:
        return ::mknod(path.c_str(), S_IFCHR | 0600, entry.device);
    }
  };
  // 0/0 is overlayfs's own whiteout: archives say it by name, a device of that number is somebody's
  // trick.
  if (entry.type == TarEntry::Type::kCharDevice && entry.device == 0)
    return fail(Errc::kInvalid, "a character device 0,0, which no image has");
  DRYDOCK_TRY(place(path, "make", make));
  return attributes(path, entry);
}

Status LayerWriter::xattrs(const std::string& path, const TarEntry& entry) {
  for (const auto& [key, value] : entry.xattrs) {
    if (!keeps_xattr(key) ||
        ::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0) == 0)
      continue;
    // A file system without user attributes, or a link that cannot have any, loses nothing a
    // program needs.
    const bool unimportant = key.starts_with("user.") && (errno == EOPNOTSUPP || errno == EPERM);
    if (!unimportant) return fail_errno("set attribute " + key.substr(0, 100));
  }
  return {};
}

// Owner, mode, attributes, time: in this order, for chown(2) clears setuid and file capabilities.
// The first two are skipped where they are so from the start: most entries of most layers.
Status LayerWriter::attributes(const std::string& path, const TarEntry& entry, bool made, int fd) {
  const char* name = path.c_str();
  const bool ours = plain_folders_ && entry.uid == 0 && entry.gid == 0;
  const bool link = entry.type == TarEntry::Type::kSymlink;
  if (!ours &&
      (fd >= 0 ? ::fchown(fd, entry.uid, entry.gid) : ::lchown(name, entry.uid, entry.gid)) != 0)
    return fail_errno("set owner");
  const bool has_mode = link || (ours && made && (entry.mode & 07000) == 0);
  if (!has_mode && (fd >= 0 ? ::fchmod(fd, entry.mode) : ::chmod(name, entry.mode)) != 0)
    return fail_errno("set mode");
  DRYDOCK_TRY(xattrs(path, entry));
  if (entry.type == TarEntry::Type::kFolder) {
    folder_times_.push_back({path, entry.mtime, entry.mtime_nanos});
    return {};
  }
  const timespec times[2] = {{entry.mtime, entry.mtime_nanos}, {entry.mtime, entry.mtime_nanos}};
  if ((fd >= 0 ? ::futimens(fd, times) : ::utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW)) !=
      0)
    return fail_errno("set time");
  return {};
}

}  // namespace drydock::images
