// What a connect is about, as webhooks and policies see it.
#include "policy-common/connect_options.h"

#include <capnp/message.h>
#include <cleat/sdk/json_tree.h>
#include <gtest/gtest.h>

#include "policy-common/document.h"
#include "policy-common/json_values.h"

namespace cleat::policy {
namespace {

struct Asked {
  const char *resource, *subresource, *query;
  const char* json;  // empty: it has no options
};

std::string optionsOf(const Asked& asked, role::Operation operation = role::Operation::CONNECT) {
  capnp::MallocMessageBuilder message;
  auto params = message.initRoot<role::AdmissionParams>();
  params.initRef().setResource(asked.resource);
  params.getRef().setSubresource(asked.subresource);
  params.setOperation(operation);
  params.setQuery(asked.query);
  const auto kind = connectKind(params.asReader());
  if (!kind) return "";
  auto document = documentOf(connectOptions(view(params.asReader().getQuery()), *kind));
  EXPECT_TRUE(document);
  capnp::MallocMessageBuilder out;
  auto root = out.initRoot<open_v1::JsonValue>();
  writeDocument(*document, root);
  return jsonText(JsonView(root.asReader()));
}

TEST(ConnectOptions, AreWhatTheQuerySays) {
  const Asked cases[] = {
      {"pods", "exec", "stdin=true&stdout=1&stderr&tty=FALSE&container=web&command=sh&command=-c&command=echo+a%26b",
       R"({"apiVersion":"v1","command":["sh","-c","echo a&b"],"container":"web","kind":"PodExecOptions","stderr":true,)"
       R"("stdin":true,"stdout":true})"},
      {"pods", "exec", "", R"({"apiVersion":"v1","kind":"PodExecOptions"})"},
      {"pods", "attach", "stdin=0&tty=yes&command=sh", R"({"apiVersion":"v1","kind":"PodAttachOptions","tty":true})"},
      {"pods", "portforward", "ports=80,443&ports=8080&ports=x",
       R"({"apiVersion":"v1","kind":"PodPortForwardOptions","ports":[80,443,8080]})"},
      {"pods", "proxy", "path=a/b%20c&path=other", R"({"apiVersion":"v1","kind":"PodProxyOptions","path":"a/b c"})"},
      {"services", "proxy", "path=&x=y", R"({"apiVersion":"v1","kind":"ServiceProxyOptions"})"},
      {"nodes", "proxy", "path=metrics", R"({"apiVersion":"v1","kind":"NodeProxyOptions","path":"metrics"})"},
      {"pods", "attach", "container=%zz&stdin", R"({"apiVersion":"v1","kind":"PodAttachOptions","stdin":true})"},
      {"pods", "log", "follow=true", ""},
      {"widgets", "exec", "stdin=true", ""},
  };
  for (const Asked& each : cases) EXPECT_EQ(optionsOf(each), each.json) << each.subresource << " " << each.query;
}

TEST(ConnectOptions, AreOfConnectsAlone) {
  EXPECT_EQ(optionsOf({"pods", "exec", "stdin=true", ""}, role::Operation::CREATE), "");
}

// The query that the options come to with these members.
std::string queryOf(const KindKey& kind, std::string_view members, std::string_view named = {}) {
  auto tree =
      JsonTree::parse(concat(R"({"apiVersion":"v1","kind":")", named.empty() ? kind.kind : named, "\"", members, "}"));
  EXPECT_TRUE(tree);
  auto document = documentOf(jsonValue(tree->view()));
  EXPECT_TRUE(document);
  auto query = connectQuery(*document, kind);
  return query ? *query : query.error().message;
}

TEST(ConnectOptions, AreWrittenAsAQuery) {
  const KindKey exec{"", "v1", "PodExecOptions"}, attach{"", "v1", "PodAttachOptions"};
  const KindKey forward{"", "v1", "PodPortForwardOptions"}, proxy{"", "v1", "ServiceProxyOptions"};
  EXPECT_EQ(queryOf(exec, R"(,"command":["sh","-c","a & b"],"container":"web","stdin":true,"tty":false,"other":1)"),
            "stdin=true&container=web&command=sh&command=-c&command=a%20%26%20b");
  EXPECT_EQ(queryOf(attach, R"(,"command":["sh"],"stderr":true,"container":null)"), "stderr=true");
  EXPECT_EQ(queryOf(forward, R"(,"ports":[80,443])"), "ports=80&ports=443");
  EXPECT_EQ(queryOf(proxy, R"(,"path":"a/b?c")"), "path=a/b%3Fc");
  EXPECT_EQ(queryOf(proxy, ""), "");
  EXPECT_EQ(queryOf(exec, R"(,"tty":"yes")"), "json: cannot unmarshal the field PodExecOptions.tty");
  EXPECT_EQ(queryOf(forward, R"(,"ports":["80"])"), "json: cannot unmarshal the field PodPortForwardOptions.ports");
  EXPECT_EQ(queryOf(exec, "", "Pod"), "the options of the connection are no PodExecOptions");
}

}  // namespace
}  // namespace cleat::policy
