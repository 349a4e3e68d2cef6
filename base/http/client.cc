#include "base/http/client.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <charconv>
#include <cstdlib>
#include <mutex>

#include "base/files.h"
#include "base/http/client_internal.h"
#include "base/limits.h"

namespace drydock::http {
namespace {

bool is_success(int status) { return status >= 200 && status < 300; }

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) try {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (transfer.head_is_whole) return size;  // a trailer
  if (line.substr(0, 5) == "HTTP/") {       // a new answer: the one before was 100 Continue
    transfer.response.headers.clear();
    const auto space = line.find(' ');
    transfer.response.status = space == line.npos ? 0 : std::atoi(line.data() + space + 1);
  } else if (const auto colon = line.find(':'); colon != line.npos) {
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
    transfer.response.headers.emplace_back(line.substr(0, colon), value);
  } else if (line.empty() && transfer.response.status >= 200) {
    transfer.head_is_whole = true;
  }
  return size;
} catch (...) {
  return 0;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) try {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.in_steps) {
    if (!transfer.take) return CURL_WRITEFUNC_PAUSE;
    transfer.stopped = !transfer.take({data, size});
    return transfer.stopped ? 0 : size;
  }
  if (transfer.request.on_data && is_success(transfer.response.status)) {
    transfer.stopped = !transfer.request.on_data({data, size});
    return transfer.stopped ? 0 : size;
  }
  auto& body = transfer.response.body;
  transfer.too_large =
      size > transfer.request.max_body - std::min(body.size(), transfer.request.max_body);
  if (transfer.too_large) return 0;
  body.append(data, size);
  return size;
} catch (...) {
  return 0;
}

std::size_t give_body(char* buffer, std::size_t, std::size_t size, void* user) try {
  auto& transfer = *static_cast<Transfer*>(user);
  const ssize_t got = transfer.request.body_source(buffer, size);
  transfer.source_failed = got < 0;
  return got < 0 ? CURL_READFUNC_ABORT : static_cast<std::size_t>(got);
} catch (...) {
  return CURL_READFUNC_ABORT;
}

int ask_cancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) try {
  return static_cast<Transfer*>(user)->request.cancelled() ? 1 : 0;
} catch (...) {
  return 1;
}

bool is_local(const std::string& url) {
  for (const char* const host : {"http://127.", "http://localhost", "http://[::1]"})
    if (url.rfind(host, 0) == 0) return true;
  return false;
}

}  // namespace

List header_list(const ClientRequest& request) {
  List list;
  const auto append = [&](const std::string& line) {
    curl_slist* const grown = curl_slist_append(list.get(), line.c_str());
    if (grown != nullptr) {
      (void)list.release();
      list.reset(grown);
    }
  };
  for (const auto& [name, value] : request.headers) {
    const bool clean = (name + value).find_first_of("\r\n") == std::string::npos;
    if (clean) append(value.empty() ? name + ";" : name + ": " + value);
  }
  // Without a body of ours curl would call it a form.
  if (header(request.headers, "Content-Type").empty()) append("Content-Type:");
  if (!request.bare) return list;
  append("Expect:");
  for (const char* const own : {"Accept", "User-Agent"})
    if (header(request.headers, own).empty()) append(std::string(own) + ":");
  return list;
}

namespace {

void set_body(CURL* easy, const ClientRequest& request, Transfer& transfer) {
  if (request.body_source) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
    if (request.body_length)
      curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                       static_cast<curl_off_t>(*request.body_length));
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD")
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

void set_options(CURL* easy, const ClientRequest& request, Transfer& transfer, char* error) {
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "drydock/" DRYDOCK_VERSION);
  if (!request.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  // A proxy named in the environment is for the world outside.
  if (!request.unix_socket.empty() || is_local(request.url))
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  // As curl's own program: where certificates are that are not the system's.
  if (const char* const file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0')
    curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  if (request.silence.count() > 0) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.silence.count()));
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  if (request.cancelled) {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, ask_cancelled);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  }
  set_body(easy, request, transfer);
}

Error error_of(CURLcode code, long sys, const std::string& where, const char* detail) {
  Error error{Errc::kSystem, where + ": " + (*detail != '\0' ? detail : curl_easy_strerror(code)),
              static_cast<int>(sys)};
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
    error.code = sys == EACCES || sys == EPERM ? Errc::kSystem : Errc::kNotFound;
    if (sys != 0)
      error.message = where + ": " + std::generic_category().message(static_cast<int>(sys));
  }
  if (code == CURLE_OPERATION_TIMEDOUT) error.code = Errc::kBusy;
  if (code == CURLE_ABORTED_BY_CALLBACK) error.code = Errc::kCancelled;
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
    error.code = Errc::kInvalid;
  return error;
}

std::string where_of(const ClientRequest& request) {
  return request.method + " " + request.url +
         (request.unix_socket.empty() ? "" : " on " + request.unix_socket);
}

