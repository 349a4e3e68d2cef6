#pragma once
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "base/clock.h"
#include "base/http/authority.h"

// Owners of OpenSSL's objects. Private to base/http.
namespace drydock::http {

struct FreeTls {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using TlsPtr = std::unique_ptr<T, FreeTls>;

struct Authority::Identity {
  TlsPtr<X509> certificate;
  EVP_PKEY* key = nullptr;  // the authority's, which outlives it
  Time made{};
};

}  // namespace drydock::http
