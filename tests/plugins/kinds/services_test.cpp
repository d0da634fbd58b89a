// Services: defaults, rules, and what is given only once.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include <set>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Service;
using networking_v1::IPAddress;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class Services : public KindsFixture {
 protected:
  Services() : KindsFixture("kinds-core") {
    host.know<Service>();
    host.know<IPAddress>();
    host.know<networking_v1::ServiceCIDR>();
  }
  void SetUp() override {
    start();
    plugin->call(role::kinds::describe);
    host.settle();
  }

  static std::string service(std::string_view spec, std::string_view name = "web", std::string_view uid = "u1") {
    return concat(R"({"metadata":{"name":")", name, R"(","namespace":"default","uid":")", uid, R"("},"spec":{)", spec,
                  "}}");
  }

  Outcome<role::BeforeCommitResults> give(const Object<Service>& now, const Object<Service>& old = {},
                                          bool dryRun = false) {
    std::vector<AnyRef> objects{now};
    if (old) objects.push_back(old);
    return plugin->call(
        role::kinds::beforeCommit,
        [&](role::BeforeCommitParams::Builder params) {
          fillRef(params, KindOf<Service>::resource);
          params.setOperation(old ? role::Operation::UPDATE : role::Operation::CREATE);
          params.setDryRun(dryRun);
        },
        objects);
  }
  // As the server does it: defaults, what the pools give, then the store.
  Object<Service> create(std::string_view spec, std::string_view name = "web", std::string_view uid = "u1") {
    Object<Service> wanted = defaulted<Service>(service(spec, name, uid));
    auto outcome = give(wanted);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    Object<Service> given = outcome.answer.objects().empty() ? wanted : outcome.answer.object<Service>();
    Object<Service> stored = host.put(Draft<Service>(given));
    host.settle();
    return stored;
  }
  std::string refusal(std::string_view spec, std::string_view name = "other") {
    auto outcome = give(defaulted<Service>(service(spec, name, "u2")));
    EXPECT_FALSE(outcome.ok());
    return outcome.status.message;
  }
};

constexpr const char* kPort = R"("ports":[{"port":80}])";

TEST_F(Services, GetTheDefaultsOfKubernetes) {
  Object<Service> web = defaulted<Service>(service(kPort));
  auto spec = web->getSpec();
  EXPECT_EQ(view(spec.getType()), "ClusterIP");
  EXPECT_EQ(view(spec.getSessionAffinity()), "None");
  EXPECT_EQ(view(spec.getInternalTrafficPolicy()), "Cluster");
  EXPECT_EQ(view(spec.getExternalTrafficPolicy()), "");
  EXPECT_EQ(view(spec.getPorts()[0].getProtocol()), "TCP");
  EXPECT_EQ(spec.getPorts()[0].getTargetPort().getIntVal(), 80);
  auto affine = defaulted<Service>(service(R"("type":"NodePort","sessionAffinity":"ClientIP","ports":[{"port":80}])"));
  EXPECT_EQ(affine->getSpec().getSessionAffinityConfig().getClientIP().getTimeoutSeconds().getValue(), 10800);
  EXPECT_EQ(view(affine->getSpec().getExternalTrafficPolicy()), "Cluster");
}

