// What stands between requests and the server behind an APIService, and how that server's resources are told.
#include "aggregator/availability.h"

#include <cleat/sdk/testkit.h>
#include <cleat/sdk/text.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "aggregator/front_proxy.h"
#include "aggregator/remote_server.h"
#include "aggregator/resource_list.h"
#include "x509-common/certificates.h"

namespace cleat::aggregator {
namespace {

using testing::ElementsAre;
using testing::Pair;

Object<APIService> wanting(int32_t port) {
  Draft<APIService> draft;
  auto spec = draft->initSpec();
  spec.setGroup("things.example.com");
  spec.setVersion("v1");
  auto service = spec.initService();
  service.setNamespace("default");
  service.setName("things");
  service.initPort().setValue(port);
  return std::move(draft).freeze();
}

Object<core_v1::Service> serviceOf(const char* type) {
  Draft<core_v1::Service> draft;
  draft->initMetadata().setName("things");
  auto spec = draft->initSpec();
  spec.setType(type);
  auto ports = spec.initPorts(2);
  ports[0].setName("other");
  ports[0].setPort(80);
  ports[1].setName("https");
  ports[1].setPort(443);
  return std::move(draft).freeze();
}

Object<discovery_v1::EndpointSlice> sliceWith(const char* portName, std::optional<bool> ready) {
  Draft<discovery_v1::EndpointSlice> draft;
  draft->initMetadata().setName("things-1");
  draft->initPorts(1)[0].setName(portName);
  auto endpoint = draft->initEndpoints(1)[0];
  endpoint.initAddresses(1).set(0, "10.0.0.1");
  if (ready) endpoint.initConditions().initReady().setValue(*ready);
  return std::move(draft).freeze();
}

TEST(Availability, FollowsTheServiceAndItsEndpoints) {
  struct Case {
    const char* name;
    Surroundings surroundings;
    int32_t port;
    const char *reason, *message;  // no reason: it is to be tried
  };
  const Case cases[] = {
      {"absent", {}, 443, "ServiceNotFound", "service/things in \"default\" is not present"},
      {"elsewhere", {serviceOf("ExternalName"), {}}, 12, "", ""},
      {"other port",
       {serviceOf("ClusterIP"), {}},
       444,
       "ServicePortError",
       "service/things in \"default\" is not listening on port 444"},
      {"no slices",
       {serviceOf("ClusterIP"), {}},
       443,
       "EndpointsNotFound",
       "cannot find endpointslices for service/things in \"default\""},
      {"not ready",
       {serviceOf("ClusterIP"), {sliceWith("https", false)}},
       443,
       "MissingEndpoints",
       "endpoints for service/things in \"default\" have no addresses with port name \"https\""},
      {"other ports only",
       {serviceOf("ClusterIP"), {sliceWith("other", true)}},
       443,
       "MissingEndpoints",
       "endpoints for service/things in \"default\" have no addresses with port name \"https\""},
      {"ready", {serviceOf("ClusterIP"), {sliceWith("other", true), sliceWith("https", true)}}, 443, "", ""},
      {"not known whether", {serviceOf("ClusterIP"), {sliceWith("https", std::nullopt)}}, 443, "", ""},
  };
  for (const Case& each : cases) {
    const auto found = obstacle(*wanting(each.port), each.surroundings);
    EXPECT_EQ(found ? found->reason : "", each.reason) << each.name;
    EXPECT_EQ(found ? found->message : "", each.message) << each.name;
    EXPECT_FALSE(found && found->available) << each.name;
  }
}

TEST(Availability, IsWhatTryingComesTo) {
  EXPECT_TRUE(tried("").available);
  EXPECT_EQ(tried("").reason, "Passed");
  EXPECT_EQ(tried("").message, "all checks passed");
  EXPECT_FALSE(tried("no").available);
  EXPECT_EQ(tried("no").reason, "FailedDiscoveryCheck");
  EXPECT_EQ(tried("no").message, "no");
}

TEST(ResourceList, BecomesAggregatedDiscovery) {
  auto resources = aggregatedResources(
      R"({"kind":"APIResourceList","resources":[
        {"name":"things/status","singularName":"","namespaced":true,"kind":"Thing","verbs":["get"]},
        {"name":"things","singularName":"thing","namespaced":true,"kind":"Thing","verbs":["get"],"shortNames":["th"]},
        {"name":"sums","singularName":"sum","namespaced":false,"group":"math","version":"v2","kind":"Sum"}]})",
      "things.example.com", "v1");
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(*resources,
            R"([{"resource":"things","responseKind":{"group":"things.example.com","version":"v1","kind":"Thing"},)"
            R"("scope":"Namespaced","singularResource":"thing","verbs":["get"],"shortNames":["th"],)"
            R"("subresources":[{"subresource":"status","responseKind":{"group":"things.example.com","version":"v1",)"
            R"("kind":"Thing"},"verbs":["get"]}]},{"resource":"sums","responseKind":{"group":"math","version":"v2",)"
            R"("kind":"Sum"},"scope":"Cluster","singularResource":"sum","verbs":[]}])");
  EXPECT_EQ(*aggregatedResources(R"({"kind":"APIResourceList"})", "g", "v1"), "[]");
  EXPECT_FALSE(aggregatedResources(R"({"kind":"Status"})", "g", "v1"));
  EXPECT_FALSE(aggregatedResources("{]", "g", "v1"));
}

TEST(FrontProxy, IsMadeOnceAndSignedByItsOwnAuthority) {
  const std::string folder = concat(testing::TempDir(), "front-proxy-test-", ::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto made = FrontProxy::open(folder);
  ASSERT_TRUE(made) << made.error().message;
  auto again = FrontProxy::open(folder);
  ASSERT_TRUE(again);
  EXPECT_EQ(made->authorityPem, again->authorityPem);
  const x509::Certificate authority = x509::parseCertificate(made->authorityPem);
  ASSERT_TRUE(authority);
  // A lost key makes a new certificate, of the same authority.
  std::filesystem::remove(made->keyFile);
  auto third = FrontProxy::open(folder);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->authorityPem, made->authorityPem);
  EXPECT_TRUE(std::filesystem::exists(third->keyFile));
  std::filesystem::remove_all(folder);
}

TEST(RemoteServer, IsToldWhoAsks) {
  Draft<role::HandleParams> params;
  params->setPath("/apis/things.example.com/v1/things");
  params->setQuery("a=b");
  auto user = params->initUser();
  user.setName("mary");
  user.setUid("7");
  user.initGroups(2).set(0, "a");
  user.getGroups().set(1, "b");
  auto extra = user.initExtra(1)[0];
  extra.setKey("example.com/Scope%");
  extra.initValues(1).set(0, "all");
  HttpRequest request(params.reader());
  const RemoteServer server(*wanting(8443));
  const HttpForward to = server.forward({"fd00::1", 443}, {"", "/c", "/k"}, request);
  EXPECT_EQ(to.url, "https://[fd00::1]:443/apis/things.example.com/v1/things?a=b");
  EXPECT_EQ(to.serverName, "things.default.svc");
  EXPECT_EQ(to.certificateFile, "/c");
  EXPECT_THAT(to.headers,
              ElementsAre(Pair("X-Remote-User", "mary"), Pair("X-Remote-Uid", "7"), Pair("X-Remote-Group", "a"),
                          Pair("X-Remote-Group", "b"), Pair("X-Remote-Extra-example.com%2FScope%25", "all")));
}

}  // namespace
}  // namespace cleat::aggregator
