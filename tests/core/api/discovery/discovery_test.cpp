#include "core/api/discovery/discovery.h"

#include <cleat/sdk/kubernetes_version.h>

#include <set>

#include "core/api/openapi/openapi.h"
#include "core/api/openapi/openapi_protobuf.h"
#include "core/api/openapi/operation_name.h"
#include "core/base/manual_executor.h"
#include "core/object/codec.h"
#include "core/object/version_rank.h"
#include "tests/core/api/api_fixture.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::api {
namespace {

class DiscoveryTest : public ApiFixture {};

TEST_F(DiscoveryTest, TellsEverythingAtOnceToClientsThatAskForIt) {
  const std::string accept =
      "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
      "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
  Answer core = get("/api", {accept});
  EXPECT_EQ(core.headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  EXPECT_EQ(core.at("apiVersion"), "apidiscovery.k8s.io/v2");
  EXPECT_EQ(core.at("items.0.versions.0.version"), "v1");
  EXPECT_EQ(core.at("items.0.versions.0.resources.0.resource"), "configmaps");
  EXPECT_EQ(core.at("items.0.versions.0.resources.0.scope"), "Namespaced");
  EXPECT_EQ(core.at("items.0.versions.0.resources.2.subresources.0.subresource"), "exec");
  Answer groups = get("/apis", {accept});
  EXPECT_EQ(groups.at("items.0.metadata.name"), "apps");
  EXPECT_EQ(groups.at("items.0.versions.0.resources.0.subresources.0.responseKind.group"), "autoscaling");
  Answer same = get("/apis", {accept, "If-None-Match: " + groups.headers["etag"]});
  EXPECT_EQ(same.status, 304);
}

TEST_F(DiscoveryTest, TellsOneGroupVersionAtATimeToOthers) {
  EXPECT_EQ(get("/api").at("versions"), R"(["v1"])");
  EXPECT_EQ(get("/apis").at("groups.0.preferredVersion.groupVersion"), "apps/v1");
  EXPECT_EQ(get("/apis/apps").at("kind"), "APIGroup");
  Answer core = get("/api/v1");
  EXPECT_EQ(core.at("kind"), "APIResourceList");
  EXPECT_EQ(core.at("apiVersion"), "");
  EXPECT_EQ(core.at("resources.0.name"), "configmaps");
  EXPECT_EQ(core.at("resources.0.shortNames"), R"(["cm"])");
  Answer apps = get("/apis/apps/v1");
  EXPECT_EQ(apps.at("resources.1.name"), "deployments/scale");
  EXPECT_EQ(apps.at("resources.1.group"), "autoscaling");
  EXPECT_EQ(apps.at("resources.1.kind"), "Scale");
  EXPECT_EQ(get("/apis/autoscaling").status, 404);  // a body of others is no resource
  EXPECT_EQ(get("/apis/apps/v2").status, 404);
}

TEST_F(DiscoveryTest, ServesHealthVersionAndThePathsThereAre) {
  EXPECT_EQ(get("/readyz").body, "ok");
  EXPECT_EQ(get("/livez?verbose").body, "[+]ping ok\nlivez check passed\n");
  EXPECT_EQ(get("/readyz/ping").body, "ok");
  EXPECT_EQ(get("/readyz/nothing").status, 404);
  EXPECT_EQ(get("/version").at("minor"), "37");
  EXPECT_EQ(get("/").at("paths.0"), "/api");
  EXPECT_EQ(get("/nothing").body, "404 page not found\n");
  EXPECT_EQ(call("POST", "/version").status, 405);
}

// What kubectl up to 1.27 asks for, and nothing else.
TEST_F(DiscoveryTest, TheOpenApi2DocumentIsThereInProtobuf) {
  for (std::string type : {"application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
                           "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"}) {
    Answer answer = get("/openapi/v2", {"Accept: " + type});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers["content-type"], kOpenApiProtobufType);
    EXPECT_EQ(answer.body.substr(0, 6),
              "\x0a\x03"
              "2.0"
              "\x12");
    EXPECT_NE(answer.body.find("io.k8s.api.apps.v1.DeploymentSpec"), std::string::npos);
  }
  EXPECT_EQ(get("/openapi/v2", {"Accept: text/html"}).status, 406);
}

TEST(OpenApiProtobuf, PutsEverythingIntoTheFieldOfItsMessage) {
  auto length = [](std::string text) { return std::string(1, static_cast<char>(text.size())) + text; };
  // A schema: description 4, required 19, type 22, properties 25, vendor_extension 31.
  std::string property = "\xb2\x01" + length("\x0a" + length("string")) + "\xfa\x01" +
                         length("\x0a" + length("x-n") + "\x12" + length("\x12" + length("[1]")));
  std::string schema = "\x22" + length("text") + "\x9a\x01" + length("a") + "\xca\x01" +
                       length("\x0a" + length("\x0a" + length("a") + "\x12" + length(property)));
  EXPECT_EQ(openApiProtobuf(R"({"swagger":"2.0","definitions":{"D":{"description":"text","required":["a"],
                "properties":{"a":{"type":"string","x-n":[1]}}}}})"),
            "\x0a" + length("2.0") + "\x4a" + length("\x0a" + length("\x0a" + length("D") + "\x12" + length(schema))));
}

