#include "images/registry/blob_transfer.h"

#include <algorithm>

namespace drydock::images::registry {

Status BlobTransfer::begin(const Answer& answer) {
  const auto lie = [&](const std::string& said) {
    return fail(Errc::kInvalid, "the registry says " + said + ", the manifest says " +
                                    std::to_string(blob_.size) + " bytes");
  };
  if (answer.status == 206 && had_ > 0) {
    const auto range = parse_content_range(answer.header("content-range"));
    if (!range || range->first > had_)
      return fail(Errc::kInvalid, "the registry resumes at another place than it was asked for");
    if (range->last >= blob_.size || range->total.value_or(blob_.size) != blob_.size)
      return lie("\"" + printable(answer.header("content-range"), 80) + "\"");
    skip_ = had_ - range->first;
    return {};
  }
  if (answer.status != 200)
    return fail(Errc::kInvalid, "the registry answered HTTP " + std::to_string(answer.status));
  skip_ = had_;
  const auto length = parse_number(answer.header("content-length"));
  if (length && *length != blob_.size) return lie(std::to_string(*length) + " bytes");
  return {};
}

Status BlobTransfer::take(std::string_view data) {
  const auto old = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, data.size()));
  skip_ -= old;
  data.remove_prefix(old);
  if (data.empty()) return {};
  if (data.size() > blob_.size - had_)
    return fail(Errc::kInvalid, "the registry sends more than the " + std::to_string(blob_.size) +
                                    " bytes that the manifest says");
  sha_.update(data);
  had_ += data.size();
  return sink_(data);
}

tl::expected<Answer, ExchangeError> BlobTransfer::attempt(Session& session,
                                                          const std::string& repository,
                                                          const CancelFlag& cancel) {
  Question question;
  question.repository = repository;
  question.path = "blobs/" + blob_.digest;
  question.headers = {"Accept: */*"};
  if (had_ > 0) question.headers.push_back("Range: bytes=" + std::to_string(had_) + "-");
  question.on_head = [&](const Answer& answer) { return begin(answer); };
  question.on_data = [&](std::string_view data) { return take(data); };
  const bool resumed = had_ > 0;
  auto answer = session.get(question, cancel);
  const auto stop = [](Errc code, std::string message) {
    return tl::unexpected(ExchangeError{Trouble::kStopped, {code, std::move(message), 0}});
  };
  if (!answer) {
    // Cut after the last byte: nothing is missing.
    if (answer.error().trouble == Trouble::kBroken && had_ == blob_.size && had_ > 0)
      return Answer{200, {}, {}};
    return answer;
  }
  if (answer->status == 416 && resumed)
    return stop(Errc::kInvalid, "the registry has fewer than the " + std::to_string(blob_.size) +
                                    " bytes that the manifest says");
  const bool whole = answer->status >= 300 || had_ == blob_.size;
  if (!whole)
    return tl::unexpected(ExchangeError{Trouble::kBroken,
                                        {Errc::kInvalid,
                                         "the transfer ended after " + std::to_string(had_) +
                                             " of " + std::to_string(blob_.size) + " bytes",
                                         0}});
  return answer;
}

Status BlobTransfer::verify() {
  const std::string digest = "sha256:" + sha_.hex();
  if (digest == blob_.digest) return {};
  return fail(Errc::kInvalid, "the registry sent " + std::to_string(had_) +
                                  " bytes with the digest " + digest + " instead");
}

}  // namespace drydock::images::registry
