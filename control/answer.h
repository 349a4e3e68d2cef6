#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace drydock::control {

// What the ECS API answers instead of a result (api.md 1.3). The code is one of the API's own.
struct ApiError {
  std::string code;
  std::string message;
  int status = 400;
  std::vector<std::string> resource_ids;  // ConflictException only
};

template <class T>
using Answer = tl::expected<T, ApiError>;

inline tl::unexpected<ApiError> refuse(std::string code, std::string message) {
  return tl::unexpected(ApiError{std::move(code), std::move(message), 400, {}});
}
// The three most used codes.
inline tl::unexpected<ApiError> client_error(std::string message) {
  return refuse("ClientException", std::move(message));
}
inline tl::unexpected<ApiError> invalid_parameter(std::string message) {
  return refuse("InvalidParameterException", std::move(message));
}
inline tl::unexpected<ApiError> cluster_not_found() {
  return refuse("ClusterNotFoundException", "Cluster not found.");
}

}  // namespace drydock::control
