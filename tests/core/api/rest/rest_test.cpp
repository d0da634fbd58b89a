#include <boost/json/parse.hpp>

#include "core/app/wait.h"
#include "core/base/manual_executor.h"
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

using testing::Test;

class RestTest : public ApiFixture {};

TEST_F(RestTest, AnObjectGoesThroughItsWholeLife) {
  Answer made = create(kMaps, R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"web"},"data":{"a":"1"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.headers["content-type"], "application/json");
  EXPECT_EQ(made.at("metadata.namespace"), "default");
  Answer got = get(kMaps + "/web");
  EXPECT_EQ(got.body, made.body);
  std::string body = got.body;
  body.replace(body.find("\"1\""), 3, "\"2\"");
  Answer updated = call("PUT", kMaps + "/web", body);
  EXPECT_EQ(updated.status, 200) << updated.body;
  EXPECT_EQ(updated.at("data.a"), "2");
  Answer stale = call("PUT", kMaps + "/web", body);
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(stale.at("reason"), "Conflict");
  Answer patched =
      call("PATCH", kMaps + "/web", R"({"data":{"b":"3"}})", {"Content-Type: application/merge-patch+json"});
  EXPECT_EQ(patched.at("data.b"), "3") << patched.body;
  Answer gone = call("DELETE", kMaps + "/web");
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.at("status"), "Success");
  EXPECT_EQ(gone.at("details.name"), "web");
  EXPECT_EQ(gone.at("details.kind"), "configmaps");
  EXPECT_EQ(gone.at("details.uid"), made.at("metadata.uid"));
  Answer missing = get(kMaps + "/web");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body,
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"configmaps \"web\" not )"
            R"(found","reason":"NotFound","details":{"name":"web","kind":"configmaps"},"code":404})"
            "\n");
}

TEST_F(RestTest, ListsAreStoredBytesBetweenTheListsOwn) {
  makeConfigMap("a", "x");
  makeConfigMap("b", "y");
  Answer all = get("/api/v1/configmaps");
  EXPECT_TRUE(all.body.starts_with(R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")"))
      << all.body;
  EXPECT_EQ(all.at("items.0.metadata.name"), "a");
  EXPECT_EQ(all.at("items.0.kind"), "");
  EXPECT_EQ(all.at("items.1.data.k"), "v");
  EXPECT_EQ(get(kMaps + "?labelSelector=app%3Dy").at("items.0.metadata.name"), "b");
  EXPECT_EQ(get(kMaps + "?fieldSelector=metadata.name%3Da").at("items.0.metadata.name"), "a");
  Answer page = get(kMaps + "?limit=1");
  EXPECT_EQ(page.at("metadata.remainingItemCount"), "1");
  EXPECT_EQ(get(kMaps + "?limit=1&continue=" + page.at("metadata.continue")).at("items.0.metadata.name"), "b");
  EXPECT_EQ(get("/api/v1/namespaces/other/configmaps").at("items"), "[]");
}

TEST_F(RestTest, ANameThatIsMadeUpAndTakenIsMadeUpAgain) {
  // Two gates that draw the same letters.
  base::ManualExecutor first(7), second(7);
  std::vector<std::string> names;
  for (base::ManualExecutor* executor : {&first, &second}) {
    gate::Gate gate(*executor, kinds_, *store_, *hub_, plugins_);
    bus::User user;
    user.name = "admin";
    bus::Target target;
    target.kind = kinds_.find("", "v1", "configmaps");
    target.ns = "default";
    auto body =
        object::decodeJson(*target.kind, R"({"metadata":{"generateName":"x-"}})", object::FieldValidation::strict);
    ASSERT_TRUE(body);
    Result<bus::Written> made = app::wait(gate.create(user, target, body->message, {}));
    ASSERT_TRUE(made) << made.error().message;
    names.push_back(made->object->name());
  }
  EXPECT_EQ(names[0].substr(0, 2), "x-");
  EXPECT_NE(names[0], names[1]);
}

TEST_F(RestTest, DeleteCollectionGivesWhatWasThere) {
  makeConfigMap("a", "x");
  makeConfigMap("b", "y");
  Answer removed = call("DELETE", kMaps + "?labelSelector=app%3Dx");
  EXPECT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(removed.at("items.0.metadata.name"), "a");
  EXPECT_EQ(get(kMaps).at("items.0.metadata.name"), "b");
}

struct Refusal {
  const char* method;
  std::string target, body, contentType;
  int status;
  const char* message;
};

