#include "cli/flag_kinds_internal.h"

// The verbs of what outlives tasks: images and volumes.
namespace drydock::cli {

void add_images(CLI::App& app, Slots& slots) {
  add_verb(app, slots, slots.images, "images", "List the stored images", "drydock images --json");

  auto* v = add_verb(app, slots, slots.load, "load",
                     "Store images from a docker or OCI archive, or an OCI layout folder",
                     "docker save web | drydock load -i -");
  text(v, "-i,--input", slots.load.file, "FILE", "The archive or folder, - for stdin")->required();
  text(v, "--name", slots.load.name, "REF", "A name for an image that carries none");

  v = add_verb(app, slots, slots.pull, "pull",
               "Get images from registries, docker-daemon:REF, docker-archive:FILE, "
               "oci-archive:FILE or oci:FOLDER[:TAG]",
               "drydock pull public.ecr.aws/docker/library/busybox:latest");
  operands(v, "REF", slots.pull.references, "The images");
  text(v, "--platform", slots.pull.platform, "OS/ARCH",
       "Another platform than this machine's, like linux/arm64");
  choice(v, "--pull", slots.pull.pull, {"always", "missing", "never"},
         "When to ask the registry (always)");

  v = add_verb(app, slots, slots.save, "save",
               "Write images as an OCI archive that docker, podman and skopeo read",
               "drydock save web:latest -o web.tar");
  operands(v, "REF", slots.save.references, "The images");
  text(v, "-o,--output", slots.save.file, "FILE", "The archive; without it, or with -, stdout");

  v = add_verb(app, slots, slots.tag, "tag", "Give an image another name",
               "drydock tag web:latest web:v2");
  v->add_option("SOURCE", slots.tag.source, "The image")->required()->type_name("");
  v->add_option("TARGET", slots.tag.target, "Its new name")->required()->type_name("");

  v = add_verb(app, slots, slots.rmi, "rmi", "Remove image names, and images nothing names",
               "drydock rmi web:v2");
  operands(v, "IMAGE", slots.rmi.references, "The images");
  v->add_flag("-f,--force", slots.rmi.force,
              "All names of an ID; also while a task uses the image, which keeps it until it ends");
}

void add_volumes(CLI::App& app, Slots& slots) {
  CLI::App* volumes = app.add_subcommand(
      "volumes", "Show and remove what outlives tasks: EFS file systems, Docker and EBS volumes");
  volumes->footer("drydock volumes ls")->fallthrough()->require_subcommand(1);
  add_verb(*volumes, slots, slots.volumes_list, "ls", "List them with their sizes",
           "drydock volumes ls --json");
  auto* v = add_verb(*volumes, slots, slots.volumes_inspect, "inspect",
                     "Show volumes, with access points and labels",
                     "drydock volumes inspect fs-0123456789abcdef0");
  operands(v, "VOLUME", slots.volumes_inspect.names, "The volumes");
  v = add_verb(*volumes, slots, slots.volumes_remove, "rm",
               "Remove volumes with their data; a folder that was mapped stays",
               "drydock volumes rm fs-0123456789abcdef0");
  operands(v, "VOLUME", slots.volumes_remove.names, "The volumes; none that a task uses");
  v = add_verb(*volumes, slots, slots.volumes_prune, "prune",
               "Remove Docker and EBS volumes that no task uses, with their data; never EFS",
               "drydock volumes prune --dry-run");
  v->add_flag("--dry-run", slots.volumes_prune.dry_run, "Only print what would go");
  v = add_verb(*volumes, slots, slots.volumes_map, "map",
               "Let a folder of this machine stand for an EFS file system",
               "drydock volumes map fs-0123456789abcdef0 /srv/data");
  v->add_option("FILE-SYSTEM", slots.volumes_map.file_system, "Its id, like fs-0123456789abcdef0")
      ->required()
      ->type_name("");
  auto* folder = v->add_option("FOLDER", slots.volumes_map.folder,
                               "The folder, which exists; Drydock never removes it")
                     ->type_name("");
  v->add_flag("--remove", slots.volumes_map.remove, "A folder of Drydock's own again")
      ->excludes(folder);
}

}  // namespace drydock::cli
