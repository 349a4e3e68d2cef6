#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "images/registry/client.h"

// docker's config.json and containers/auth.json: the same format. Pure.
namespace drydock::images::credentials {

struct ConfigFile {
  std::map<std::string, registry::Credentials> auths;  // by normal_key()
  std::map<std::string, std::string> helpers;          // credHelpers, by normal_key()
  std::string store;                                   // credsStore
};

// kInvalid when the text is not such a file; never with a piece of its content. Entries that cannot
// be read are left out: they may be those of another registry.
Result<ConfigFile> parse_config_file(std::string_view text);

// How a registry is written in such a file, made one: "https://index.docker.io/v1/" is "docker.io",
// "https://host:5000/path" is "host:5000"; a path without a scheme is kept, it is a namespace.
std::string normal_key(std::string_view key);

// The entry with the longest key that is `registry` or a namespace of it that `repository` lies in;
// empty credentials when there is none.
registry::Credentials find_credentials(const ConfigFile& file, std::string_view registry,
                                       std::string_view repository);
// The name of the program behind docker-credential-, or empty.
std::string find_helper(const ConfigFile& file, std::string_view registry);

// What `docker-credential-NAME get` prints. The user name "<token>" marks an identity token.
Result<registry::Credentials> parse_helper_answer(std::string_view text);

// "user:password".
Result<registry::Credentials> split_login(std::string_view text);

}  // namespace drydock::images::credentials
