#include "runtime/s3_objects.h"

namespace drydock::runtime {
namespace {

constexpr std::string_view kService = ":s3:::";

bool leaves_folder(const std::string& key) {
  return ("/" + key + "/").find("/../") != std::string::npos || key.find('\0') != std::string::npos;
}

}  // namespace

std::optional<std::string> s3_object_name(std::string_view text) {
  if (text.starts_with("arn:")) {
    const std::size_t at = text.find(kService);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + kService.size());
  }
  if (text.empty() || text.front() == '/') return std::nullopt;
  std::string name(text);
  if (name.find('/') == std::string::npos) name += '/';  // the whole bucket
  return name;
}

Result<std::string> s3_object_file(const S3Objects& objects, const std::string& name) {
  if (name.ends_with('/')) return fail(Errc::kNotFound, "it names a folder, and no object");
  if (const auto exact = objects.find(name); exact != objects.end()) return exact->second;
  for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
       slash = name.rfind('/', slash - 1)) {
    const auto folder = objects.find(name.substr(0, slash + 1));
    if (folder == objects.end()) continue;
    const std::string key = name.substr(slash + 1);
    if (leaves_folder(key))
      return fail(Errc::kInvalid, "the key of " + name + " leads out of " + folder->second);
    return folder->second + "/" + key;
  }
  return fail(Errc::kNotFound, "no file of this machine stands for it");
}

Result<std::string> s3_file(const S3Objects& own, const S3Objects& configured,
                            const std::string& arn) {
  const auto name = s3_object_name(arn);
  if (!name) return fail(Errc::kInvalid, "invalid ARN");
  auto file = s3_object_file(own, *name);
  if (file || file.error().code != Errc::kNotFound) return file;
  return s3_object_file(configured, *name);
}

}  // namespace drydock::runtime
