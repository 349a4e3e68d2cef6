#include "images/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>

#include <clocale>
#include <optional>

namespace drydock::images {
namespace {

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

constexpr std::size_t kMaxName = 4095;            // PATH_MAX without its zero byte
constexpr std::size_t kMaxXattrBytes = 1u << 20;  // one entry's attributes together

TarEntry::Type type_of(archive_entry* e) {
  if (archive_entry_hardlink(e) != nullptr || archive_entry_hardlink_utf8(e) != nullptr)
    return TarEntry::Type::kHardlink;
  switch (archive_entry_filetype(e)) {
    case AE_IFREG:
      return TarEntry::Type::kFile;
    case AE_IFDIR:
      return TarEntry::Type::kFolder;
    case AE_IFLNK:
      return TarEntry::Type::kSymlink;
    case AE_IFIFO:
      return TarEntry::Type::kFifo;
    case AE_IFCHR:
      return TarEntry::Type::kCharDevice;
    case AE_IFBLK:
      return TarEntry::Type::kBlockDevice;
    default:
      return TarEntry::Type::kOther;
  }
}

std::string first_of(const char* a, const char* b) { return a ? a : b ? b : ""; }

Status read_xattrs(archive_entry* e, TarEntry& out) {
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  std::size_t total = 0;
  archive_entry_xattr_reset(e);
  while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK) {
    if (name == nullptr || (value == nullptr && size > 0)) continue;
    total += size;
    if (total > kMaxXattrBytes)
      return fail(Errc::kInvalid, "'" + out.name + "' has more than 1 MiB of attributes");
    out.xattrs[name] = std::string(static_cast<const char*>(value), size);
  }
  return {};
}

std::optional<std::uint32_t> id_of(la_int64_t id) {
  if (id < 0 || id >= 0xffffffffll) return std::nullopt;  // 2^32-1 means "unchanged" to chown(2)
  return static_cast<std::uint32_t>(id);
}

}  // namespace

struct TarReader::Impl {
  explicit Impl(LayerStream& from) : stream(from) {}

  LayerStream& stream;
  std::unique_ptr<archive, FreeArchive> tar{archive_read_new()};
  bool opened = false;
  bool failed_input = false;
  Error input_error;
  bool input_ended = false;
  bool ended = false;
  std::uint64_t given = 0;  // bytes of the entry's content
  TarEntry entry;

  // Some writers (umoci insert) end after the last file's content, without the zeros that fill its
  // last block and the archive; others accept that, and the layer's digest says it is all there is.
  bool lacks_padding_only() const { return !failed_input && input_ended && given == entry.size; }

  tl::unexpected<Error> error() {
    if (failed_input) return tl::unexpected(input_error);
    const char* text = archive_error_string(tar.get());
    return fail(Errc::kInvalid,
                std::string("not a readable tar file: ") + (text ? text : "unknown error"));
  }
  Status open();
  Status convert(archive_entry* e);
};

Status TarReader::Impl::open() {
  opened = true;
  archive_read_support_format_tar(tar.get());
  archive_read_support_format_empty(tar.get());
  const auto read = [](archive* a, void* self, const void** data) -> la_ssize_t {
    auto* me = static_cast<Impl*>(self);
    auto piece = me->stream.next();
    if (!piece) {
      me->failed_input = true;
      me->input_error = std::move(piece.error());
      archive_set_error(a, EIO, "input");
      return -1;
    }
    me->input_ended = piece->empty();
    *data = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  };
  if (archive_read_open(tar.get(), this, nullptr, read, nullptr) != ARCHIVE_OK) return error();
  return {};
}

Status TarReader::Impl::convert(archive_entry* e) {
  entry = TarEntry{};
  entry.name = first_of(archive_entry_pathname(e), archive_entry_pathname_utf8(e));
  if (entry.name.size() > kMaxName)
    return fail(Errc::kInvalid, "a name of " + std::to_string(entry.name.size()) + " bytes: '" +
                                    entry.name.substr(0, 100) + "...'; 4095 are possible");
  entry.type = type_of(e);
  if (entry.type == TarEntry::Type::kHardlink)
    entry.link = first_of(archive_entry_hardlink(e), archive_entry_hardlink_utf8(e));
  if (entry.type == TarEntry::Type::kSymlink)
    entry.link = first_of(archive_entry_symlink(e), archive_entry_symlink_utf8(e));
  const la_int64_t size = archive_entry_size(e);
  if (size < 0) return fail(Errc::kInvalid, "'" + entry.name + "' has a negative size");
  entry.size = static_cast<std::uint64_t>(size);
  entry.mode = archive_entry_perm(e) & 07777;
  const auto uid = id_of(archive_entry_uid(e));
  const auto gid = id_of(archive_entry_gid(e));
  if (!uid || !gid)
    return fail(Errc::kInvalid, "'" + entry.name + "' has an owner that no system can have");
  entry.uid = *uid;
  entry.gid = *gid;
  if (entry.type == TarEntry::Type::kCharDevice || entry.type == TarEntry::Type::kBlockDevice)
    entry.device = archive_entry_rdev(e);
  entry.mtime = archive_entry_mtime(e);
  const long nanos = archive_entry_mtime_nsec(e);
  entry.mtime_nanos = nanos >= 0 && nanos < 1'000'000'000 ? static_cast<std::uint32_t>(nanos) : 0;
  return read_xattrs(e, entry);
}

void TarReader::prepare() {
  // Names in PAX headers are UTF-8; in the C locale libarchive could not give them back.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  // Makes glibc read its table of character sets here, not from inside a hostile root.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv_open tells an error
  if (iconv_t c = ::iconv_open("UTF-8", "UTF-16BE"); c != reinterpret_cast<iconv_t>(-1))
    ::iconv_close(c);
}

TarReader::TarReader(LayerStream& stream) : impl_(std::make_unique<Impl>(stream)) {}
TarReader::~TarReader() = default;

Result<const TarEntry*> TarReader::next() {
  if (impl_->ended) return static_cast<const TarEntry*>(nullptr);
  if (!impl_->opened) DRYDOCK_TRY(impl_->open());
  archive_entry* e = nullptr;
  int r = ARCHIVE_RETRY;
  for (int tries = 0; r == ARCHIVE_RETRY && tries < 3; ++tries)
    r = archive_read_next_header(impl_->tar.get(), &e);
  if (r == ARCHIVE_EOF) return static_cast<const TarEntry*>(nullptr);
  impl_->given = 0;
  if (r != ARCHIVE_OK && r != ARCHIVE_WARN) return impl_->error();
  DRYDOCK_TRY(impl_->convert(e));
  return static_cast<const TarEntry*>(&impl_->entry);
}

Result<TarReader::Piece> TarReader::read() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int r = archive_read_data_block(impl_->tar.get(), &data, &size, &offset);
  if (r == ARCHIVE_EOF) return Piece{};
  impl_->ended = r == ARCHIVE_FATAL && impl_->lacks_padding_only();
  if (impl_->ended) return Piece{};
  if (r != ARCHIVE_OK && r != ARCHIVE_WARN) return impl_->error();
  impl_->given += size;
  if (offset < 0)
    return fail(Errc::kInvalid, "'" + impl_->entry.name + "' has a hole at a negative place");
  return Piece{{data ? static_cast<const char*>(data) : "", size},
               static_cast<std::uint64_t>(offset)};
}

}  // namespace drydock::images