TEST_F(RestTest, RefusesInTheWordsOfKubernetes) {
  makeConfigMap("web");
  const std::string json = "application/json";
  const std::string map = R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"}})";
  const std::vector<Refusal> refusals = {
      {"GET", "/api/v1/nothings", "", "", 404, "the server could not find the requested resource"},
      {"GET", kMaps + "/web/frobnicate", "", "", 404, "the server could not find the requested resource"},
      {"GET", "/api/v1/configmaps/web", "", "", 404, "the server could not find the requested resource"},
      {"POST", "/api/v1/configmaps", map, json, 405, "the server does not allow this method on the requested resource"},
      {"PUT", kMaps, map, json, 405, "the server does not allow this method on the requested resource"},
      {"POST", kMaps, R"({"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"x"}})", json, 400,
       "Deployment in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Deployment) to (core.ConfigMap): unknown "
       "conversion"},
      {"POST", kMaps, R"({"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"x"}})", json, 400,
       R"(ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in )"
       R"(scheme "pkg/runtime/scheme.go:111")"},
      {"POST", kMaps + "?fieldValidation=Strict",
       R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"foo":1})", json, 400,
       "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"foo\""},
      {"PUT", kMaps + "/web", map, json, 400, "the name of the object (x) does not match the name on the URL (web)"},
      {"POST", kMaps, "\x00\x01", "application/octet-stream", 415,
       "the body of the request was in an unknown format - accepted media types include: application/json, "
       "application/yaml, application/vnd.kubernetes.protobuf"},
      {"PATCH", kMaps + "/web", "{}", json, 415, "415: Unsupported Media Type"},
      {"GET", kMaps + "?limit=x", "", "", 400, "strconv.ParseInt: parsing \"x\": invalid syntax"},
      {"GET", kMaps + "?resourceVersion=x", "", "", 400,
       "invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax"},
      {"GET", kMaps + "?resourceVersionMatch=Exact", "", "", 422,
       "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
       "resourceVersion is provided"},
      {"POST", kMaps + "?dryRun=Some", map, json, 422,
       "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""},
      {"PATCH", kMaps + "/web", "{}", "application/apply-patch+yaml", 422,
       "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"},
      {"PATCH", kMaps + "/web?fieldManager=a%0Ab", "{}", "application/merge-patch+json", 422,
       "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"a\\nb\": invalid character U+000A (at position 1)"},
      {"PATCH", kMaps + "/web?fieldManager=m", R"({"kind":"Secret","apiVersion":"v1","metadata":{"name":"web"}})",
       "application/apply-patch+yaml", 400, "invalid object type: /v1, Kind=Secret"},
      {"PATCH", kMaps + "/web?fieldManager=m", R"({"metadata":{"name":"web"}})", "application/apply-patch+yaml", 400,
       "invalid object type: /, Kind="},
      {"PATCH", kMaps + "/new?fieldManager=m",
       R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"new","uid":"u"}})", "application/apply-patch+yaml",
       409,
       "Operation cannot be fulfilled on configmaps \"new\": uid mismatch: the provided object specified uid u, and no existing object was found"},
  };
  for (const Refusal& refusal : refusals) {
    std::vector<std::string> headers;
    if (!refusal.contentType.empty()) headers.push_back("Content-Type: " + refusal.contentType);
    Answer answer = call(refusal.method, refusal.target, refusal.body, headers);
    EXPECT_EQ(answer.status, refusal.status) << refusal.method << " " << refusal.target;
    EXPECT_EQ(answer.at("message"), refusal.message) << answer.body;
    EXPECT_EQ(answer.at("code"), std::to_string(refusal.status));
  }
}

TEST_F(RestTest, AnUnacceptableAcceptIsA406) {
  Answer answer = get(kMaps, {"Accept: text/html"});
  EXPECT_EQ(answer.status, 406);
  EXPECT_EQ(answer.at("reason"), "NotAcceptable");
  EXPECT_EQ(answer.at("message"),
            "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
            "application/vnd.kubernetes.protobuf, application/json;stream=watch, "
            "application/vnd.kubernetes.protobuf;stream=watch");
  answer = get(kMaps, {"Accept: application/json;as=Thing;v=v1;g=meta.k8s.io"});
  EXPECT_EQ(answer.at("message"),
            "only the following media types are accepted: application/json, application/yaml, "
            "application/vnd.kubernetes.protobuf");
}

TEST_F(RestTest, WarnsOfUnknownFieldsUnlessToldOtherwise) {
  const std::string body = R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"foo":1})";
  Answer warned = create(kMaps + "?dryRun=All", body);
  EXPECT_EQ(warned.status, 201) << warned.body;
  EXPECT_EQ(warned.headers["warning"], R"(299 - "unknown field \"foo\"")");
  Answer ignored = create(kMaps + "?dryRun=All&fieldValidation=Ignore", body);
  EXPECT_EQ(ignored.headers.count("warning"), 0u);
  EXPECT_EQ(get(kMaps + "/x").status, 404);
}

TEST_F(RestTest, TakesYaml) {
  Answer made = call("POST", kMaps, "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: yaml\ndata:\n  a: b\n",
                     {"Content-Type: application/yaml"});
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.at("data.a"), "b");
}