TEST(OpenApiProtobuf, IsAsDeepAsSchemasAre) {
  constexpr int kDeep = 200;
  std::string schema = R"({"type":"string"})";
  for (int i = 0; i < kDeep; ++i) schema = R"({"type":"array","items":)" + schema + "}";
  EXPECT_FALSE(openApiProtobuf(R"({"swagger":"2.0","definitions":{"D":)" + schema + "}}").empty());
}

TEST_F(DiscoveryTest, TheOpenApiIndexLeadsToADocumentOfEachGroupVersion) {
  Answer index = get("/openapi/v3");
  std::string url;
  for (const auto& [path, entry] : index.json.at("paths").as_object()) {
    if (path == "apis/apps/v1") url = entry.at("serverRelativeURL").as_string();
  }
  ASSERT_TRUE(url.starts_with("/openapi/v3/apis/apps/v1?hash=")) << index.body;
  Answer apps = get(url);
  EXPECT_EQ(apps.status, 200);
  EXPECT_EQ(apps.headers["cache-control"], "public, immutable, max-age=31536000");
  const auto& paths = apps.json.at("paths").as_object();
  const auto& patch = paths.at("/apis/apps/v1/namespaces/{namespace}/deployments/{name}").at("patch");
  EXPECT_EQ(patch.at("x-kubernetes-group-version-kind").at("kind").as_string(), "Deployment");
  EXPECT_EQ(patch.at("operationId").as_string(), "patchAppsV1NamespacedDeployment");
  EXPECT_EQ(patch.at("parameters").at(2).at("name").as_string(), "fieldValidation");
  const auto& schemas = apps.json.at("components").at("schemas").as_object();
  const auto& deployment = schemas.at("io.k8s.api.apps.v1.Deployment");
  EXPECT_FALSE(deployment.at("description").as_string().empty());
  EXPECT_EQ(deployment.at("properties").at("spec").at("allOf").at(0).at("$ref").as_string(),
            "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec");
  EXPECT_TRUE(schemas.contains("io.k8s.api.autoscaling.v1.Scale"));
  const auto& containers = schemas.at("io.k8s.api.core.v1.PodSpec").at("properties").at("containers");
  EXPECT_EQ(containers.at("x-kubernetes-patch-merge-key").as_string(), "name");
  EXPECT_EQ(containers.at("x-kubernetes-list-map-keys").at(0).as_string(), "name");
  EXPECT_EQ(get("/openapi/v3/apis/apps/v1?hash=0").status, 301);
  EXPECT_EQ(get("/openapi/v3/apis/nothing/v1").status, 404);
}

