#include "metadata/fault_request.h"

#include <strings.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.h"
#include "netns/faults/faults.h"

namespace drydock::metadata {
namespace {

using netns::Impairment;
using netns::IpBlock;

std::string missing(const char* field) {
  return std::string("required parameter ") + field + " is missing";
}
std::string invalid(const std::string& value, const char* field) {
  return "invalid value " + value + " for parameter " + field;
}

const char* kind_of(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "bool";
  return value.is_array() ? "array" : "object";
}

// A body that is being decoded into a structure of Go's: members match whatever their case, null is
// as absent, others are ignored. The first value of a wrong type is the error.
class Body {
 public:
  Body(const char* structure, const std::string& text) : structure_(structure) {
    if (text.find_first_not_of(" \t\r\n") == text.npos) {
      error_ = "required request body is missing";
      return;
    }
    auto json = parse_json(text);
    if (!json)
      error_ = json.error().message;
    else if (json->is_object())
      object_ = std::move(*json);
    else if (!json->is_null())
      error_ = std::string("json: cannot unmarshal ") + kind_of(*json) +
               " into Go value of type types." + structure_;
  }

  const std::string& error() const { return error_; }

  std::optional<std::string> text(const char* field) {
    const Json* value = find(field);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
      mismatch(*value, field, "string");
      return std::nullopt;
    }
    return value->get<std::string>();
  }

  std::optional<std::uint64_t> number(const char* field, const char* type, std::uint64_t most) {
    const Json* value = find(field);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > most) {
      mismatch(*value, field, type);
      return std::nullopt;
    }
    return value->get<std::uint64_t>();
  }

  std::optional<std::int64_t> percent(const char* field) {
    const Json* value = find(field);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() &&
         value->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())) {
      mismatch(*value, field, "int");
      return std::nullopt;
    }
    return value->get<std::int64_t>();
  }

  std::optional<std::vector<std::string>> texts(const char* field) {
    const Json* value = find(field);
    if (value == nullptr) return std::nullopt;
    std::vector<std::string> all;
    if (!value->is_array()) {
      mismatch(*value, field, "[]*string");
      return std::nullopt;
    }
    for (const auto& one : *value) {
      if (one.is_string() || one.is_null())
        all.push_back(one.is_null() ? std::string() : one.get<std::string>());
      else
        mismatch(one, field, "string");
    }
    return all;
  }

 private:
  const Json* find(const char* field) const {
    const Json* found = nullptr;
    for (const auto& [key, value] : object_.items())
      if (::strcasecmp(key.c_str(), field) == 0) found = value.is_null() ? nullptr : &value;
    return found;
  }
  void mismatch(const Json& value, const char* field, const char* type) {
    if (!error_.empty()) return;
    error_ = std::string("json: cannot unmarshal ") + kind_of(value) +
             (value.is_number() ? " " + dump_json(value) : std::string()) +
             " into Go struct field " + structure_ + "." + field + " of type " + type;
  }

  const char* structure_;
  Json object_ = Json::object();
  std::string error_;
};

using Texts = std::optional<std::vector<std::string>>;

Parsed<std::vector<IpBlock>> blocks(const Texts& texts, const char* field) {
  std::vector<IpBlock> all;
  for (const auto& text : texts.value_or(std::vector<std::string>())) {
    auto block = netns::parse_ip_block(text);
    if (!block) return tl::unexpected(invalid(text, field));
    all.push_back(std::move(*block));
  }
  return all;
}

// The part that latency and packet loss have in common.
struct Reach {
  Texts sources, spared;
  std::optional<std::int64_t> flows;
};

std::string put_reach(const Reach& reach, Impairment& fault) {
  auto targets = blocks(reach.sources, "Sources");
  if (!targets) return targets.error();
  auto spared = blocks(reach.spared, "SourcesToFilter");
  if (!spared) return spared.error();
  const auto flows = reach.flows.value_or(100);
  if (flows < 1 || flows > 100) return invalid(std::to_string(flows), "flowsPercent");
  fault.targets = std::move(*targets);
  fault.spared = std::move(*spared);
  fault.flows_percent = static_cast<int>(flows);
  return {};
}

