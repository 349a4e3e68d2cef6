#include <set>

#include "logrouter/builtin/router_plan.h"
#include "runtime/engine/machine_jobs.h"
#include "runtime/engine/take_image.h"

// A task's images: from the store, or from where they are.
namespace drydock::runtime {
namespace {

bool sends_to_aws(const TaskSpec& spec) {
  static const std::set<std::string> kOutputs{"cloudwatch", "cloudwatch_logs", "kinesis",
                                              "firehose",   "kinesis_streams", "kinesis_firehose",
                                              "s3"};
  for (const auto& c : spec.definition.containers) {
    if (!c.log_configuration || c.log_configuration->driver != "awsfirelens") continue;
    bool aws = false, elsewhere = false;
    for (const taskdef::KeyValue& option : c.log_configuration->options) {
      aws = aws || (option.name == "Name" && kOutputs.contains(option.value));
      elsewhere = elsewhere || option.name == "endpoint";
    }
    if (aws && !elsewhere) return true;
  }
  return false;
}

// What a person should know when the built-in log router runs.
std::string router_note(const TaskSpec& spec, std::size_t container, const images::Image& image) {
  if (!is_builtin_router(image)) return {};
  const std::string reference = image_reference(spec, container);
  const std::string name = spec.definition.containers[container].name;
  const std::string leaves =
      !spec.firelens_local && sends_to_aws(spec)
          ? "; what it sends to AWS leaves this machine, but with drydock run "
            "--firelens-local"
          : "";
  if (reference == logrouter::kBuiltinRouterImage)
    return "container " + name + " is the built-in log router" + leaves;
  return "container " + name + ": its image " + reference +
         " cannot be had, so the built-in log router stands in for it" + leaves;
}

}  // namespace

void MachineExecutor::pull(const std::string& id, std::size_t container) {
  Task* t = task(id);
  if (!t || waits_for_secrets(id, container)) return;
  job(
      id,
      [this, m = machine_, id, job = ImageJob{t->spec, container, t->cancel_pulls}] {
        // Beside the network, and before an image is held: a task that holds one has its storage.
        const std::string note = prepare_storage(m, *job.spec);
        if (!note.empty() && job.container == 0)
          m.loop->post([this, id, note] {
            report(
                id, [note](TaskFacts& facts) { facts.notes.push_back(note); }, std::nullopt);
          });
        return take_image_here(m, job);
      },
      [this, id, container](Result<images::ImagePtr> image) {
        if (image) return pulled(id, container, std::move(*image));
        if (image.error().code == Errc::kNotFound) return pull_from_afar(id, container);
        Task* here = task(id);
        if (here)
          pulled(
              id, container,
              tl::unexpected(pull_failure(image_reference(*here->spec, container), image.error())));
      });
}

void MachineExecutor::pull_from_afar(const std::string& id, std::size_t container) {
  Task* t = task(id);
  if (!t || t->release_wanted) return;
  job_on(
      *machine_.pulls, id,
      [m = machine_, job = ImageJob{t->spec, container, t->cancel_pulls}] {
        return take_image(m, job);
      },
      [this, id, container](tl::expected<images::ImagePtr, std::string> image) {
        pulled(id, container, std::move(image));
      });
}

void MachineExecutor::pulled(const std::string& id, std::size_t container,
                             tl::expected<images::ImagePtr, std::string> image) {
  Task* here = task(id);
  if (!here) return;
  if (!image)
    return report(id, nullptr, lifecycle::PullFailed{container, std::move(image.error())});
  here->containers[container].image = *image;
  report(
      id,
      [container, image = *image,
       note = router_note(*here->spec, container, **image)](TaskFacts& facts) {
        if (!note.empty()) facts.notes.push_back(note);
        facts.containers[container].image_digest = image->manifest_digest;
        facts.containers[container].image_id = image->image_id;
      },
      lifecycle::ImagePulled{container});
}

}  // namespace drydock::runtime
