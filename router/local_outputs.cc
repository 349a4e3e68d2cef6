#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "router/output.h"

// Outputs that stay in the router's container: its standard output and files.
namespace drydock::router {
namespace {

// As Fluent Bit shows a map: {"log"=>"hi"}.
std::string shown(const Json& value) {
  if (value.is_object()) {
    std::string out = "{";
    for (const auto& [name, member] : value.items())
      out += (out.size() > 1 ? ", " : "") + dump_json(name) + "=>" + shown(member);
    return out + "}";
  }
  if (value.is_array()) {
    std::string out = "[";
    for (const auto& member : value) out += (out.size() > 1 ? ", " : "") + shown(member);
    return out + "]";
  }
  return dump_json(value);
}

std::string seconds(Time at) {
  const auto ns = at.time_since_epoch().count();
  std::string fraction = std::to_string(ns % 1000000000);
  return std::to_string(ns / 1000000000) + "." + std::string(9 - fraction.size(), '0') + fraction;
}

class StdoutOutput final : public Output {
 public:
  explicit StdoutOutput(const logrouter::RouterSection& section)
      : format_(value_or(section, "Format", "msgpack")),
        key_(value_or(section, "json_date_key", "date")),
        date_(value_or(section, "json_date_format", "double")) {}

  Status write(const LogEvents& events) override {
    std::string out;
    std::size_t number = 0;
    for (const LogEvent& e : events) {
      if (format_ == "msgpack")
        out += "[" + std::to_string(number++) + "] " + e.tag + ": [[" + seconds(e.time) +
               ", {}], " + shown(unpacked(e)) + "]\n";
      else
        out += json_with_time(e, key_, date_) + "\n";
    }
    return write_all(STDOUT_FILENO, out);
  }

 private:
  std::string format_, key_, date_;
};

// <Path>/<File>, or one named as the tag.
class FileOutput final : public Output {
 public:
  explicit FileOutput(const logrouter::RouterSection& section)
      : folder_(section.get("Path")),
        file_(section.get("File")),
        plain_(section.get("Format") == "plain"),
        mkdir_(is_on(section.get("Mkdir"))) {}

  Status write(const LogEvents& events) override {
    for (std::size_t i = 0; i < events.size();) {
      std::string out;
      const std::string& tag = events[i].tag;
      for (; i < events.size() && events[i].tag == tag; ++i) {
        const std::string json = dump_json(unpacked(events[i]));
        out += plain_ ? json + "\n" : tag + ": [" + seconds(events[i].time) + ", " + json + "]\n";
      }
      DRYDOCK_TRY(append(tag, out));
    }
    return {};
  }

 private:
  Status append(const std::string& tag, const std::string& text) const {
    std::string name = file_.empty() ? tag : file_;
    if (file_.empty())  // the tag is an application's
      for (char& c : name)
        if (c == '/') c = '_';
    const std::string folder = folder_.empty() ? "." : folder_;
    if (mkdir_) DRYDOCK_TRY(make_dirs(folder));
    const std::string path = folder + "/" + name;
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!fd) return fail_errno("open " + path);
    return write_all(fd.get(), text);
  }

  std::string folder_, file_;
  bool plain_, mkdir_;
};

}  // namespace

Result<std::unique_ptr<Output>> make_stdout(const logrouter::RouterSection& section) {
  const std::string format = value_or(section, "Format", "msgpack");
  if (format != "msgpack" && format != "json" && format != "json_lines")
    return fail(Errc::kInvalid,
                "output stdout: Format " + format + " is not one of msgpack, json_lines and json");
  return std::make_unique<StdoutOutput>(section);
}

Result<std::unique_ptr<Output>> make_file(const logrouter::RouterSection& section) {
  const std::string format = value_or(section, "Format", "out_file");
  if (format != "out_file" && format != "plain")
    return fail(Errc::kInvalid,
                "output file: Format " + format + " is not one of out_file and plain");
  if (section.get("File").find('/') != std::string::npos)
    return fail(Errc::kInvalid, "output file: File " + section.get("File") +
                                    " must be a name; its folder is the option Path");
  return std::make_unique<FileOutput>(section);
}

}  // namespace drydock::router
