// What a connect is about, as webhooks and policies see it.
#include "policy-common/connect_options.h"

#include <capnp/message.h>
#include <cleat/sdk/json_tree.h>
#include <gtest/gtest.h>

#include "policy-common/document.h"

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
  auto document = documentOf(connectOptions(params.asReader(), *kind));
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

}  // namespace
}  // namespace cleat::policy
