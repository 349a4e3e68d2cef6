#include "secrets/chain.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/files.h"
#include "secrets/find.h"
#include "secrets/remote.h"

namespace drydock::secrets {
namespace {

using Kind = ValueFrom::Kind;

constexpr const char* kNoSecret =
    "ResourceNotFoundException: Secrets Manager can't find the specified secret.";

// One run through the chain.
class Search {
 public:
  Search(const ChainOptions& options, const Asker& asker, const std::vector<Wanted>& wanted)
      : options_(options), asker_(asker), wanted_(wanted), answers_(wanted.size()) {}

  Result<std::vector<std::string>> run() {
    look_in_vault();
    look_in(asker_.file.get(), "the secrets file of this run");
    DRYDOCK_TRY(look_in_files());
    if (!options_.endpoint.empty() && !complete()) {
      // Another emulator's: it takes any keys, and must not learn anybody's.
      ask({{"test", "test", ""}, options_.endpoint, asker_.cancelled});
    }
    DRYDOCK_TRY(ask_aws());
    return outcome();
  }

 private:
  struct Answer {
    std::optional<std::string> value;
    std::string problem;  // not only that a source lacks it
    bool wrong = false;   // it was found, and is of no use: nobody else is asked
  };

  bool open(std::size_t i) const { return !answers_[i].value && !answers_[i].wrong; }
  bool complete() const {
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (open(i)) return false;
    return true;
  }
  std::string region_of(const ValueFrom& from) const {
    return from.region.empty() ? asker_.place.region : from.region;
  }

  // A text was found: what the selector picks of it is the value.
  void found(std::size_t i, std::string text, bool whole) {
    const ValueFrom& from = wanted_[i].from;
    Answer& answer = answers_[i];
    if (whole && !from.json_key.empty()) {
      auto value = json_value(text, from.json_key);
      if (!value) {
        answer.wrong = true;
        answer.problem = value.error().message;
        return;
      }
      text = std::move(*value);
    }
    if (text.find('\0') != std::string::npos) {
      answer.wrong = true;
      answer.problem = "its value has NUL bytes in it";
      return;
    }
    answer.value = std::move(text);
  }

  void look_in_vault() {
    if (!options_.vault) return;
    places_ = "the local store";
    options_.vault->read([this](const Contents& contents) {
      for (std::size_t i = 0; i < wanted_.size(); ++i) {
        if (wanted_[i].from.kind == Kind::kSecret)
          take_secret(i, find_task_secret(contents, asker_.place, wanted_[i].from));
        else
          take_parameter(i, find_task_parameter(contents, asker_.place, wanted_[i].from));
      }
      return true;
    });
  }

  void take_secret(std::size_t i, const SecretPtr& secret) {
    if (!secret) return;
    const ValueFrom& from = wanted_[i].from;
    const std::string stage = from.version_stage.empty() ? "AWSCURRENT" : from.version_stage;
    const SecretVersion* version =
        from.version_id.empty() ? secret->staged(stage) : secret->version(from.version_id);
    if (!version)
      answers_[i].problem =
          "ResourceNotFoundException: Secrets Manager can't find the specified secret value for " +
          (from.version_id.empty() ? "staging label: " + stage : "VersionId: " + from.version_id);
    else if (!version->text)
      answers_[i].problem = "the secret has no SecretString";
    else
      found(i, *version->text, true);
  }

  void take_parameter(std::size_t i, const ParameterPtr& parameter) {
    if (!parameter) return;
    const std::string selector = parse_parameter_id(asker_.place, wanted_[i].from.name).selector;
    const ParameterVersion* version =
        selector.empty() ? &parameter->newest() : parameter->selected(selector);
    if (version) found(i, version->value, true);
  }

  void look_in(const SecretsFile* file, const std::string& place) {
    if (!file) return;
    add_place(place);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!open(i)) continue;
      if (auto one = file->find(wanted_[i].from, wanted_[i].variable))
        found(i, std::move(one->text), !one->by_variable);
    }
  }

