#include "base/http/tls.h"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/http/tls_ptr.h"

namespace drydock::http {
namespace {

class Stream final : public TlsStream {
 public:
  explicit Stream(TlsPtr<SSL> ssl) : ssl_(std::move(ssl)) {}

  ssize_t recv(char* buffer, std::size_t size) override {
    ERR_clear_error();
    return told(SSL_read(ssl_.get(), buffer, length(size)));
  }
  ssize_t send(const char* data, std::size_t size) override {
    ERR_clear_error();
    return told(SSL_write(ssl_.get(), data, length(size)));
  }
  void shutdown() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) (void)SSL_shutdown(ssl_.get());
  }

 private:
  static int length(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
  }
  ssize_t told(int result) const {
    if (result > 0) return result;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_ZERO_RETURN:
        return 0;
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
      default:
        errno = EPROTO;
        return -1;
    }
  }
  TlsPtr<SSL> ssl_;
};

class Server final : public TlsServer {
 public:
  Server(std::shared_ptr<Authority> authority, std::function<bool(const std::string&)> serves)
      : authority_(std::move(authority)), serves_(std::move(serves)) {}

  Status open() {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    if (!context_) return fail(Errc::kSystem, "begin TLS: out of memory");
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context_.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_cert_cb(context_.get(), choose, this);
    return {};
  }

  std::unique_ptr<TlsStream> begin(int socket) override {
    TlsPtr<SSL> ssl(SSL_new(context_.get()));
    if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
    SSL_set_accept_state(ssl.get());
    return std::make_unique<Stream>(std::move(ssl));
  }

 private:
  // 1: the connection has its certificate; 0: it is sent away.
  static int choose(SSL* ssl, void* user) try {
    const auto& self = *static_cast<Server*>(user);
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return 0;
    std::string host = name;
    for (char& c : host)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!self.serves_(host)) return 0;
    const auto identity = self.authority_->identity(host);
    if (!identity) return 0;
    return SSL_use_certificate(ssl, (*identity)->certificate.get()) == 1 &&
                   SSL_use_PrivateKey(ssl, (*identity)->key) == 1
               ? 1
               : 0;
  } catch (...) {
    return 0;
  }

  std::shared_ptr<Authority> authority_;
  std::function<bool(const std::string&)> serves_;
  TlsPtr<SSL_CTX> context_;
};

}  // namespace

Result<std::shared_ptr<TlsServer>> TlsServer::make(std::shared_ptr<Authority> authority,
                                                   std::function<bool(const std::string&)> serves) {
  auto server = std::make_shared<Server>(std::move(authority), std::move(serves));
  DRYDOCK_TRY(server->open());
  return server;
}

}  // namespace drydock::http
