// What registries and configuration files say, read by everything that reads such text. Properties:
// sizes stay bounded, text for people has no control characters, a token can not end its header.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "images/credentials/config_file.h"
#include "images/registry/answer.h"
#include "images/registry/challenge.h"
#include "images/registry/document.h"
#include "images/registry/url.h"

namespace {

using namespace drydock::images;

void require(bool fact) {
  if (!fact) std::abort();
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void read_answers(const std::string& text) {
  const registry::Answer answer{400, {{"retry-after", text}}, text};
  const auto error = registry::error_of_answer(answer, "x");
  require(!has_control(error.message) && error.message.size() < 4000);
  if (const auto token = registry::parse_token(text))
    require(!has_control(token->text) && token->text.find(' ') == std::string::npos);
  if (const auto range = registry::parse_content_range(text)) require(range->first <= range->last);
  if (const auto wait = registry::parse_retry_after(text, 0)) require(wait->count() >= 0);
  if (const auto document = registry::check_document(text, "", ""))
    require(document->text == text && is_digest(document->digest));
}

void read_addresses(const std::string& text) {
  for (const auto& challenge : registry::parse_challenges(text))
    require(!challenge.scheme.empty() && challenge.parameters.size() <= 16);
  const auto base = registry::parse_url("https://registry.example/v2/");
  for (const auto& url : {registry::parse_url(text), registry::resolve_url(*base, text)}) {
    if (!url) continue;
    require(url->scheme == "http" || url->scheme == "https");
    require(url->port > 0 && url->port < 65536 && url->host.find('/') == std::string::npos);
    require(url->shown().find('?') == std::string::npos);
  }
}

void read_configuration(const std::string& text) {
  namespace c = credentials;
  if (const auto file = c::parse_config_file(text)) {
    require(file->store.find('/') == std::string::npos);
    for (const auto& [key, helper] : file->helpers) {
      require(helper.find('/') == std::string::npos && c::find_helper(*file, key) != "/");
      require(c::normal_key(c::normal_key(key)) == c::normal_key(key));
    }
    for (const auto& [key, login] : file->auths) require(!login.empty());
    (void)c::find_credentials(*file, "docker.io", "library/busybox");
  }
  (void)c::find_credentials({}, text, text);
  (void)c::parse_helper_answer(text);
  if (const auto plain = drydock::decode_base64(text)) (void)c::split_login(*plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_answers(text);
  read_addresses(text);
  read_configuration(text);
  return 0;
}
