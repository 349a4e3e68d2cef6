#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "control/answer.h"
#include "control/caller.h"
#include "control/paging.h"
#include "control/store.h"
#include "runtime/task_view.h"

namespace drydock::control {

// A log stream: where its events lie. Immutable; replaced as a whole.
struct LogStream {
  std::string name;
  std::int64_t created_ms = 0;
  std::string task_id, container;  // whose journal it is; empty for a stream of PutLogEvents only
  std::string datetime_format, multiline_pattern;  // how lines of that journal become events
  std::string journal;  // id of the journal of PutLogEvents; empty before the first call
};
using LogStreamPtr = std::shared_ptr<const LogStream>;

struct LogGroupsOptions {
  bool create_groups = true;  // decision 32: also without awslogs-create-group
};

// Log groups and streams of every account and region, as documents; what they hold are journals,
// which this room never reads. Loop thread only.
class LogGroups {
 public:
  LogGroups(Store& store, LogGroupsOptions options);
  ~LogGroups();
  Status restore();
  void forget_all();  // reset: memory only

  // The operations of the API of the same names. Inputs are checked (api/logs/constraints.h).
  Answer<Json> create_group(const Caller& caller, const Json& in);
  Answer<Json> delete_group(const Caller& caller, const Json& in);
  Answer<Json> describe_groups(const Caller& caller, const Json& in) const;
  Answer<Json> set_retention(const Caller& caller, const Json& in);  // without days: deletes it
  Answer<Json> set_key(const Caller& caller, const Json& in);        // without kmsKeyId: removes it
  Answer<Json> create_stream(const Caller& caller, const Json& in);
  Answer<Json> delete_stream(const Caller& caller, const Json& in);

  // `resource` is an ARN (with or without ":*"), or the name of the caller's group.
  Answer<Json> tags(const Caller& caller, const std::string& resource) const;  // {"key": "value"}
  Answer<bool> tag(const Caller& caller, const std::string& resource, const Json& add,
                   const std::vector<std::string>& remove);

  // What readers of journals need of a group.
  struct View {
    std::string arn;
    int retention_days = 0;             // 0: for ever
    std::vector<LogStreamPtr> streams;  // by name
  };
  Answer<View> view(const Caller& caller, const std::string& name_or_arn) const;
  std::vector<View> all() const;
  // The stream with a journal for PutLogEvents, which is given one when it has none.
  struct Writable {
    LogStreamPtr stream;
    int retention_days = 0;
  };
  Answer<Writable> writable(const Caller& caller, const std::string& group,
                            const std::string& stream);
  // Drops a stream whose events have all expired.
  void expire(const std::string& group_arn, const std::string& stream);

  // Why the task cannot start with its awslogs options, as ECS says it; empty when it can.
  // `strict`: groups are not made by themselves.
  std::string refusal(const runtime::TaskSpec& spec, bool strict) const;
  // Makes the streams of containers that have started.
  void changed(const runtime::TaskView& view);
  // Ids of tasks whose journals streams are made of.
  std::set<std::string> tasks() const;
  // The task is forgotten: whether its journals must stay, because a stream is made of them.
  bool keeps(const std::string& task_id);
  std::set<std::string> journals() const;  // ids of all journals of PutLogEvents

  // Called for each stream that is no more.
  void on_gone(std::function<void(const LogStream&)> fn) { gone_ = std::move(fn); }

 private:
  struct Group {
    std::shared_ptr<const Json> document;
    std::map<std::string, LogStreamPtr> streams;
  };
  using Groups = std::map<std::string, Group>;  // by ARN

  Answer<Groups::iterator> find(const Caller& caller, const std::string& name_or_arn);
  Answer<Groups::const_iterator> find(const Caller& caller, const std::string& name_or_arn) const;
  void keep(const std::string& arn, Json document);
  void keep_stream(const std::string& arn, Group& group, LogStream stream);
  void drop_stream(const std::string& arn, Group& group, const std::string& name);
  void start(const runtime::TaskSpec& spec, const taskdef::ContainerDefinition& container);

  Store& store_;
  LogGroupsOptions options_;
  Groups groups_;
  std::map<std::string, int> tasks_;  // task id -> streams of its containers
  std::set<std::string> started_;     // "<task>/<container>" whose stream was made
  std::function<void(const LogStream&)> gone_;
};

}  // namespace drydock::control