TEST_F(RestTest, ATableHasThePluginsCellsAndTheObjectsMetadata) {
  create(
      "/api/v1/namespaces/default/pods",
      R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}})");
  const std::string accept = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  Answer table = get("/api/v1/namespaces/default/pods", {accept});
  EXPECT_EQ(table.at("kind"), "Table") << table.body;
  EXPECT_EQ(table.at("columnDefinitions.0.name"), "Name");
  EXPECT_EQ(table.at("columnDefinitions.2.priority"), "1");
  EXPECT_EQ(table.at("rows.0.cells"), R"(["p",7,null])");
  EXPECT_EQ(table.at("rows.0.object.kind"), "PartialObjectMetadata");
  EXPECT_EQ(table.at("rows.0.object.metadata.name"), "p");
  EXPECT_EQ(table.at("rows.0.object.spec"), "");
  EXPECT_EQ(get("/api/v1/namespaces/default/pods/p?includeObject=None", {accept}).at("rows.0.object"), "null");
  EXPECT_EQ(get("/api/v1/namespaces/default/pods?includeObject=Object", {accept}).at("rows.0.object.kind"), "Pod");
  makeConfigMap("m");
  Answer plain = get(kMaps, {accept});
  EXPECT_EQ(plain.at("columnDefinitions.1.name"), "Created At");
  EXPECT_EQ(plain.at("rows.0.cells.0"), "m");
}

TEST_F(RestTest, ShowsMetadataAlone) {
  makeConfigMap("m", "x");
  Answer one = get(kMaps + "/m", {"Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"});
  EXPECT_EQ(one.at("kind"), "PartialObjectMetadata");
  EXPECT_EQ(one.at("metadata.labels.app"), "x");
  EXPECT_EQ(one.at("data"), "");
  Answer list = get(kMaps, {"Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"});
  EXPECT_EQ(list.at("kind"), "PartialObjectMetadataList");
  EXPECT_EQ(list.at("items.0.metadata.name"), "m");
}

TEST_F(RestTest, AsksWhoItIsOncePerConnectionAndAWhile) {
  int before = plugins_.authentications;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(kMaps).status, 200);
  EXPECT_EQ(plugins_.authentications, before);  // the fixture's own requests have asked
  call("GET", kMaps, "", {}, "alice");
  EXPECT_EQ(plugins_.authentications, before + 1);
}

TEST_F(RestTest, KnowsAClientByItsCertificate) {
  makeConfigMap("m");
  TestClient alice(port(), keys_.cert("alice"), keys_.key("alice"));
  EXPECT_EQ(alice.get(kMaps).status, 200);
  TestResponse refused = alice.get("/api/v1/namespaces/default/pods");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(
      refused.body.find(R"(pods is forbidden: User \"alice\" cannot list resource \"pods\" in API group \"\" in the )"
                        R"(namespace \"default\")"),
      std::string::npos)
      << refused.body;
}

TEST_F(RestTest, RefusesWhoIsNotKnown) {
  EXPECT_EQ(call("GET", kMaps, "", {}, "wrong").status, 401);
  Answer anonymous = call("GET", kMaps, "", {}, "");
  EXPECT_EQ(anonymous.status, 403);
  EXPECT_NE(anonymous.at("message").find("system:anonymous"), std::string::npos);
  EXPECT_EQ(call("GET", "/healthz", "", {}, "").body, "ok");
  EXPECT_EQ(call("GET", "/metrics", "", {}, "").status, 403);
}

TEST_F(RestTest, LetsOneActAsAnotherWhoMay) {
  makeConfigMap("m");
  EXPECT_EQ(call("GET", kMaps, "", {"Impersonate-User: alice"}).status, 200);
  EXPECT_EQ(call("GET", "/api/v1/pods", "", {"Impersonate-User: alice"}).status, 403);
  EXPECT_EQ(call("GET", kMaps, "", {"Impersonate-User: admin"}, "alice").status, 403);
  EXPECT_EQ(call("GET", kMaps, "", {"Impersonate-Group: x"}).status, 400);
}

TEST_F(RestTest, PrettyMeansLines) {
  makeConfigMap("m");
  EXPECT_TRUE(
      get(kMaps + "/m?pretty=true").body.starts_with("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"ConfigMap\",\n"));
}

TEST_F(RestTest, DeleteTakesItsOptionsFromTheBody) {
  makeConfigMap("m");
  Answer refused =
      call("DELETE", kMaps + "/m", R"({"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"x"}})");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_EQ(call("DELETE", kMaps + "/m", R"({"propagationPolicy":"Sideways"})").status, 422);
  EXPECT_EQ(
      call("DELETE", kMaps + "/m", R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"})")
          .status,
      200);
}

TEST_F(RestTest, TheStatusIsWrittenThroughItsSubresource) {
  const std::string pods = "/api/v1/namespaces/default/pods";
  create(pods, R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}})");
  Answer patched = call("PATCH", pods + "/p/status", R"({"status":{"phase":"Running"}})",
                        {"Content-Type: application/strategic-merge-patch+json"});
  EXPECT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(patched.at("status.phase"), "Running");
  EXPECT_EQ(get(pods + "/p/status").at("status.phase"), "Running");
}

}  // namespace
}  // namespace cleat::api
