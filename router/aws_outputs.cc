#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/base64.h"
#include "base/ids.h"
#include "router/aws.h"
#include "router/output.h"

// Outputs to services of AWS, or to what stands in for them.
namespace drydock::router {
namespace {

constexpr std::size_t kLogsBatch = 1000000;    // CloudWatch Logs takes 1,048,576 bytes
constexpr std::size_t kLogsEvent = 262118;     // 256 KiB with its 26 bytes of overhead
constexpr std::size_t kStreamBatch = 3000000;  // Kinesis takes 5 MiB, Firehose 4
constexpr std::size_t kStreamRecords = 500;

std::string without_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

bool is_code(const Error& error, std::string_view code) { return error.message.starts_with(code); }

class CloudWatchOutput final : public Output {
 public:
  CloudWatchOutput(const logrouter::RouterSection& section, http::AwsEndpoint target)
      : target_(std::move(target)),
        group_(section.get("log_group_name")),
        stream_(section.get("log_stream_name")),
        prefix_(section.get("log_stream_prefix")),
        log_key_(section.get("log_key")),
        create_group_(is_on(section.get("auto_create_group"))),
        retention_(std::atoi(section.get("log_retention_days").c_str())) {}

  Status write(const LogEvents& events) override {
    std::map<std::string, std::vector<const LogEvent*>> streams;
    for (const LogEvent& e : events)
      streams[stream_.empty() ? prefix_ + e.tag : stream_].push_back(&e);
    for (auto& [stream, list] : streams) {
      // PutLogEvents wants them by time.
      std::stable_sort(list.begin(), list.end(),
                       [](const auto* a, const auto* b) { return a->time < b->time; });
      DRYDOCK_TRY(put(stream, list));
    }
    return {};
  }

 private:
  Status put(const std::string& stream, const std::vector<const LogEvent*>& list) {
    Json batch = Json::array();
    std::size_t bytes = 0;
    for (const LogEvent* e : list) {
      std::string text = text_of(*e, log_key_);
      if (text.empty()) continue;  // the service takes no empty message
      if (text.size() > kLogsEvent) text.resize(kLogsEvent);
      if (bytes + text.size() + 26 > kLogsBatch) {
        DRYDOCK_TRY(send(stream, batch));
        batch = Json::array();
        bytes = 0;
      }
      bytes += text.size() + 26;
      batch.push_back({{"timestamp", e->time.time_since_epoch().count() / 1000000},
                       {"message", std::move(text)}});
    }
    return batch.empty() ? Status() : send(stream, batch);
  }

  Status send(const std::string& stream, const Json& batch) {
    const Json input = {{"logGroupName", group_}, {"logStreamName", stream}, {"logEvents", batch}};
    if (!known_.contains(stream)) DRYDOCK_TRY(make_stream(stream));
    auto sent = call("PutLogEvents", input);
    if (sent) return {};
    if (is_code(sent.error(), "ResourceNotFoundException")) known_.erase(stream);
    return tl::unexpected(std::move(sent.error()));
  }

  Status make_stream(const std::string& stream) {
    const Json input = {{"logGroupName", group_}, {"logStreamName", stream}};
    auto made = call("CreateLogStream", input);
    if (!made && create_group_ && is_code(made.error(), "ResourceNotFoundException")) {
      if (auto group = call("CreateLogGroup", {{"logGroupName", group_}});
          !group && !is_code(group.error(), "ResourceAlreadyExistsException"))
        return tl::unexpected(std::move(group.error()));
      if (retention_ > 0)
        DRYDOCK_TRY(call("PutRetentionPolicy",
                         {{"logGroupName", group_}, {"retentionInDays", retention_}}));
      made = call("CreateLogStream", input);
    }
    if (!made && !is_code(made.error(), "ResourceAlreadyExistsException"))
      return tl::unexpected(std::move(made.error()));
    if (known_.size() > 10000) known_.clear();  // tags are an application's
    known_.insert(stream);
    return {};
  }

  Result<Json> call(const std::string& operation, const Json& input) {
    return aws_call(keys_, target_, "Logs_20140328." + operation, input);
  }

