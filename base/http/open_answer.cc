#include "base/http/open_answer.h"

#include "base/http/client_internal.h"

namespace drydock::http {
namespace {

constexpr int kLookAgain = 500;  // milliseconds: how soon a cancelled transfer ends

struct DropMulti {
  void operator()(CURLM* p) const { curl_multi_cleanup(p); }
};

}  // namespace

struct OpenAnswer::State {
  explicit State(ClientRequest r) : request(std::move(r)), transfer{request, {}} {
    transfer.in_steps = true;
  }
  ~State() {
    if (multi && easy) curl_multi_remove_handle(multi.get(), easy.get());
  }
  State(const State&) = delete;

  ClientRequest request;
  Transfer transfer;
  std::string where;
  char detail[CURL_ERROR_SIZE] = "";
  List headers;
  Easy easy;
  std::unique_ptr<CURLM, DropMulti> multi;
  bool ended = false;

  Status begin() {
    where = where_of(request);
    DRYDOCK_LET(easy, make_easy(request, where));
    set_options(easy.get(), request, transfer, detail);
    headers = header_list(request);
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    multi.reset(curl_multi_init());
    if (!multi || curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK)
      return fail(Errc::kSystem, where + ": out of memory");
    return {};
  }

  // Runs the transfer until its end, or until `enough`.
  template <class Enough>
  Status run(Enough enough) {
    while (!ended && !enough()) {
      int running = 0;
      if (curl_multi_perform(multi.get(), &running) != CURLM_OK)
        return fail(Errc::kSystem, where + ": libcurl failed");
      if (running == 0) return finish();
      if (enough()) break;
      if (request.cancelled && request.cancelled()) return fail(Errc::kCancelled, where);
      curl_multi_poll(multi.get(), nullptr, 0, kLookAgain, nullptr);
    }
    return {};
  }

  Status finish() {
    ended = true;
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi.get(), &left);
    const CURLcode code = message ? message->data.result : CURLE_OK;
    if (transfer.source_failed)
      return fail(Errc::kInvalid, where + ": the request's body could not be read");
    if (transfer.stopped) return fail(Errc::kCancelled, where);
    if (code == CURLE_OK) return {};
    long sys = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &sys);
    return tl::unexpected(error_of(code, sys, where, detail));
  }
};

OpenAnswer::OpenAnswer(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpenAnswer::~OpenAnswer() = default;

Result<std::unique_ptr<OpenAnswer>> OpenAnswer::fetch(ClientRequest request) {
  auto state = std::make_unique<State>(std::move(request));
  DRYDOCK_TRY(state->begin());
  DRYDOCK_TRY(state->run([&] { return state->transfer.head_is_whole; }));
  if (!state->transfer.head_is_whole)
    return fail(Errc::kSystem, state->where + ": there was no answer");
  return std::unique_ptr<OpenAnswer>(new OpenAnswer(std::move(state)));
}

const ClientResponse& OpenAnswer::head() const { return state_->transfer.response; }

Status OpenAnswer::body(const std::function<bool(std::string_view)>& take) {
  state_->transfer.take = take;
  curl_easy_pause(state_->easy.get(), CURLPAUSE_CONT);
  Status all = state_->run([] { return false; });
  state_->transfer.take = nullptr;
  return all;
}

}  // namespace drydock::http
