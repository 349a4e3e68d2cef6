#include <nlohmann/json.hpp>

#include "logrouter/drivers/drivers_made.h"
#include "logrouter/drivers/writer.h"

// Driver fluentd: the Forward protocol over TCP or a unix socket.
namespace drydock::logrouter {
namespace {

void append_packed(std::string& out, const Json& value) {
  const auto bytes = Json::to_msgpack(value);
  out.append(bytes.begin(), bytes.end());
}

class FluentdWriter final : public LogWriter {
 public:
  FluentdWriter(LogAddress address, const LogSource& source, std::string tag)
      : socket_(std::move(address)),
        tag_(std::move(tag)),
        exact_(option_or(source.log_options, "fluentd-sub-second-precision", "false") == "true") {
    common_["container_id"] = source.runtime_id;
    common_["container_name"] = "/" + source.container;
    for (const auto& [name, value] : extra_attributes(source)) common_[name] = value;
  }

  const std::string& address() const override { return socket_.name(); }
  Answer write(const Batch& batch) override {
    std::string entries;
    for (const Entry& entry : batch.entries)
      if (entry.stream != Stream::kGap) append(entries, entry);
    if (entries.empty()) return {};
    std::string message = "\x92";
    append_packed(message, tag_);
    append_packed(message, Json::binary({entries.begin(), entries.end()}));
    if (auto sent = socket_.send(message); !sent) return Answer::later(sent.error().message);
    return {};
  }

 private:
  void append(std::string& out, const Entry& entry) const {
    const auto ns = static_cast<std::uint64_t>(entry.time.time_since_epoch().count());
    out += '\x92';
    if (exact_) {
      out += std::string("\xd7\0", 2);
      for (const std::uint64_t part : {ns / 1000000000, ns % 1000000000})
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(part >> shift & 0xff);
    } else {
      append_packed(out, ns / 1000000000);
    }
    Json record = common_;
    record["source"] = entry.stream == Stream::kStderr ? "stderr" : "stdout";
    record["log"] = entry.text;
    if (entry.partial) record["partial_message"] = "true";
    append_packed(out, record);
  }

  LogSocket socket_;
  std::string tag_;
  bool exact_;
  Json common_ = Json::object();
};

}  // namespace

Result<std::unique_ptr<Destination>> make_fluentd(const DriverRoom& room, const LogSource& source) {
  DRYDOCK_LET(auto address, taskdef::fluentd_address(source.log_options));
  DRYDOCK_LET(auto tag, log_tag(source));
  return written_by(room,
                    std::make_unique<FluentdWriter>(std::move(address), source, std::move(tag)));
}

}  // namespace drydock::logrouter
