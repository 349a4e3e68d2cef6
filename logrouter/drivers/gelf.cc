#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "logrouter/deflate.h"
#include "logrouter/drivers/drivers_made.h"
#include "logrouter/drivers/writer.h"

// Driver gelf: Graylog's messages over UDP (compressed, in chunks) and TCP.
namespace drydock::logrouter {
namespace {

constexpr std::size_t kChunk = 1420;  // bytes of a datagram, as Docker's
constexpr std::size_t kChunkHead = 12;
constexpr std::size_t kMostChunks = 128;

class GelfWriter final : public LogWriter {
 public:
  GelfWriter(LogAddress address, const LogSource& source, const std::string& tag)
      : socket_(std::move(address)),
        compression_(option_or(source.log_options, "gelf-compression-type", "gzip")),
        level_(std::atoi(option_or(source.log_options, "gelf-compression-level", "1").c_str())) {
    common_["version"] = "1.1";
    common_["host"] = host_name();
    common_["_container_id"] = source.runtime_id;
    common_["_container_name"] = source.container;
    common_["_image_name"] = source.image;
    common_["_tag"] = tag;
    for (const auto& [name, value] : extra_attributes(source)) common_["_" + name] = value;
  }

  const std::string& address() const override { return socket_.name(); }
  Answer write(const Batch& batch) override {
    std::size_t sent = 0;
    for (const Entry& entry : batch.entries) {
      if (entry.stream != Stream::kGap && !entry.text.empty())
        if (auto done = send(entry); !done) {
          if (done.error().code == Errc::kInvalid)
            return {Answer::Kind::kRefused, sent, 1, done.error().message, {}};
          return Answer::later(done.error().message, sent);
        }
      ++sent;
    }
    return {};
  }

 private:
  Status send(const Entry& entry) {
    Json message = common_;
    message["short_message"] = entry.text;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(entry.time.time_since_epoch());
    message["timestamp"] = static_cast<double>(ms.count()) / 1000;
    message["level"] = entry.stream == Stream::kStderr ? 3 : 6;
    std::string text = dump_json(message);
    if (!socket_.is_datagram()) return socket_.send(text + '\0');
    if (compression_ != "none") {
      DRYDOCK_LET(
          text, deflated(text, compression_ == "gzip" ? Wrapping::kGzip : Wrapping::kZlib, level_));
    }
    return send_datagrams(text);
  }

  Status send_datagrams(std::string_view text) {
    if (text.size() <= kChunk) return socket_.send(text);
    const std::size_t room = kChunk - kChunkHead;
    const std::size_t count = (text.size() + room - 1) / room;
    if (count > kMostChunks)
      return fail(Errc::kInvalid, "a line takes more than 128 datagrams of GELF");
    std::string id;
    for (const std::string digits = random_hex(8); id.size() < 8;)
      id += static_cast<char>(std::stoi(digits.substr(2 * id.size(), 2), nullptr, 16));
    for (std::size_t i = 0; i < count; ++i) {
      std::string chunk = "\x1e\x0f" + id;
      chunk += static_cast<char>(i);
      chunk += static_cast<char>(count);
      DRYDOCK_TRY(socket_.send(chunk += text.substr(i * room, room)));
    }
    return {};
  }

  LogSocket socket_;
  std::string compression_;
  int level_;
  Json common_ = Json::object();
};

}  // namespace

Result<std::unique_ptr<Destination>> make_gelf(const DriverRoom& room, const LogSource& source) {
  DRYDOCK_LET(auto address, taskdef::gelf_address(source.log_options));
  DRYDOCK_LET(const auto tag, log_tag(source));
  return written_by(room, std::make_unique<GelfWriter>(std::move(address), source, tag));
}

}  // namespace drydock::logrouter
