#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::netns {

// Whether a message of the kernel about nftables says that something of table `ours` has gone, or
// that chains of the table "filter", which iptables programs keep, have changed. Pure.
bool matters(std::string_view messages, std::string_view ours);

// Calls `look` on a thread of its own, in the network namespace in which it was opened, when others
// have removed something of a table (or may have), a moment after the last such change.
class TableWatch {
 public:
  static Result<std::unique_ptr<TableWatch>> open(const std::string& table,
                                                  std::function<void()> look);
  ~TableWatch();
  TableWatch(const TableWatch&) = delete;
  TableWatch& operator=(const TableWatch&) = delete;

 private:
  TableWatch() = default;
  void run();
  bool drain();

  std::string table_;
  std::function<void()> look_;
  UniqueFd events_, stop_;
  std::thread thread_;
};

}  // namespace drydock::netns
