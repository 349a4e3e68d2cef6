#include <syslog.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>

#include "logrouter/drivers/drivers_made.h"
#include "logrouter/drivers/writer.h"

// Driver syslog: RFC 3164 and RFC 5424 over UDP, TCP and unix sockets, as Docker words them.
namespace drydock::logrouter {
namespace {

// "Mar  1 08:15:04", in local time as syslog has it.
std::string stamp(Time at) {
  const std::time_t t =
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  std::tm parts{};
  ::localtime_r(&t, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%b %e %H:%M:%S", &parts);
  return text.data();
}

class SyslogWriter final : public LogWriter {
 public:
  SyslogWriter(const LogAddress& address, const LogOptions& options, std::string tag, int facility)
      : socket_(address),
        format_(option_or(options, "syslog-format", "")),
        tag_(std::move(tag)),
        host_(host_name()),
        pid_(std::to_string(::getpid())),
        facility_(facility),
        local_(!address.path.empty()) {}

  const std::string& address() const override { return socket_.name(); }
  Answer write(const Batch& batch) override {
    std::size_t sent = 0;
    std::string together;
    for (const Entry& entry : batch.entries) {
      if (entry.stream != Stream::kGap) {
        const std::string message = text_of(entry) + "\n";
        if (!socket_.is_datagram()) {
          together += message;
        } else if (auto done = socket_.send(message); !done) {
          // A line that no datagram can hold.
          if (done.error().sys == EMSGSIZE)
            return {Answer::Kind::kRefused, sent, 1, done.error().message, {}};
          return Answer::later(done.error().message, sent);
        }
      }
      ++sent;
    }
    if (auto done = socket_.send(together); !done) return Answer::later(done.error().message);
    return {};
  }

 private:
  std::string text_of(const Entry& entry) const {
    const int severity = entry.stream == Stream::kStderr ? LOG_ERR : LOG_INFO;
    const std::string priority = "<" + std::to_string(facility_ | severity) + ">";
    const std::string time = rfc3339_nano(entry.time);
    if (format_ == "rfc5424")
      return priority + "1 " + time.substr(0, 19) + "Z " + host_ + " " + tag_ + " " + pid_ + " " +
             tag_ + " - " + entry.text;
    if (format_ == "rfc5424micro")
      return priority + "1 " + time.substr(0, 26) + "Z " + host_ + " " + tag_ + " " + pid_ + " " +
             tag_ + " - " + entry.text;
    const std::string who = tag_ + "[" + pid_ + "]: " + entry.text;
    if (format_ == "rfc3164") return priority + stamp(entry.time) + " " + host_ + " " + who;
    // Docker's own: without the host to the local daemon, with a time of RFC 3339 to others.
    if (local_) return priority + stamp(entry.time) + " " + who;
    return priority + time.substr(0, 19) + "Z " + host_ + " " + who;
  }

  LogSocket socket_;
  std::string format_, tag_, host_, pid_;
  int facility_;
  bool local_;
};

}  // namespace

Result<std::unique_ptr<Destination>> make_syslog(const DriverRoom& room, const LogSource& source) {
  DRYDOCK_LET(auto address, taskdef::syslog_address(source.log_options));
  DRYDOCK_LET(const int facility, taskdef::syslog_facility(source.log_options));
  DRYDOCK_LET(auto tag, log_tag(source));
  return written_by(room, std::make_unique<SyslogWriter>(std::move(address), source.log_options,
                                                         std::move(tag), facility));
}

}  // namespace drydock::logrouter
