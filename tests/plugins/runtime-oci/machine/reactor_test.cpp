#include "plugins/runtime-oci/machine/reactor.h"

#include <gtest/gtest.h>

#include <future>

namespace cleat::runtime {
namespace {

TEST(ReactorTest, TimersAndPostedWorkRunInOrderAndStopDropsTheRest) {
  Reactor reactor;
  std::string order;
  std::promise<void> done;
  reactor.post([&] {
    auto cancelled = reactor.after(std::chrono::milliseconds(1), [&] { order += "x"; });
    reactor.after(std::chrono::milliseconds(20), [&] { order += "c", done.set_value(); });
    reactor.after(std::chrono::milliseconds(5), [&] { order += "b"; });
    reactor.cancel(cancelled);
    order += "a";
  });
  done.get_future().wait();
  EXPECT_TRUE(reactor.run([&] { order += "d"; }));
  reactor.stop();
  EXPECT_FALSE(reactor.run([&] { order += "e"; }));
  EXPECT_EQ(order, "abcd");
}

}  // namespace
}  // namespace cleat::runtime
