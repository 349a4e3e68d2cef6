#pragma once
#include <string>

#include "api/context.h"
#include "base/http/message.h"
#include "control/answer.h"
#include "volumes/volumes.h"

namespace drydock::api::efs {

using control::Answer;

// A request taken apart.
struct Call {
  const ApiContext& context;
  const http::Request& request;
  control::Caller caller;
  std::string id;  // of the path's last part that names a thing; empty: none
  Json input;      // the body
};

// Each gives the answer's body; an empty value answers with no body.
Answer<Json> create_file_system(const Call& call);
Answer<Json> describe_file_systems(const Call& call);
Answer<Json> update_file_system(const Call& call);
Answer<Json> delete_file_system(const Call& call);
Answer<Json> lifecycle_configuration(const Call& call);
Answer<Json> put_lifecycle_configuration(const Call& call);
Answer<Json> backup_policy(const Call& call);
Answer<Json> put_backup_policy(const Call& call);
Answer<Json> file_system_policy(const Call& call);
Answer<Json> put_file_system_policy(const Call& call);
Answer<Json> delete_file_system_policy(const Call& call);
Answer<Json> create_mount_target(const Call& call);
Answer<Json> describe_mount_targets(const Call& call);
Answer<Json> delete_mount_target(const Call& call);
Answer<Json> mount_target_groups(const Call& call);
Answer<Json> put_mount_target_groups(const Call& call);
Answer<Json> create_access_point(const Call& call);
Answer<Json> describe_access_points(const Call& call);
Answer<Json> delete_access_point(const Call& call);
Answer<Json> list_tags(const Call& call);
Answer<Json> tag(const Call& call);
Answer<Json> untag(const Call& call);

// Shared by the groups.
Json settings_of(const volumes::FileSystem& fs);
tl::unexpected<control::ApiError> refuse(const std::string& code, const std::string& message,
                                         int status = 400);
tl::unexpected<control::ApiError> no_file_system(const std::string& id);
tl::unexpected<control::ApiError> no_access_point(const std::string& id);
tl::unexpected<control::ApiError> failed(const Error& error);
std::string arn(const Call& call, const std::string& resource);
Json tags_json(const volumes::Tags& tags);
Answer<volumes::Tags> tags_of(const Json& input, const char* member);
// "fs-…" of it or of its ARN.
std::string plain_id(const std::string& id_or_arn);
// `items` from the one after the marker in `query` on; gives the next marker, empty at the end.
std::string cut_page(const http::Request& request, const char* marker, const char* most,
                     const char* id, std::vector<Json>& items);

}  // namespace drydock::api::efs
