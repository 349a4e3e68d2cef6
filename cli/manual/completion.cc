#include <algorithm>
#include <functional>

#include "cli/command_model.h"

namespace drydock::cli {
namespace {

// Every command with a name that can be typed: "run", "daemon start", "describe" and its alias
// "inspect".
void each_leaf(const CommandModel& program,
               const std::function<void(const std::string& words, const CommandModel&)>& fn,
               const std::string& before = {}) {
  for (const auto& c : program.commands) {
    each_leaf(c, fn, before + c.name + " ");
    if (!c.commands.empty()) continue;
    fn(before + c.name, c);
    for (const auto& alias : c.aliases) fn(before + alias, c);
  }
}

// Every command that has others below it: "daemon", "compose", "compose service".
void each_group(const CommandModel& program,
                const std::function<void(const std::string& words, const CommandModel&)>& fn,
                const std::string& before = {}) {
  for (const auto& c : program.commands) {
    if (c.commands.empty()) continue;
    fn(before + c.name, c);
    each_group(c, fn, before + c.name + " ");
  }
}

// The groups as a pattern of case: more words follow them.
std::string groups(const CommandModel& program) {
  std::string out;
  each_group(program, [&out](const std::string& words, const CommandModel&) {
    out += (out.empty() ? "'" : "|'") + words + "'";
  });
  return out;
}

// The flags with a value that may stand before the last verb, as a pattern of case: "--host|-f".
std::string with_values(const CommandModel& program) {
  std::string out;
  const auto add = [&out](const CommandModel& c) {
    for (const auto& o : c.options)
      for (const auto& n : o.names)
        if (!o.value.empty()) out += (out.empty() ? "" : "|") + n;
  };
  add(program);
  each_group(program, [&add](const std::string&, const CommandModel& c) { add(c); });
  return out;
}

// What an operand or a flag's value is, for completion.
enum class Kind { kNothing, kFile, kFolder, kTask, kImage };

Kind kind_of(const std::string& name) {
  if (name == "FILE" || name == "TASKDEF" || name == "F") return Kind::kFile;
  if (name == "DIR") return Kind::kFolder;
  if (name == "TASK") return Kind::kTask;
  if (name == "IMAGE" || name == "SOURCE") return Kind::kImage;
  return Kind::kNothing;
}

Kind operand_kind(const CommandModel& command) {
  return command.operands.empty() ? Kind::kNothing : kind_of(command.operands.front().name);
}

constexpr const char* kTasks = "drydock ps --all --quiet 2>/dev/null";
constexpr const char* kImages = "drydock images --quiet 2>/dev/null";

std::string escaped(const std::string& text, const char* special, const char* by) {
  std::string out;
  for (const char c : text)
    out += std::string(special).find(c) != std::string::npos ? by + std::string(1, c)
                                                             : std::string(1, c);
  return out;
}

std::string names_of(const std::vector<OptionModel>& options) {
  std::string out;
  for (const auto& o : options)
    for (const auto& n : o.names) out += (out.empty() ? "" : " ") + n;
  return out;
}

std::string words_of(const std::vector<CommandModel>& commands) {
  std::string out;
  for (const auto& c : commands) {
    out += (out.empty() ? "" : " ") + c.name;
    for (const auto& a : c.aliases) out += " " + a;
  }
  return out;
}

std::string pattern(const OptionModel& option) {
  std::string out;
  for (const auto& n : option.names) out += (out.empty() ? "" : "|") + n;
  return out;
}

// One line of zsh's _arguments for a flag, one for each spelling.
void zsh_option(std::string& out, const OptionModel& option) {
  std::string value;
  if (!option.value.empty()) {
    std::string action = kind_of(option.value) == Kind::kFile     ? "_files"
                         : kind_of(option.value) == Kind::kFolder ? "_files -/"
                                                                  : " ";
    if (!option.choices.empty()) {
      action = "(";
      for (const auto& c : option.choices) action += (action.size() > 1 ? " " : "") + c;
      action += ")";
    }
    value = ":" + escaped(option.value, ":[]", "\\") + ":" + action;
  }
  for (const auto& n : option.names)
    out += "        '*" + n + "[" + escaped(escaped(option.help, "[]:", "\\"), "'", "'\\'") + "]" +
           escaped(value, "'", "'\\'") + "' \\\n";
}

// fish: all these words were typed.
std::string seen(std::string words) {
  std::string out;
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    out +=
        (out.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + words.substr(0, space));
    words.erase(0, space + 1);
  }
  return out;
}

std::string zsh_quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out;
}

}  // namespace

