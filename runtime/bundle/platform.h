#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"

namespace drydock::runtime {

// Whether one of these registrations (the texts of the files in /proc/sys/fs/binfmt_misc) lets the
// kernel run programs of an ECS architecture (X86_64, ARM64) inside any container: enabled, for ELF
// files of that machine, with an interpreter that the kernel has opened already (flag F). Pure.
bool emulates(const std::vector<std::string>& registrations, std::string_view architecture);

// The same of this machine, now.
std::vector<std::string> binfmt_registrations();

// Whether a task's runtimePlatform can run on a machine of that kind (uname), with these
// registrations. kUnsupported with what ECS says of an image without the platform, and what helps
// here. Pure.
Status check_platform(const taskdef::TaskDefinition& task, const std::string& machine,
                      const std::vector<std::string>& registrations);

}  // namespace drydock::runtime
