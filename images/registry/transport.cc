#include "images/registry/transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace drydock::images::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kPollMs = 250;                 // how soon a cancel flag is seen
constexpr std::size_t kMostHead = 256 << 10;  // libcurl itself has no limit for all headers
constexpr std::size_t kMostIdle = 8;          // connections kept for later
constexpr std::size_t kErrorBody = 64 << 10;  // the rest of a longer one is not worth reading
constexpr long kReceiveBuffer = 512 << 10;

struct DropEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct DropMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct DropList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, DropList>;

// The connections live in `multi`: driving it by hand, not by curl_easy_perform, is what lets a
// cancel flag and a stalled peer be seen in time.
struct Line {
  std::unique_ptr<CURLM, DropMulti> multi{curl_multi_init()};
  std::unique_ptr<CURL, DropEasy> easy{curl_easy_init()};
};

struct Transfer {
  const Exchange& exchange;
  Answer answer;
  std::size_t head_bytes = 0;
  bool head_done = false;
  std::optional<Error> stopped;
  bool enough = false;  // of an error's body
  Clock::time_point last_sign = Clock::now();
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

bool is_success(int status) { return status >= 200 && status < 300; }

bool end_head(Transfer& transfer) {
  if (transfer.answer.status < 200) return true;  // an interim answer
  transfer.head_done = true;
  if (!is_success(transfer.answer.status) || !transfer.exchange.on_head) return true;
  if (auto taken = transfer.exchange.on_head(transfer.answer); !taken)
    transfer.stopped = std::move(taken.error());
  return !transfer.stopped;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.last_sign = Clock::now();
  const std::string_view line(data, size);
  transfer.head_bytes += size;
  if (transfer.head_bytes > kMostHead) {
    transfer.stopped = Error{Errc::kInvalid, "the answer's headers are larger than 256 KiB", 0};
    return 0;
  }
  if (transfer.head_done) return size;  // trailers
  if (line.substr(0, 5) == "HTTP/") {
    transfer.answer = {};
    const auto space = line.find(' ');
    if (space != std::string_view::npos)
      transfer.answer.status =
          static_cast<int>(parse_number(line.substr(space + 1, 3)).value_or(0));
    return size;
  }
  if (trimmed(line).empty()) return end_head(transfer) ? size : 0;
  if (const auto colon = line.find(':'); colon != std::string_view::npos)
    transfer.answer.headers.emplace(lower(std::string(line.substr(0, colon))),
                                    trimmed(line.substr(colon + 1)));
  return size;
}

bool take_data(Transfer& transfer, std::string_view data) {
  const bool success = is_success(transfer.answer.status);
  if (success && transfer.exchange.on_data) {
    if (auto taken = transfer.exchange.on_data(data); !taken) {
      transfer.stopped = std::move(taken.error());
      return false;
    }
    return true;
  }
  const std::size_t most = success ? transfer.exchange.most_body : kErrorBody;
  const std::size_t room = most - std::min(most, transfer.answer.body.size());
  transfer.answer.body.append(data.substr(0, room));
  if (data.size() <= room) return true;
  if (success)
    transfer.stopped =
        Error{Errc::kInvalid, "the answer is larger than " + std::to_string(most) + " bytes", 0};
  else
    transfer.enough = true;
  return false;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const bool taken = take_data(transfer, {data, size});
  // Only now: whoever takes the data may be slow, that is not the peer's fault.
  transfer.last_sign = Clock::now();
  return taken ? size : 0;
}

List header_list(const Exchange& exchange) {
  List list;
  const auto append = [&](const std::string& line) {
    if (curl_slist* grown = curl_slist_append(list.get(), line.c_str())) {
      (void)list.release();
      list.reset(grown);
    }
  };
  for (const auto& line : exchange.headers) append(line);
  if (!exchange.authorization.empty()) append("Authorization: " + exchange.authorization);
  append("Expect:");
  return list;
}

void set_trust(CURL* easy, const Trust& trust) {
  if (!trust.authorities.empty()) {
    curl_blob blob{};
    blob.data = const_cast<char*>(trust.authorities.data());
    blob.len = trust.authorities.size();
    blob.flags = CURL_BLOB_COPY;
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!trust.client_cert.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, trust.client_cert.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, trust.client_key.c_str());
  }
}

