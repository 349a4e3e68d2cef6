#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <map>

#include "base/ids.h"
#include "router/aws.h"
#include "router/output.h"

// Output s3: gathers lines into objects. What is gathered is in memory, as Fluent Bit's is on its
// disk: it is uploaded when it is large or old enough, and at the router's end.
namespace drydock::router {
namespace {

constexpr std::size_t kLargest = 16u << 20;  // of an object, whatever total_file_size says

// "100M", "5m", "1024".
std::size_t size_of(const std::string& text) {
  char* end = nullptr;
  auto n = static_cast<std::size_t>(std::strtoull(text.c_str(), &end, 10));
  const int unit = std::toupper(static_cast<unsigned char>(*end));
  if (unit == 'K') n <<= 10;
  if (unit == 'M') n <<= 20;
  if (unit == 'G') n <<= 30;
  return n;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

// What may stand in an object's path without being encoded.
std::string path_text(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-_.~/").find(c) != std::string_view::npos)
      out += c;
    else
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

class S3Output final : public Output {
 public:
  S3Output(const logrouter::RouterSection& section, http::AwsEndpoint target, Duration age)
      : target_(std::move(target)),
        bucket_(section.get("bucket")),
        format_(value_or(section, "s3_key_format", "/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S")),
        log_key_(section.get("log_key")),
        type_(value_or(section, "content_type", "binary/octet-stream")),
        size_(std::min(size_of(value_or(section, "total_file_size", "100M")), kLargest)),
        age_(age) {}

  Status write(const LogEvents& events) override {
    for (const LogEvent& e : events) {
      Object& object = objects_[e.tag];
      if (object.text.empty()) {
        object.begun = now();
        object.first = e.time;
      }
      object.text += log_key_.empty() ? json_with_time(e, "date", "iso8601") : text_of(e, log_key_);
      object.text += '\n';
    }
    return upload_due(false);
  }
  Status flush(bool end) override { return upload_due(end); }

 private:
  struct Object {
    std::string text;
    Time begun{}, first{};
  };

  Status upload_due(bool all) {
    for (auto at = objects_.begin(); at != objects_.end();) {
      const bool many = objects_.size() > 100;  // tags are an application's
      if (!all && !many && at->second.text.size() < size_ && now() - at->second.begun < age_) {
        ++at;
        continue;
      }
      if (auto done = upload(at->first, at->second); !done) {
        // Kept for the next try; more is taken until it is too much.
        return at->second.text.size() < kLargest && !all ? Status() : done;
      }
      at = objects_.erase(at);
    }
    return {};
  }

  Status upload(const std::string& tag, const Object& object) {
    const std::time_t at =
        std::chrono::duration_cast<std::chrono::seconds>(object.first.time_since_epoch()).count();
    std::tm parts{};
    ::gmtime_r(&at, &parts);
    std::string key = format_;
    const bool unique = key.find("$UUID") != std::string::npos;
    replace_all(key, "$UUID", random_hex(4));
    char text[1024];
    const std::size_t length = std::strftime(text, sizeof text, key.c_str(), &parts);
    key.assign(text, length);
    replace_all(key, "$TAG", tag);
    if (!key.starts_with('/')) key.insert(0, "/");
    if (!unique) key += "-object" + random_hex(4);
    return aws_put(keys_, target_, "/" + path_text(bucket_ + key), object.text, type_);
  }

  TaskKeys keys_;
  http::AwsEndpoint target_;
  std::string bucket_, format_, log_key_, type_;
  std::size_t size_;
  Duration age_;
  std::map<std::string, Object> objects_;  // by tag
};

}  // namespace

Result<std::unique_ptr<Output>> make_s3(const logrouter::RouterSection& section) {
  DRYDOCK_TRY(required(section, "bucket"));
  DRYDOCK_LET(const auto age, parse_duration(value_or(section, "upload_timeout", "10m")));
  if (section.get("compression") == "arrow" || section.get("compression") == "gzip")
    return fail(Errc::kInvalid, "output s3: the built-in log router does not compress (" +
                                    section.get("compression") + ")");
  const std::string region = value_or(section, "region", environment("AWS_REGION"));
  return std::make_unique<S3Output>(
      section, aws_target("s3", region.empty() ? "us-east-1" : region, section.get("endpoint")),
      age);
}

}  // namespace drydock::router
