// Where an answer leads a probe, and how it is asked there.
#include "probes/redirects.h"

#include <gtest/gtest.h>

#include "probes/probe_run.h"

namespace cleat::agent {
namespace {

HttpRequest requestFor(const std::string& path) {
  HttpRequest request{.host = "10.244.0.9", .port = 8080, .path = path};
  request.headers = {{"X-Asked", "yes"}, {"Host", "10.244.0.9:8080"}};
  return request;
}

TEST(Redirects, LeadWhereTheLocationSays) {
  struct {
    const char *from, *location, *to;  // an empty one: it is no address
  } cases[] = {
      {"/a/b", "/c", "http://10.244.0.9:8080/c"},
      {"/a/b", "c?d=e", "http://10.244.0.9:8080/a/c?d=e"},
      {"/a/b?x=1", "?y=2", "http://10.244.0.9:8080/a/b?y=2"},
      {"/a/b/c", "../d", "http://10.244.0.9:8080/a/d"},
      {"/a", "../../d/./e/..", "http://10.244.0.9:8080/d/"},
      {"/a", "/c#part", "http://10.244.0.9:8080/c"},
      {"/a?x", "#part", "http://10.244.0.9:8080/a?x"},
      {"/a", "/?u=http://x/../y", "http://10.244.0.9:8080/?u=http://x/../y"},
      {"/a", "http://10.244.0.9/b", "http://10.244.0.9:80/b"},
      {"/a", "HTTPS://10.244.0.9", "https://10.244.0.9:443/"},
      {"/a", "https://10.244.0.9:8443?b", "https://10.244.0.9:8443/?b"},
      {"/a", "//elsewhere.example/b", "http://elsewhere.example:80/b"},
      {"/a", "http://10.244.0.9@elsewhere.example/", "http://elsewhere.example:80/"},
      {"/a", "http://[fd00::1]:81/b", "http://[fd00::1]:81/b"},
      {"/a", "ftp://10.244.0.9/b", ""},
      {"/a", "http:b", ""},
      {"/a", "http://10.244.0.9:99999/", ""},
      {"/a", "http://10.244.0.9:80x/", ""},
      {"/a", "http:///b", ""},
      {"/a", "http://[fd00::1/b", ""},
  };
  for (const auto& one : cases) {
    auto next = redirected(requestFor(one.from), requestFor(one.from), one.location);
    EXPECT_EQ(next ? urlOf(*next) : "", one.to) << one.from << " " << one.location;
  }
}

TEST(Redirects, CallTheServerByTheNameThatTheProbeGave) {
  auto called = [](const std::string& host, const char* location) {
    HttpRequest first = requestFor("/");
    first.headers[1].second = host;
    auto next = redirected(first, first, location);
    EXPECT_EQ(next->headers[0].second, "yes");
    return next->headers[1].second;
  };
  EXPECT_EQ(called("10.244.0.9:8080", "http://10.244.0.9:81/"), "10.244.0.9:81");
  EXPECT_EQ(called("shop.example", "/b"), "shop.example");
  EXPECT_EQ(called("shop.example", "http://10.244.0.9:81/"), "10.244.0.9:81");
}

}  // namespace
}  // namespace cleat::agent
