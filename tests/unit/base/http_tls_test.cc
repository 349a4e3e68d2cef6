#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <memory>

#include "base/files.h"
#include "base/http/door.h"

namespace drydock::http {
namespace {

constexpr char kHost[] = "logs.eu-west-1.amazonaws.com";

template <auto Free>
struct Drop {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};

UniqueFd connect_to(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

// An independent client: OpenSSL's, with nothing but the authority's certificate to trust.
class Client {
 public:
  Client(int port, const std::string& authority, const char* host) : fd_(connect_to(port)) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    std::unique_ptr<BIO, Drop<BIO_free>> in(
        BIO_new_mem_buf(authority.data(), static_cast<int>(authority.size())));
    std::unique_ptr<X509, Drop<X509_free>> root(
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), root.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_.get());
    if (host) {
      SSL_set_tlsext_host_name(ssl_.get(), host);
      SSL_set1_host(ssl_.get(), host);
    }
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  long verified() const { return SSL_get_verify_result(ssl_.get()); }
  std::string ask(const std::string& request) {
    for (std::size_t at = 0; at < request.size();) {
      const int n =
          SSL_write(ssl_.get(), request.data() + at, static_cast<int>(request.size() - at));
      if (n <= 0) return "not sent";
      at += static_cast<std::size_t>(n);
    }
    std::string answer;
    char buffer[4096];
    for (int n = 0; (n = SSL_read(ssl_.get(), buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(n));
    clean_end_ = SSL_get_shutdown(ssl_.get()) == SSL_RECEIVED_SHUTDOWN;
    return answer;
  }
  bool clean_end() const { return clean_end_; }

 private:
  UniqueFd fd_;
  std::unique_ptr<SSL_CTX, Drop<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Drop<SSL_free>> ssl_;
  bool connected_ = false, clean_end_ = false;
};

class TlsDoor : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    char folder[] = "/tmp/drydock-tls-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    open();
    UniqueFd listening = *listen_tcp("127.0.0.1", 0);
    port_ = *bound_port(listening.get());
    Surface surface;
    surface.tls = *TlsServer::make(authority_, [](const std::string& host) {
      return host.ends_with(".amazonaws.com") || host == "example.org";
    });
    surface.handler = [](const Request& request) {
      return Response{
          200, {}, std::string(header(request.headers, "Host")) + " " + request.body, {}};
    };
    door_.open(std::move(listening), std::move(surface));
  }
  void TearDown() override { (void)remove_tree(folder_); }
  void open() {
    auto opened = Authority::open(folder_ + "/authority.pem", {"amazonaws.com"});
    ASSERT_TRUE(opened) << opened.error().message;
    authority_ = std::move(*opened);
  }
  std::string trusted() const { return authority_->certificate(); }

  std::string folder_;
  std::shared_ptr<Authority> authority_;
  Door door_;
  int port_ = 0;
};

std::string get(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\nConnection: close\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(TlsDoor, AClientThatTrustsTheAuthorityIsAnswered) {
  Client client(port_, trusted(), kHost);
  ASSERT_TRUE(client.connected()) << X509_verify_cert_error_string(client.verified());
  const std::string answer = client.ask(get("hello"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nlogs.eu-west-1.amazonaws.com hello")) << answer;
  EXPECT_TRUE(client.clean_end());
}

TEST_F(TlsDoor, LargeBodiesComeWholeBothWays) {
  Client client(port_, trusted(), kHost);
  const std::string body(3u << 20, 'x');
  const std::string answer = client.ask(get(body));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4,
            std::string(kHost).size() + 1 + body.size());
}

TEST_F(TlsDoor, HostsThatAreNotServedAreSentAway) {
  EXPECT_FALSE(Client(port_, trusted(), "drydock.example.com").connected());
  EXPECT_FALSE(Client(port_, trusted(), nullptr).connected());
}

TEST_F(TlsDoor, TheAuthorityVouchesForItsDomainsOnly) {
  Client client(port_, trusted(), "example.org");
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(client.verified(), X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_F(TlsDoor, WhatIsNoTlsIsClosed) {
  const UniqueFd fd = connect_to(port_);
  ASSERT_TRUE(write_all(fd.get(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  char buffer[256];
  while (::recv(fd.get(), buffer, sizeof buffer, 0) > 0) continue;
  EXPECT_TRUE(Client(port_, trusted(), kHost).connected());
}

TEST_F(TlsDoor, TheAuthorityStaysWhileItsFileDoesAndIsForRootAlone) {
  const std::string before = trusted();
  struct stat st {};
  ASSERT_EQ(::stat((folder_ + "/authority.pem").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  open();
  EXPECT_EQ(trusted(), before);
  EXPECT_EQ(before.find("PRIVATE KEY"), std::string::npos);
  ASSERT_TRUE(write_file_atomic(folder_ + "/authority.pem", "damaged"));
  open();
  EXPECT_NE(trusted(), before);
}

}  // namespace
}  // namespace drydock::http
