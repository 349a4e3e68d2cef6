#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

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

// The flags with a value that may stand before the last verb, as a pattern of case: "-f|--file".
// --host has a line of its own: where words are asked for.
std::string with_values(const CommandModel& program) {
  std::string out;
  const auto add = [&out](const CommandModel& c) {
    for (const auto& o : c.options)
      for (const auto& n : o.names)
        if (!o.value.empty() && n != "--host") out += n + "|";
  };
  add(program);
  each_group(program, [&add](const std::string&, const CommandModel& c) { add(c); });
  if (!out.empty()) out.pop_back();
  return out;
}

// A line of case that steps over them.
std::string skipped(const CommandModel& program) {
  const std::string flags = with_values(program);
  return flags.empty() ? "" : "      " + flags + ") ((i++)) ;;\n";
}

// What an operand or a flag's value is: a path, or words that `drydock __complete` knows.
struct Value {
  enum { kNothing, kFile, kFolder, kWords } kind = kNothing;
  std::string words = {};  // tasks, images, ...
};

Value value_of(const std::string& name) {
  if (name == "FILE" || name == "TASKDEF" || name == "F") return {Value::kFile};
  if (name == "DIR") return {Value::kFolder};
  if (name == "TASK") return {Value::kWords, "tasks"};
  if (name == "IMAGE" || name == "SOURCE") return {Value::kWords, "images"};
  if (name == "SERVICE") return {Value::kWords, "services"};
  if (name == "VOLUME") return {Value::kWords, "volumes"};
  return {};
}

Value value_of(const OptionModel& option) {
  static const std::map<std::string, std::string> kWords = {
      {"--cluster", "clusters"},         {"--service", "services"},
      {"--family", "families"},          {"--task-def-remote", "families"},
      {"--task-definition", "families"}, {"--container", "containers"}};
  for (const auto& name : option.names)
    if (const auto found = kWords.find(name); found != kWords.end())
      return {Value::kWords, found->second};
  return value_of(option.value);
}

Value operand_of(const CommandModel& command) {
  return command.operands.empty() ? Value() : value_of(command.operands.front().name);
}

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

std::string zsh_action(const Value& value) {
  return value.kind == Value::kFile     ? "_files"
         : value.kind == Value::kFolder ? "_files -/"
         : value.kind == Value::kWords  ? "_drydock_words " + value.words
                                        : " ";
}

std::string bash_action(const Value& value) {
  return value.kind == Value::kFile     ? "COMPREPLY=($(compgen -f -- \"$cur\"))"
         : value.kind == Value::kFolder ? "COMPREPLY=($(compgen -d -- \"$cur\"))"
         : value.kind == Value::kWords  ? "_drydock_words " + value.words
                                        : "COMPREPLY=()";
}

// One line of zsh's _arguments for a flag, one for each spelling.
void zsh_option(std::string& out, const OptionModel& option) {
  std::string value;
  if (!option.value.empty()) {
    std::string action = zsh_action(value_of(option));
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

// fish: all these words were typed, and no group beside them: `ps` is not `service ps`, and that is
// not `compose service ps`.
std::string seen(const CommandModel& program, const std::string& words) {
  std::string out;
  std::set<std::string> typed;
  std::istringstream each(words);
  for (std::string word; each >> word;) {
    out += (out.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    typed.insert(word);
  }
  std::set<std::string> others;
  each_group(program, [&](const std::string&, const CommandModel& c) {
    if (!typed.contains(c.name)) others.insert(c.name);
  });
  if (!others.empty()) out += "; and not __fish_seen_subcommand_from";
  for (const auto& other : others) out += " " + other;
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
      "# bash completion for drydock, made from its own command line\n"
      "# What the daemon knows: _drydock_words KIND. Bash cuts words at colons, which names have.\n"
      "_drydock_words() {\n"
      "  local whole=${COMP_LINE:0:COMP_POINT}\n  whole=${whole##*[[:space:]]}\n"
      "  COMPREPLY=($(compgen -W \"$(drydock \"${host[@]}\" __complete \"$1\" 2>/dev/null)\" -- "
      "\"$whole\"))\n"
      "  [[ $whole != *:* ]] || COMPREPLY=(\"${COMPREPLY[@]#\"${whole%:*}:\"}\")\n}\n"
      "_drydock() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' word i\n"
      "  local -a host=()\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n    word=${COMP_WORDS[i]}\n    case $word in\n"
      "      --host) ((i++)); host=(--host \"${COMP_WORDS[i]}\") ;;\n" +
      skipped(program) +
      "      -*) ;;\n"
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
      const std::string action = choices.empty() ? bash_action(value_of(o)) : reply(choices);
      out += "        " + pattern(o) + ") " + action + "; return ;;\n";
    }
    out += "      esac\n      if [[ $cur == -* ]]; then " +
           reply(names_of(c.options) + " " + common + " --help") + "; return; fi\n";
    if (const Value operand = operand_of(c); operand.kind != Value::kNothing)
      out += "      " + bash_action(operand) + "\n";
    out += "      ;;\n";
  });
  return out + "  esac\n}\ncomplete -o filenames -F _drydock drydock\n";
}

