// What goes to the upstream: a body in aws-chunked, and for whom a request is. The first line is a
// target, the second a host, the third an Authorization header; all bytes are a body, in two
// pieces.
#include <cstdint>
#include <string>
#include <string_view>

#include "api/upstream/aws_chunked.h"
#include "api/upstream/passed_on.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  drydock::api::AwsChunked decoder;
  std::string out;
  if (decoder.feed(input.substr(0, size / 2), out)) (void)decoder.feed(input.substr(size / 2), out);
  if (out.size() > size) __builtin_trap();

  drydock::http::Request r;
  std::string lines[3];
  std::string_view rest = input;
  for (auto& line : lines) {
    const auto end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  r.method = "PUT";
  r.target = lines[0];
  r.path = r.target.substr(0, r.target.find('?'));
  if (r.path.size() < r.target.size()) r.query = r.target.substr(r.path.size() + 1);
  r.headers = {{"Host", lines[1]}, {"Authorization", lines[2]}, {"X-Amz-Target", lines[2]}};
  const auto asked = drydock::api::asked_of(r);
  (void)drydock::api::resigned(r, asked);
  return 0;
}
