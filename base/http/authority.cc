#include "base/http/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/files.h"
#include "base/http/tls_ptr.h"

namespace drydock::http {
namespace {

constexpr long kDay = 24L * 60 * 60;
constexpr long kAuthorityDays = 3650;
constexpr long kSoon = 30 * kDay;
constexpr long kHostDays = 30;
constexpr std::size_t kMostHosts = 1024;

auto failed(const std::string& doing) {
  char text[256] = "out of memory";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return fail(Errc::kSystem, doing + ": " + text);
}

Result<TlsPtr<EVP_PKEY>> new_key() {
  TlsPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) return failed("make a key");
  return key;
}

bool add_extension(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const TlsPtr<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(to, extension.get(), -1) == 1;
}

// A certificate without what is particular to it.
Result<TlsPtr<X509>> blank(const std::string& name, EVP_PKEY* key, long days) {
  TlsPtr<X509> made(X509_new());
  unsigned char serial[16];
  if (!made || RAND_bytes(serial, sizeof serial) != 1) return failed("make a certificate");
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(serial, sizeof serial, nullptr), BN_free);
  X509_set_version(made.get(), X509_VERSION_3);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get()));
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), days * kDay);
  X509_set_pubkey(made.get(), key);
  X509_NAME* subject = X509_get_subject_name(made.get());
  // A common name has at most 64 characters; clients look at the alternative names only.
  const std::string text = name.substr(0, 64);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
  return made;
}

Result<TlsPtr<X509>> make_root(EVP_PKEY* key, const std::vector<std::string>& domains) {
  DRYDOCK_LET(auto made, blank("Drydock local authority", key, kAuthorityDays));
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  std::string permitted = "critical";
  for (const std::string& domain : domains) permitted += ",permitted;DNS:" + domain;
  const bool well =
      add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign") &&
      add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash") &&
      add_extension(made.get(), made.get(), NID_name_constraints, permitted) &&
      X509_sign(made.get(), key, EVP_sha256()) > 0;
  if (!well) return failed("make a certificate authority");
  return made;
}

std::string pem_of(X509* certificate, EVP_PKEY* key) {
  const TlsPtr<BIO> out(BIO_new(BIO_s_mem()));
  if (!out) return {};
  PEM_write_bio_X509(out.get(), certificate);
  if (key) PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

struct Authority::State {
  TlsPtr<X509> root;
  TlsPtr<EVP_PKEY> key;       // the authority's
  TlsPtr<EVP_PKEY> host_key;  // of all hosts: it never leaves this process
  std::string pem;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const Identity>> hosts;

  bool read(const std::string& text) {
    const TlsPtr<BIO> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!in) return false;
    root.reset(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    key.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!root || !key || X509_check_private_key(root.get(), key.get()) != 1) return false;
    time_t soon = ::time(nullptr) + kSoon;
    return X509_cmp_time(X509_get0_notAfter(root.get()), &soon) > 0;
  }
};

Authority::Authority(std::unique_ptr<State> state) : state_(std::move(state)) {}
Authority::~Authority() = default;

Result<std::unique_ptr<Authority>> Authority::open(const std::string& path,
                                                   const std::vector<std::string>& domains) {
  auto state = std::make_unique<State>();
  const auto text = read_file(path, 64u << 10);
  if (!text && text.error().code != Errc::kNotFound) return tl::unexpected(text.error());
  if (!text || !state->read(*text)) {
    DRYDOCK_LET(state->key, new_key());
    DRYDOCK_LET(state->root, make_root(state->key.get(), domains));
    DRYDOCK_TRY(write_file_atomic(path, pem_of(state->root.get(), state->key.get()), 0600));
  }
  DRYDOCK_LET(state->host_key, new_key());
  state->pem = pem_of(state->root.get(), nullptr);
  return std::unique_ptr<Authority>(new Authority(std::move(state)));
}

const std::string& Authority::certificate() const { return state_->pem; }

Result<std::shared_ptr<const Authority::Identity>> Authority::identity(const std::string& host) {
  const std::lock_guard lock(state_->mutex);
  auto& known = state_->hosts[host];
  if (known && now() - known->made < std::chrono::hours(24)) return known;
  X509* const root = state_->root.get();
  DRYDOCK_LET(auto made, blank(host, state_->host_key.get(), kHostDays));
  X509_set_issuer_name(made.get(), X509_get_subject_name(root));
  const bool well = add_extension(made.get(), root, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(made.get(), root, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(made.get(), root, NID_ext_key_usage, "serverAuth") &&
                    add_extension(made.get(), root, NID_authority_key_identifier, "keyid:always") &&
                    add_extension(made.get(), root, NID_subject_alt_name, "DNS:" + host) &&
                    X509_sign(made.get(), state_->key.get(), EVP_sha256()) > 0;
  if (!well) {
    state_->hosts.erase(host);
    return failed("make a certificate for " + host);
  }
  auto identity = std::make_shared<Identity>();
  identity->certificate = std::move(made);
  identity->key = state_->host_key.get();
  identity->made = now();
  known = identity;
  std::shared_ptr<const Identity> result = std::move(identity);
  if (state_->hosts.size() > kMostHosts) state_->hosts.clear();
  return result;
}

}  // namespace drydock::http
