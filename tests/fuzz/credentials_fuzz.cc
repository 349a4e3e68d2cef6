// What comes from a user's AWS files, his credential_process, STS and the kernel's counters.
#include <cstdint>
#include <string>

#include "metadata/aws_profile.h"
#include "metadata/local_keys.h"
#include "metadata/profile.h"
#include "metadata/sts_client.h"
#include "runtime/stats_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)metadata::parse_aws_files(text, text);
  (void)metadata::split_command(text);
  (void)metadata::parse_process_output(text, Time());
  (void)metadata::parse_assumed_role(text, "arn");
  (void)metadata::role_name(text);
  (void)runtime::blocks_of_v1(text);
  (void)runtime::blocks_of_v2(text);
  (void)runtime::interfaces_of(text);
  (void)runtime::cpu_of_v1(text, text, text, text, 1);
  (void)runtime::host_ticks(text);
  (void)runtime::one_limit(text);
  return 0;
}