  Status look_in_files() {
    for (const std::string& name : options_.files) {
      if (complete()) return {};
      DRYDOCK_LET(const std::string text, read_file(name, kLargestFile + 1));
      auto file = SecretsFile::parse(text);
      if (!file) return tl::unexpected(std::move(file.error()).in(name));
      look_in(&*file, name);
    }
    return {};
  }

  Status ask_aws() {
    if (!options_.aws_keys || complete()) return {};
    DRYDOCK_LET(const http::AwsKeys keys, options_.aws_keys(asker_.user));
    if (keys.empty()) return {};
    ask({keys, "", asker_.cancelled});
    return {};
  }

  void ask(const Remote& remote) {
    add_place(remote.endpoint.empty() ? "AWS" : remote.endpoint);
    std::map<std::string, std::vector<std::string>> names;  // of parameters, by region
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const ValueFrom& from = wanted_[i].from;
      if (!open(i)) continue;
      if (from.kind == Kind::kSecret)
        take(i, ask_secret(remote, region_of(from), from));
      else if (auto& list = names[region_of(from)];
               std::find(list.begin(), list.end(), from.name) == list.end())
        list.push_back(from.name);
    }
    for (const auto& [region, list] : names) {
      const auto told = ask_parameters(remote, region, list);
      for (std::size_t i = 0; i < wanted_.size(); ++i) {
        const ValueFrom& from = wanted_[i].from;
        if (!open(i) || from.kind != Kind::kParameter || region_of(from) != region) continue;
        if (const auto at = told.find(from.name); at != told.end()) take(i, at->second);
      }
    }
  }

  void take(std::size_t i, const Told& told) {
    if (told.why.empty())
      found(i, told.text, true);
    else if (!told.missing)
      answers_[i].problem = told.why;
  }

  void add_place(const std::string& place) { places_ += (places_.empty() ? "" : ", ") + place; }

  Result<std::vector<std::string>> outcome() {
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (!answers_[i].value && wanted_[i].from.kind == Kind::kSecret) return no_secret(i);
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (!answers_[i].value) return no_parameters(region_of(wanted_[i].from));
    std::vector<std::string> values;
    for (Answer& answer : answers_) values.push_back(std::move(*answer.value));
    return values;
  }

  std::string looked(const std::string& verb, const std::string& name) const {
    return " (looked for in " + places_ + "; drydock " + verb + " set " + name +
           " puts it into the local store, drydock run --secrets FILE brings it along)";
  }

  tl::unexpected<Error> no_secret(std::size_t i) const {
    const ValueFrom& from = wanted_[i].from;
    const std::string& problem = answers_[i].problem;
    return fail(
        Errc::kNotFound,
        "unable to retrieve secret from asm: service call has been retried 1 time(s): "
        "failed to fetch secret " +
            from.id + " from secrets manager: " +
            (problem.empty() ? kNoSecret + looked("secrets", without_suffix(from.name)) : problem));
  }

  tl::unexpected<Error> no_parameters(const std::string& region) const {
    std::string names, problem, first;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const ValueFrom& from = wanted_[i].from;
      if (answers_[i].value || from.kind != Kind::kParameter || region_of(from) != region) continue;
      if (problem.empty()) problem = answers_[i].problem;
      if (first.empty()) first = from.name;
      names += (names.empty() ? "" : ",") + from.name;
    }
    return fail(Errc::kNotFound,
                "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
                "fetching secret data from SSM Parameter Store in " +
                    region + ": invalid parameters: " + names +
                    (problem.empty() ? looked("params", first) : ": " + problem));
  }

  const ChainOptions& options_;
  const Asker& asker_;
  const std::vector<Wanted>& wanted_;
  std::vector<Answer> answers_;
  std::string places_;
};

}  // namespace

Result<std::vector<std::string>> Chain::values(const Asker& asker,
                                               const std::vector<Wanted>& wanted) const {
  return Search(options_, asker, wanted).run();
}

}  // namespace drydock::secrets
