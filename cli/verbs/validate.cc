#include "taskdef/validate.h"

#include <nlohmann/json.hpp>

#include "cli/definitions.h"
#include "cli/session.h"
#include "taskdef/approximations.h"

namespace drydock::cli {
namespace {

struct Verdict {
  std::vector<taskdef::Problem> errors;
  std::vector<taskdef::Note> approximations;
  std::vector<taskdef::Note> remarks;
  std::vector<std::string> conversion;  // what is left out or stands for something else
};

Verdict judge(const Json& request, const ValidateOptions& options) {
  Verdict v;
  v.errors = taskdef::validate(request, {.fargate = options.fargate});
  // A document of the wrong shape cannot be looked at any further.
  const bool readable =
      std::none_of(v.errors.begin(), v.errors.end(),
                   [](const taskdef::Problem& p) { return p.code == taskdef::kSerialization; });
  if (readable) {
    v.approximations = taskdef::approximations(request);
    v.remarks = taskdef::remarks(request);
  }
  return v;
}

Json notes_json(const std::vector<taskdef::Note>& notes) {
  Json out = Json::array();
  for (const auto& n : notes) out.push_back(Json{{"path", n.path}, {"message", n.text}});
  return out;
}

Json verdict_json(const std::string& file, const std::string& resource, const Verdict& v,
                  bool valid) {
  Json errors = Json::array();
  for (const auto& p : v.errors)
    errors.push_back(Json{{"path", p.path}, {"code", p.code}, {"message", p.message}});
  Json out = {{"file", file}};
  if (!resource.empty()) out["resource"] = resource;
  out["valid"] = valid;
  out["errors"] = std::move(errors);
  out["approximations"] = notes_json(v.approximations);
  out["remarks"] = notes_json(v.remarks);
  if (!v.conversion.empty()) out["conversion"] = v.conversion;
  return out;
}

std::string place(const std::string& file, const std::string& path) {
  return file + ": " + (path.empty() ? "" : path + ": ");
}

void print_verdict(Session& session, const std::string& file, const Verdict& v, bool strict,
                   bool valid) {
  for (const auto& p : v.errors) session.out.line(place(file, p.path) + p.code + ": " + p.message);
  for (const auto& n : v.approximations)
    session.out.line(place(file, n.path) +
                     (strict ? "not as on Fargate (--strict): " : "differs here: ") + n.text);
  for (const auto& n : v.remarks) session.out.line(place(file, n.path) + "note: " + n.text);
  for (const auto& line : v.conversion) session.out.line(place(file, "") + line);
  if (valid && !session.common.quiet) session.out.line(file + ": ok");
}

struct Candidate {
  std::string label;     // for people
  std::string resource;  // of a file with several definitions
  Result<Json> request;  // or what keeps it from being read
  std::vector<std::string> conversion;
};

std::vector<Candidate> definitions_of(Session& session, const std::string& file,
                                      const FromFile& from) {
  std::vector<Candidate> out;
  std::vector<std::string> notes;
  auto chosen = chosen_definitions(file, from, notes);
  if (!chosen) {
    for (const auto& note : notes) session.note(note);
    out.push_back({file, {}, tl::unexpected(std::move(chosen.error())), {}});
    return out;
  }
  for (auto& one : *chosen)
    out.push_back({one.label, one.label == file ? "" : one.resource, std::move(one.request), {}});
  // Of a file with one definition they are about this one.
  const std::string before = (file == "-" ? "standard input" : file) + ": ";
  for (const auto& note : notes) {
    if (out.size() > 1)
      session.note(note);
    else
      out.front().conversion.push_back(note.starts_with(before) ? note.substr(before.size())
                                                                : note);
  }
  return out;
}

}  // namespace

int execute(Session& session, const ValidateOptions& options) {
  Json all = Json::array();
  int exit_code = 0;
  for (const auto& file : options.files) {
    for (auto& [label, resource, request, conversion] :
         definitions_of(session, file, options.from)) {
      Verdict v;
      if (request) {
        v = judge(*request, options);
      } else if (session.common.json) {
        v.errors.push_back({"", std::string(taskdef::kSerialization), request.error().message});
      }
      v.conversion = std::move(conversion);
      const bool valid =
          request && v.errors.empty() && (!options.strict || v.approximations.empty());
      if (!valid) exit_code = kFailed;
      if (session.common.json) {
        all.push_back(verdict_json(file, resource, v, valid));
      } else if (!request) {
        session.failed(request.error());
      } else {
        print_verdict(session, label, v, options.strict, valid);
      }
    }
  }
  if (session.common.json) session.print_json(all);
  return exit_code;
}

}  // namespace drydock::cli
