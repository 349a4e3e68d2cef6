#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/spawn.h"
#include "logrouter/reader.h"
#include "runtime/shim/protocol.h"
#include "runtime/shim/records.h"

namespace drydock::runtime::shim {

// One container on a busybox root, run by a real shim and a real runc; everything it makes is gone
// with it.
class Container {
 public:
  explicit Container(std::vector<std::string> command);
  ~Container();  // fails the test when anything is left
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  // To be changed before start().
  Json config;
  Request request;

  std::string bundle() const { return request.bundle; }
  std::string cgroup(const std::string& controller) const;  // absolute folder
  void limit_memory(long long bytes);                       // and watches its OOM counter

  void start();
  // Blocks until it runs or could not be started (end-of-file on the shim's standard output).
  void await_start();
  // Blocks until exit.json is there (end-of-file on its standard error), what the shim said there
  // is in `said`.
  void await_exit();
  // Blocks until the shim has ended; its exit code.
  int await_shim();
  // start(), await_exit(), await_shim(): exit.json.
  Exited run();
  Exited exited() const;
  Started started() const;
  // The journal's lines: "out: text", "err: text".
  std::vector<std::string> log() const;
  pid_t shim_pid() const { return shim_pid_; }

  std::string said;

 private:
  std::string folder_;
  std::string cgroup_path_;
  pid_t shim_pid_ = 0;
  UniqueFd pidfd_, out_, err_;
};

inline std::vector<std::string> sh(const std::string& script) { return {"/bin/sh", "-c", script}; }

class ShimRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (!exists("/usr/sbin/runc")) GTEST_SKIP() << "needs runc";
  }
};

// Blocks until `fd` is readable; a test that waits longer than a minute has failed.
void wait_readable(int fd);
std::string read_to_end(int fd);

}  // namespace drydock::runtime::shim
