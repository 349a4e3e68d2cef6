#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/http/aws_call.h"
#include "secrets/value_from.h"

// Secrets Manager and Parameter Store of somebody else, at AWS or at an endpoint.
namespace drydock::secrets {

// What a service said of one thing.
struct Told {
  std::string text;  // its value
  std::string why;   // else: the error, "ResourceNotFoundException: ..."
  bool missing = false;
};

struct Remote {
  http::AwsKeys keys;
  std::string endpoint;  // empty: AWS's own
  std::function<bool()> cancelled;
};

// The whole SecretString.
Told ask_secret(const Remote& remote, const std::string& region, const ValueFrom& secret);
// By name, in requests of ten.
std::map<std::string, Told> ask_parameters(const Remote& remote, const std::string& region,
                                           const std::vector<std::string>& names);

// Answers of the two services, read strictly. Pure.
Told read_secret_answer(const http::AwsAnswer& answer, const std::string& endpoint);
void read_parameters_answer(const http::AwsAnswer& answer, const std::string& endpoint,
                            const std::vector<std::string>& names,
                            std::map<std::string, Told>& told);

}  // namespace drydock::secrets
