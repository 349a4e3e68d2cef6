#include "base/ids.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>

namespace drydock {
namespace {

void fill_random(unsigned char* out, std::size_t n) {
  while (n > 0) {
    const ssize_t got = ::getrandom(out, n, 0);
    if (got <= 0) continue;  // EINTR only: the pool is ready long before a daemon starts
    out += got;
    n -= static_cast<std::size_t>(got);
  }
}

std::string hex(const unsigned char* data, std::size_t n) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string s(n * 2, '0');
  for (std::size_t i = 0; i < n; ++i) {
    s[2 * i] = kDigits[data[i] >> 4];
    s[2 * i + 1] = kDigits[data[i] & 15];
  }
  return s;
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  fill_random(reinterpret_cast<unsigned char*>(raw.data()), bytes);
  return hex(reinterpret_cast<const unsigned char*>(raw.data()), bytes);
}

std::string random_uuid() {
  std::array<unsigned char, 16> b{};
  fill_random(b.data(), b.size());
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  const std::string h = hex(b.data(), b.size());
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) +
         "-" + h.substr(20);
}

std::string new_task_id() { return random_hex(16); }

std::string new_runtime_id(std::string_view task_id) {
  std::uint64_t n = 0;
  fill_random(reinterpret_cast<unsigned char*>(&n), sizeof n);
  return std::string(task_id) + "-" + std::to_string(1'000'000'000 + n % 9'000'000'000);
}

std::string sha256_hex(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int n = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &n, EVP_sha256(), nullptr);
  return hex(out.data(), n);
}

std::string ecs_arn(std::string_view region, std::string_view account, std::string_view resource) {
  return "arn:aws:ecs:" + std::string(region) + ":" + std::string(account) + ":" +
         std::string(resource);
}

}  // namespace drydock
