#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/http/client.h"
#include "logrouter/deflate.h"
#include "router/output.h"

// Output http: posts batches to any address.
namespace drydock::router {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

class HttpOutput final : public Output {
 public:
  explicit HttpOutput(const logrouter::RouterSection& section)
      : format_(value_or(section, "Format", "msgpack")),
        key_(value_or(section, "json_date_key", "date")),
        date_(value_or(section, "json_date_format", "double")),
        gzip_(section.get("compress") == "gzip") {
    std::string uri = value_or(section, "URI", "/");
    if (!uri.starts_with('/')) uri.insert(0, "/");
    const bool tls = is_on(section.get("tls"));
    request_.method = "POST";
    request_.url = std::string(tls ? "https://" : "http://") +
                   value_or(section, "Host", "127.0.0.1") + ":" + value_or(section, "Port", "80") +
                   uri;
    request_.total_timeout = kPatience;
    request_.max_body = 64u << 10;
    const bool json = format_ == "json" || format_ == "json_stream";
    request_.headers = {{"Content-Type", format_ == "msgpack" ? "application/msgpack"
                                         : json               ? "application/json"
                                                              : "application/x-ndjson"}};
    if (gzip_) request_.headers.emplace_back("Content-Encoding", "gzip");
    if (const std::string header = section.get("Header"); !header.empty()) {
      const auto space = header.find(' ');
      request_.headers.emplace_back(header.substr(0, space),
                                    space == std::string::npos ? "" : header.substr(space + 1));
    }
    if (const std::string user = section.get("http_User"); !user.empty())
      request_.headers.emplace_back("Authorization",
                                    "Basic " + base64(user + ":" + section.get("http_Passwd")));
  }

  Status write(const LogEvents& events) override {
    http::ClientRequest request = request_;
    request.body = body(events);
    if (gzip_) {
      DRYDOCK_LET(request.body, logrouter::deflated(request.body));
    }
    DRYDOCK_LET(const auto answer, http::fetch(request));
    if (answer.status >= 200 && answer.status < 206) return {};
    const std::string what = request.url + " answered HTTP " + std::to_string(answer.status);
    // As Fluent Bit: a client's mistake is not repeated, but for being too fast or too slow.
    const bool never =
        answer.status >= 400 && answer.status < 500 && answer.status != 408 && answer.status != 429;
    return fail(never ? Errc::kInvalid : Errc::kBusy, what);
  }

 private:
  std::string body(const LogEvents& events) const {
    std::string out;
    if (format_ == "msgpack") {
      for (const LogEvent& e : events) {
        const auto ns = static_cast<std::uint64_t>(e.time.time_since_epoch().count());
        out += "\x92\xd7";
        out += '\0';
        for (const std::uint64_t part : {ns / 1000000000, ns % 1000000000})
          for (int shift = 24; shift >= 0; shift -= 8)
            out += static_cast<char>(part >> shift & 0xff);
        out += e.record;
      }
      return out;
    }
    const bool list = format_ == "json";
    for (const LogEvent& e : events) {
      if (list) out += out.empty() ? "[" : ",";
      out += json_with_time(e, key_, date_);
      if (format_ == "json_lines") out += "\n";
    }
    return list ? out + "]" : out;
  }

  std::string format_, key_, date_;
  bool gzip_;
  http::ClientRequest request_;
};

}  // namespace

Result<std::unique_ptr<Output>> make_http(const logrouter::RouterSection& section) {
  const std::string format = value_or(section, "Format", "msgpack");
  if (format != "msgpack" && format != "json" && format != "json_lines" && format != "json_stream")
    return fail(Errc::kInvalid, "output http: Format " + format +
                                    " is not one of msgpack, json, json_lines and json_stream");
  if (is_on(section.get("tls")) && !section.get("tls.verify").empty() &&
      !is_on(section.get("tls.verify")))
    return fail(Errc::kInvalid,
                "output http: the built-in log router always verifies (tls.verify Off)");
  return std::make_unique<HttpOutput>(section);
}

}  // namespace drydock::router