std::string bash_completion(const CommandModel& program) {
  std::string out =
      "# bash completion for drydock, made from its own command line\n_drydock() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' word i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n    word=${COMP_WORDS[i]}\n    case $word in\n"
      "      " +
      with_values(program) +
      ") ((i++)) ;;\n      -*) ;;\n"
      "      *) verb=${verb:+$verb }$word; case \"$verb\" in " +
      groups(program) +
      ") ;; *) break ;; esac ;;\n    esac\n  done\n"
      "  case \"$verb\" in\n";
  const std::string common = names_of(program.options);
  const auto reply = [](const std::string& words) {
    return "COMPREPLY=($(compgen -W \"" + words + "\" -- \"$cur\"))";
  };
  out +=
      "    '') " + reply(words_of(program.commands) + " " + common + " --help") + "; return ;;\n";
  each_group(program, [&](const std::string& words, const CommandModel& c) {
    out += "    '" + words + "') " + reply(words_of(c.commands)) + "; return ;;\n";
  });
  each_leaf(program, [&](const std::string& words, const CommandModel& c) {
    out += "    '" + words + "')\n      case $prev in\n";
    for (const auto& o : c.options) {
      if (o.value.empty()) continue;
      std::string choices;
      for (const auto& choice : o.choices) choices += (choices.empty() ? "" : " ") + choice;
      const Kind kind = kind_of(o.value);
      const std::string action = !choices.empty()        ? reply(choices)
                                 : kind == Kind::kFile   ? "COMPREPLY=($(compgen -f -- \"$cur\"))"
                                 : kind == Kind::kFolder ? "COMPREPLY=($(compgen -d -- \"$cur\"))"
                                                         : "COMPREPLY=()";
      out += "        " + pattern(o) + ") " + action + "; return ;;\n";
    }
    out += "      esac\n      if [[ $cur == -* ]]; then " +
           reply(names_of(c.options) + " " + common + " --help") + "; return; fi\n";
    switch (operand_kind(c)) {
      case Kind::kFile:
        out += "      COMPREPLY=($(compgen -f -- \"$cur\"))\n";
        break;
      case Kind::kFolder:
        out += "      COMPREPLY=($(compgen -d -- \"$cur\"))\n";
        break;
      case Kind::kTask:
        out += "      " + reply(std::string("$(") + kTasks + ")") + "\n";
        break;
      case Kind::kImage:
        out += "      " + reply(std::string("$(") + kImages + ")") + "\n";
        break;
      case Kind::kNothing:
        break;
    }
    out += "      ;;\n";
  });
  return out + "  esac\n}\ncomplete -o filenames -F _drydock drydock\n";
}

