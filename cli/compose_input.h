#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/compose_options.h"
#include "taskdef/compose/options.h"
#include "taskdef/problem.h"

namespace drydock::taskdef::compose {
struct Converted;
}

// Compose files of this machine: found, read and converted.
namespace drydock::cli {

// The files that are meant: those of `source`, of COMPOSE_FILE, or docker-compose.yml and
// docker-compose.override.yml. kNotFound names what was looked for.
Result<std::vector<std::string>> compose_files(const ComposeSource& source);

// What a conversion takes for files whose first is `first` ("-": standard input): its folder, the
// environment over the folder's .env, files beside it, the project's name.
Result<taskdef::compose::Options> compose_surroundings(const ComposeSource& source,
                                                       const std::string& first);

// The files as a task definition. Who calls this includes taskdef/compose/compose.h.
Result<taskdef::compose::Converted> read_compose(const ComposeSource& source);

// The text of a file that is there, with its name.
Result<taskdef::compose::SourceFile> read_source_file(const std::string& file);

// "services.web.build: ignored: …", one line a note.
std::vector<std::string> note_lines(const std::vector<taskdef::Note>& notes);

}  // namespace drydock::cli
