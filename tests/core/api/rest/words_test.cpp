// The small readers of what comes with a request: paths, queries, Accept headers; and the texts of answers.
#include <gtest/gtest.h>

#include "core/api/rest/negotiation.h"
#include "core/api/rest/object_text.h"
#include "core/api/rest/query.h"
#include "core/api/rest/resource_path.h"
#include "core/api/status_body.h"

namespace cleat::api {
namespace {

std::string text(const ParsedPath& path) {
  const ResourcePath& r = path.resource;
  return std::to_string(static_cast<int>(path.form)) + " " + r.group + "|" + r.version + "|" + r.ns + "|" + r.resource +
         "|" + r.name + "|" + r.subresource + "|" + r.rest + (r.watch ? " watch" : "");
}

TEST(ResourcePathTest, NamesWhatAPathNames) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "0 ||||||"},
      {"/healthz", "0 ||||||"},
      {"/apis", "1 ||||||"},
      {"/api", "2 ||||||"},
      {"/api/", "2 ||||||"},
      {"/apis/apps", "3 apps||||||"},
      {"/api/v1", "4 |v1|||||"},
      {"/apis/apps/v1/", "4 apps|v1|||||"},
      {"/api/v1/pods", "5 |v1||pods|||"},
      {"/api/v1/namespaces", "5 |v1||namespaces|||"},
      {"/api/v1/namespaces/a", "5 |v1||namespaces|a||"},
      {"/api/v1/namespaces/a/status", "5 |v1||namespaces|a|status|"},
      {"/api/v1/namespaces/a/finalize", "5 |v1||namespaces|a|finalize|"},
      {"/api/v1/namespaces/a/pods", "5 |v1|a|pods|||"},
      {"/api/v1/namespaces/a/pods/b/log", "5 |v1|a|pods|b|log|"},
      {"/api/v1/namespaces/a/services/b:80/proxy/x/y%20z", "5 |v1|a|services|b:80|proxy|/x/y%20z"},
      {"/api/v1/namespaces/a/services/b/proxy/", "5 |v1|a|services|b|proxy|/"},
      {"/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
       "5 rbac.authorization.k8s.io|v1||clusterroles|system:node||"},
      {"/api/v1/watch/namespaces/a/pods", "5 |v1|a|pods||| watch"},
      {"/api/v1/pods/%zz", "0 ||||||"},
  };
  for (auto [path, expected] : cases) EXPECT_EQ(text(parsePath(path)), expected) << path;
}

TEST(QueryTest, DecodesAndConverts) {
  Query query("labelSelector=a%3Db%2Cc+in+%28d%29&watch=1&follow=false&limit=500&empty=&bad=%zz&twice=1&twice=2");
  EXPECT_EQ(query.get("labelSelector"), "a=b,c in (d)");
  EXPECT_TRUE(query.flag("watch"));
  EXPECT_FALSE(query.flag("follow"));
  EXPECT_FALSE(query.flag("absent"));
  EXPECT_EQ(query.optionalFlag("follow"), false);
  EXPECT_EQ(query.optionalFlag("absent"), std::nullopt);
  EXPECT_EQ(**query.number("limit"), 500);
  EXPECT_EQ(*query.number("absent"), std::nullopt);
  EXPECT_FALSE(query.number("labelSelector"));
  EXPECT_EQ(query.all("twice").size(), 2u);
  EXPECT_FALSE(query.has("bad"));
}

TEST(NegotiationTest, TakesTheFirstThatThereIs) {
  const std::string table = "application/json;as=Table;v=v1;g=meta.k8s.io";
  EXPECT_EQ(negotiate("")->view, View::object);
  EXPECT_EQ(negotiate("*/*")->media, Media::json);
  EXPECT_EQ(negotiate(table + ",application/json")->view, View::table);
  EXPECT_EQ(negotiate("application/json;as=Table;v=v7;g=meta.k8s.io, application/json")->view, View::object);
  EXPECT_EQ(negotiate("application/vnd.kubernetes.protobuf, application/json")->media, Media::protobuf);
  EXPECT_EQ(negotiate("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io," + table)->view, View::table);
  const std::string metadata = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
  EXPECT_EQ(negotiate(metadata)->media, Media::protobuf);
  EXPECT_EQ(negotiate(metadata)->view, View::partialMetadata);
  // Of open kinds too, which have no protobuf otherwise.
  EXPECT_EQ(negotiate(metadata, {.protobuf = false})->view, View::partialMetadata);
  EXPECT_EQ(negotiate("application/vnd.kubernetes.protobuf," + metadata, {.protobuf = false})->view,
            View::partialMetadata);
  EXPECT_FALSE(negotiate("application/vnd.kubernetes.protobuf", {.protobuf = false}));
  EXPECT_EQ(negotiate("application/json;q=0.2, application/yaml;q=0.8")->media, Media::yaml);
  EXPECT_FALSE(negotiate("text/html"));
  EXPECT_FALSE(negotiate(table, {.views = Views::objectOnly}));
  EXPECT_EQ(negotiate(table + ",application/json", {.views = Views::objectOnly})->view, View::object);
  EXPECT_FALSE(negotiate("application/json;q=0"));
}

TEST(PrettyJsonTest, IndentsWithoutTouchingStrings) {
  EXPECT_EQ(prettyJson(R"({"a":"{,:[","b":[1,{}],"c":[]})"),
            "{\n  \"a\": \"{,:[\",\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": []\n}\n");
}

TEST(StatusBodyTest, HasTheFieldsInKubernetesOrder) {
  Status status = Status::invalid("Pod", "web", {{"FieldValueRequired", "Required value", "spec.containers"}});
  status.details.retryAfterSeconds = 3;
  EXPECT_EQ(
      statusJson(status),
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Pod \"web\" is invalid: )"
      R"(spec.containers: Required value","reason":"Invalid","details":{"name":"web","kind":"Pod","causes":[{"reason":)"
      R"("FieldValueRequired","message":"Required value","field":"spec.containers"}],"retryAfterSeconds":3},"code":422})");
  EXPECT_EQ(statusResponse(status).head.headers[0].second, "3");
}

}  // namespace
}  // namespace cleat::api