std::string zsh_completion(const CommandModel& program) {
  std::string out =
      "#compdef drydock\n# zsh completion for drydock, made from its own command line\n"
      "_drydock_words() { compadd -- ${(f)\"$(drydock $host __complete $1 2>/dev/null)\"} }\n\n"
      "_drydock() {\n"
      "  local -a verbs common host\n  local verb\n  common=(\n";
  for (const auto& o : program.options) zsh_option(out, o);
  for (auto at = out.find(" \\\n"); at != std::string::npos; at = out.find(" \\\n"))
    out.replace(at, 3, "\n");
  out += "  )\n  verbs=(\n";
  for (const auto& c : program.commands)
    out += "    '" + c.name + ":" + zsh_quoted(escaped(c.summary, ":", "\\")) + "'\n";
  out +=
      "  )\n  verb=${words[(r)[a-z]*,2]}\n  verb=\n  local i\n  for ((i = 2; i < CURRENT; i++)); "
      "do\n"
      "    case ${words[i]} in\n      --host) ((i++)); host=(--host ${words[i]}) ;;\n" +
      skipped(program) +
      "      -*) ;;\n"
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
    out += "        '*: :" + zsh_action(operand_of(c)) + "' ;;\n";
  });
  return out + "  esac\n}\n_drydock \"$@\"\n";
}

std::string fish_completion(const CommandModel& program) {
  const auto quoted = [](const std::string& text) {
    return "'" + escaped(text, "\\'", "\\") + "'";
  };
  const auto fish_words = [](const Value& value) {
    return "(drydock __complete " + value.words + " 2>/dev/null)";
  };
  const auto option_line = [&](const std::string& condition, const OptionModel& o) {
    std::string out = "complete -c drydock" + condition;
    for (const auto& n : o.names)
      out += n.starts_with("--") ? " -l " + n.substr(2) : " -s " + n.substr(1);
    const Value value = value_of(o);
    if (!o.value.empty())
      out += value.kind == Value::kFile || value.kind == Value::kFolder ? " -r -F" : " -x";
    if (value.kind == Value::kWords) out += " -a " + quoted(fish_words(value));
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
      out += "complete -c drydock -n '" + seen(program, words) +
             "; and not __fish_seen_subcommand_from " + words_of(c.commands) + "' -a " + s.name +
             " -d " + quoted(s.summary) + "\n";
  });
  each_leaf(program, [&](const std::string& words, const CommandModel& c) {
    const std::string condition = seen(program, words);
    for (const auto& o : c.options) out += option_line(" -n '" + condition + "'", o);
    const Value operand = operand_of(c);
    if (operand.kind == Value::kFile) out += "complete -c drydock -n '" + condition + "' -F\n";
    if (operand.kind == Value::kWords)
      out += "complete -c drydock -n '" + condition + "' -a " + quoted(fish_words(operand)) + "\n";
  });
  return out;
}

}  // namespace drydock::cli
