#include "router/output.h"

#include <strings.h>

#include <array>
#include <cstdlib>

namespace drydock::router {
namespace {

struct NullOutput final : Output {
  Status write(const LogEvents&) override { return {}; }
};

Result<std::unique_ptr<Output>> make_null(const logrouter::RouterSection&) {
  return std::make_unique<NullOutput>();
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_on(const std::string& text) {
  for (const char* yes : {"on", "true", "yes", "1"})
    if (::strcasecmp(text.c_str(), yes) == 0) return true;
  return false;
}

std::string value_or(const logrouter::RouterSection& section, std::string_view key,
                     std::string fallback) {
  std::string value = section.get(key);
  return value.empty() ? std::move(fallback) : value;
}

Result<std::string> required(const logrouter::RouterSection& section, std::string_view key) {
  std::string value = section.get(key);
  if (!value.empty()) return value;
  return fail(Errc::kInvalid,
              "output " + section.get("Name") + " needs the option " + std::string(key));
}

Result<std::unique_ptr<Output>> make_output(const logrouter::RouterSection& section) {
  DRYDOCK_TRY(logrouter::check_output(section));
  struct Kind {
    const char* name;
    Result<std::unique_ptr<Output>> (*make)(const logrouter::RouterSection&);
  };
  constexpr std::array kKinds = {Kind{"null", make_null},
                                 Kind{"stdout", make_stdout},
                                 Kind{"file", make_file},
                                 Kind{"http", make_http},
                                 Kind{"forward", make_forward},
                                 Kind{"cloudwatch_logs", make_cloudwatch},
                                 Kind{"cloudwatch", make_cloudwatch},
                                 Kind{"kinesis_streams", make_kinesis},
                                 Kind{"kinesis", make_kinesis},
                                 Kind{"kinesis_firehose", make_firehose},
                                 Kind{"firehose", make_firehose},
                                 Kind{"s3", make_s3}};
  const std::string name = section.get("Name");
  for (const Kind& kind : kKinds)
    if (::strcasecmp(kind.name, name.c_str()) == 0) return kind.make(section);
  return fail(Errc::kUnsupported, "no output " + name);
}

}  // namespace drydock::router
