#include "logrouter/firelens/router_config.h"

#include <charconv>
#include <map>

namespace drydock::logrouter {
namespace {

using taskdef::ContainerDefinition;
using taskdef::TaskDefinition;
using Options = std::map<std::string, std::string>;  // in byte order, as the generator sorts them

constexpr char kSocket[] = "/var/run/fluent.sock";

Options options_of(const std::vector<taskdef::KeyValue>& list) {
  Options options;
  for (const auto& [name, value] : list) options[name] = value;
  return options;
}

std::optional<std::string> find(const Options& options, const std::string& key) {
  const auto at = options.find(key);
  if (at == options.end()) return std::nullopt;
  return at->second;
}

// As Go's strconv.ParseBool; any other text is no.
bool is_true(const std::string& text) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  return false;
}

// One client's own part.
struct Client {
  std::string tag;  // "<container>-firelens"
  std::optional<std::string> include, exclude, output;
  Options options;  // of the output
};

// The sections in the file's order, each in the words of one router.
class File {
 public:
  explicit File(bool fluentd) : fluentd_(fluentd) {}

  void input(const std::string& plugin, const std::string& tag, const Options& options) {
    begin(fluentd_ ? "<source>" : "[INPUT]");
    line(fluentd_ ? "@type" : "Name", plugin);
    if (!tag.empty()) line("Tag", tag);
    lines(options);
    end("</source>");
  }

  void grep(bool include, const std::string& tag, const std::string& pattern) {
    if (!fluentd_) {
      begin("[FILTER]");
      line("Name  ", "grep");
      line("Match", tag + "*");
      line(include ? "Regex " : "Exclude", "log " + pattern);
      return;
    }
    begin("<filter " + tag + "**>");
    line("@type ", "grep");
    text_ += include ? "    <regexp>\n" : "    <exclude>\n";
    text_ += "        key log\n        pattern " + pattern + "\n";
    text_ += include ? "    </regexp>\n" : "    </exclude>\n";
    end("</filter>");
  }

  void record(const Options& fields) {
    begin(fluentd_ ? "<filter **>" : "[FILTER]");
    line(fluentd_ ? "@type" : "Name", fluentd_ ? "record_transformer" : "record_modifier");
    if (fluentd_) text_ += "    <record>\n";
    if (!fluentd_) line("Match", "*");
    for (const auto& [key, value] : fields)
      text_ += (fluentd_ ? "        " : "    Record ") + key + " " + value + "\n";
    if (fluentd_) text_ += "    </record>\n";
    end("</filter>");
  }

  void external(const std::string& path) { begin((fluentd_ ? "@include " : "@INCLUDE ") + path); }

  void output(const std::string& plugin, const std::string& match, const Options& options) {
    begin(fluentd_ ? "<match " + match + ">" : "[OUTPUT]");
    line(fluentd_ ? "@type" : "Name", plugin);
    if (!fluentd_) line("Match", match);
    lines(options);
    end("</match>");
  }

  const std::string& text() const { return text_; }

 private:
  void begin(const std::string& head) { text_ += "\n" + head + "\n"; }
  void line(const std::string& key, const std::string& value) {
    text_ += "    " + key + " " + value + "\n";
  }
  void lines(const Options& options) {
    for (const auto& [key, value] : options) line(key, value);
  }
  void end(const char* tail) {
    if (fluentd_) text_ += std::string(tail) + "\n";
  }

  bool fluentd_;
  std::string text_;
};

void write_inputs(File& file, const TaskDefinition& task, const ContainerDefinition& router,
                  bool fluentd) {
  Options socket = {{fluentd ? "path" : "unix_path", kSocket}};
  if (!fluentd) {
    int limit = router.memory_reservation_mib.value_or(router.memory_mib.value_or(0)) / 2;
    if (limit <= 0) limit = 25;
    socket["Mem_Buf_Limit"] = std::to_string(limit) + "MB";
  }
  file.input(fluentd ? "unix" : "forward", "", socket);
  if (task.network_mode != "awsvpc" && task.network_mode != "bridge") return;
  const std::string address = task.network_mode == "bridge" ? "0.0.0.0" : "127.0.0.1";
  file.input("forward", "",
             {{fluentd ? "bind" : "Listen", address}, {fluentd ? "port" : "Port", "24224"}});
  if (!fluentd)
    file.input("tcp", "firelens-healthcheck", {{"Listen", "127.0.0.1"}, {"Port", "8877"}});
}

std::string secret_variable(const std::string& option, std::size_t container) {
  return option + "_" + std::to_string(container);
}

Result<Client> read_client(const ContainerDefinition& c, std::size_t index, bool fluentd) {
  const std::string key = fluentd ? "@type" : "Name";
  Client client;
  client.tag = c.name + "-firelens";
  Options options = options_of(c.log_configuration->options);
  client.include = find(options, "include-pattern");
  client.exclude = find(options, "exclude-pattern");
  client.output = find(options, key);
  for (const char* ours :
       {"include-pattern", "exclude-pattern", "log-driver-buffer-limit", key.c_str()})
    options.erase(ours);
  for (const taskdef::Secret& secret : c.log_configuration->secret_options) {
    const std::string variable = secret_variable(secret.name, index);
    options[secret.name] = fluentd ? "\"#{ENV['" + variable + "']}\"" : "${" + variable + "}";
  }
  if (!client.output && !options.empty())
    return fail(Errc::kInvalid, "unable to apply log options of container " + c.name +
                                    " to firelens config: missing output key " + key +
                                    " which is required for firelens configuration of type " +
                                    (fluentd ? "fluentd" : "fluentbit"));
  client.options = std::move(options);
  return client;
}

// The path to include; nothing when there is no external file.
Result<std::optional<std::string>> external_file(const Options& options, bool fluentd) {
  const auto type = find(options, "config-file-type");
  if (!type) return std::nullopt;
  if (*type != "s3" && *type != "file")
    return fail(Errc::kInvalid,
                "invalid value " + *type + " is specified for option config-file-type");
  const auto value = find(options, "config-file-value");
  if (!value || value->empty())
    return fail(Errc::kInvalid, "option config-file-value is required when config-file-type is " +
                                    *type + " and must name the configuration file");
  if (*type == "file") return *value;
  return std::string(fluentd ? "/fluentd/etc/external.conf" : "/fluent-bit/etc/external.conf");
}

}  // namespace

