#include "tests/plugins/controller-endpoints/endpoints_test.h"

namespace cleat::endpoints {
namespace {

using testing::ElementsAre;

TEST_F(EndpointsTest, TellsOfThePodsThatTheServiceSelects) {
  host.put(service({{"http", 80, "", 8080}}));
  put(pod("a", "10.0.0.1"));
  auto other = test::makePod("other", {}, {{"app", "db"}});
  other->initStatus().setPodIP("10.0.0.9");
  put(std::move(other));
  auto slice = onlySlice();
  EXPECT_TRUE(slice.name().starts_with("web-"));
  EXPECT_EQ(view(slice->getAddressType()), "IPv4");
  EXPECT_THAT(told(slice), ElementsAre("10.0.0.1 ready serving"));
  EXPECT_THAT(ports(slice), ElementsAre("http:8080"));
  auto endpoint = slice->getEndpoints()[0];
  EXPECT_EQ(view(endpoint.getNodeName()), "n1");
  EXPECT_EQ(view(endpoint.getZone()), "z1");
  EXPECT_EQ(view(endpoint.getTargetRef().getKind()), "Pod");
  EXPECT_EQ(view(endpoint.getTargetRef().getName()), "a");
  EXPECT_EQ(view(endpoint.getTargetRef().getNamespace()), "default");
  EXPECT_EQ(view(endpoint.getTargetRef().getUid()), host.get<Pod>("default", "a").uid());

  auto legacy = endpoints();
  EXPECT_THAT(addresses(legacy), ElementsAre("10.0.0.1"));
  auto subset = legacy->getSubsets()[0];
  EXPECT_EQ(view(subset.getPorts()[0].getName()), "http");
  EXPECT_EQ(subset.getPorts()[0].getPort(), 8080);
  EXPECT_EQ(view(subset.getAddresses()[0].getNodeName()), "n1");
  EXPECT_EQ(view(subset.getAddresses()[0].getTargetRef().getName()), "a");
}

TEST_F(EndpointsTest, SlicesAndEndpointsCarryTheServicesLabelsAndSayWhoKeepsThem) {
  host.put(service());
  auto slice = onlySlice();
  EXPECT_EQ(label(slice.meta(), "kubernetes.io/service-name"), "web");
  EXPECT_EQ(label(slice.meta(), "endpointslice.kubernetes.io/managed-by"), "endpointslice-controller.k8s.io");
  EXPECT_EQ(label(slice.meta(), "team"), "a");
  EXPECT_FALSE(label(slice.meta(), "service.kubernetes.io/headless"));
  auto owner = controllerOf(slice.meta());
  ASSERT_TRUE(owner);
  EXPECT_EQ(view(owner->getKind()), "Service");
  EXPECT_EQ(view(owner->getApiVersion()), "v1");
  EXPECT_EQ(view(owner->getUid()), host.get<Service>("default", "web").uid());
  EXPECT_TRUE(owner->getBlockOwnerDeletion().getValue());
  EXPECT_EQ(label(endpoints().meta(), "endpoints.kubernetes.io/managed-by"), "endpoint-controller");
  EXPECT_EQ(label(endpoints().meta(), "team"), "a");

  host.change<Service>("default", "web", [](auto changed) { setLabel(changed.getMetadata(), "team", "b"); });
  EXPECT_EQ(label(onlySlice().meta(), "team"), "b");
  EXPECT_EQ(label(endpoints().meta(), "team"), "b");
}

TEST_F(EndpointsTest, LabelsOfAServiceDoNotChangeWhoseASliceIs) {
  auto odd = service();
  setLabel(odd.meta(), "kubernetes.io/service-name", "somebody-else");
  setLabel(odd.meta(), "service.kubernetes.io/headless", "");
  host.put(std::move(odd));
  EXPECT_EQ(label(onlySlice().meta(), "kubernetes.io/service-name"), "web");
  EXPECT_FALSE(label(onlySlice().meta(), "service.kubernetes.io/headless"));
}

TEST_F(EndpointsTest, AServiceWithoutPodsHasOneEmptySliceAndNoSubsets) {
  host.put(service());
  EXPECT_THAT(told(onlySlice()), ElementsAre());
  EXPECT_THAT(ports(onlySlice()), ElementsAre());
  EXPECT_EQ(endpoints()->getSubsets().size(), 0u);
  put(pod("a", "10.0.0.1"));
  const std::string name(onlySlice().name());
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
  host.remove<Pod>("default", "a");
  EXPECT_THAT(told(onlySlice()), ElementsAre());
  EXPECT_EQ(onlySlice().name(), name);
}

struct ConditionCase {
  bool ready, terminating, publishNotReady;
  const char* slice;
  const char* legacy;  // nullptr: not there
};
void PrintTo(const ConditionCase& condition, std::ostream* out) { *out << condition.slice; }
class Conditions : public EndpointsTest, public testing::WithParamInterface<ConditionCase> {};
TEST_P(Conditions, FollowThePodsReadinessAndItsEnd) {
  const ConditionCase& c = GetParam();
  auto draft = service();
  draft->getSpec().setPublishNotReadyAddresses(c.publishNotReady);
  host.put(std::move(draft));
  auto member = pod("a", "10.0.0.1", c.ready);
  if (c.terminating) member.meta().setDeletionTimestamp("2026-01-01T00:00:30Z");
  put(std::move(member));
  EXPECT_THAT(told(onlySlice()), ElementsAre(c.slice));
  EXPECT_EQ(addresses(endpoints()), c.legacy ? std::vector<std::string>{c.legacy} : std::vector<std::string>());
}
INSTANTIATE_TEST_SUITE_P(All, Conditions,
                         testing::Values(ConditionCase{true, false, false, "10.0.0.1 ready serving", "10.0.0.1"},
                                         ConditionCase{false, false, false, "10.0.0.1", "!10.0.0.1"},
                                         ConditionCase{true, true, false, "10.0.0.1 serving terminating", nullptr},
                                         ConditionCase{false, true, false, "10.0.0.1 terminating", nullptr},
                                         ConditionCase{false, false, true, "10.0.0.1 ready", "10.0.0.1"},
                                         ConditionCase{true, true, true, "10.0.0.1 ready serving terminating",
                                                       "10.0.0.1"},
                                         ConditionCase{false, true, true, "10.0.0.1 ready terminating", "10.0.0.1"}));

TEST_F(EndpointsTest, PodsThatHaveEndedOrHaveNoAddressAreNotThere) {
  host.put(service());
  for (const char* phase : {"Succeeded", "Failed"}) {
    auto ended = pod(phase, "10.0.0.1");
    ended->getStatus().setPhase(phase);
    put(std::move(ended));
  }
  put(pod("starting", ""));
  EXPECT_THAT(told(onlySlice()), ElementsAre());
}

TEST_F(EndpointsTest, ChangesOfAPodAreFollowed) {
  host.put(service());
  put(pod("a", "10.0.0.1", false));
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1"));
  test::setPodReady(host, "default", "a");
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
  host.change<Pod>("default", "a", [](auto changed) { changed.getStatus().setPodIP("10.0.0.2"); });
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.2 ready serving"));
  EXPECT_THAT(addresses(endpoints()), ElementsAre("10.0.0.2"));
  host.change<Pod>("default", "a", [](auto changed) { setLabel(changed.getMetadata(), "app", "db"); });
  EXPECT_THAT(told(onlySlice()), ElementsAre());
}

struct FamilyCase {
  const char* what;
  std::vector<const char*> families;
  const char* clusterIp;
  std::vector<std::string> slices;     // each with its addresses
  std::vector<std::string> endpoints;  // those in Endpoints
};
TEST_F(EndpointsTest, EachFamilyOfTheServiceHasSlicesOfItsOwn) {
  const FamilyCase cases[] = {
      {"of one", {"IPv4"}, "10.96.0.10", {"IPv4 10.0.0.1 10.0.0.2 10.0.0.3"}, {"10.0.0.1", "10.0.0.2", "10.0.0.3"}},
      {"of the other", {"IPv6"}, "fd00::10", {"IPv6 fd00::1 fd00::2"}, {"fd00::1", "fd00::2"}},
      {"of both",
       {"IPv6", "IPv4"},
       "fd00::10",
       {"IPv4 10.0.0.1 10.0.0.2 10.0.0.3", "IPv6 fd00::1 fd00::2"},
       {"fd00::1", "fd00::2"}},
      {"as its address", {}, "fd00::10", {"IPv6 fd00::1 fd00::2"}, {"fd00::1", "fd00::2"}},
      {"as its address of old",
       {},
       "10.96.0.10",
       {"IPv4 10.0.0.1 10.0.0.2 10.0.0.3"},
       {"10.0.0.1", "10.0.0.2", "10.0.0.3"}},
      {"of any",
       {},
       "None",
       {"IPv4 10.0.0.1 10.0.0.2 10.0.0.3", "IPv6 fd00::1 fd00::2"},
       {"10.0.0.2", "10.0.0.3", "fd00::1"}},
  };
  put(dualPod("a", "fd00::1", "10.0.0.1"));
  put(dualPod("b", "10.0.0.2", "fd00::2"));
  put(pod("c", "10.0.0.3"));
  host.put(service());
  for (const FamilyCase& each : cases) {
    host.change<Service>("default", "web", [&](auto changed) {
      changed.getSpec().setClusterIP(each.clusterIp);
      auto families = changed.getSpec().initIpFamilies(each.families.size());
      for (uint32_t i = 0; i < families.size(); ++i) families.set(i, each.families[i]);
    });
    host.settle();
    std::vector<std::string> found;
    for (const auto& slice : slices()) {
      std::vector<std::string> ips;
      for (auto endpoint : slice->getEndpoints()) ips.push_back(str(endpoint.getAddresses()[0]));
      std::ranges::sort(ips);
      std::string line = str(slice->getAddressType());
      for (const std::string& ip : ips) line += " " + ip;
      found.push_back(std::move(line));
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, each.slices) << each.what;
    EXPECT_EQ(addresses(endpoints()), each.endpoints) << each.what;
  }
}

TEST_F(EndpointsTest, AFamilyWithoutAddressesHasAnEmptySlice) {
  auto draft = service();
  auto families = draft->getSpec().initIpFamilies(2);
  families.set(0, "IPv4");
  families.set(1, "IPv6");
  host.put(std::move(draft));
  put(pod("a", "10.0.0.1"));
  host.settle();
  ASSERT_EQ(slices().size(), 2u);
  for (const auto& slice : slices()) {
    EXPECT_EQ(slice->getEndpoints().size(), view(slice->getAddressType()) == "IPv4" ? 1u : 0u);
  }
  host.change<Pod>("default", "a", [](auto changed) { changed.getStatus().initPodIPs(1)[0].setIp("fd00::1"); });
  host.settle();
  ASSERT_EQ(slices().size(), 2u);
  for (const auto& slice : slices()) EXPECT_EQ(slice->getEndpoints().size(), 1u) << view(slice->getAddressType());
}

TEST_F(EndpointsTest, NamedTargetPortsAreLookedUpInEachPod) {
  host.put(service({{"http", 80, "web"}}));
  auto a = pod("a", "10.0.0.1");
  addPort(a, "web", 8080);
  auto b = pod("b", "10.0.0.2");
  addPort(b, "web", 9090);
  put(std::move(a));
  put(std::move(b));
  host.settle();
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& slice : slices()) found[ports(slice).at(0)] = told(slice);
  EXPECT_THAT(found, ElementsAre(testing::Pair("http:8080", ElementsAre("10.0.0.1 ready serving")),
                                 testing::Pair("http:9090", ElementsAre("10.0.0.2 ready serving"))));
  EXPECT_EQ(endpoints()->getSubsets().size(), 2u);
}

TEST_F(EndpointsTest, ASidecarsPortsCountButNotAnInitContainers) {
  host.put(service({{"metrics", 80, "metrics"}, {"once", 81, "once"}}));
  auto draft = pod("a", "10.0.0.1");
  auto containers = draft->getSpec().initInitContainers(2);
  containers[0].setRestartPolicy("Always");
  containers[0].initPorts(1)[0].setName("metrics");
  containers[0].getPorts()[0].setContainerPort(9100);
  containers[1].initPorts(1)[0].setName("once");
  containers[1].getPorts()[0].setContainerPort(9200);
  put(std::move(draft));
  EXPECT_THAT(ports(onlySlice()), ElementsAre("metrics:9100"));
}

// A headless service's DNS names tell of it all the same.
TEST_F(EndpointsTest, APodWithoutTheNamedPortIsInASliceWithoutPortsAndNotInEndpoints) {
  host.put(service({{"http", 80, "web"}}));
  put(pod("a", "10.0.0.1"));
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
  EXPECT_THAT(ports(onlySlice()), ElementsAre());
  EXPECT_THAT(addresses(endpoints()), ElementsAre());
}

TEST_F(EndpointsTest, AHeadlessServiceMayHaveNoPorts) {
  host.put(service({}, "None"));
  auto member = pod("a", "10.0.0.1");
  member->getSpec().setHostname("first");
  member->getSpec().setSubdomain("web");
  put(std::move(member));
  auto stranger = pod("b", "10.0.0.2");
  stranger->getSpec().setHostname("second");
  stranger->getSpec().setSubdomain("elsewhere");
  put(std::move(stranger));
  auto slice = onlySlice();
  EXPECT_THAT(told(slice), ElementsAre("10.0.0.1 ready serving", "10.0.0.2 ready serving"));
  EXPECT_EQ(label(slice.meta(), "service.kubernetes.io/headless"), "");
  EXPECT_EQ(label(endpoints().meta(), "service.kubernetes.io/headless"), "");
  EXPECT_THAT(addresses(endpoints()), ElementsAre("10.0.0.1", "10.0.0.2"));
  std::map<std::string, std::string> names;
  for (auto endpoint : slice->getEndpoints()) names[str(endpoint.getAddresses()[0])] = str(endpoint.getHostname());
  EXPECT_EQ(names["10.0.0.1"], "first");
  EXPECT_EQ(names["10.0.0.2"], "");
  EXPECT_EQ(view(endpoints()->getSubsets()[0].getAddresses()[0].getHostname()), "first");
}

TEST_F(EndpointsTest, TheApplicationProtocolIsPassedOn) {
  auto draft = service();
  draft->getSpec().getPorts()[0].setAppProtocol("kubernetes.io/h2c");
  host.put(std::move(draft));
  put(pod("a", "10.0.0.1"));
  EXPECT_EQ(view(onlySlice()->getPorts()[0].getAppProtocol()), "kubernetes.io/h2c");
  EXPECT_EQ(view(endpoints()->getSubsets()[0].getPorts()[0].getAppProtocol()), "kubernetes.io/h2c");
}

TEST_F(EndpointsTest, APodOfANodeThatIsNotThereWaitsForIt) {
  host.put(service());
  auto draft = pod("a", "10.0.0.1");
  draft->getSpec().setNodeName("n2");
  put(std::move(draft));
  EXPECT_THAT(told(onlySlice()), ElementsAre());
  host.put(test::makeNode("n2", {}));
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
  host.change<Node>("", "n2", [](auto node) { setLabel(node.getMetadata(), "topology.kubernetes.io/zone", "z2"); });
  EXPECT_EQ(view(onlySlice()->getEndpoints()[0].getZone()), "z2");
}

TEST_F(EndpointsTest, HintsSayWhoIsToPreferAnEndpoint) {
  const auto hints = [&](const char* distribution) {
    auto draft = service();
    if (*distribution) draft->getSpec().setTrafficDistribution(distribution);
    host.put(std::move(draft));
    host.settle();
    std::string all;
    for (auto endpoint : host.list<EndpointSlice>()[0]->getEndpoints()) {
      for (auto zone : endpoint.getHints().getForZones()) all += concat("zone ", view(zone.getName()), ";");
      for (auto node : endpoint.getHints().getForNodes()) all += concat("node ", view(node.getName()), ";");
    }
    return all;
  };
  auto pod = test::makePod("web-1", {}, {{"app", "web"}});
  pod->getSpec().setNodeName("n1");
  pod->initStatus().setPodIP("10.244.0.5");
  pod->getStatus().initPodIPs(1)[0].setIp("10.244.0.5");
  host.put(std::move(pod));
  test::setPodReady(host, "default", "web-1");
  EXPECT_EQ(hints(""), "");
  EXPECT_EQ(hints("PreferClose"), "zone z1;");
  EXPECT_EQ(hints("PreferSameZone"), "zone z1;");
  EXPECT_EQ(hints("PreferSameNode"), "zone z1;node n1;");
  EXPECT_EQ(hints(""), "");
  test::setPodReady(host, "default", "web-1", false);
  EXPECT_EQ(hints("PreferSameZone"), "") << "one that is not ready has none";
}

}  // namespace
}  // namespace cleat::endpoints
