#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::images {

// One whole image, by its manifest's digest.
struct Record {
  std::string media_type;  // of the manifest
  std::string config;      // digest: the image id
  std::string index;       // digest of the multi-platform index it was chosen from, or empty
  std::string loaded;      // RFC 3339
  bool operator==(const Record&) const = default;
};

// Which images the store has and what they are called: the file <root>/images/names.json.
struct Catalogue {
  std::map<std::string, Record> images;      // manifest digest -> record
  std::map<std::string, std::string> names;  // full reference -> manifest digest

  // What `text` means: a name, a digest, an image id, or a prefix of an id. Errors as
  // Store::find().
  struct Match {
    std::string digest;  // of the manifest
    std::string name;    // set when `text` was that name
  };
  Result<Match> resolve(std::string_view text) const;
  bool operator==(const Catalogue&) const = default;
};

// What of `next` may be written so that it outlives a crash of the machine: the images that are
// in `safe` (their data are known to be on the disk) or were written so `before`. A name that leads
// to another image keeps the image it had.
Catalogue durable_part(const Catalogue& next, const Catalogue& safe, const Catalogue& before);

Result<Catalogue> parse_catalogue(std::string_view text);
std::string catalogue_text(const Catalogue& catalogue);

// The folder name of an unpacked layer: 26 characters, so that 127 of them fit a mount's options
// (decision 24). 125 bits of the diff id; whoever uses the folder compares the whole diff id.
// `lowest` layers hold no whiteouts.
std::string layer_folder(std::string_view diff_id, bool lowest);

}  // namespace drydock::images
