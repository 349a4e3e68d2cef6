#include "runtime/engine/environment_files.h"

#include <sys/stat.h>

#include "base/files.h"
#include "runtime/bundle/env_file.h"
#include "runtime/s3_objects.h"

namespace drydock::runtime {
namespace {

constexpr std::size_t kLargestFile = 1u << 20;  // the kernel gives a process 2 MiB at most
constexpr std::size_t kMostFiles = 10;
constexpr const char* kFailed =
    "failed to download env files: file download command: non empty error stream: ";

Result<std::vector<taskdef::KeyValue>> read_object(const Machine& m, const TaskSpec& spec,
                                                   const std::string& arn) {
  auto file = s3_file(spec.objects, m.objects, arn);
  if (!file && file.error().code == Errc::kNotFound)
    return fail(
        Errc::kNotFound,
        "NoSuchKey: The specified key does not exist (" + file.error().message +
            ": name one with drydock run --env-file, or in s3.objects of the configuration)");
  if (!file) return tl::unexpected(std::move(file.error()));
  struct stat st {};
  if (::stat(file->c_str(), &st) == 0 && !S_ISREG(st.st_mode))
    return fail(Errc::kInvalid, *file + ", which stands for it, is no regular file");
  auto text = read_file(*file, kLargestFile);
  if (!text && text.error().code == Errc::kNotFound)
    return fail(Errc::kNotFound, "NoSuchKey: The specified key does not exist (" + *file +
                                     ", which stands for it, is not there)");
  if (!text) return tl::unexpected(std::move(text.error()).in(*file));
  auto variables = parse_env_file(*text);
  if (!variables) return tl::unexpected(std::move(variables.error()).in(*file));
  return variables;
}

}  // namespace

Result<std::vector<taskdef::KeyValue>> environment_from_files(
    const Machine& machine, const TaskSpec& spec, const taskdef::ContainerDefinition& container) {
  std::vector<taskdef::KeyValue> all;
  if (container.environment_files.size() > kMostFiles)
    return fail(Errc::kInvalid, std::string(kFailed) + "container '" + container.name + "' has " +
                                    std::to_string(container.environment_files.size()) +
                                    " environment files; at most 10 are allowed");
  for (const taskdef::EnvironmentFile& one : container.environment_files) {
    auto variables = read_object(machine, spec, one.value);
    if (!variables)
      return tl::unexpected(Error{variables.error().code,
                                  kFailed + one.value + ": " + variables.error().message,
                                  variables.error().sys});
    all.insert(all.end(), std::make_move_iterator(variables->begin()),
               std::make_move_iterator(variables->end()));
  }
  return all;
}

Status check_environment_files(const Machine& machine, const TaskSpec& spec) {
  for (const taskdef::ContainerDefinition& c : spec.definition.containers)
    DRYDOCK_TRY(environment_from_files(machine, spec, c).map([](const auto&) {}));
  return {};
}

}  // namespace drydock::runtime
