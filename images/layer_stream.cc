#include "images/layer_stream.h"

#include <archive.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>

#include <vector>

#include "images/sha256.h"

namespace drydock::images {
namespace {

constexpr std::size_t kInput = 256u << 10;
constexpr std::size_t kOutput = 1u << 20;

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

// Reads a descriptor in big pieces.
class Input {
 public:
  Input(int fd, int growing) : fd_(fd), growing_(growing), buffer_(kInput) {}

  // Replaces what is left by the next bytes; false at the end.
  Result<bool> fill() {
    DRYDOCK_LET(const std::size_t n, read(buffer_.data(), buffer_.size()));
    left_ = {buffer_.data(), n};
    return n > 0;
  }
  // At least `count` bytes to look at, if there are so many (count is small).
  Result<std::string_view> peek(std::size_t count) {
    std::size_t have = 0;
    while (have < count) {
      DRYDOCK_LET(const std::size_t n, read(buffer_.data() + have, buffer_.size() - have));
      if (n == 0) break;
      have += n;
    }
    left_ = {buffer_.data(), have};
    return left_;
  }
  std::string_view& left() { return left_; }

 private:
  // 0 only at the very end.
  Result<std::size_t> read(char* to, std::size_t size) {
    for (;;) {
      const ssize_t n = ::read(fd_, to, size);
      if (n > 0) return static_cast<std::size_t>(n);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read");
      if (growing_ < 0) return std::size_t{0};
      char signs[512];
      const ssize_t more = ::read(growing_, signs, sizeof signs);
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) return fail_errno("wait for more");
      if (more == 0) growing_ = -1;  // what came before the end of the signs is still to be read
    }
  }

  int fd_;
  int growing_;
  std::vector<char> buffer_;
  std::string_view left_;
};

}  // namespace

struct LayerStream::Impl {
  enum class Kind { kUnknown, kPlain, kGzip, kOther };

  Impl(int fd, std::uint64_t most, int growing) : input(fd, growing), max_bytes(most) {}

  Result<std::string_view> produce();
  Result<std::string_view> inflate();
  Result<std::string_view> decode();
  Status detect();
  Result<bool> next_member();

  Input input;
  std::uint64_t max_bytes;
  std::uint64_t bytes = 0;
  Sha256 sha;
  Kind kind = Kind::kUnknown;
  bool ended = false;
  std::vector<char> output;
  // gzip
  std::unique_ptr<inflate_state> gzip;
  // everything else
  std::unique_ptr<archive, FreeArchive> raw;
  Error input_error;
};

Status LayerStream::Impl::detect() {
  DRYDOCK_LET(const std::string_view head, input.peek(6));
  if (head.starts_with("\x1f\x8b")) {
    kind = Kind::kGzip;
    gzip = std::make_unique<inflate_state>();
    isal_inflate_init(gzip.get());
    gzip->crc_flag = ISAL_GZIP;
    output.resize(kOutput);
    return {};
  }
  const bool zstd_skippable =
      head.size() >= 4 && (head[0] & 0xf0) == 0x50 && head.substr(1, 3) == "\x2a\x4d\x18";
  const bool other = head.starts_with("\x28\xb5\x2f\xfd") || zstd_skippable ||
                     head.starts_with(
                         "\xfd"
                         "7zXZ") ||
                     head.starts_with("BZh");
  kind = other ? Kind::kOther : Kind::kPlain;
  if (!other) return {};
  raw.reset(archive_read_new());
  // Only what the library does itself: its fallback to programs on the PATH must never run in the
  // helper.
  archive_read_support_format_raw(raw.get());
  for (auto* support : {archive_read_support_filter_zstd, archive_read_support_filter_xz,
                        archive_read_support_filter_bzip2})
    if (support(raw.get()) != ARCHIVE_OK)
      return fail(Errc::kUnsupported, "libarchive lacks zstd, xz or bzip2");
  const auto read = [](archive*, void* self, const void** data) -> la_ssize_t {
    auto* me = static_cast<Impl*>(self);
    if (me->input.left().empty()) {
      auto more = me->input.fill();
      if (!more) {
        me->input_error = std::move(more.error());
        return -1;
      }
    }
    *data = me->input.left().data();
    const auto size = me->input.left().size();
    me->input.left() = {};
    return static_cast<la_ssize_t>(size);
  };
  archive_entry* entry = nullptr;
  if (archive_read_open(raw.get(), this, nullptr, read, nullptr) != ARCHIVE_OK ||
      archive_read_next_header(raw.get(), &entry) != ARCHIVE_OK)
    return fail(Errc::kInvalid, std::string("uncompress: ") + archive_error_string(raw.get()));
  return {};
}

