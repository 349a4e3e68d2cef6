#include "images/entry_plan.h"

#include <algorithm>

namespace drydock::images {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kUnionBookkeeping = ".wh..wh.";

std::string shown(std::string_view path) {
  std::string text(path.substr(0, 200));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

Result<std::string> clean_path(std::string_view path) {
  if (path.find('\0') != path.npos) return fail(Errc::kInvalid, "a name with a zero byte");
  std::string clean;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (clean.empty())
        return fail(Errc::kInvalid, "'" + shown(path) + "' leads out of the layer");
      const std::size_t slash = clean.rfind('/');
      clean.erase(slash == std::string::npos ? 0 : slash);
      continue;
    }
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

Result<EntryPlan> plan_entry(std::string_view pathname) {
  DRYDOCK_LET(std::string path, clean_path(pathname));
  if (path.empty()) return EntryPlan{EntryKind::kRoot, ""};
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.starts_with(kWhiteout)) {
    // A folder on the way that is named like a whiteout: nothing legal looks so.
    if (path.starts_with(kWhiteout) || path.find("/.wh.") != std::string::npos)
      return EntryPlan{EntryKind::kSkip, path};
    return EntryPlan{EntryKind::kCreate, path};
  }
  if (parent.starts_with(kWhiteout) || parent.find("/.wh.") != std::string::npos)
    return EntryPlan{EntryKind::kSkip, path};
  if (name == kOpaque) return EntryPlan{EntryKind::kOpaque, parent};
  if (name.starts_with(kUnionBookkeeping)) return EntryPlan{EntryKind::kSkip, path};
  const std::string gone = name.substr(kWhiteout.size());
  if (gone.empty() || gone == "." || gone == "..")
    return fail(Errc::kInvalid, "'" + shown(pathname) + "' is a whiteout of nothing");
  return EntryPlan{EntryKind::kWhiteout, parent.empty() ? gone : parent + "/" + gone};
}

bool keeps_xattr(std::string_view name) {
  if (name.starts_with("trusted.overlay.")) return false;
  return name.starts_with("user.") || name.starts_with("trusted.") ||
         name == "security.capability" || name == "system.posix_acl_access" ||
         name == "system.posix_acl_default";
}

}  // namespace drydock::images
