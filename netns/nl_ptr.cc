#include "netns/nl_ptr.h"

#include <netlink/errno.h>

#include <string>

namespace drydock::netns::nl {

tl::unexpected<Error> fail_nl(std::string_view doing, int code) {
  Errc what = Errc::kSystem;
  switch (-code) {
    case NLE_EXIST:
      what = Errc::kExists;
      break;
    case NLE_OBJ_NOTFOUND:
    case NLE_NODEV:
      what = Errc::kNotFound;
      break;
    case NLE_BUSY:
      what = Errc::kBusy;
      break;
    case NLE_OPNOTSUPP:
      what = Errc::kUnsupported;
      break;
    default:
      break;
  }
  return fail(what, std::string(doing) + ": " + nl_geterror(code));
}

Result<Ptr<nl_sock>> connect(int protocol) {
  Ptr<nl_sock> sock(nl_socket_alloc());
  if (!sock) return fail(Errc::kSystem, "open netlink: out of memory");
  if (const int e = nl_connect(sock.get(), protocol); e < 0) return fail_nl("open netlink", e);
  return sock;
}

}  // namespace drydock::netns::nl
