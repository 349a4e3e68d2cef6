#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::runtime::shim {

// The place of a record, with its space reserved: once it is made, writing the record cannot fail
// for want of space.
class RecordSlot {
 public:
  // In the bundle `folder`, for the file `name`.
  static Result<RecordSlot> reserve(const std::string& folder, const std::string& name);
  // The file appears with `text` (at most kLongestRecord bytes), whole.
  Status commit(std::string_view text);
  // The file will not be needed.
  void cancel() const;

 private:
  RecordSlot(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

}  // namespace drydock::runtime::shim