TEST_F(Services, AreRefusedInKubernetesWords) {
  for (
      auto [spec, finding] : std::vector<std::pair<std::string, std::string>>{
          {"", "spec.ports: Required value"},
          {R"("ports":[{"port":0}])", "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"},
          {R"("ports":[{"port":80},{"port":81}])", "spec.ports[0].name: Required value"},
          {R"("type":"Magic","ports":[{"port":80}])",
           "spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""},
          {R"("type":"NodePort","clusterIP":"None","ports":[{"port":80}])",
           "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"},
          {R"("type":"ExternalName")", "spec.externalName: Required value"},
          {R"("ports":[{"port":80,"nodePort":30000}])",
           "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
          {R"("clusterIP":"nope","ports":[{"port":80}])",
           "spec.clusterIPs[0]: Invalid value: \"nope\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
          {R"("ports":[{"port":80,"targetPort":{"strVal":"Way-Too-Long-Name"}}])",
           "spec.ports[0].targetPort: Invalid value: \"Way-Too-Long-Name\": must be no more than 15 characters"},
          {R"("ports":[{"port":80}],"sessionAffinity":"Cookie")",
           "spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\""}}) {
    EXPECT_THAT(findings<Service>(service(spec)), Contains(finding)) << spec;
  }
}

TEST_F(Services, KeepTheirAddress) {
  auto before = service(R"("clusterIP":"10.96.0.9","ports":[{"port":80}])");
  EXPECT_THAT(findings<Service>(before, service(kPort)), IsEmpty());
  EXPECT_THAT(findings<Service>(before, service(R"("clusterIP":"10.96.0.8","ports":[{"port":80}])")),
              ElementsAre("spec.clusterIPs[0]: Invalid value: [\"10.96.0.8\"]: may not change once set"));
  EXPECT_THAT(findings<Service>(before, service(R"("type":"ExternalName","externalName":"example.com")")), IsEmpty());
}

TEST_F(Services, GetAnAddressOfTheirOwn) {
  std::set<std::string> addresses;
  for (int i = 0; i < 40; ++i) {
    Object<Service> made = create(kPort, concat("web", i), concat("u", i));
    addresses.insert(str(made->getSpec().getClusterIP()));
    EXPECT_EQ(made->getSpec().getClusterIPs().size(), 1u);
    EXPECT_EQ(view(made->getSpec().getIpFamilyPolicy()), "SingleStack");
    EXPECT_EQ(view(made->getSpec().getIpFamilies()[0]), "IPv4");
  }
  EXPECT_EQ(addresses.size(), 40u);
  for (const std::string& address : addresses) {
    Object<IPAddress> kept = host.get<IPAddress>("", address);
    ASSERT_TRUE(kept) << address;
    EXPECT_EQ(view(kept->getSpec().getParentRef().getResource()), "services");
    EXPECT_EQ(label(kept.meta(), "ipaddress.kubernetes.io/managed-by"), "ipallocator");
  }
}

TEST_F(Services, CanAskForAnAddress) {
  Object<Service> made = create(R"("clusterIP":"10.96.0.10","ports":[{"port":80}])");
  EXPECT_EQ(view(made->getSpec().getClusterIP()), "10.96.0.10");
  EXPECT_EQ(refusal(R"("clusterIP":"10.96.0.10","ports":[{"port":80}])"),
            "Service \"other\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to allocate IP "
            "10.96.0.10: provided IP is already allocated");
  EXPECT_EQ(refusal(R"("clusterIP":"192.0.2.1","ports":[{"port":80}])"),
            "Service \"other\" is invalid: spec.clusterIPs: Invalid value: [\"192.0.2.1\"]: failed to allocate IP "
            "192.0.2.1: the provided network does not match the current range");
}

TEST_F(Services, WithoutAHeadGetNoAddress) {
  Object<Service> made = create(R"("clusterIP":"None","selector":[{"key":"a","value":"b"}])");
  EXPECT_EQ(view(made->getSpec().getClusterIP()), "None");
  EXPECT_TRUE(host.list<IPAddress>().empty());
}

TEST_F(Services, LetTheirAddressGoWhenTheyGo) {
  create(kPort);
  EXPECT_EQ(host.list<IPAddress>().size(), 1u);
  host.remove<Service>("default", "web");
  host.settle();
  EXPECT_TRUE(host.list<IPAddress>().empty());
}

TEST_F(Services, LetTheirAddressGoWhenTheyBecomeAName) {
  Object<Service> old = create(kPort);
  Object<Service> wanted =
      defaulted(object<Service>(service(R"("type":"ExternalName","externalName":"example.com")")), old);
  EXPECT_EQ(view(wanted->getSpec().getClusterIP()), "");
  EXPECT_EQ(host.list<IPAddress>().size(), 1u);
  host.put(Draft<Service>(wanted));
  host.settle();
  EXPECT_TRUE(host.list<IPAddress>().empty());
}

TEST_F(Services, ThatNeverCameHoldTheirAddressForAMinute) {
  auto outcome = give(defaulted<Service>(service(kPort)));
  ASSERT_TRUE(outcome.ok());
  host.advance(50s);
  EXPECT_EQ(host.list<IPAddress>().size(), 1u);
  host.advance(120s);
  EXPECT_TRUE(host.list<IPAddress>().empty());
}

TEST_F(Services, HaveTheirAddressBackThatSomebodyHasDeleted) {
  host.know<core_v1::Event>();
  const Object<Service> made = create(kPort);
  const std::string ip = str(made->getSpec().getClusterIP());
  host.remove<IPAddress>("", ip);
  host.settle();
  host.advance(2s);
  ASSERT_TRUE(host.get<IPAddress>("", ip));
  host.settle();
  ASSERT_EQ(host.list<core_v1::Event>().size(), 1u);
  EXPECT_EQ(view(host.list<core_v1::Event>()[0]->getMessage()),
            concat("Cluster IP [IPv4]: ", ip, " is not allocated; repairing"));
}

TEST_F(Services, InADryRunTakeNothing) {
  auto outcome =
      give(defaulted<Service>(service(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])")), {}, true);
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(view(outcome.answer.object<Service>()->getSpec().getClusterIP()).empty());
  EXPECT_TRUE(host.list<IPAddress>().empty());
  create(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])");
}

class DualStackServices : public Services {
 protected:
  DualStackServices() { host.serverConfig().serviceCidr = "10.96.0.0/24,fd00::/112"; }
  // "PreferDualStack IPv4,IPv6 2": the policy, the families, and how many addresses.
  static std::string shape(const Object<Service>& service) {
    auto spec = service->getSpec();
    std::string families;
    for (auto family : spec.getIpFamilies()) appendTo(families, concat(families.empty() ? "" : ",", family));
    return concat(spec.getIpFamilyPolicy(), " ", families, " ", spec.getClusterIPs().size());
  }
  Object<Service> change(const Object<Service>& old, std::string_view spec) {
    Object<Service> wanted = defaulted(object<Service>(service(spec)), old);
    auto outcome = give(wanted, old);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    Object<Service> given = outcome.answer.objects().empty() ? wanted : outcome.answer.object<Service>();
    Object<Service> stored = host.put(Draft<Service>(given));
    host.settle();
    return stored;
  }
};

TEST_F(DualStackServices, HaveTheFamiliesThatTheyAskFor) {
  const struct {
    const char* spec;
    const char* shape;
  } cases[] = {
      {"", "SingleStack IPv4 1"},
      {R"("ipFamilies":["IPv6"],)", "SingleStack IPv6 1"},
      {R"("ipFamilyPolicy":"PreferDualStack",)", "PreferDualStack IPv4,IPv6 2"},
      {R"("ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6"],)", "RequireDualStack IPv6,IPv4 2"},
      {R"("ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6","IPv4"],)", "RequireDualStack IPv6,IPv4 2"},
      {R"("ipFamilyPolicy":"PreferDualStack","clusterIP":"fd00::9",)", "PreferDualStack IPv6,IPv4 2"},
      {R"("clusterIP":"None",)", "RequireDualStack IPv4,IPv6 1"},
      {R"("clusterIP":"None","selector":[{"key":"a","value":"b"}],)", "SingleStack IPv4 1"},
      {R"("clusterIP":"None","ipFamilyPolicy":"PreferDualStack","selector":[{"key":"a","value":"b"}],)",
       "PreferDualStack IPv4,IPv6 1"},
  };
  int i = 0;
  for (const auto& one : cases) {
    const std::string name = concat("web", ++i);
    EXPECT_EQ(shape(create(concat(one.spec, kPort), name, concat("uid-", name))), one.shape) << one.spec;
  }
}

TEST_F(DualStackServices, GetASecondAddressAndLetItGo) {
  const Object<Service> plain = create(kPort);
  const Object<Service> both = change(plain, concat(R"("ipFamilyPolicy":"PreferDualStack",)", kPort));
  EXPECT_EQ(shape(both), "PreferDualStack IPv4,IPv6 2");
  EXPECT_EQ(view(both->getSpec().getClusterIPs()[0]), view(plain->getSpec().getClusterIP()));
  EXPECT_EQ(host.list<IPAddress>().size(), 2u);
  const Object<Service> one = change(both, concat(R"("ipFamilyPolicy":"SingleStack",)", kPort));
  EXPECT_EQ(shape(one), "SingleStack IPv4 1");
  EXPECT_EQ(host.list<IPAddress>().size(), 1u);
}

TEST_F(DualStackServices, OfWhichOneAddressIsTakenHoldNeither) {
  create(R"("clusterIP":"fd00::9","ports":[{"port":80}])");
  EXPECT_EQ(
      refusal(R"("ipFamilyPolicy":"RequireDualStack","clusterIP":"10.96.0.9","clusterIPs":["10.96.0.9","fd00::9"],)"
              R"("ports":[{"port":80}])"),
      "Service \"other\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.9\",\"fd00::9\"]: failed to "
      "allocate IP fd00::9: provided IP is already allocated");
  host.settle();
  EXPECT_EQ(host.list<IPAddress>().size(), 1u);
}

TEST_F(DualStackServices, ThatPreferBothDoNotChangeWithTheCluster) {
  Draft<Service> draft = parse<Service>(
      service(R"("type":"ClusterIP","clusterIP":"10.96.0.9","clusterIPs":["10.96.0.9"],"ipFamilies":["IPv4"],)"
              R"("ipFamilyPolicy":"PreferDualStack","ports":[{"port":80}])"));
  const Object<Service> old = host.put(std::move(draft));
  EXPECT_EQ(shape(change(old, R"("ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4"],)"
                              R"("sessionAffinity":"ClientIP","ports":[{"port":80}])")),
            "PreferDualStack IPv4 1");
  // Whoever does not say what it has leaves it to the cluster anew, by the policy that it has.
  EXPECT_EQ(shape(change(old, R"("ports":[{"port":80}])")), "PreferDualStack IPv4,IPv6 2");
}

TEST_F(Services, OfAnotherFamilyThanTheClusterHasAreRefused) {
  EXPECT_EQ(
      refusal(R"("ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}])"),
      "Service \"other\" is invalid: spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not "
      "configured for dual-stack services");
  EXPECT_EQ(refusal(R"("clusterIP":"fd00::9","ports":[{"port":80}])"),
            "Service \"other\" is invalid: spec.clusterIPs[0]: Invalid value: [\"fd00::9\"]: IPv6 is not configured on "
            "this cluster");
}

TEST_F(Services, GetAPortOnEveryNode) {
  Object<Service> made = create(R"("type":"NodePort","ports":[{"name":"a","port":80},{"name":"b","port":81}])");
  int32_t a = made->getSpec().getPorts()[0].getNodePort(), b = made->getSpec().getPorts()[1].getNodePort();
  EXPECT_NE(a, b);
  for (int32_t port : {a, b}) {
    EXPECT_GE(port, 30086) << "the lower part is for those who choose";
    EXPECT_LE(port, 32767);
  }
}

TEST_F(Services, OfTwoProtocolsShareAPortOnEveryNode) {
  Object<Service> made = create(
      R"("type":"NodePort","ports":[{"name":"a","port":53,"protocol":"UDP"},{"name":"b","port":53,"protocol":"TCP"}])");
  EXPECT_EQ(made->getSpec().getPorts()[0].getNodePort(), made->getSpec().getPorts()[1].getNodePort());
}

TEST_F(Services, CanAskForAPort) {
  create(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])");
  EXPECT_EQ(
      refusal(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])"),
      "Service \"other\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
  EXPECT_EQ(
      refusal(R"("type":"NodePort","ports":[{"port":80,"nodePort":80}])"),
      "Service \"other\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "
      "The range of valid ports is 30000-32767");
  EXPECT_EQ(host.list<IPAddress>().size(), 1u) << "a refused service keeps no address";
}

