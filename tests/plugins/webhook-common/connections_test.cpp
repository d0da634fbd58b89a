// Whose turn it is where a server has as many calls as it may.
#include "plugins/webhook-common/connections.h"

#include <gtest/gtest.h>

#include <string>

namespace cleat::webhook {
namespace {

constexpr const char* kServer = "10.0.0.1 443";

TEST(Connections, ACallTooManyWaitsForTheOneBeforeIt) {
  Connections connections(1, 0);
  std::string turns;
  ASSERT_TRUE(connections.enter(kServer));
  EXPECT_FALSE(connections.enter(kServer));
  EXPECT_TRUE(connections.enter("another")) << "each server has its own";
  EXPECT_FALSE(connections.enterInTurn(kServer, "a", [&] { turns += 'a'; }));
  EXPECT_FALSE(connections.enterInTurn(kServer, "b", [&] { turns += 'b'; }));
  EXPECT_EQ(turns, "");
  connections.leave(kServer);
  EXPECT_EQ(turns, "a");
  EXPECT_FALSE(connections.enter(kServer)) << "the place is that of a";
  connections.leave(kServer);
  EXPECT_EQ(turns, "ab");
  connections.leave(kServer);
  EXPECT_TRUE(connections.enterInTurn(kServer, "c", [&] { turns += 'c'; }));
  EXPECT_EQ(turns, "ab");
}

TEST(Connections, WhoeverGivesUpIsNotGivenATurn) {
  Connections connections(1, 0);
  std::string turns;
  const int one = 1, other = 2;
  ASSERT_TRUE(connections.enter(kServer));
  EXPECT_FALSE(connections.enterInTurn(kServer, &one, [&] { turns += 'a'; }));
  EXPECT_FALSE(connections.enterInTurn(kServer, &other, [&] { turns += 'b'; }));
  connections.stopWaiting(kServer, &one);
  connections.stopWaiting(kServer, &one);
  connections.stopWaiting("another", &one);
  connections.leave(kServer);
  EXPECT_EQ(turns, "b");
}

}  // namespace
}  // namespace cleat::webhook
