// Hints of zones: whom each zone is given, in every situation, and how services are told of it.
#include "plugins/controller-endpoints/topology_hints.h"

#include "tests/plugins/controller-endpoints/endpoints_test.h"

namespace cleat::endpoints {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A node that is ready, unless it is said otherwise.
Draft<Node> nodeIn(const char* name, const char* zone, const char* processors, const char* ready = "True") {
  auto node = test::makeNode(name, {{"cpu", processors}}, {{"topology.kubernetes.io/zone", zone}});
  setCondition<core_v1::NodeCondition>(node->getStatus(), {"Ready", ready, "", "", ""});
  return node;
}
Object<Node> kept(Draft<Node> node) { return std::move(node).freeze(); }

TEST(ZoneShares, FollowTheProcessorsOfNodesThatAreReady) {
  auto master = nodeIn("m", "a", "64");
  setLabel(master.meta(), "node-role.kubernetes.io/control-plane", "");
  EXPECT_EQ(zoneShares({kept(nodeIn("1", "a", "2")), kept(nodeIn("2", "a", "1")), kept(nodeIn("3", "b", "1")),
                        kept(nodeIn("4", "c", "9", "False")), kept(std::move(master))}),
            (ZoneShares{{"a", 0.75}, {"b", 0.25}}));
  EXPECT_EQ(zoneShares({kept(nodeIn("1", "a", "2"))}), ZoneShares()) << "one zone";
  EXPECT_EQ(zoneShares({kept(nodeIn("1", "a", "2")), kept(nodeIn("2", "b", "2")), kept(nodeIn("3", "", "2"))}),
            ZoneShares())
      << "a node without a zone";
  EXPECT_EQ(zoneShares({kept(nodeIn("1", "a", "2")), kept(nodeIn("2", "b", "0"))}), ZoneShares())
      << "a node without processors";
}

// "a>b" is an endpoint in zone a that is for b, "a" one that is for nobody, "!a" one that is not ready.
HintedSlice slice(bool isWritten, const std::vector<std::string>& endpoints) {
  HintedSlice made{isWritten, {}};
  for (std::string_view text : endpoints) {
    HintedEndpoint endpoint{!text.starts_with("!"), {}, {}};
    if (!endpoint.ready) text.remove_prefix(1);
    const size_t arrow = text.find('>');
    endpoint.zone = text.substr(0, arrow);
    if (arrow != std::string_view::npos) endpoint.hint = text.substr(arrow + 1);
    made.endpoints.push_back(std::move(endpoint));
  }
  return made;
}
std::vector<std::string> shown(const std::vector<HintedSlice>& slices) {
  std::vector<std::string> all;
  for (const HintedSlice& each : slices) {
    std::string line = each.isWritten ? "written" : "kept";
    for (const HintedEndpoint& endpoint : each.endpoints) {
      line += concat(" ", endpoint.ready ? "" : "!", endpoint.zone);
      if (!endpoint.hint.empty()) line += concat(">", endpoint.hint);
    }
    all.push_back(std::move(line));
  }
  return all;
}

const ZoneShares kHalves{{"a", 0.5}, {"b", 0.5}};
const ZoneShares kThirds{{"a", 1.0 / 3}, {"b", 1.0 / 3}, {"c", 1.0 / 3}};

struct Situation {
  const char* what;
  ZoneShares shares;
  std::vector<HintedSlice> slices;
  std::vector<std::string> after;
  const char* refusal;
};

const Situation kSituations[] = {
    {"as many in each zone", kHalves, {slice(true, {"a", "b", "a", "b"})}, {"written a>a b>b a>a b>b"}, ""},
    {"too many in one", kHalves, {slice(true, {"a", "a", "a", "b"})}, {"written a>b a>a a>a b>b"}, ""},
    {"all in one", kHalves, {slice(true, {"a", "a"})}, {"written a>b a>a"}, ""},
    {"in a zone without nodes", kHalves, {slice(true, {"a", "b", "z", "a"})}, {"written a>a b>b z>z a>a"}, ""},
    {"a large zone", {{"a", 0.75}, {"b", 0.25}}, {slice(true, {"a", "a", "b", "b"})}, {"written a>a a>a b>a b>b"}, ""},
    {"those that are not ready do not count", kHalves, {slice(true, {"!a", "a", "b"})}, {"written !a a>a b>b"}, ""},
    {"what has hints is kept", kHalves, {slice(false, {"a>a", "b>b"})}, {"kept a>a b>b"}, ""},
    {"what lacks one is not",
     kHalves,
     {slice(false, {"a>a", "b"}), slice(false, {"b>b", "a>a"})},
     {"written a>a b>b", "kept b>b a>a"},
     ""},
    {"what is for a zone that has gone is not", kHalves, {slice(false, {"a>c", "b>b"})}, {"written a>a b>b"}, ""},
    {"what comes makes up for it",
     kHalves,
     {slice(false, {"a>a", "a>a"}), slice(true, {"a", "a"})},
     {"kept a>a a>a", "written a>b a>b"},
     ""},
    {"what is too much for a zone is shared out anew",
     kHalves,
     {slice(false, {"a>a", "a>a", "a>a"}), slice(true, {"b"})},
     {"written a>b a>a a>a", "written b>b"},
     ""},
    {"nothing is known of the nodes",
     {},
     {slice(false, {"a>a", "b>b"}), slice(false, {"b"})},
     {"written a b", "kept b"},
     "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"},
    {"fewer than zones",
     kThirds,
     {slice(true, {"a", "b", "!c"})},
     {"written a b !c"},
     "Insufficient number of endpoints (2 endpoints, 3 zones)"},
    {"none", kHalves, {slice(true, {})}, {"written"}, "Insufficient number of endpoints (0 endpoints, 2 zones)"},
    {"they cannot be shared out so that none has too much",
     kThirds,
     {slice(true, {"a", "b", "c", "a"})},
     {"written a b c a"},
     "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, "
     "3 zones)"},
    {"one is nowhere",
     kHalves,
     {slice(false, {"a>a", "b>b"}), slice(true, {"a", "", "b", "b"})},
     {"written a b", "written a  b b"},
     "One or more endpoints do not have a zone specified"},
};

TEST(AssignHints, IsAsTheTableSays) {
  for (const Situation& each : kSituations) {
    std::vector<HintedSlice> slices = each.slices;
    const HintOutcome outcome = assignHints(slices, each.shares);
    EXPECT_EQ(shown(slices), each.after) << each.what;
    EXPECT_EQ(outcome.refusal, each.refusal) << each.what;
    ZoneCounts counts;
    for (const HintedSlice& one : slices) {
      for (const HintedEndpoint& endpoint : one.endpoints) {
        if (!endpoint.hint.empty()) ++counts[endpoint.hint];
      }
    }
    EXPECT_EQ(outcome.counts, counts) << each.what;
  }
}

class TopologyHintsTest : public EndpointsTest {
 protected:
  TopologyHintsTest() {
    host.put(nodeIn("n1", "z1", "4"));
    host.put(nodeIn("n2", "z2", "4"));
  }
  void podOn(const char* name, const char* node, const char* ip) {
    auto draft = pod(name, ip);
    draft->getSpec().setNodeName(node);
    put(std::move(draft));
  }
  void mode(std::optional<std::string_view> said, const char* key = "service.kubernetes.io/topology-mode") {
    host.change<Service>("default", "web", [&](auto changed) { setAnnotation(changed.getMetadata(), key, said); });
    host.settle();
  }
  // "10.0.0.1>z1"
  std::vector<std::string> hints() {
    std::vector<std::string> all;
    for (auto endpoint : onlySlice()->getEndpoints()) {
      std::string line = str(endpoint.getAddresses()[0]);
      for (auto zone : endpoint.getHints().getForZones()) line += concat(">", zone.getName());
      all.push_back(std::move(line));
    }
    std::ranges::sort(all);
    return all;
  }
  std::vector<std::string> events() {
    host.settle();
    std::vector<std::string> all;
    for (const auto& event : host.list<core_v1::Event>("default")) {
      all.push_back(concat(event->getSource().getComponent(), ": ", event->getType(), " ", event->getReason(), " ",
                           event->getMessage()));
    }
    return all;
  }
};

TEST_F(TopologyHintsTest, BeginAndEndWithTheAnnotationAndTheNodes) {
  host.put(service());
  podOn("a", "n1", "10.0.0.1");
  podOn("b", "n1", "10.0.0.2");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1", "10.0.0.2"));
  mode("Auto");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1>z2", "10.0.0.2>z1"));
  EXPECT_THAT(events(), ElementsAre("endpoint-slice-controller: Normal TopologyAwareHintsEnabled Topology Aware Hints "
                                    "has been enabled, addressType: IPv4"));
  const size_t before = host.requests().size();
  host.loseHistory();
  host.settle();
  EXPECT_EQ(host.requests().size(), before) << "there was nothing left to do";

  host.change<Node>("", "n2", [](auto node) {
    setCondition<core_v1::NodeCondition>(node.getStatus(), {"Ready", "Unknown", "", "", ""});
  });
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1", "10.0.0.2")) << "one zone is left";
  EXPECT_THAT(events(), Contains("endpoint-slice-controller: Warning TopologyAwareHintsDisabled Insufficient Node "
                                 "information: allocatable CPU or zone not specified on one or more nodes, "
                                 "addressType: IPv4"));
  host.put(nodeIn("n2", "z2", "4"));
  podOn("c", "n2", "10.0.0.3");
  podOn("d", "n2", "10.0.0.4");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1>z1", "10.0.0.2>z1", "10.0.0.3>z2", "10.0.0.4>z2"));
  mode(std::nullopt);
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"));
  EXPECT_THAT(events(), Contains("endpoint-slice-controller: Warning TopologyAwareHintsDisabled Topology Aware Hints "
                                 "has been disabled, addressType: IPv4"));
}

TEST_F(TopologyHintsTest, TheAnnotationGoesBeforeTheFieldAndTheOneOfOldBeforeThat) {
  auto draft = service();
  draft->getSpec().setTrafficDistribution("PreferSameZone");
  host.put(std::move(draft));
  podOn("a", "n1", "10.0.0.1");
  podOn("b", "n1", "10.0.0.2");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1>z1", "10.0.0.2>z1"));
  mode("auto");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1>z2", "10.0.0.2>z1"));
  mode("Disabled", "service.kubernetes.io/topology-aware-hints");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1>z1", "10.0.0.2>z1"));
}

TEST_F(TopologyHintsTest, TooFewEndpointsAreTold) {
  host.put(service());
  podOn("a", "n1", "10.0.0.1");
  host.settle();
  mode("Auto");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1"));
  EXPECT_THAT(events(), ElementsAre("endpoint-slice-controller: Warning TopologyAwareHintsDisabled Insufficient number "
                                    "of endpoints (1 endpoints, 2 zones), addressType: IPv4"));
  podOn("b", "n2", "10.0.0.2");
  EXPECT_THAT(hints(), ElementsAre("10.0.0.1>z1", "10.0.0.2>z2"));
  EXPECT_THAT(events(), Contains(HasSubstr("TopologyAwareHintsEnabled")));
  EXPECT_THAT(events(), Not(Contains(HasSubstr("has been disabled"))));
}

}  // namespace
}  // namespace cleat::endpoints
