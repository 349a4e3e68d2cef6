#include "netns/dns/policy.h"

#include <algorithm>

#include "base/aws_host.h"

namespace drydock::netns::dns {
namespace {

constexpr int kMaxAliases = 8;

std::string be16(unsigned v) {
  return {static_cast<char>(v >> 8 & 0xff), static_cast<char>(v & 0xff)};
}
std::string be32(std::uint32_t v) { return be16(v >> 16) + be16(v & 0xffff); }

// What is known here about one name.
struct Local {
  bool exists = false;
  std::vector<Record> records;
};

Record record(const Name& name, std::uint16_t type, std::string data) {
  return {name, type, kClassIn, kLocalTtl, std::move(data)};
}

std::optional<Record> record_of(const Name& name, const LocalName& local) {
  if (const auto* v4 = std::get_if<Ipv4>(&local.is)) return record(name, kTypeA, be32(v4->value));
  if (const auto* v6 = std::get_if<Ipv6>(&local.is))
    return record(name, kTypeAaaa, std::string(v6->begin(), v6->end()));
  if (const auto* alias = std::get_if<Alias>(&local.is)) {
    const auto target = name_of(alias->target);
    return target ? std::optional(record(name, kTypeCname, *target)) : std::nullopt;
  }
  const auto& service = std::get<ServiceTarget>(local.is);
  const auto host = name_of(service.host);
  if (!host) return std::nullopt;
  return record(name, kTypeSrv,
                be16(service.priority) + be16(service.weight) + be16(service.port) + *host);
}

// "localhost" and what is below (RFC 6761), the host, and the private DNS names of the subnet.
Local built_in(const Name& name, const Site& site) {
  static const Name localhost = *name_of("localhost");
  const std::string text = text_of(name);
  if (is_within(name, localhost)) {
    Local here{true, {record(name, kTypeA, be32(0x7f000001))}};
    here.records.push_back(record(name, kTypeAaaa, std::string(15, '\0') + '\1'));
    return here;
  }
  if (text == "host.docker.internal" || text == "host.drydock.internal")
    return {true, {record(name, kTypeA, be32(site.gateway.value))}};
  const std::string ending = "." + site.suffix;
  if (!text.starts_with("ip-") || !text.ends_with(ending)) return {};
  std::string dotted = text.substr(3, text.size() - 3 - ending.size());
  std::replace(dotted.begin(), dotted.end(), '-', '.');
  const auto address = parse_ipv4(dotted);
  if (!address || !site.subnet.contains(*address)) return {};
  return {true, {record(name, kTypeA, be32(address->value))}};
}

// "5.0.31.172.in-addr.arpa" of an address in the subnet.
Local reverse(const Name& name, const Site& site) {
  static const Name zone = *name_of("in-addr.arpa");
  if (!is_within(name, zone)) return {};
  std::string text = text_of(name);
  text.resize(text.size() - std::min(text.size(), std::string_view(".in-addr.arpa").size()));
  const auto backwards = parse_ipv4(text);
  if (!backwards) return {};
  const std::uint32_t v = backwards->value;
  const Ipv4 address{v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24};
  if (!site.subnet.contains(address)) return {};
  std::string dashed = to_string(address);
  std::replace(dashed.begin(), dashed.end(), '.', '-');
  const auto host = name_of("ip-" + dashed + "." + site.suffix);
  return host ? Local{true, {record(name, kTypePtr, *host)}} : Local();
}

Local look_up(const Name& name, const Registry& registry, const Site& site,
              const AwsHere& aws = {}) {
  Local found;
  if (!aws.services.empty())
    if (const auto host = aws_host(text_of(name)); host && aws.services.contains(host->service))
      return {true, {record(name, kTypeA, be32(aws.address.value))}};
  for (const LocalName& local : registry.find(name)) {
    found.exists = true;
    if (auto made = record_of(name, local)) found.records.push_back(std::move(*made));
  }
  if (found.exists) return found;
  if (Local fixed = built_in(name, site); fixed.exists) return fixed;
  if (Local back = reverse(name, site); back.exists) return back;
  found.exists = registry.is_above(name) && registry.in_zone(name);
  return found;
}

// Adds what was asked for; the addresses begin with another one each time.
void answer_with(Message& reply, const std::vector<Record>& records, std::uint16_t type,
                 std::uint32_t turn) {
  std::vector<Record> fit;
  for (const Record& r : records)
    if (r.type == type || type == kTypeAny) fit.push_back(r);
  if (fit.empty()) return;
  std::rotate(fit.begin(), fit.begin() + static_cast<std::ptrdiff_t>(turn % fit.size()), fit.end());
  if (fit.size() > kMaxAddresses) fit.resize(kMaxAddresses);
  reply.answers.insert(reply.answers.end(), fit.begin(), fit.end());
}

// The addresses of what SRV records name, for clients that look there.
void add_targets(Message& reply, const Registry& registry, const Site& site) {
  for (const Record& service : reply.answers) {
    if (service.type != kTypeSrv) continue;
    for (Record& r : look_up(folded(service.data.substr(6)), registry, site).records)
      if (r.type == kTypeA || r.type == kTypeAaaa) reply.additional.push_back(std::move(r));
  }
}

std::optional<std::uint16_t> refusal(const Message& query) {
  if (query.opcode != 0) return kNotImp;
  if (!query.question) return kFormErr;
  if (query.edns && query.edns->version != 0) return kBadVers;
  const std::uint16_t type = query.question->type;
  if (query.question->klass != kClassIn || type == kTypeAxfr || type == kTypeIxfr ||
      type == kTypeOpt)
    return kRefused;
  return std::nullopt;
}

}  // namespace

Verdict decide(const Message& query, const Registry& registry, const Site& site, std::uint32_t turn,
               const AwsHere& aws) {
  if (const auto no = refusal(query)) return {reply_to(query, *no), std::nullopt};
  Verdict verdict{reply_to(query), std::nullopt};
  Name written = query.question->name;
  for (int hops = 0; hops < kMaxAliases; ++hops) {
    const Name name = folded(written);
    const Local local = look_up(name, registry, site, aws);
    if (!local.exists) {
      if (registry.in_zone(name)) {
        verdict.reply.authoritative = true;
        verdict.reply.rcode = kNxDomain;
      } else {
        verdict.ask = Question{written, query.question->type, kClassIn};
      }
      return verdict;
    }
    verdict.reply.authoritative = true;
    const auto alias = std::find_if(local.records.begin(), local.records.end(),
                                    [](const Record& r) { return r.type == kTypeCname; });
    const bool follow = alias != local.records.end() && query.question->type != kTypeCname &&
                        query.question->type != kTypeAny;
    if (!follow) {
      answer_with(verdict.reply, local.records, query.question->type, turn);
      add_targets(verdict.reply, registry, site);
      return verdict;
    }
    verdict.reply.answers.push_back(*alias);
    written = alias->data;
  }
  return {reply_to(query, kServFail), std::nullopt};  // aliases in a circle
}

Message finished(const Message& query, Message begun, const Message& said) {
  begun.id = query.id;
  begun.rcode = said.rcode;
  begun.truncated = said.truncated;
  begun.authoritative = false;
  begun.authentic = said.authentic && begun.answers.empty();
  begun.answers.insert(begun.answers.end(), said.answers.begin(), said.answers.end());
  begun.authority = said.authority;
  begun.additional = said.additional;
  return begun;
}

}  // namespace drydock::netns::dns