void set_options(CURL* easy, Transfer& transfer, const curl_slist* headers, char* detail) {
  const Exchange& exchange = transfer.exchange;
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, exchange.url.text().c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "drydock/" DRYDOCK_VERSION);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(exchange.connect_timeout.count()));
  // A proxy named in the environment is for the world outside.
  if (is_loopback(exchange.url.host)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (exchange.trust != nullptr) set_trust(easy, *exchange.trust);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  if (!exchange.form.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(exchange.form.size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, exchange.form.data());
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

// Runs the transfer in `line` to its end; CURLE_OPERATION_TIMEDOUT when the peer stalls.
CURLcode run(Line& line, Transfer& transfer, const CancelFlag& cancel) {
  for (;;) {
    int running = 0;
    if (curl_multi_perform(line.multi.get(), &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(line.multi.get(), &left))
      if (message->msg == CURLMSG_DONE) return message->data.result;
    if (running == 0) return CURLE_RECV_ERROR;
    if (cancel.is_set()) {
      transfer.stopped = Error{Errc::kCancelled, "cancelled", 0};
      return CURLE_ABORTED_BY_CALLBACK;
    }
    const auto patience = transfer.exchange.stall_timeout + transfer.exchange.connect_timeout;
    const bool answered = transfer.head_bytes > 0;
    if (Clock::now() - transfer.last_sign > (answered ? transfer.exchange.stall_timeout : patience))
      return CURLE_OPERATION_TIMEDOUT;
    curl_multi_poll(line.multi.get(), nullptr, 0, kPollMs, nullptr);
  }
}

bool is_tls_trouble(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
}

ExchangeError error_of(CURLcode code, CURL* easy, const char* detail) {
  curl_off_t connected = 0;    // TCP
  curl_off_t established = 0;  // and TLS
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &established);
  ExchangeError problem{
      Trouble::kBroken,
      {Errc::kSystem, *detail != '\0' ? printable(detail) : curl_easy_strerror(code), 0},
      {}};
  if (code == CURLE_OPERATION_TIMEDOUT) {
    problem.error.code = Errc::kTimeout;
    if (established > 0)
      problem.error.message = "no byte came for too long";
    else
      problem.trouble = connected > 0 ? Trouble::kNoTls : Trouble::kUnreachable;
  }
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
      code == CURLE_COULDNT_RESOLVE_PROXY)
    problem = {Trouble::kUnreachable, {Errc::kTimeout, problem.error.message, 0}};
  if (code == CURLE_SSL_CONNECT_ERROR) problem.trouble = Trouble::kNoTls;
  if (is_tls_trouble(code)) {
    problem.trouble = Trouble::kUntrusted;
    problem.error.code = Errc::kInvalid;
  }
  return problem;
}

}  // namespace

struct Transport::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Line>> idle;

  std::unique_ptr<Line> take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Line>();
    auto line = std::move(idle.back());
    idle.pop_back();
    return line;
  }
  void give(std::unique_ptr<Line> line) {
    const std::lock_guard lock(mutex);
    if (idle.size() < kMostIdle) idle.push_back(std::move(line));
  }
};

Transport::Transport() : pool_(std::make_unique<Pool>()) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}
Transport::~Transport() = default;

tl::expected<Answer, ExchangeError> Transport::perform(const Exchange& exchange,
                                                       const CancelFlag& cancel) {
  auto line = pool_->take();
  if (!line->multi || !line->easy)
    return tl::unexpected(ExchangeError{Trouble::kStopped, {Errc::kSystem, "out of memory", 0}});
  CURL* easy = line->easy.get();
  Transfer transfer{exchange, {}, 0, false, {}, false, Clock::now()};
  char detail[CURL_ERROR_SIZE] = "";
  const List headers = header_list(exchange);
  curl_easy_reset(easy);
  set_options(easy, transfer, headers.get(), detail);
  curl_multi_add_handle(line->multi.get(), easy);
  const CURLcode code = run(*line, transfer, cancel);
  std::optional<ExchangeError> problem;
  if (transfer.stopped)
    problem = ExchangeError{Trouble::kStopped, std::move(*transfer.stopped)};
  else if (code != CURLE_OK && !transfer.enough)
    problem = error_of(code, easy, detail);
  if (problem) problem->heard = transfer.head_bytes > 0;
  curl_multi_remove_handle(line->multi.get(), easy);
  curl_easy_reset(easy);  // it pointed at this frame
  pool_->give(std::move(line));
  if (problem) return tl::unexpected(std::move(*problem));
  return std::move(transfer.answer);
}

}  // namespace drydock::images::registry