// Whether "#/a/b" leads to something in the document.
bool leadsSomewhere(const boost::json::value& document, std::string_view reference) {
  const boost::json::value* at = &document;
  if (!reference.starts_with("#/")) return false;
  for (reference.remove_prefix(2); at != nullptr && !reference.empty();) {
    const std::string_view name = reference.substr(0, reference.find('/'));
    at = at->is_object() ? at->get_object().if_contains(name) : nullptr;
    reference.remove_prefix(std::min(reference.size(), name.size() + 1));
  }
  return at != nullptr;
}

void checkReferences(const boost::json::value& value, const boost::json::value& document) {
  if (value.is_array()) {
    for (const auto& each : value.get_array()) checkReferences(each, document);
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.get_object()) {
    if (name == "$ref" && member.is_string()) {
      EXPECT_TRUE(leadsSomewhere(document, member.get_string())) << std::string_view(member.get_string());
    } else {
      checkReferences(member, document);
    }
  }
}

TEST(OpenApiTest, NoReferenceLeadsNowhere) {
  base::ManualExecutor executor;
  auto openApi = OpenApi::make(test::kinds(), nullptr, executor, kKubernetesGitVersion);
  std::vector<std::string> texts{openApi->v2Json()};
  for (const char* version : {"v1", "apps/v1", "rbac.authorization.k8s.io/v1"}) {
    texts.push_back(openApi->v3Json(version));
  }
  for (const std::string& text : texts) {
    auto document = object::parseJson(text, {.maxBytes = 64u << 20});
    ASSERT_TRUE(document) << document.error().message;
    checkReferences(*document, *document);
  }
}

// Programs that write clients call their functions after the identifiers.
TEST(OpenApiTest, OperationsAreCalledByWordsAndEachOnce) {
  base::ManualExecutor executor;
  auto openApi = OpenApi::make(test::kinds(), nullptr, executor, kKubernetesGitVersion);
  auto document = object::parseJson(openApi->v2Json(), {.maxBytes = 64u << 20});
  ASSERT_TRUE(document);
  std::set<std::string> names;
  for (const auto& [path, item] : document->at("paths").as_object()) {
    for (const auto& [method, operation] : item.as_object()) {
      if (method == "parameters") continue;
      std::string name(operation.at("operationId").as_string());
      EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), name.npos)
          << name;
      EXPECT_TRUE(names.insert(name).second) << name;
      EXPECT_FALSE(operation.at("produces").as_array().empty());
      EXPECT_EQ(operation.at("tags").as_array().size(), 1u);
    }
  }
  for (const char* name : {"listCoreV1PodForAllNamespaces", "listCoreV1NamespacedPod", "createCoreV1NamespacedPod"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_EQ(operationName("patch", "rbac.authorization.k8s.io", "v1", "ClusterRole"),
            "patchRbacAuthorizationV1ClusterRole");
  EXPECT_EQ(operationTag("rbac.authorization.k8s.io", "v1"), "rbacAuthorization_v1");
}

TEST(OpenApiTest, WhatTellsItemsOfAListApartSaysWhatItsAbsenceMeans) {
  base::ManualExecutor executor;
  auto openApi = OpenApi::make(test::kinds(), nullptr, executor, kKubernetesGitVersion);
  auto document = object::parseJson(openApi->v3Json("v1"), {.maxBytes = 64u << 20});
  ASSERT_TRUE(document);
  const auto& port = document->at("components").at("schemas").at("io.k8s.api.core.v1.ContainerPort").at("properties");
  EXPECT_EQ(port.at("protocol").at("default").as_string(), "TCP");
}

TEST(DiscoveryVersionTest, PrefersWhatIsStableAndThenWhatIsNew) {
  EXPECT_TRUE(object::prefersVersion("v2", "v1"));
  EXPECT_TRUE(object::prefersVersion("v1", "v2beta1"));
  EXPECT_TRUE(object::prefersVersion("v1beta2", "v1beta1"));
  EXPECT_TRUE(object::prefersVersion("v1beta1", "v1alpha9"));
  EXPECT_TRUE(object::prefersVersion("v1alpha1", "odd"));
  EXPECT_FALSE(object::prefersVersion("v1", "v1"));
}

}  // namespace
}  // namespace cleat::api
