#include "logrouter/firelens/aws_outputs.h"

#include <strings.h>

#include <algorithm>

#include "logrouter/firelens/router_config.h"

namespace drydock::logrouter {
namespace {

struct Plugin {
  const char* name;
  const char* service;
};
// Of Fluent Bit and of Fluentd.
constexpr Plugin kPlugins[] = {
    {"cloudwatch_logs", "logs"},    {"cloudwatch", "logs"},
    {"kinesis_streams", "kinesis"}, {"kinesis_streams_aggregated", "kinesis"},
    {"kinesis", "kinesis"},         {"kinesis_firehose", "firehose"},
    {"firehose", "firehose"},       {"s3", "s3"}};
constexpr const char* kEndpoints[] = {"endpoint", "kinesis_endpoint", "s3_endpoint"};
constexpr const char* kOwnTrust[] = {"tls.ca_file", "tls.ca_path", "ssl_ca_bundle"};

std::string option(const std::vector<taskdef::KeyValue>& options, const char* name) {
  for (const auto& one : options)
    if (::strcasecmp(one.name.c_str(), name) == 0) return one.value;
  return {};
}

std::string service_of(const std::string& plugin) {
  for (const Plugin& p : kPlugins)
    if (::strcasecmp(p.name, plugin.c_str()) == 0) return p.service;
  return {};
}

void look_at_client(const taskdef::ContainerDefinition& c, bool fluentd, AwsOutputs& out) {
  const auto& options = c.log_configuration->options;
  const std::string plugin = option(options, fluentd ? "@type" : "Name");
  const std::string service = service_of(plugin);
  if (service.empty()) return;
  const std::string who = "the output " + plugin + " of container " + c.name;
  for (const char* name : kEndpoints)
    if (const std::string endpoint = option(options, name); !endpoint.empty()) {
      out.notes.push_back(who + " names an endpoint of its own, " + endpoint.substr(0, 200) +
                          ": what it sends goes there");
      return;
    }
  out.services.insert(service);
  for (const char* name : kOwnTrust)
    if (const std::string file = option(options, name); !file.empty())
      out.notes.push_back(who + " trusts the certificates in " + file.substr(0, 200) +
                          " only: it will refuse the local endpoint (" + name + ")");
  if (service != "logs")
    out.notes.push_back(who + " will fail: " + service +
                        " is not emulated here, and with --firelens-local its records do not leave "
                        "this machine; name another emulator with the option endpoint");
}

bool has_variable(const taskdef::ContainerDefinition& c, const std::string& name) {
  return std::any_of(c.environment.begin(), c.environment.end(),
                     [&](const auto& one) { return one.name == name; });
}

}  // namespace

AwsOutputs aws_outputs(const taskdef::TaskDefinition& definition) {
  AwsOutputs out;
  const auto index = router_of(definition);
  if (!index) return {{}, {"no container is a log router: --firelens-local changes nothing"}};
  const taskdef::ContainerDefinition& router = definition.containers[*index];
  const bool fluentd = router.firelens_configuration->type == "fluentd";
  for (const auto& c : definition.containers)
    if (is_router_client(c)) look_at_client(c, fluentd, out);
  const auto& options = router.firelens_configuration->options;
  if (const std::string file = option(options, "config-file-value"); !file.empty())
    out.notes.push_back("what the file " + file.substr(0, 200) + " of container " + router.name +
                        " sends to CloudWatch Logs comes here; what it sends to other services "
                        "goes to AWS");
  for (const char* name : kTrustVariables)
    if (has_variable(router, name))
      out.notes.push_back("container " + router.name + " sets " + name +
                          " itself: unless the certificates there include this machine's, it "
                          "refuses the local endpoint");
  if (definition.task_role_arn.empty() && !has_variable(router, "AWS_ACCESS_KEY_ID"))
    out.notes.push_back("the task has no taskRoleArn, and container " + router.name +
                        " no AWS_ACCESS_KEY_ID: its outputs to AWS have no keys to sign with");
  return out;
}

}  // namespace drydock::logrouter