Result<Easy> make_easy(const ClientRequest& request, const std::string& where) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (request.unix_socket.size() >= sizeof(sockaddr_un::sun_path))
    return fail(Errc::kInvalid, where + ": the socket's path is too long");
  Easy easy(curl_easy_init());
  if (!easy) return fail(Errc::kSystem, where + ": out of memory");
  return easy;
}

namespace {

// A connection to the request's server and nothing more; curl knows how to reach it.
Result<UniqueFd> connect_to(const ClientRequest& request, const std::string& where) {
  DRYDOCK_LET(const Easy easy, make_easy(request, where));
  Transfer transfer{request, {}};
  char detail[CURL_ERROR_SIZE] = "";
  set_options(easy.get(), request, transfer, detail);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) {
    long sys = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &sys);
    return tl::unexpected(error_of(code, sys, where, detail));
  }
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy.get(), CURLINFO_ACTIVESOCKET, &socket);
  UniqueFd own(::fcntl(socket, F_DUPFD_CLOEXEC, 3));
  if (!own) return fail_errno(where);
  ::fcntl(own.get(), F_SETFL, ::fcntl(own.get(), F_GETFL) & ~O_NONBLOCK);
  return own;
}

std::string upgrade_text(const ClientRequest& request, const std::string& protocol) {
  const auto host = request.url.find("://") + 3;
  const auto path = request.url.find('/', host);
  std::string text = request.method + " " +
                     (path == std::string::npos ? "/" : request.url.substr(path)) +
                     " HTTP/1.1\r\nHost: " + request.url.substr(host, path - host) +
                     "\r\nConnection: Upgrade\r\nUpgrade: " + protocol +
                     "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + request.body;
}

// The answer's status and headers, from a head that is complete.
Result<ClientResponse> read_head(std::string_view head, const std::string& where) {
  ClientResponse response;
  if (head.substr(0, 9) == "HTTP/1.1 ")
    std::from_chars(head.data() + 9, head.data() + std::min<std::size_t>(head.size(), 12),
                    response.status);
  if (response.status == 0) return fail(Errc::kSystem, where + ": the answer is not HTTP");
  for (auto at = head.find("\r\n"); at + 2 < head.size();) {
    const auto next = head.find("\r\n", at + 2);
    const auto line = head.substr(at + 2, next - at - 2);
    if (const auto colon = line.find(": "); colon != line.npos)
      response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    if (next == head.npos) break;
    at = next;
  }
  return response;
}

// Receives until `enough` says so.
template <class Enough>
Status receive(int socket, std::string& into, const std::string& where, Enough enough) {
  char buffer[4096];
  while (!enough()) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(where);
    if (got == 0) return fail(Errc::kSystem, where + ": the server closed the connection");
    into.append(buffer, static_cast<std::size_t>(got));
    if (into.size() > limits::kApiBody) return fail(Errc::kInvalid, where + ": a long answer");
  }
  return {};
}

}  // namespace

Result<Upgraded> upgrade(const ClientRequest& request, const std::string& protocol) {
  const std::string where = where_of(request);
  Upgraded result;
  DRYDOCK_LET(UniqueFd socket, connect_to(request, where));
  DRYDOCK_TRY(write_all(socket.get(), upgrade_text(request, protocol)));
  std::string text;
  std::size_t end = std::string::npos;
  DRYDOCK_TRY(receive(socket.get(), text, where,
                      [&] { return (end = text.find("\r\n\r\n")) != std::string::npos; }));
  DRYDOCK_LET(result.response, read_head(std::string_view(text).substr(0, end), where));
  text.erase(0, end + 4);
  if (result.response.status == 101) {
    result.early = std::move(text);
    result.socket = std::move(socket);
    return result;
  }
  std::size_t length = 0;
  const auto given = header(result.response.headers, "Content-Length");
  std::from_chars(given.data(), given.data() + given.size(), length);
  DRYDOCK_TRY(receive(socket.get(), text, where, [&] { return text.size() >= length; }));
  result.response.body = std::move(text);
  return result;
}

Result<ClientResponse> fetch(const ClientRequest& request) {
  const std::string where = where_of(request);
  DRYDOCK_LET(const Easy easy, make_easy(request, where));
  Transfer transfer{request, {}};
  char detail[CURL_ERROR_SIZE] = "";
  set_options(easy.get(), request, transfer, detail);
  const List headers = header_list(request);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(easy.get());
  if (transfer.too_large)
    return fail(Errc::kInvalid, where + ": the answer is larger than " +
                                    std::to_string(request.max_body) + " bytes");
  if (transfer.source_failed)
    return fail(Errc::kInvalid, where + ": the request's body could not be read");
  if (code != CURLE_OK && !transfer.stopped) {
    long sys = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &sys);
    return tl::unexpected(error_of(code, sys, where, detail));
  }
  return std::move(transfer.response);
}

}  // namespace drydock::http
