#include "netns/dns/forwarder.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <thread>

namespace drydock::netns::dns {
namespace {

using std::chrono::milliseconds;

TEST(DnsReactor, TimersRunInTheirOrderAndNotWhenCancelled) {
  auto reactor = Reactor::open();
  ASSERT_TRUE(reactor);
  Reactor& r = **reactor;
  std::string order;
  (void)r.after(milliseconds(20), [&] {
    order += "c";
    r.stop();
  });
  const auto never = r.after(milliseconds(1), [&] { order += "x"; });
  (void)r.after(milliseconds(10), [&] { order += "b"; });
  (void)r.after(milliseconds(0), [&] {
    order += "a";
    r.cancel(never);
  });
  r.cancel(never);
  r.run();
  EXPECT_EQ(order, "abc");
}

TEST(DnsReactor, ADescriptorThatWasForgottenIsNotHeardOf) {
  auto reactor = Reactor::open();
  ASSERT_TRUE(reactor);
  Reactor& r = **reactor;
  const UniqueFd one(::eventfd(1, EFD_CLOEXEC)), two(::eventfd(1, EFD_CLOEXEC));
  int calls = 0;
  const auto only_one = [&] {  // whichever comes first forgets both
    ++calls;
    r.forget(one.get());
    r.forget(two.get());
    r.stop();
  };
  EXPECT_TRUE(r.watch(one.get(), EPOLLIN, only_one));
  EXPECT_TRUE(r.watch(two.get(), EPOLLIN, only_one));
  r.run();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(r.watch(-1, EPOLLIN, [] {}));
}

TEST(DnsReactor, ACallFromAnotherThreadIsOverWhenItReturns) {
  auto reactor = Reactor::open();
  ASSERT_TRUE(reactor);
  std::thread thread([&] { (*reactor)->run(); });
  std::thread::id where;
  (*reactor)->call([&] { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, thread.get_id());
  (*reactor)->stop();
  thread.join();
}

TEST(DnsForwarder, WithoutAServerItSaysSoAtOnce) {
  auto reactor = Reactor::open();
  ASSERT_TRUE(reactor);
  Forwarder forwarder(**reactor);
  int done = 0;
  forwarder.ask({*name_of("example.com"), kTypeA, kClassIn}, false, false,
                [&](const Message* said) {
                  EXPECT_EQ(said, nullptr);
                  ++done;
                });
  EXPECT_EQ(done, 1);
  EXPECT_EQ(forwarder.asking(), 0u);
}

}  // namespace
}  // namespace drydock::netns::dns
