#include "logrouter/builtin/router_plan.h"

#include <strings.h>

#include <algorithm>
#include <array>

namespace drydock::logrouter {
namespace {

constexpr std::size_t kMostSections = 256;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// What an output plugin takes here. What only tunes it is taken and does nothing.
struct Plugin {
  std::string_view name;
  std::vector<std::string_view> options;
};

const std::vector<Plugin>& plugins() {
  static const std::vector<Plugin> all = [] {
    const Plugin aws_logs{
        "cloudwatch_logs",
        {"region", "log_group_name", "log_stream_name", "log_stream_prefix", "log_key",
         "auto_create_group", "endpoint", "log_format", "log_retention_days"}};
    const Plugin kinesis{"kinesis_streams",
                         {"region", "stream", "endpoint", "log_key", "time_key", "partition_key",
                          "time_key_format"}};
    const Plugin firehose{
        "kinesis_firehose",
        {"region", "delivery_stream", "endpoint", "log_key", "time_key", "time_key_format"}};
    std::vector<Plugin> list = {
        aws_logs,
        {"cloudwatch", aws_logs.options},
        kinesis,
        {"kinesis", kinesis.options},
        firehose,
        {"firehose", firehose.options},
        {"s3",
         {"region", "bucket", "endpoint", "s3_key_format", "total_file_size", "upload_timeout",
          "log_key", "use_put_object", "compression", "store_dir", "content_type"}},
        {"http",
         {"host", "port", "uri", "format", "header", "http_user", "http_passwd", "tls",
          "tls.verify", "compress", "json_date_key", "json_date_format"}},
        {"forward",
         {"host", "port", "unix_path", "tag", "time_as_integer", "require_ack_response",
          "send_options"}},
        {"file", {"path", "file", "format", "mkdir"}},
        {"stdout", {"format", "json_date_key", "json_date_format"}},
        {"null", {}}};
    return list;
  }();
  return all;
}

// Of every plugin; they tune how it works.
bool is_tuning(std::string_view key) {
  constexpr std::array kTuning = {"Name",
                                  "Match",
                                  "Retry_Limit",
                                  "Workers",
                                  "Log_Level",
                                  "Alias",
                                  "storage.total_limit_size",
                                  "net.keepalive",
                                  "net.connect_timeout",
                                  "net.keepalive_idle_timeout",
                                  "auto_retry_requests",
                                  "extra_user_agent",
                                  "workers"};
  return std::any_of(kTuning.begin(), kTuning.end(),
                     [&](std::string_view known) { return same(known, key); });
}

const char* kNeedsImage =
    "; run the task with the router's own image (--firelens image), which knows it";

Status check_client(const taskdef::ContainerDefinition& c) {
  RouterSection output{"OUTPUT", {}};
  for (const auto& option : c.log_configuration->options)
    if (option.name != "include-pattern" && option.name != "exclude-pattern" &&
        option.name != "log-driver-buffer-limit" && option.name != "mode" &&
        option.name != "max-buffer-size")
      output.properties.emplace_back(option.name, option.value);
  for (const auto& secret : c.log_configuration->secret_options)
    output.properties.emplace_back(secret.name, "");
  if (output.properties.empty()) return {};
  auto known = check_output(output);
  if (!known)
    return tl::unexpected(std::move(known.error()).in("the log options of container " + c.name));
  return {};
}

}  // namespace

std::string RouterSection::get(std::string_view key) const {
  for (const auto& property : properties)
    if (same(property.first, key)) return property.second;
  return {};
}

Result<std::vector<RouterSection>> read_router_config(std::string_view text) {
  std::vector<RouterSection> sections;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto wrong = [&](const std::string& what) {
      return fail(Errc::kInvalid,
                  "the router's configuration, line " + std::to_string(number) + ": " + what);
    };
    if (line.front() == '@') return wrong("files of its own need the router's image");
    if (line.front() == '[') {
      if (line.back() != ']') return wrong("a section has no end");
      if (sections.size() == kMostSections) return wrong("too many sections");
      sections.push_back({std::string(line.substr(1, line.size() - 2)), {}});
      continue;
    }
    if (sections.empty()) return wrong("a property outside of every section");
    const auto space = line.find_first_of(" \t");
    const auto value =
        space == std::string_view::npos ? std::string_view() : trimmed(line.substr(space));
    sections.back().properties.emplace_back(line.substr(0, space), value);
  }
  return sections;
}

Status check_output(const RouterSection& output) {
  const std::string name = output.get("Name");
  const auto plugin = std::find_if(plugins().begin(), plugins().end(),
                                   [&](const Plugin& p) { return same(p.name, name); });
  if (plugin == plugins().end()) {
    std::string known;
    for (const Plugin& p : plugins()) known += (known.empty() ? "" : ", ") + std::string(p.name);
    return fail(Errc::kUnsupported, "the built-in log router has no output " + name.substr(0, 64) +
                                        " (it has " + known + ")" + kNeedsImage);
  }
  for (const auto& [key, value] : output.properties) {
    const bool known =
        is_tuning(key) || std::any_of(plugin->options.begin(), plugin->options.end(),
                                      [&k = key](std::string_view o) { return same(o, k); });
    if (!known)
      return fail(Errc::kUnsupported, "the built-in log router does not know the option " +
                                          key.substr(0, 64) + " of output " + name + kNeedsImage);
    if (value.find("$(") != std::string::npos)
      return fail(Errc::kUnsupported, "the built-in log router does not fill in " + key + " " +
                                          value.substr(0, 100) + kNeedsImage);
  }
  return {};
}

Status check_builtin_router(const taskdef::TaskDefinition& definition) {
  for (const auto& c : definition.containers) {
    if (!c.firelens_configuration) continue;
    if (c.firelens_configuration->type != "fluentbit")
      return fail(Errc::kUnsupported,
                  "the built-in log router stands in for fluentbit only, and "
                  "container " +
                      c.name + " is of type " + c.firelens_configuration->type + kNeedsImage);
    for (const auto& option : c.firelens_configuration->options)
      if (option.name == "config-file-type" || option.name == "config-file-value")
        return fail(Errc::kUnsupported,
                    "container " + c.name + " brings a configuration file of its own (" +
                        option.name + " " + option.value.substr(0, 200) +
                        "), which the built-in log router cannot read" + kNeedsImage);
  }
  for (const auto& c : definition.containers)
    if (c.log_configuration && c.log_configuration->driver == "awsfirelens")
      DRYDOCK_TRY(check_client(c));
  return {};
}

bool is_public_router_image(std::string_view reference) {
  constexpr std::array<std::string_view, 7> kPublic = {
      "public.ecr.aws/aws-observability/aws-for-fluent-bit",
      "docker.io/amazon/aws-for-fluent-bit",
      "amazon/aws-for-fluent-bit",
      "906394416424.dkr.ecr.",
      "docker.io/fluent/fluent-bit",
      "fluent/fluent-bit",
      "cr.fluentbit.io/fluent/fluent-bit"};
  for (const std::string_view one : kPublic) {
    if (!reference.starts_with(one)) continue;
    if (one.ends_with('.'))  // AWS's own account, in any region
      return reference.find("/aws-for-fluent-bit") != std::string_view::npos;
    const std::string_view rest = reference.substr(one.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '@') return true;
  }
  return false;
}

}  // namespace drydock::logrouter
