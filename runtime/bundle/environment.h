#pragma once
#include <string>
#include <vector>

#include "runtime/task_spec.h"
#include "runtime/task_view.h"
#include "taskdef/model.h"

// The environment of a container's first process. Pure.
namespace drydock::runtime {

// What ECS itself sets (firelens-and-lifecycle.md C4): the metadata and agent URIs,
// AWS_EXECUTION_ENV, AWS_REGION and AWS_DEFAULT_REGION, and where the credentials of a task role
// are; firelens_environment. Not here: HOSTNAME, PATH and HOME (the bundle knows them).
std::vector<taskdef::KeyValue> injected_environment(const TaskSpec& spec,
                                                    const std::string& container_name,
                                                    const std::vector<NetworkView>& networks = {});

// FLUENT_HOST and FLUENT_PORT of a log router's clients (with mode bridge its address in
// `networks`, those of the task), FLUENT_UID of a Fluentd router (A4, A5).
std::vector<taskdef::KeyValue> firelens_environment(const taskdef::TaskDefinition& task,
                                                    const std::string& container_name,
                                                    const std::vector<NetworkView>& networks);

// Everything merged, each name once, in the precedence of firelens-and-lifecycle.md C1: injected
// variables win over `secrets` (resolved), over `environment` of the definition with its overrides,
// over `from_files` (environmentFiles in their order: the first to name a variable wins), over the
// image's "NAME=value" list. The region variables are injected only where nobody set either of
// them.
std::vector<taskdef::KeyValue> container_environment(
    const std::vector<std::string>& image_env, const TaskSpec& spec,
    const taskdef::ContainerDefinition& container,
    const std::vector<taskdef::KeyValue>& secrets = {},
    const std::vector<taskdef::KeyValue>& from_files = {},
    const std::vector<NetworkView>& networks = {});

// With AWS_ENDPOINT_URL, unless `url` is empty or somebody has set that variable.
std::vector<taskdef::KeyValue> with_endpoint(std::vector<taskdef::KeyValue> environment,
                                             const std::string& url);

}  // namespace drydock::runtime
