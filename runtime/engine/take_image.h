#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "images/image_source.h"
#include "images/store.h"
#include "runtime/engine/machine.h"
#include "runtime/task_spec.h"

// A container's image: found, pulled when need be, and held for its task. Worker-thread side.
namespace drydock::runtime {

struct ImageJob {
  std::shared_ptr<const TaskSpec> spec;
  std::size_t container = 0;
  std::shared_ptr<const images::CancelFlag> cancel;
};

// What the task asks for, the run's own choice of image (decision 31) first.
std::string image_reference(const TaskSpec& spec, std::size_t container);

// Whether it is the built-in log router.
bool is_builtin_router(const images::Image& image);

// From the store alone, at once. kNotFound: take_image() is needed, which may take minutes.
Result<images::ImagePtr> take_image_here(const Machine& machine, const ImageJob& job);

// The error is the task's stoppedReason, name and all.
tl::expected<images::ImagePtr, std::string> take_image(const Machine& machine, const ImageJob& job);

// "CannotPullContainerError: ..." as ECS on Fargate words it
// (reference: firelens-and-lifecycle B7.3), with what Drydock knows better at its end. Pure.
std::string pull_failure(const std::string& reference, const Error& error);

}  // namespace drydock::runtime
