#include <sys/resource.h>

#include <csignal>

#include "logrouter/checkpoint.h"
#include "tests/unit/logrouter/journal_fixture.h"

// A journal whose destination must have everything: what it keeps, and what it gives up.
namespace drydock::logrouter {
namespace {

// No file takes a byte more while it lives.
class NoFileGrows {
 public:
  NoFileGrows() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoFileGrows() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Journal, KeepsWhatADestinationHasNotHadYetAndSaysThatItIsFull) {
  const std::string path = Checkpoint::file(folder_, "x");
  auto w = writer({4096, 16384, path});
  auto checkpoint = Checkpoint::open(path).value();
  int written = 0;
  while (!w.full()) write_lines(w, written, written + 1, 100), ++written;
  write_lines(w, written, written + 100, 100);  // all the same: nothing is lost
  written += 100;
  EXPECT_TRUE(w.full());
  EXPECT_EQ(read().size(), static_cast<std::size_t>(written));
  ASSERT_TRUE(checkpoint.save({w.offset(), 0}));
  EXPECT_FALSE(w.full());
  write_lines(w, written, written + 100, 100);
  EXPECT_LT(segments(folder_).size(), 8u);  // the delivered ones went
  ASSERT_TRUE(checkpoint.save(Checkpoint::kReleased));
  EXPECT_FALSE(w.full());
}

TEST_F(Journal, WhatWasStoredOutlivesTheGivingUpOfWhatCouldNotBe) {
  const std::string path = Checkpoint::file(folder_, "x");
  auto w = writer({4096, 16384, path});
  auto checkpoint = Checkpoint::open(path).value();
  write_lines(w, 0, 1000, 100);  // well beyond the cap, none of it delivered
  {
    const NoFileGrows full;
    write_lines(w, 1000, 1001, 100);
    EXPECT_TRUE(w.waits_for_disk());
    w.flush(kStart);
    EXPECT_TRUE(w.waits_for_disk());
  }
  w.give_up();
  w.flush(kStart);
  EXPECT_FALSE(w.waits_for_disk());
  write_lines(w, 1001, 1100, 100);  // new segments begin
  EXPECT_EQ(read().size(), 1100u);
  ASSERT_TRUE(checkpoint.save({w.offset(), 0}));
  write_lines(w, 1100, 1200, 100);
  EXPECT_LT(segments(folder_).size(), 8u);
}

}  // namespace
}  // namespace drydock::logrouter
