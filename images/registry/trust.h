#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "images/registry/url.h"

namespace drydock::images::registry {

// Whom to believe at one address, beside the system's CAs.
struct Trust {
  std::string
      authorities;  // PEM: the extra CAs followed by the system's; empty: the system's alone
  std::string client_cert;  // paths, or empty
  std::string client_key;
};

// Reads <folder>/<host[:port]>/ of each folder as Docker does: *.crt are CAs, NAME.cert with
// NAME.key is a client certificate. `alias` is another name of the host ("docker.io") or empty.
Result<Trust> load_trust(const std::vector<std::string>& folders, const Url& url,
                         const std::string& alias);

}  // namespace drydock::images::registry