bool too_long(std::uint64_t milliseconds) {
  return milliseconds > static_cast<std::uint64_t>(netns::kLongestDelay.count());
}

Parsed<Impairment> latency(const std::string& text) {
  Body body("NetworkLatencyRequest", text);
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  const auto delay = body.number("DelayMilliseconds", "uint64", kMost);
  const auto jitter = body.number("JitterMilliseconds", "uint64", kMost);
  const Reach reach{body.texts("Sources"), body.texts("SourcesToFilter"),
                    body.percent("FlowsPercent")};
  if (!body.error().empty()) return tl::unexpected(body.error());
  if (!delay) return tl::unexpected(missing("DelayMilliseconds"));
  if (!jitter) return tl::unexpected(missing("JitterMilliseconds"));
  if (!reach.sources || reach.sources->empty()) return tl::unexpected(missing("Sources"));
  if (*delay == 0 && *jitter == 0)
    return tl::unexpected(
        std::string("required either DelayMilliseconds or JitterMilliseconds to be non-zero"));
  if (too_long(*delay)) return tl::unexpected(invalid(std::to_string(*delay), "DelayMilliseconds"));
  if (too_long(*jitter))
    return tl::unexpected(invalid(std::to_string(*jitter), "JitterMilliseconds"));
  Impairment fault;
  fault.delay = std::chrono::milliseconds(*delay);
  fault.jitter = std::chrono::milliseconds(*jitter);
  if (auto wrong = put_reach(reach, fault); !wrong.empty()) return tl::unexpected(std::move(wrong));
  return fault;
}

Parsed<Impairment> loss(const std::string& text) {
  Body body("NetworkPacketLossRequest", text);
  const auto percent = body.percent("LossPercent");
  const Reach reach{body.texts("Sources"), body.texts("SourcesToFilter"),
                    body.percent("FlowsPercent")};
  if (!body.error().empty()) return tl::unexpected(body.error());
  if (!percent) return tl::unexpected(missing("LossPercent"));
  if (!reach.sources || reach.sources->empty()) return tl::unexpected(missing("Sources"));
  if (*percent < 1 || *percent > 100)
    return tl::unexpected(invalid(std::to_string(*percent), "LossPercent"));
  Impairment fault;
  fault.kind = Impairment::Kind::kLoss;
  fault.loss_percent = static_cast<int>(*percent);
  if (auto wrong = put_reach(reach, fault); !wrong.empty()) return tl::unexpected(std::move(wrong));
  return fault;
}

}  // namespace

Parsed<netns::BlackHole> parse_black_hole(const std::string& text) {
  Body body("NetworkBlackholePortRequest", text);
  const auto port = body.number("Port", "uint16", 65535);
  const auto protocol = body.text("Protocol");
  const auto traffic = body.text("TrafficType");
  const auto spared = body.texts("SourcesToFilter");
  if (!body.error().empty()) return tl::unexpected(body.error());
  if (!port) return tl::unexpected(missing("Port"));
  if (!protocol) return tl::unexpected(missing("Protocol"));
  if (!traffic) return tl::unexpected(missing("TrafficType"));
  if (*protocol != "tcp" && *protocol != "udp")
    return tl::unexpected(invalid(*protocol, "Protocol"));
  if (*traffic != "ingress" && *traffic != "egress")
    return tl::unexpected(invalid(*traffic, "TrafficType"));
  auto others = blocks(spared, "SourcesToFilter");
  if (!others) return tl::unexpected(others.error());
  return netns::BlackHole{*traffic == "ingress", *protocol, static_cast<int>(*port),
                          std::move(*others)};
}

Parsed<Impairment> parse_impairment(Impairment::Kind kind, const std::string& body) {
  return kind == Impairment::Kind::kLatency ? latency(body) : loss(body);
}

}  // namespace drydock::metadata
