#include "core/api/rest/indented.h"

#include <gtest/gtest.h>

namespace cleat::api {
namespace {

TEST(Indented, AnswersAreForPeopleUnlessTheParameterSaysOtherwise) {
  struct Case {
    const char *pretty, *agent;
    bool wanted;
  } cases[] = {
      {"", "curl/8.1.2", true},
      {"", "Wget/1.21", true},
      {"", "Mozilla/5.0 (X11; Linux)", true},
      {"", "", false},
      {"", "kubectl/v1.33.0", false},
      {"", "Mozilla/4.0", false},
      {"", "libcurl", false},
      {"true", "", true},
      {"1", "kubectl", true},
      {"false", "curl/8", false},
      {"0", "curl/8", false},
      {"yes", "curl/8", false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(wantsIndented(one.pretty, one.agent), one.wanted) << one.pretty << " " << one.agent;
  }
}

TEST(Indented, OnlyJsonIs) {
  http::Request request;
  request.target = "/version?pretty=true";
  const auto answered = [&](std::string type, std::string body) {
    http::Response response;
    response.head.contentType = std::move(type);
    response.body.own(std::move(body));
    return indentedFor(request, std::move(response)).body.flat();
  };
  EXPECT_EQ(answered("application/json", R"({"a":[1,{}]})"), "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n");
  EXPECT_EQ(answered("application/json;as=APIGroupDiscoveryList", "[]\n"), "[]\n");
  EXPECT_EQ(answered("text/plain", "[1]"), "[1]");
  EXPECT_EQ(answered("application/json", ""), "");
}

}  // namespace
}  // namespace cleat::api
