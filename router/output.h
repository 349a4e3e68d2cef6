#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "logrouter/builtin/router_plan.h"
#include "router/event.h"

// Where records go. Each output has a thread of its own, on which it may wait.
namespace drydock::router {

class Output {
 public:
  virtual ~Output() = default;
  // All of them, in order. kInvalid: they will never be taken, and are given up; any other error:
  // they come again.
  virtual Status write(const LogEvents& events) = 0;
  // Records are kept for a while before they go: called when nothing more comes for a second, and
  // with `end` at the router's end.
  virtual Status flush(bool end) {
    (void)end;
    return {};
  }
  // How many records it likes at once.
  virtual std::size_t most() const { return 1000; }
};

// What an output may read of the router's surroundings.
using Environment = std::string (*)(const char* name);
std::string environment(const char* name);  // of this process; empty when it is not set

// The output of an [OUTPUT] section that check_output() has accepted. kInvalid names the option
// whose value is wrong, or that is missing.
Result<std::unique_ptr<Output>> make_output(const logrouter::RouterSection& section);

// Each kind, for make_output().
Result<std::unique_ptr<Output>> make_stdout(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_file(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_http(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_forward(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_cloudwatch(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_kinesis(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_firehose(const logrouter::RouterSection& section);
Result<std::unique_ptr<Output>> make_s3(const logrouter::RouterSection& section);

// "On", "true", "1".
bool is_on(const std::string& text);
// A value, or what stands for it.
std::string value_or(const logrouter::RouterSection& section, std::string_view key,
                     std::string fallback);
// kInvalid when it is missing.
Result<std::string> required(const logrouter::RouterSection& section, std::string_view key);

}  // namespace drydock::router