  TaskKeys keys_;
  http::AwsEndpoint target_;
  std::string group_, stream_, prefix_, log_key_;
  std::set<std::string> known_;  // streams that exist
  bool create_group_;
  int retention_;
};

// Kinesis and Firehose: lists of records in base64, of which some may be refused.
class StreamOutput final : public Output {
 public:
  struct Kind {
    std::string operation, stream_member, failed_member, answers_member, stream;
    bool keys = false;
  };
  StreamOutput(const logrouter::RouterSection& section, http::AwsEndpoint target, Kind kind)
      : target_(std::move(target)),
        kind_(std::move(kind)),
        log_key_(section.get("log_key")),
        time_key_(section.get("time_key")),
        partition_key_(section.get("partition_key")) {}

  std::size_t most() const override { return kStreamRecords; }

  Status write(const LogEvents& events) override {
    Json batch = Json::array();
    std::size_t bytes = 0;
    for (const LogEvent& e : events) {
      std::string text =
          log_key_.empty() ? json_with_time(e, time_key_, "iso8601") : text_of(e, log_key_);
      text = without_line_end(std::move(text)) + "\n";
      Json record = {{"Data", base64(text)}};
      if (kind_.keys) record["PartitionKey"] = partition(e);
      bytes += text.size();
      batch.push_back(std::move(record));
      if (bytes < kStreamBatch && batch.size() < kStreamRecords) continue;
      DRYDOCK_TRY(send(std::move(batch)));
      batch = Json::array();
      bytes = 0;
    }
    return batch.empty() ? Status() : send(std::move(batch));
  }

 private:
  std::string partition(const LogEvent& e) const {
    std::string key = partition_key_.empty() ? std::string() : text_of(e, partition_key_);
    return key.empty() ? random_hex(8) : key.substr(0, 256);
  }

  // What was not taken is sent again, a few times before all comes again.
  Status send(Json batch) {
    for (int tries = 0; tries < 4; ++tries) {
      DRYDOCK_LET(const Json answer,
                  aws_call(keys_, target_, kind_.operation,
                           {{kind_.stream_member, kind_.stream}, {"Records", batch}}));
      if (json_int(answer, kind_.failed_member) == 0) return {};
      const Json* results = json_find(answer, kind_.answers_member);
      Json again = Json::array();
      for (std::size_t i = 0; results && i < batch.size() && i < results->size(); ++i)
        if (!json_string((*results)[i], "ErrorCode").empty()) again.push_back(batch[i]);
      if (again.empty()) return {};
      batch = std::move(again);
    }
    return fail(Errc::kBusy, kind_.stream + " takes " + std::to_string(batch.size()) +
                                 " records not at the moment");
  }

  TaskKeys keys_;
  http::AwsEndpoint target_;
  Kind kind_;
  std::string log_key_, time_key_, partition_key_;
};

Result<http::AwsEndpoint> target_of(const logrouter::RouterSection& section,
                                    const std::string& service) {
  std::string region = section.get("region");
  if (region.empty()) region = environment("AWS_REGION");
  if (region.empty())
    return fail(Errc::kInvalid, "output " + section.get("Name") + " needs the option region");
  return aws_target(service, region, section.get("endpoint"));
}

}  // namespace

Result<std::unique_ptr<Output>> make_cloudwatch(const logrouter::RouterSection& section) {
  DRYDOCK_LET(auto target, target_of(section, "logs"));
  DRYDOCK_TRY(required(section, "log_group_name"));
  if (section.get("log_stream_name").empty() && section.get("log_stream_prefix").empty())
    return fail(Errc::kInvalid, "output " + section.get("Name") +
                                    " needs the option log_stream_prefix or log_stream_name");
  return std::make_unique<CloudWatchOutput>(section, std::move(target));
}

Result<std::unique_ptr<Output>> make_kinesis(const logrouter::RouterSection& section) {
  DRYDOCK_LET(auto target, target_of(section, "kinesis"));
  DRYDOCK_LET(auto stream, required(section, "stream"));
  return std::make_unique<StreamOutput>(
      section, std::move(target),
      StreamOutput::Kind{"Kinesis_20131202.PutRecords", "StreamName", "FailedRecordCount",
                         "Records", std::move(stream), true});
}

Result<std::unique_ptr<Output>> make_firehose(const logrouter::RouterSection& section) {
  DRYDOCK_LET(auto target, target_of(section, "firehose"));
  DRYDOCK_LET(auto stream, required(section, "delivery_stream"));
  return std::make_unique<StreamOutput>(
      section, std::move(target),
      StreamOutput::Kind{"Firehose_20150804.PutRecordBatch", "DeliveryStreamName", "FailedPutCount",
                         "RequestResponses", std::move(stream), false});
}

}  // namespace drydock::router
