#pragma once
#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/http/client.h"

// What fetch() and OpenAnswer share of libcurl. Private to base/http.
namespace drydock::http {

struct DropCurl {
  void operator()(CURL* p) const { curl_easy_cleanup(p); }
  void operator()(curl_slist* p) const { curl_slist_free_all(p); }
};
using Easy = std::unique_ptr<CURL, DropCurl>;
using List = std::unique_ptr<curl_slist, DropCurl>;

// What curl's callbacks see of one transfer.
struct Transfer {
  const ClientRequest& request;
  ClientResponse response;
  bool stopped = false;  // on_data wanted no more
  bool too_large = false;
  bool source_failed = false;
  bool head_is_whole = false;
  bool in_steps = false;                            // the body waits until there is `take`
  std::function<bool(std::string_view)> take = {};  // false: enough
};

// "GET http://localhost/path on /run/socket".
std::string where_of(const ClientRequest& request);
Result<Easy> make_easy(const ClientRequest& request, const std::string& where);
// `error`: a buffer of CURL_ERROR_SIZE. All of these must outlive the transfer.
void set_options(CURL* easy, const ClientRequest& request, Transfer& transfer, char* error);
List header_list(const ClientRequest& request);
Error error_of(CURLcode code, long sys, const std::string& where, const char* detail);

}  // namespace drydock::http
