#pragma once
#include <cstddef>
#include <cstdint>

// Private to the codec: where names lie in the data of records.
namespace drydock::netns::dns {

// `skip` bytes, then `names` names, then the rest. Only the types of RFC 1035 may be compressed
// when written (RFC 3597, section 4); more than those are sometimes received so.
struct Layout {
  std::size_t skip = 0;
  int names = 0;
  bool may_compress = false;
};

inline Layout layout_of(std::uint16_t type) {
  switch (type) {
    case 2:   // NS
    case 3:   // MD
    case 4:   // MF
    case 5:   // CNAME
    case 7:   // MB
    case 8:   // MG
    case 9:   // MR
    case 12:  // PTR
      return {0, 1, true};
    case 6:   // SOA
    case 14:  // MINFO
      return {0, 2, true};
    case 15:  // MX
      return {2, 1, true};
    case 17:  // RP
      return {0, 2, false};
    case 18:  // AFSDB
    case 21:  // RT
    case 36:  // KX
      return {2, 1, false};
    case 26:  // PX
      return {2, 2, false};
    case 33:  // SRV
      return {6, 1, false};
    case 39:  // DNAME
      return {0, 1, false};
    default:
      return {};
  }
}

}  // namespace drydock::netns::dns
