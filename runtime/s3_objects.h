#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// Files of this machine that stand for objects in S3. Pure.
namespace drydock::runtime {

// "bucket/key" or "bucket/prefix/" of that name, of "bucket", or of the object's ARN
// (arn:aws:s3:::bucket/key, any partition). Nothing for any other text.
std::optional<std::string> s3_object_name(std::string_view text);

// Names as s3_object_name gives them; those that end in a slash stand for folders.
using S3Objects = std::map<std::string, std::string>;

// The path that stands for the object `name`: its own, else one in the folder with the longest
// name that fits. kNotFound; kInvalid for a key that would leave its folder.
Result<std::string> s3_object_file(const S3Objects& objects, const std::string& name);

// The same for the object with this ARN, by the run's own objects, then by the configured ones.
// kInvalid for what is no ARN of an object, too.
Result<std::string> s3_file(const S3Objects& own, const S3Objects& configured,
                            const std::string& arn);

}  // namespace drydock::runtime