TEST_F(Services, GiveTheirPortBack) {
  create(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])");
  host.remove<Service>("default", "web");
  host.settle();
  EXPECT_EQ(create(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])", "next", "u9")
                ->getSpec()
                .getPorts()[0]
                .getNodePort(),
            30080);
}

TEST_F(Services, HaveTheirPortsKnownAfterARestart) {
  create(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])");
  plugin->stop();
  start();
  EXPECT_EQ(
      refusal(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])"),
      "Service \"other\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
}

TEST_F(Services, ReservePortsWhileOnTheirWay) {
  auto first = give(defaulted<Service>(service(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])")));
  ASSERT_TRUE(first.ok());
  refusal(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])");
  host.advance(61s);
  EXPECT_TRUE(
      give(defaulted<Service>(service(R"("type":"NodePort","ports":[{"port":80,"nodePort":30080}])", "third", "u3")))
          .ok());
}

TEST_F(Services, AreReachedOnlyWhereABalancerIs) {
  const auto told = [&](std::string_view type, std::string_view place) {
    const std::string spec = concat(R"("type":")", type, R"(","ports":[{"port":80}])");
    const Object<Service> old = object<Service>(service(spec));
    std::string now = service(spec);
    now.pop_back();
    return validated(object<Service>(concat(now, R"(,"status":{"loadBalancer":{"ingress":[)", place, "]}}}")), old,
                     "status")
        .findings;
  };
  const std::string at = "status.loadBalancer.ingress";
  EXPECT_THAT(told("LoadBalancer", R"({"ip":"10.0.0.1","ipMode":"VIP"},{"hostname":"a.example"})"), IsEmpty());
  EXPECT_THAT(told("ClusterIP", R"({"ip":"10.0.0.1","ipMode":"VIP"})"),
              ElementsAre(at + ": Forbidden: may only be used when `spec.type` is 'LoadBalancer'"));
  EXPECT_THAT(
      told("LoadBalancer", R"({"ip":"x","ipMode":"Y"})"),
      ElementsAre(at + "[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                  at + "[0].ipMode: Unsupported value: \"Y\": supported values: \"Proxy\", \"VIP\""));
  EXPECT_THAT(told("LoadBalancer", R"({"hostname":"10.0.0.1","ipMode":"VIP"})"),
              ElementsAre(at + "[0].ipMode: Forbidden: may not be specified when `ip` is not set",
                          at + "[0].hostname: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address"));
}

}  // namespace
}  // namespace cleat::test
