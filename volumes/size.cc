#include "volumes/size.h"

#include <fts.h>
#include <sys/stat.h>

#include <memory>
#include <set>

namespace drydock::volumes {
namespace {

struct Close {
  void operator()(FTS* f) const { ::fts_close(f); }
};

}  // namespace

FolderSize folder_size(const std::string& folder, std::size_t most) {
  FolderSize size;
  std::string top = folder;
  char* roots[] = {top.data(), nullptr};
  const std::unique_ptr<FTS, Close> walk(
      ::fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, nullptr));
  if (!walk) return size;
  std::set<ino_t> linked;
  std::size_t seen = 0;
  while (const FTSENT* entry = ::fts_read(walk.get())) {
    if (entry->fts_info == FTS_DP || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS ||
        entry->fts_info == FTS_ERR)
      continue;
    if (++seen > most) {
      size.complete = false;
      break;
    }
    const struct stat& st = *entry->fts_statp;
    if (st.st_nlink > 1 && !S_ISDIR(st.st_mode) && !linked.insert(st.st_ino).second) continue;
    size.bytes += static_cast<std::uint64_t>(st.st_blocks) * 512;
  }
  return size;
}

}  // namespace drydock::volumes