std::optional<std::size_t> router_of(const TaskDefinition& definition) {
  for (std::size_t i = 0; i < definition.containers.size(); ++i)
    if (definition.containers[i].firelens_configuration) return i;
  return std::nullopt;
}

bool is_router_client(const ContainerDefinition& c) {
  return c.log_configuration && c.log_configuration->driver == "awsfirelens";
}

Result<std::string> router_config(const TaskDefinition& task, const RouterFacts& facts) {
  const auto index = router_of(task);
  if (!index) return fail(Errc::kNotFound, "no container has a firelensConfiguration");
  const ContainerDefinition& router = task.containers[*index];
  const bool fluentd = router.firelens_configuration->type == "fluentd";
  const Options options = options_of(router.firelens_configuration->options);
  DRYDOCK_LET(const std::optional<std::string> external, external_file(options, fluentd));
  std::vector<Client> clients;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    if (!is_router_client(task.containers[i])) continue;
    DRYDOCK_LET(Client client, read_client(task.containers[i], i, fluentd));
    clients.push_back(std::move(client));
  }

  File file(fluentd);
  write_inputs(file, task, router, fluentd);
  for (const Client& c : clients)
    if (c.include) file.grep(true, c.tag, *c.include);
  for (const Client& c : clients)
    if (c.exclude) file.grep(false, c.tag, *c.exclude);
  if (is_true(find(options, "enable-ecs-log-metadata").value_or("true"))) {
    Options fields = {{"ecs_cluster", facts.cluster},
                      {"ecs_task_arn", facts.task_arn},
                      {"ecs_task_definition", task.family + ":" + std::to_string(task.revision)}};
    if (!facts.ec2_instance_id.empty()) fields["ec2_instance_id"] = facts.ec2_instance_id;
    file.record(fields);
  }
  if (external) file.external(*external);
  if (!fluentd && (task.network_mode == "awsvpc" || task.network_mode == "bridge"))
    file.output("null", "firelens-healthcheck", {});
  for (const Client& c : clients)
    if (c.output) file.output(*c.output, c.tag + (fluentd ? "**" : "*"), c.options);
  return file.text();
}

std::string router_config_path(const std::string& type) {
  return type == "fluentd" ? "/fluentd/etc/fluent.conf" : "/fluent-bit/etc/fluent-bit.conf";
}

std::vector<RouterSecret> router_secrets(const TaskDefinition& task) {
  std::vector<RouterSecret> secrets;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const ContainerDefinition& c = task.containers[i];
    if (!is_router_client(c)) continue;
    for (const taskdef::Secret& s : c.log_configuration->secret_options)
      secrets.push_back({secret_variable(s.name, i), c.name, s.value_from});
  }
  return secrets;
}

Result<SocketOwner> socket_owner(const std::string& user) {
  auto number = [](std::string_view text) -> std::optional<int> {
    int n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || n < 0) return std::nullopt;
    return n;
  };
  const std::size_t colon = std::min(user.find(':'), user.size());
  const auto uid = number(std::string_view(user).substr(0, colon));
  if (!uid)
    return fail(Errc::kInvalid, "unable to parse the user of the log router: \"" + user +
                                    "\": a FireLens container needs a numeric user id (uid, "
                                    "uid:gid or uid:group)");
  SocketOwner owner;
  owner.uid = *uid;
  if (colon < user.size())
    owner.gid = number(std::string_view(user).substr(colon + 1)).value_or(-1);
  return owner;
}

}  // namespace drydock::logrouter
