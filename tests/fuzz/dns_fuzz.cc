// Packets as tasks and name servers may send them. Properties: what is read is bounded and can be
// written; what is written can be read and says the same; a limit is kept; any query is decided.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/aws_host.h"
#include "netns/dns/cache.h"
#include "netns/dns/policy.h"
#include "netns/dns/servers.h"

namespace {

using namespace drydock::netns;
using namespace drydock::netns::dns;

void require(bool fact) {
  if (!fact) std::abort();
}

void write_and_read(const Message& m) {
  const std::string packet = encode(m);
  require(packet.size() <= kMaxPacket);
  const auto again = decode(packet);
  require(again.has_value());
  require(again->answers.size() <= m.answers.size() && again->id == m.id);
  if (!again->truncated) require(encode(*again) == packet);
  for (const std::size_t limit : {kPlainUdp, kEdnsUdp}) {
    const std::string cut = encode(m, limit);
    require(cut.size() <= limit && decode(cut).has_value());
  }
}

void decide_it(const Message& m) {
  static Registry registry;
  static const bool filled = [] {
    registry.put("x", {{"a.local"},
                       {{"web.a.local", Ipv4{0x0a000005}},
                        {"out.a.local", Alias{"example.com"}},
                        {"_x._tcp.a.local", ServiceTarget{1, 2, 3, "web.a.local"}}}});
    return true;
  }();
  require(filled);
  const Site site{{{0x0a000000}, 8}, {0x0a000001}, "ec2.internal"};
  const AwsHere aws{{"logs", "s3"}, {0xa9feaa03}};
  const Verdict v = decide(m, registry, site, 1, aws);
  write_and_read(v.reply);
  if (v.ask) write_and_read(finished(m, v.reply, m));
  Cache cache(16, 1 << 16);
  const auto now = Clock::now();
  cache.put("k", m, now);
  (void)cache.find("k", now);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)id_of_query(text);
  if (text.size() <= 64) (void)parse_server(text);
  (void)servers_in(text);
  if (const auto host = drydock::aws_host(text)) require(!host->service.empty());
  if (const auto name = name_of(text)) require(name->size() <= kMaxName && !text_of(*name).empty());
  if (const auto m = decode(text)) {
    write_and_read(*m);
    decide_it(*m);
  }
  return 0;
}
