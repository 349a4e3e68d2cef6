#pragma once
#include <set>
#include <string>
#include <vector>

#include "taskdef/model.h"

// What --firelens-local can do for a definition: its router's outputs to AWS, as far as the log
// options tell. Pure.
namespace drydock::logrouter {

struct AwsOutputs {
  // Whose hosts are to be here for the task: always "logs", which a file of the router's own may
  // send to, and what else outputs name.
  std::set<std::string> services = {"logs"};
  // What will not arrive here or not work, a sentence each.
  std::vector<std::string> notes;
};
AwsOutputs aws_outputs(const taskdef::TaskDefinition& definition);

// The variables by which programs find the certificates that they trust: OpenSSL and Go, the AWS
// SDKs, Node.js, Python's requests.
inline constexpr const char* kTrustVariables[] = {"SSL_CERT_FILE", "AWS_CA_BUNDLE",
                                                  "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"};

}  // namespace drydock::logrouter
