#include "secrets/seal.h"

#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <memory>

#include "base/files.h"

namespace drydock::secrets {
namespace {

constexpr std::string_view kMark = "DDS1";
constexpr std::size_t kKey = 32, kNonce = 12, kTag = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Result<std::string> random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (::getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(count))
    return fail_errno("getrandom");
  return out;
}

// One pass in either direction: `text` becomes the result, `tag` is written or checked.
bool transform(bool sealing, const std::string& key, std::string_view nonce,
               std::string_view context, std::string_view text, std::string& out,
               std::string& tag) {
  const Context c(EVP_CIPHER_CTX_new());
  int length = 0;
  out.resize(text.size());
  const bool ok =
      c &&
      EVP_CipherInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(nonce),
                        sealing ? 1 : 0) == 1 &&
      EVP_CipherUpdate(c.get(), nullptr, &length, bytes(context),
                       static_cast<int>(context.size())) == 1 &&
      EVP_CipherUpdate(c.get(), bytes(out), &length, bytes(text), static_cast<int>(text.size())) ==
          1 &&
      (sealing || EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1);
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  if (!ok || EVP_CipherFinal_ex(c.get(), rest, &length) != 1) return false;
  return !sealing || EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
}

}  // namespace

Result<Sealer> Sealer::open(const std::string& file) {
  auto key = read_file(file, 4096);
  if (!key && key.error().code == Errc::kNotFound) {
    DRYDOCK_LET(key, random_bytes(kKey));
    DRYDOCK_TRY(write_file_atomic(file, *key, 0600));
  }
  if (!key) return tl::unexpected(std::move(key.error()));
  if (key->size() != kKey)
    return fail(Errc::kInvalid, file + " is no key: it has " + std::to_string(key->size()) +
                                    " bytes and must have " + std::to_string(kKey));
  return Sealer(std::move(*key));
}

Result<std::string> Sealer::seal(std::string_view text, std::string_view context) const {
  DRYDOCK_LET(const std::string nonce, random_bytes(kNonce));
  std::string out;
  std::string tag(kTag, '\0');
  if (!transform(true, key_, nonce, context, text, out, tag))
    return fail(Errc::kSystem, "encrypt: OpenSSL refused");
  return std::string(kMark) + nonce + out + tag;
}

Result<std::string> Sealer::unseal(std::string_view sealed, std::string_view context) const {
  if (!sealed.starts_with(kMark) || sealed.size() < kMark.size() + kNonce + kTag)
    return fail(Errc::kInvalid, "it is not what Drydock encrypts");
  sealed.remove_prefix(kMark.size());
  const std::string_view nonce = sealed.substr(0, kNonce);
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::string out;
  if (!transform(false, key_, nonce, context, sealed.substr(kNonce, sealed.size() - kNonce - kTag),
                 out, tag))
    return fail(Errc::kInvalid, "it was encrypted with another key, or changed since");
  return out;
}

}  // namespace drydock::secrets