std::string zsh_completion(const CommandModel& program) {
  std::string out =
      "#compdef drydock\n# zsh completion for drydock, made from its own command line\n"
      "_drydock_tasks() { compadd -- ${(f)\"$(" +
      std::string(kTasks) +
      ")\"} }\n"
      "_drydock_images() { compadd -- ${(f)\"$(" +
      std::string(kImages) +
      ")\"} }\n\n_drydock() {\n"
      "  local -a verbs common\n  local verb\n  common=(\n";
  for (const auto& o : program.options) zsh_option(out, o);
  for (auto at = out.find(" \\\n"); at != std::string::npos; at = out.find(" \\\n"))
    out.replace(at, 3, "\n");
  out += "  )\n  verbs=(\n";
  for (const auto& c : program.commands)
    out += "    '" + c.name + ":" + zsh_quoted(escaped(c.summary, ":", "\\")) + "'\n";
  out +=
      "  )\n  verb=${words[(r)[a-z]*,2]}\n  verb=\n  local i\n  for ((i = 2; i < CURRENT; i++)); "
      "do\n"
      "    case ${words[i]} in\n      " +
      with_values(program) +
      ") ((i++)) ;;\n      -*) ;;\n"
      "      *) verb=${verb:+$verb }${words[i]}; case $verb in " +
      groups(program) +
      ") ;; *) break ;; esac ;;\n    esac\n  done\n"
      "  case $verb in\n    '') _describe verb verbs; _arguments $common ;;\n";
  each_group(program, [&](const std::string& words, const CommandModel& c) {
    out += "    '" + words + "') local -a below; below=(";
    for (const auto& s : c.commands)
      out += " '" + s.name + ":" + zsh_quoted(escaped(s.summary, ":", "\\")) + "'";
    out += " ); _describe verb below ;;\n";
  });
  each_leaf(program, [&](const std::string& words, const CommandModel& c) {
    out += "    '" + words + "')\n      _arguments $common \\\n";
    for (const auto& o : c.options) zsh_option(out, o);
    const Kind kind = operand_kind(c);
    const char* action = kind == Kind::kFile     ? "_files"
                         : kind == Kind::kFolder ? "_files -/"
                         : kind == Kind::kTask   ? "_drydock_tasks"
                         : kind == Kind::kImage  ? "_drydock_images"
                                                 : " ";
    out += std::string("        '*: :") + action + "' ;;\n";
  });
  return out + "  esac\n}\n_drydock \"$@\"\n";
}

std::string fish_completion(const CommandModel& program) {
  const auto quoted = [](const std::string& text) {
    return "'" + escaped(text, "\\'", "\\") + "'";
  };
  const auto option_line = [&](const std::string& condition, const OptionModel& o) {
    std::string out = "complete -c drydock" + condition;
    for (const auto& n : o.names)
      out += n.starts_with("--") ? " -l " + n.substr(2) : " -s " + n.substr(1);
    if (!o.value.empty())
      out +=
          kind_of(o.value) == Kind::kFile || kind_of(o.value) == Kind::kFolder ? " -r -F" : " -x";
    if (!o.choices.empty()) {
      std::string choices;
      for (const auto& c : o.choices) choices += (choices.empty() ? "" : " ") + c;
      out += " -a " + quoted(choices);
    }
    return out + " -d " + quoted(o.help) + "\n";
  };
  std::string out =
      "# fish completion for drydock, made from its own command line\ncomplete -c drydock -f\n";
  for (const auto& o : program.options) out += option_line("", o);
  for (const auto& c : program.commands)
    out += "complete -c drydock -n __fish_use_subcommand -a " + c.name + " -d " +
           quoted(c.summary) + "\n";
  each_group(program, [&](const std::string& words, const CommandModel& c) {
    for (const auto& s : c.commands)
      out += "complete -c drydock -n '" + seen(words) + "; and not __fish_seen_subcommand_from " +
             words_of(c.commands) + "' -a " + s.name + " -d " + quoted(s.summary) + "\n";
  });
  each_leaf(program, [&](const std::string& words, const CommandModel& c) {
    const std::string condition = seen(words);
    for (const auto& o : c.options) out += option_line(" -n '" + condition + "'", o);
    const Kind kind = operand_kind(c);
    if (kind == Kind::kFile) out += "complete -c drydock -n '" + condition + "' -F\n";
    if (kind == Kind::kTask)
      out += "complete -c drydock -n '" + condition + "' -a '(" + kTasks + ")'\n";
    if (kind == Kind::kImage)
      out += "complete -c drydock -n '" + condition + "' -a '(" + kImages + ")'\n";
  });
  return out;
}

}  // namespace drydock::cli
