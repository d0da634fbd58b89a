#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/bootstrap-token-common/bootstrap_secret.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Secret;

class TokenCleanerTest : public testing::Test {
 protected:
  TokenCleanerTest() {
    host.know<Secret>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  void put(const std::string& expiration) {
    test::SecretData data = test::tokenData();
    if (!expiration.empty()) data["expiration"] = expiration;
    host.put(test::bootstrapSecret(data));
    host.settle();
  }
  std::string in(Duration time) { return formatTime(host.wallNow() + time); }
  bool isThere() { return bool(host.get<Secret>("kube-system", "bootstrap-token-abcdef")); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(TokenCleanerTest, ATokenGoesWhenItsTimeIsOver) {
  put(in(60s));
  host.advance(59s);
  EXPECT_TRUE(isThere());
  host.advance(1s);
  EXPECT_FALSE(isThere());
}

TEST_F(TokenCleanerTest, OneThatIsOverGoesAtOnce) {
  put(in(-1s));
  EXPECT_FALSE(isThere());
  put("at some time");
  EXPECT_FALSE(isThere()) << "what is no time counts as over";
}

TEST_F(TokenCleanerTest, OneWithoutAnEndStays) {
  put("");
  host.advance(1h * 24 * 365);
  EXPECT_TRUE(isThere());
}

TEST_F(TokenCleanerTest, MoreTimeIsGiven) {
  put(in(60s));
  host.advance(30s);
  put(in(60s));
  host.advance(59s);
  EXPECT_TRUE(isThere());
  host.advance(1s);
  EXPECT_FALSE(isThere());
}

}  // namespace
}  // namespace cleat
