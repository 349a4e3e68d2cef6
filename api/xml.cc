#include "api/xml.h"

namespace drydock::api::xml {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (static_cast<unsigned char>(c) >= ' ')
      out += c;
  }
  return out;
}

}  // namespace

std::string element(const std::string& name, const std::string& text) {
  return "<" + name + ">" + escaped(text) + "</" + name + ">";
}

http::Response reply(int status, const std::string& body, const std::string& request_id) {
  return {status, {{"Content-Type", "text/xml"}, {"x-amzn-RequestId", request_id}}, body, {}};
}

}  // namespace drydock::api::xml
