#include "images/sha256.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace drydock::images {

struct Sha256::Impl {
  struct Free {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view data) {
  EVP_DigestUpdate(impl_->context.get(), data.data(), data.size());
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> sum{};
  EVP_DigestFinal_ex(impl_->context.get(), sum.data(), nullptr);
  std::string text;
  for (unsigned char b : sum) {
    text += "0123456789abcdef"[b >> 4];
    text += "0123456789abcdef"[b & 15];
  }
  return text;
}

Result<std::string> digest_of_file(int fd) {
  std::vector<char> buffer(256u << 10);
  Sha256 sha;
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read");
    if (n == 0) return "sha256:" + sha.hex();
    sha.update({buffer.data(), static_cast<std::size_t>(n)});
    at += n;
  }
}

}  // namespace drydock::images
