#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace drydock::netns::dns {

// A domain name as on the wire, never compressed: each label behind its length, a zero at the end;
// at most 255 bytes. The root is one zero.
using Name = std::string;

inline constexpr std::size_t kMaxName = 255;
inline constexpr std::size_t kMaxLabel = 63;

// "web.default.local", with or without a dot at the end. Nothing when a label is empty or too long.
std::optional<Name> name_of(std::string_view text);
// For people and logs: lower case, no dot at the end, "\ddd" for what is no plain character; the
// root is ".".
std::string text_of(const Name& name);
// In lower case (ASCII only), for comparing: DNS names don't tell case.
Name folded(Name name);
// Is `name` the zone itself or below it? Both folded.
bool is_within(const Name& name, const Name& zone);

}  // namespace drydock::netns::dns
