#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "api/upstream/asked.h"
#include "base/http/client.h"
#include "base/http/sigv4.h"

// A request as the upstream gets it. Pure.
namespace drydock::api {

inline constexpr const char* kVia = "X-Drydock-Via";  // the instances a request came through
// A body that is hashed before it is signed anew (those of S3 and of clients that hash their
// bodies themselves are not).
inline constexpr std::size_t kLargestSigned = 16u << 20;

// Names without meaning beyond one connection (RFC 9110 7.6.1), those of `Connection`, and Expect.
bool is_hop_by_hop(const http::Headers& all, std::string_view name);

// Method, path, query and headers as they came, to `url`. The body is the caller's.
http::ClientRequest passed_on(const http::Request& request, const std::string& url);
// Content-Length; nullopt when absent or odd.
std::optional<std::uint64_t> content_length(const http::Headers& headers);

// How the body of a request goes along when it is signed anew.
enum class SignedBody {
  kAsItIs,   // as it came; its hash, or that it has none, is in `payload_hash`
  kDecoded,  // without the chunks that the client signed
  kHashed    // read as a whole, and hashed
};
struct Resigned {
  http::AwsRequest request;  // without a body; `payload_hash` is set unless it is to be hashed
  http::Headers unsigned_headers;
  SignedBody body = SignedBody::kHashed;
  std::optional<std::uint64_t> length;  // of the body that is sent
};
// For AWS: without the client's signature, S3 by path ("/bucket/key").
Resigned resigned(const http::Request& request, const Asked& asked);
// Signs it for `url` and makes it a request. `now`: seconds since 1970.
http::ClientRequest signed_request(Resigned resigned, const std::string& url,
                                   const http::AwsKeys& keys, std::time_t now);

// AWS's own address of a service in a region.
std::string aws_address(const std::string& service, const std::string& region);

}  // namespace drydock::api
