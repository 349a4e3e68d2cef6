#include "cli/command_model.h"

namespace drydock::cli {
namespace {

// Text that roff prints as it stands.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (out.empty() && (c == '.' || c == '\''))
      (out += "\\&") += c;
    else
      out += c;
  }
  return out;
}

std::string option_entry(const OptionModel& option) {
  std::string names;
  for (const auto& n : option.names)
    names += (names.empty() ? "\\fB" : ", \\fB") + plain(n) + "\\fR";
  if (!option.value.empty()) names += " \\fI" + plain(option.value) + "\\fR";
  return ".TP\n" + names + "\n" + plain(option.help) + ".\n";
}

void verb_section(std::string& out, const CommandModel& command, const std::string& path) {
  if (!command.commands.empty()) {
    for (const auto& c : command.commands) verb_section(out, c, path + " " + c.name);
    return;
  }
  out += ".SS \"" + plain(usage_line(command, path)) + "\"\n" + plain(command.summary) + ".\n";
  for (const auto& alias : command.aliases) out += "Also called \\fB" + plain(alias) + "\\fR.\n";
  for (const auto& o : command.operands)
    if (!o.help.empty()) out += ".TP\n\\fI" + plain(o.name) + "\\fR\n" + plain(o.help) + ".\n";
  for (const auto& o : command.options) out += option_entry(o);
  out += ".PP\nExample:\n.PP\n.nf\n.RS\n" + plain(command.example) + "\n.RE\n.fi\n";
}

constexpr const char* kExitCodes = R"(.SH EXIT STATUS
.B run
and
.B wait
exit with the code of the essential container whose exit stopped the task,
.B exec
with the code of its command; or with one of these:
.TP
.B 124
the \-\-timeout was reached
.TP
.B 125
Drydock itself failed or refused
.TP
.B 126
the command could not be started
.TP
.B 127
the command was not found
.TP
.B 130
interrupted
.TP
.B 137
killed; the last line says why
.PP
Other verbs exit with 0, with 1 when something failed, or with 2 when the command line was wrong.
.SH ENVIRONMENT
.TP
.B DRYDOCK_HOST
the daemon's address when \-\-host is not given
.TP
.B NO_COLOR
no colours, when it is set and not empty
.SH FILES
.TP
.I /etc/drydock/drydock.json
the daemon's configuration
.TP
.I /run/drydock/drydock.sock
the daemon's socket
.TP
.I /var/lib/drydock
the daemon's state
)";

}  // namespace

std::string man_page(const CommandModel& program) {
  std::string out = ".TH DRYDOCK 1 \"\" \"Drydock " DRYDOCK_VERSION
                    "\" \"User Commands\"\n.SH NAME\ndrydock \\- " +
                    plain(program.summary) +
                    "\n.SH SYNOPSIS\n.B drydock\n\\fIVERB\\fR [flags]\n.SH FLAGS OF EVERY VERB\n";
  for (const auto& o : program.options) out += option_entry(o);
  out += ".SH VERBS\n";
  for (const auto& c : program.commands) verb_section(out, c, program.name + " " + c.name);
  return out + kExitCodes;
}

}  // namespace drydock::cli
