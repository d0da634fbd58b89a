// Which requests a flow's rules take, and what a request's head says of it.
#include "core/api/flow/flow_table.h"

#include <gtest/gtest.h>

#include "core/api/flow/request_flow.h"
#include "core/gate/plugin_roles.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::api {
namespace {

void only(capnp::List<capnp::Text>::Builder list, const char* text) { list.set(0, text); }

struct Asked {
  const char *user, *group, *verb, *apiGroup, *resource, *subresource, *ns, *path;
  bool matches;
};

TEST(FlowTableTest, RulesTakeWhatTheySay) {
  const auto message = gate::makeMessage<role::Flow>([](role::Flow::Builder flow) {
    auto rule = flow.initRules(1)[0];
    only(rule.initUsers(1), "mary");
    only(rule.initUserPrefixes(1), "system:serviceaccount:a:");
    only(rule.initGroups(1), "ops");
    auto resources = rule.initResources(1)[0];
    only(resources.initVerbs(1), "get");
    only(resources.initGroups(1), "");
    auto names = resources.initResources(2);
    names.set(0, "pods");
    names.set(1, "pods/status");
    only(resources.initNamespaces(1), "a");
    auto paths = rule.initPaths(1)[0];
    only(paths.initVerbs(1), "*");
    auto list = paths.initPaths(2);
    list.set(0, "/healthz");
    list.set(1, "/debug/*");
  });
  const FlowRule rule(message->root<role::Flow>().getRules()[0]);
  for (const Asked& each : {
           Asked{"mary", "", "get", "", "pods", "", "a", "", true},
           Asked{"mary", "", "get", "", "pods", "status", "a", "", true},
           Asked{"mary", "", "get", "", "pods", "log", "a", "", false},
           Asked{"mary", "", "list", "", "pods", "", "a", "", false},
           Asked{"mary", "", "get", "apps", "pods", "", "a", "", false},
           Asked{"mary", "", "get", "", "pods", "", "b", "", false},
           Asked{"mary", "", "get", "", "pods", "", "", "", false},
           Asked{"bob", "ops", "get", "", "pods", "", "a", "", true},
           Asked{"bob", "", "get", "", "pods", "", "a", "", false},
           Asked{"system:serviceaccount:a:x", "", "get", "", "pods", "", "a", "", true},
           Asked{"system:serviceaccount:ab:x", "", "get", "", "pods", "", "a", "", false},
           Asked{"mary", "", "post", "", "", "", "", "/healthz", true},
           Asked{"mary", "", "get", "", "", "", "", "/healthz/x", true},
           Asked{"mary", "", "get", "", "", "", "", "/healthzx", false},
           Asked{"mary", "", "get", "", "", "", "", "/debug/pprof", true},
           Asked{"mary", "", "get", "", "", "", "", "/debug", false},
       }) {
    bus::User user;
    user.name = each.user;
    user.groups = {each.group};
    FlowQuestion question{.user = user, .verb = each.verb, .isResource = each.resource[0] != 0};
    question.group = each.apiGroup;
    question.resource = each.resource;
    question.subresource = each.subresource;
    question.ns = each.ns;
    question.path = each.path;
    EXPECT_EQ(rule.takes(question), each.matches) << each.user << " " << each.verb << " " << each.resource << each.path;
  }
}

TEST(RequestFlowTest, SaysWhatTheHeadSays) {
  bus::User user;
  auto question = [&](const char* method, const std::string& target, const object::Kind* kind = nullptr) {
    http::Request request;
    request.method = method;
    request.target = target;
    const ParsedPath path = parsePath(request.path());
    const FlowQuestion asked = flowQuestion(request, path, kind, false, user);
    return std::string(asked.verb) + " " + std::string(asked.ns) + " " + std::string(asked.resource) + " " +
           std::string(asked.path);
  };
  EXPECT_EQ(question("GET", "/api/v1/namespaces/a/pods?watch=1"), "watch a pods ");
  EXPECT_EQ(question("DELETE", "/api/v1/namespaces/a/pods"), "deletecollection a pods ");
  EXPECT_EQ(question("GET", "/api/v1/namespaces/a", &test::kind("Namespace")), "get a namespaces ");
  EXPECT_EQ(question("PATCH", "/version"), "patch   /version");
}

}  // namespace
}  // namespace cleat::api