// After a gzip member: true when another one follows (pigz, estargz write several); trailing zeros
// are padding.
Result<bool> LayerStream::Impl::next_member() {
  std::string_view head(reinterpret_cast<const char*>(gzip->next_in), gzip->avail_in);
  for (;;) {
    while (!head.empty() && head.front() == '\0') head.remove_prefix(1);
    if (!head.empty()) break;
    DRYDOCK_LET(const bool more, input.fill());
    if (!more) return false;
    head = input.left();
  }
  if (head.front() != '\x1f')
    return fail(Errc::kInvalid, "uncompress: trailing bytes that are not gzip");
  isal_inflate_reset(gzip.get());
  gzip->crc_flag = ISAL_GZIP;
  gzip->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(head.data()));
  gzip->avail_in = static_cast<std::uint32_t>(head.size());
  return true;
}

Result<std::string_view> LayerStream::Impl::inflate() {
  if (gzip->next_in == nullptr) {
    gzip->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(input.left().data()));
    gzip->avail_in = static_cast<std::uint32_t>(input.left().size());
  }
  gzip->next_out = reinterpret_cast<std::uint8_t*>(output.data());
  gzip->avail_out = static_cast<std::uint32_t>(output.size());
  while (gzip->avail_out > 0) {
    if (gzip->block_state == ISAL_BLOCK_FINISH) {
      DRYDOCK_LET(const bool more, next_member());
      if (!more) break;
    }
    if (gzip->avail_in == 0) {
      DRYDOCK_LET(const bool more, input.fill());
      // What the decoder still holds is given out before the end is called early.
      gzip->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(input.left().data()));
      gzip->avail_in = static_cast<std::uint32_t>(input.left().size());
      if (!more) {
        const auto before = gzip->avail_out;
        if (isal_inflate(gzip.get()) != ISAL_DECOMP_OK ||
            (gzip->block_state != ISAL_BLOCK_FINISH && gzip->avail_out == before))
          return fail(Errc::kInvalid, "uncompress: the gzip stream ends too early");
        continue;
      }
    }
    const auto room = gzip->avail_out;
    const auto given = gzip->avail_in;
    const int r = isal_inflate(gzip.get());
    const bool stuck = gzip->avail_out == room && gzip->avail_in == given &&
                       gzip->block_state != ISAL_BLOCK_FINISH;
    if ((r != ISAL_DECOMP_OK && r != ISAL_END_INPUT) || stuck)
      return fail(Errc::kInvalid, "uncompress: broken gzip stream (" + std::to_string(r) + ")");
  }
  return std::string_view(output.data(), output.size() - gzip->avail_out);
}

Result<std::string_view> LayerStream::Impl::decode() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int r = archive_read_data_block(raw.get(), &data, &size, &offset);
  if (r == ARCHIVE_EOF) return std::string_view();
  if (r != ARCHIVE_OK) {
    if (!input_error.message.empty()) return tl::unexpected(input_error);
    return fail(Errc::kInvalid, std::string("uncompress: ") + archive_error_string(raw.get()));
  }
  return std::string_view(static_cast<const char*>(data), size);
}

Result<std::string_view> LayerStream::Impl::produce() {
  if (kind == Kind::kUnknown) DRYDOCK_TRY(detect());
  if (kind == Kind::kGzip) return inflate();
  if (kind == Kind::kOther) return decode();
  if (input.left().empty()) DRYDOCK_TRY(input.fill());
  const std::string_view piece = input.left();
  input.left() = {};
  return piece;
}

LayerStream::LayerStream(int fd, std::uint64_t max_bytes, int growing)
    : impl_(std::make_unique<Impl>(fd, max_bytes, growing)) {}
LayerStream::~LayerStream() = default;

Result<std::string_view> LayerStream::next() {
  if (impl_->ended) return std::string_view();
  DRYDOCK_LET(const std::string_view piece, impl_->produce());
  if (piece.empty()) impl_->ended = true;
  impl_->bytes += piece.size();
  if (impl_->bytes > impl_->max_bytes)
    return fail(Errc::kInvalid,
                "larger than " + std::to_string(impl_->max_bytes) + " bytes uncompressed");
  impl_->sha.update(piece);
  return piece;
}

Result<std::string> LayerStream::finish() {
  for (;;) {
    DRYDOCK_LET(const std::string_view piece, next());
    if (piece.empty()) return "sha256:" + impl_->sha.hex();
  }
}

std::uint64_t LayerStream::bytes() const { return impl_->bytes; }

}  // namespace drydock::images
