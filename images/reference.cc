#include "images/reference.h"

#include <algorithm>
#include <optional>

namespace drydock::images {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxTag = 128;
constexpr std::size_t kMaxText = 1024;
constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubLibrary = "library/";

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower_or_digit(char c) { return lower(c) || digit(c); }

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, 200));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return shown;
}

// Letters and digits, joined by one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view part) {
  if (part.empty() || !lower_or_digit(part.front()) || !lower_or_digit(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    if (lower_or_digit(part[i])) {
      ++i;
      continue;
    }
    const std::size_t end = std::min(part.find_first_not_of(part[i], i), part.size());
    const std::size_t run = end - i;
    const bool legal =
        part[i] == '-' || (part[i] == '.' && run == 1) || (part[i] == '_' && run <= 2);
    if (!legal || !lower_or_digit(part[end])) return false;
    i = end;
  }
  return true;
}

bool is_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), digit))
    return false;
  int value = 0;
  for (char c : port) value = value * 10 + (c - '0');
  return value >= 1 && value <= 65535;
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t end = std::min(host.find('.', at), host.size());
    const std::string_view label = host.substr(at, end - at);
    const auto legal = [](char c) { return lower_or_digit(c) || upper(c) || c == '-'; };
    if (label.empty() || label.front() == '-' || label.back() == '-' ||
        !std::all_of(label.begin(), label.end(), legal))
      return false;
    at = end + 1;
  }
  return true;
}

bool is_registry(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || (bracket != text.npos && colon < bracket)) return is_host(text);
  return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

bool is_tag(std::string_view tag) {
  const auto word = [](char c) { return lower_or_digit(c) || upper(c) || c == '_'; };
  return !tag.empty() && tag.size() <= kMaxTag && word(tag.front()) &&
         std::all_of(tag.begin(), tag.end(),
                     [&](char c) { return word(c) || c == '.' || c == '-'; });
}

// The first part names a registry when it cannot be a repository of Docker Hub.
std::optional<std::string_view> registry_part(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == name.npos) return std::nullopt;
  const std::string_view first = name.substr(0, slash);
  if (first == "localhost" || first.find_first_of(".:") != first.npos ||
      std::any_of(first.begin(), first.end(), upper))
    return first;
  return std::nullopt;
}

Status check_repository(std::string_view repository, const std::string& shown) {
  for (std::size_t at = 0; at <= repository.size();) {
    const std::size_t end = std::min(repository.find('/', at), repository.size());
    const std::string_view part = repository.substr(at, end - at);
    if (!is_path_component(part)) {
      std::string why =
          "'" + printable(part) + "' in the image name '" + shown + "' is not allowed: ";
      if (std::any_of(part.begin(), part.end(), upper))
        why += "a repository name must be lower case";
      else
        why += "use lower-case letters and digits, joined by '.', '_', '__' or '-'";
      return fail(Errc::kInvalid, why);
    }
    at = end + 1;
  }
  return {};
}

}  // namespace

std::string Reference::name() const { return registry + "/" + repository; }

std::string Reference::text() const {
  return name() + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest);
}

std::string Reference::familiar() const {
  // "docker.io/host.example/a" without its registry would read as one of host.example.
  if (registry != kHub || registry_part(repository)) return text();
  std::string short_text = text().substr(kHub.size() + 1);
  const bool official = repository.starts_with(kHubLibrary) &&
                        repository.find('/', kHubLibrary.size()) == repository.npos;
  if (official) short_text.erase(0, kHubLibrary.size());
  return short_text;
}

bool is_digest(std::string_view text) {
  if (text.size() != 71 || !text.starts_with("sha256:")) return false;
  return text.find_first_not_of("0123456789abcdef", 7) == text.npos;
}

Result<Reference> parse_reference(std::string_view text) {
  if (text.empty()) return fail(Errc::kInvalid, "the image name is empty");
  const std::string shown = printable(text);
  if (text.size() > kMaxText)
    return fail(Errc::kInvalid, "the image name '" + shown + "...' is longer than 1024 characters");
  Reference r;
  if (const std::size_t at = text.find('@'); at != text.npos) {
    r.digest = text.substr(at + 1);
    if (!is_digest(r.digest))
      return fail(Errc::kInvalid, "the digest of the image name '" + shown +
                                      "' must be sha256: and 64 lower-case hex digits");
    text = text.substr(0, at);
  }
  const std::size_t slash = text.rfind('/');
  if (const std::size_t colon = text.rfind(':');
      colon != text.npos && (slash == text.npos || colon > slash)) {
    r.tag = text.substr(colon + 1);
    if (!is_tag(r.tag))
      return fail(Errc::kInvalid,
                  "the tag of the image name '" + shown +
                      "' must be 1 to 128 letters, digits, '_', '.' or '-', and start with "
                      "a letter, a digit or '_'");
    text = text.substr(0, colon);
  }
  r.registry = kHub;
  std::string_view rest = text;
  if (auto registry = registry_part(text)) {
    if (!is_registry(*registry))
      return fail(Errc::kInvalid,
                  "the registry of the image name '" + shown + "' is not a host name or host:port");
    r.registry = *registry == "index.docker.io" ? kHub : *registry;
    rest = text.substr(registry->size() + 1);
  }
  DRYDOCK_TRY(check_repository(rest, shown));
  const bool official = r.registry == kHub && rest.find('/') == rest.npos;
  r.repository = (official ? std::string(kHubLibrary) : "") + std::string(rest);
  if (r.name().size() > kMaxName)
    return fail(Errc::kInvalid,
                "the image name '" + shown + "' is longer than 255 characters without its tag");
  if (r.tag.empty() && r.digest.empty()) r.tag = "latest";
  return r;
}

}  // namespace drydock::images
