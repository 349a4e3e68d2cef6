#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/http/client.h"
#include "logrouter/deflate.h"
#include "logrouter/drivers/drivers_made.h"
#include "logrouter/drivers/writer.h"

// Driver splunk: posts to a HTTP Event Collector, as Docker's and Fargate's driver does.
namespace drydock::logrouter {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

class SplunkWriter final : public LogWriter {
 public:
  SplunkWriter(const LogSource& source, std::string tag)
      : format_(option_or(source.log_options, "splunk-format", "inline")),
        tag_(std::move(tag)),
        gzip_(option_or(source.log_options, "splunk-gzip", "false") == "true") {
    const auto& options = source.log_options;
    std::string url = option_or(options, "splunk-url", "");
    while (url.ends_with('/')) url.pop_back();
    request_.method = "POST";
    request_.url = url + "/services/collector/event/1.0";
    request_.headers = {{"Authorization", "Splunk " + option_or(options, "splunk-token", "")},
                        {"Content-Type", "application/json"}};
    if (gzip_) request_.headers.emplace_back("Content-Encoding", "gzip");
    request_.connect_timeout = std::chrono::seconds(3);
    request_.total_timeout = kPatience;
    request_.max_body = 64u << 10;
    common_["host"] = host_name();
    for (const char* name : {"source", "sourcetype", "index"})
      if (const auto value = option_or(options, std::string("splunk-") + name, ""); !value.empty())
        common_[name] = value;
    for (const auto& [name, value] : extra_attributes(source)) attributes_[name] = value;
  }

  const std::string& address() const override { return request_.url; }
  Answer write(const Batch& batch) override {
    http::ClientRequest request = request_;
    for (const Entry& entry : batch.entries)
      if (entry.stream != Stream::kGap) append(request.body, entry);
    if (request.body.empty()) return {};
    if (gzip_) {
      auto body = deflated(request.body);
      if (!body) return Answer::later(body.error().message);
      request.body = std::move(*body);
    }
    const auto answer = http::fetch(request);
    if (!answer) return Answer::later(answer.error().message);
    if (answer->status == 200) return {};
    const std::string why = request_.url + " answered HTTP " + std::to_string(answer->status) +
                            " " + printable(answer->body);
    // A wrong token may be put right there; a malformed event stays malformed.
    return answer->status == 400 ? Answer::refusal(why) : Answer::later(why);
  }

 private:
  static std::string printable(std::string text) {
    text.resize(std::min<std::size_t>(text.size(), 200));
    for (char& c : text)
      if (c < ' ' || c > '~') c = ' ';
    return text;
  }

  void append(std::string& out, const Entry& entry) const {
    Json event = common_;
    const auto ns = entry.time.time_since_epoch().count();
    char time[40];
    std::snprintf(time, sizeof time, "%lld.%06lld", static_cast<long long>(ns / 1000000000),
                  static_cast<long long>(ns % 1000000000 / 1000));
    event["time"] = time;
    if (format_ == "raw") {
      std::string text = tag_.empty() ? "" : tag_ + " ";
      for (const auto& [name, value] : attributes_.items())
        text += name + "=" + value.get<std::string>() + " ";
      if (entry.text.find_first_not_of(" \t\r") == std::string::npos) return;  // HEC takes no blank
      event["event"] = text + entry.text;
    } else {
      Json line = {{"line", entry.text},
                   {"source", entry.stream == Stream::kStderr ? "stderr" : "stdout"}};
      if (format_ == "json")
        if (auto json = parse_json(entry.text); json && json->is_structured())
          line["line"] = std::move(*json);
      if (!tag_.empty()) line["tag"] = tag_;
      if (!attributes_.empty()) line["attrs"] = attributes_;
      event["event"] = std::move(line);
    }
    out += dump_json(event);
  }

  std::string format_, tag_;
  bool gzip_;
  http::ClientRequest request_;
  Json common_ = Json::object();
  Json attributes_ = Json::object();
};

}  // namespace

Result<std::unique_ptr<Destination>> make_splunk(const DriverRoom& room, const LogSource& source) {
  DRYDOCK_LET(auto tag, log_tag(source));
  Destination::Appetite appetite;
  appetite.entries = 1000;  // as Docker's splunk-logging-driver-post-messages-batch-size
  return written_by(room, std::make_unique<SplunkWriter>(source, std::move(tag)), appetite);
}

}  // namespace drydock::logrouter
