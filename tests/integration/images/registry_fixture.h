#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/spawn.h"
#include "images/registry/client.h"

namespace drydock::images::registry {

// A request as the other side saw it.
struct Seen {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower-case
  std::string body;

  std::string header(const std::string& name) const;
};

// What a handler answers with: raw bytes on the connection.
class Wire {
 public:
  Wire(int fd, const std::atomic<bool>& ended) : fd_(fd), ended_(ended) {}
  void raw(const std::string& bytes) const;
  void reply(int status, const std::string& body,
             const std::vector<std::string>& headers = {}) const;
  // Says nothing until the peer or the test has enough.
  void stall() const;

 private:
  int fd_;
  const std::atomic<bool>& ended_;
};

// An HTTP server on 127.0.0.1 that does whatever the test says; one request a connection.
class RudeServer {
 public:
  using Handler = std::function<void(const Seen&, const Wire&)>;
  explicit RudeServer(Handler handler);
  ~RudeServer();
  RudeServer(const RudeServer&) = delete;
  RudeServer& operator=(const RudeServer&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + host(); }
  std::vector<Seen> seen() const;
  int count(const std::string& target_part) const;

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  UniqueFd listening_;
  int port_ = 0;
  std::atomic<bool> ended_ = false;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::list<std::thread> talks_;
  std::thread thread_;
};

// An image of one layer, as a registry holds it.
struct TinyImage {
  std::string config;
  std::string layer;
  Descriptor config_blob;
  Descriptor layer_blob;
  std::string manifest;
  std::string digest;  // of the manifest
};
TinyImage tiny_image(std::size_t layer_bytes);

// Debian's docker-registry on a free port; ended with the object.
class RealRegistry {
 public:
  // `http` is more of the http section, `rest` more sections of its configuration (YAML).
  RealRegistry(const std::string& folder, const std::string& http = "",
               const std::string& rest = "");
  ~RealRegistry();
  RealRegistry(const RealRegistry&) = delete;
  RealRegistry& operator=(const RealRegistry&) = delete;

  int port() const { return port_; }
  // Only while it has neither TLS nor logins.
  void push(const TinyImage& image, const std::string& repository, const std::string& tag) const;

 private:
  int port_ = 0;
  Child child_;
};

// Fast retries.
Options test_options();
Reference reference(const std::string& text);
// The blob's bytes, or the error.
Result<std::string> fetch_blob(ImageSource& source, const Reference& from, const Descriptor& blob);
int run(const std::string& program, const std::vector<std::string>& args);

}  // namespace drydock::images::registry
