#include "plugins/webhook-common/destination.h"

#include <gtest/gtest.h>

namespace cleat::webhook {
namespace {

TEST(Destination, APathIsAskedForAsKubernetesAsksForIt) {
  const struct {
    const char* url;
    const char* path;
  } cases[] = {{"https://127.0.0.1:9443//failing", "/failing"},
               {"https://hook:443/a/b/", "/a/b"},
               {"https://hook", "/"},
               {"https://hook/", "/"},
               {"https://hook/a/./b/../c", "/a/c"},
               {"https://hook/../..", "/"}};
  for (const auto& one : cases) EXPECT_EQ(Destination::ofUrl(one.url, "").path, one.path) << one.url;
}

TEST(Destination, AServiceIsNamedWithItsPathAsItIsWritten) {
  const Destination to = Destination::ofService("ns", "hook", "/mutate/", 443, "");
  EXPECT_EQ(to.path, "/mutate");
  EXPECT_EQ(to.url, "https://hook.ns.svc:443/mutate/");
  EXPECT_EQ(Destination::ofService("ns", "hook", "", 8443, "").url, "https://hook.ns.svc:8443/");
  EXPECT_EQ(Destination::ofService("ns", "hook", "x", 443, "").path, "/x");
}

}  // namespace
}  // namespace cleat::webhook
