#include "tests/plugins/controller-endpoints/endpoints_test.h"

#include <set>

namespace cleat::endpoints {
namespace {

using testing::ElementsAre;

TEST_F(EndpointsTest, NothingIsWrittenWhenNothingChanged) {
  host.put(service({{"", 80, "", 8080}}));
  put(pod("a", "10.0.0.1"));
  put(pod("b", "10.0.0.2", false));
  host.settle();
  auto writes = [&] {
    return test::countRequests(host, "create") + test::countRequests(host, "update") +
           test::countRequests(host, "delete");
  };
  const size_t before = writes();
  host.change<Service>("default", "web", [](auto changed) { setAnnotation(changed.getMetadata(), "note", "x"); });
  host.change<Pod>("default", "a", [](auto changed) { changed.getStatus().setMessage("still fine"); });
  host.loseHistory();
  host.settle();
  EXPECT_EQ(writes(), before);
  plugin.reset();
  start();
  EXPECT_EQ(writes(), before);
}

TEST_F(EndpointsTest, WhatIsWrittenSaysSinceWhenItHasBeenDue) {
  const std::string_view key = "endpoints.kubernetes.io/last-change-trigger-time";
  auto saidByBoth = [&](std::string_view expected) {
    const auto slice = onlySlice();
    const auto legacy = endpoints();
    EXPECT_EQ(annotation(slice.meta(), key).value_or("none"), expected);
    EXPECT_EQ(annotation(legacy.meta(), key).value_or("none"), expected);
  };
  auto readySince = [&](const char* name, const char* ready, const char* since) {
    host.change<Pod>("default", name, [&](auto changed) {
      auto conditions = changed.getStatus().initConditions(1);
      conditions[0].setType("Ready");
      conditions[0].setStatus(ready);
      conditions[0].setLastTransitionTime(since);
    });
  };
  put(pod("a", "10.0.0.1", false));
  put(pod("b", "10.0.0.2", false));
  host.put(service());
  host.settle();
  const std::string made = str(host.get<Service>("default", "web").meta().getCreationTimestamp());
  saidByBoth(made);
  readySince("a", "True", "2126-05-01T12:00:00Z");
  saidByBoth("2126-05-01T12:00:00Z");
  host.change<Service>("default", "web", [](auto changed) { setLabel(changed.getMetadata(), "team", "b"); });
  saidByBoth("none");
  readySince("b", "True", "2126-05-01T12:00:09Z");
  saidByBoth("2126-05-01T12:00:09Z");
  host.remove<Service>("default", "web");
  host.settle();
  host.put(service());
  saidByBoth(host.get<Service>("default", "web").meta().getCreationTimestamp().cStr());
}

TEST_F(EndpointsTest, ServicesWithoutASelectorAreLeftToTheirMaker) {
  auto draft = service();
  draft->getSpec().disownSelector();
  host.put(std::move(draft));
  auto hand = test::named<Endpoints>("default", "web");
  hand->initSubsets(1)[0].initAddresses(1)[0].setIp("192.0.2.1");
  host.put(std::move(hand));
  auto slice = test::named<EndpointSlice>("default", "web-mine", {{"kubernetes.io/service-name", "web"}});
  slice->setAddressType("IPv4");
  host.put(std::move(slice));
  put(pod("a", "10.0.0.1"));
  EXPECT_THAT(addresses(endpoints()), ElementsAre("192.0.2.1"));
  EXPECT_TRUE(host.get<EndpointSlice>("default", "web-mine"));
  for (const auto& each : slices()) {
    EXPECT_NE(label(each.meta(), "endpointslice.kubernetes.io/managed-by"), "endpointslice-controller.k8s.io");
  }
}

TEST_F(EndpointsTest, AnExternalNameHasNoEndpoints) {
  auto draft = service();
  draft->getSpec().setType("ExternalName");
  host.put(std::move(draft));
  host.settle();
  EXPECT_TRUE(slices().empty());
  EXPECT_FALSE(endpoints());
}

TEST_F(EndpointsTest, SlicesThatSomebodyElseKeepsForAServiceStay) {
  auto mine = test::named<EndpointSlice>("default", "web-mine", {{"kubernetes.io/service-name", "web"}});
  mine->setAddressType("IPv4");
  host.put(std::move(mine));
  host.put(service());
  put(pod("a", "10.0.0.1"));
  host.settle();
  EXPECT_EQ(slices().size(), 2u);
  host.remove<Service>("default", "web");
  EXPECT_EQ(onlySlice().name(), "web-mine");
}

TEST_F(EndpointsTest, WhatIsDeletedOrChangedByHandComesBack) {
  host.put(service());
  put(pod("a", "10.0.0.1"));
  host.remove<EndpointSlice>("default", onlySlice().name());
  host.remove<Endpoints>("default", "web");
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
  EXPECT_THAT(addresses(endpoints()), ElementsAre("10.0.0.1"));
  host.change<EndpointSlice>("default", onlySlice().name(), [](auto slice) { slice.initEndpoints(0); });
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
}

TEST_F(EndpointsTest, TheServiceTakesItsEndpointsAlong) {
  host.put(service());
  put(pod("a", "10.0.0.1"));
  host.settle();
  host.remove<Service>("default", "web");
  host.settle();
  EXPECT_TRUE(slices().empty());
  EXPECT_FALSE(endpoints());
}

TEST_F(EndpointsTest, WhatAServiceLeftBehindWhileNobodyLookedIsRemovedAtTheStart) {
  host.put(service());
  put(pod("a", "10.0.0.1"));
  host.settle();
  plugin.reset();
  host.remove<Service>("default", "web");
  auto leader = test::named<Endpoints>("kube-system", "old-scheduler");
  setAnnotation(leader.meta(), "control-plane.alpha.kubernetes.io/leader", "{}");
  host.put(std::move(leader));
  start();
  EXPECT_TRUE(slices().empty());
  EXPECT_FALSE(endpoints());
  EXPECT_TRUE(host.get<Endpoints>("kube-system", "old-scheduler"));
}

TEST_F(EndpointsTest, HandMadeEndpointsMayComeBeforeTheirService) {
  auto hand = test::named<Endpoints>("default", "web");
  hand->initSubsets(1)[0].initAddresses(1)[0].setIp("192.0.2.1");
  host.put(std::move(hand));
  host.settle();
  EXPECT_THAT(addresses(endpoints()), ElementsAre("192.0.2.1"));
}

TEST_F(EndpointsTest, SlicesOfAnEarlierServiceOfTheSameNameAreReplaced) {
  host.put(service());
  put(pod("a", "10.0.0.1"));
  const std::string old(onlySlice().name());
  host.remove<Service>("default", "web");
  host.put(service());
  auto slice = onlySlice();
  EXPECT_NE(slice.name(), old);
  EXPECT_TRUE(isControlledBy(slice.meta(), host.get<Service>("default", "web").uid()));
}

TEST_F(EndpointsTest, AServiceThatWaitsForItsEndKeepsItsEndpointsButGetsNoNewSlices) {
  auto draft = service();
  addFinalizer(draft.meta(), "example.com/load-balancer");
  host.put(std::move(draft));
  put(pod("a", "10.0.0.1"));
  host.settle();
  host.change<Service>("default", "web",
                       [](auto changed) { changed.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z"); });
  host.change<Pod>("default", "a", [](auto changed) { changed.getStatus().setPodIP("10.0.0.2"); });
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.2 ready serving"));
  host.remove<EndpointSlice>("default", onlySlice().name());
  host.settle();
  EXPECT_TRUE(slices().empty());
}

TEST_F(EndpointsTest, NoSliceHasMoreThanAHundredEndpoints) {
  for (int i = 0; i < 250; ++i) put(pod(concat("p", i), ipOf(i)));
  host.put(service());
  host.settle();
  std::multiset<uint32_t> sizes;
  for (const auto& slice : slices()) sizes.insert(slice->getEndpoints().size());
  EXPECT_EQ(sizes, (std::multiset<uint32_t>{50, 100, 100}));
}

TEST_F(EndpointsTest, ASmallChangeRewritesOneSlice) {
  for (int i = 0; i < 250; ++i) put(pod(concat("p", i), ipOf(i)));
  host.put(service());
  host.settle();
  const size_t before = test::countRequests(host, "update endpointslices");
  put(pod("first", "10.0.0.1"));  // sorts before all others
  host.settle();
  EXPECT_EQ(test::countRequests(host, "update endpointslices"), before + 1);
  EXPECT_EQ(slices().size(), 3u);
  host.remove<Pod>("default", "p7");
  host.settle();
  EXPECT_EQ(test::countRequests(host, "update endpointslices"), before + 2);
  EXPECT_EQ(test::countRequests(host, "create endpointslices"), 3u);
  std::set<std::string> all;
  for (const auto& slice : slices()) {
    for (auto endpoint : slice->getEndpoints()) all.insert(str(endpoint.getAddresses()[0]));
  }
  EXPECT_EQ(all.size(), 250u);
}

TEST_F(EndpointsTest, EndpointsHoldAThousandAddressesReadyOnesFirst) {
  for (int i = 0; i < 990; ++i) put(pod(concat("p", i), ipOf(i)));
  for (int i = 990; i < 1010; ++i) put(pod(concat("p", i), ipOf(i), false));
  host.put(service());
  auto legacy = endpoints();
  EXPECT_EQ(annotation(legacy.meta(), "endpoints.kubernetes.io/over-capacity"), "truncated");
  auto subset = legacy->getSubsets()[0];
  EXPECT_EQ(subset.getAddresses().size(), 990u);
  EXPECT_EQ(subset.getNotReadyAddresses().size(), 10u);
  for (int i = 0; i < 20; ++i) host.remove<Pod>("default", concat("p", i));
  EXPECT_FALSE(annotation(endpoints().meta(), "endpoints.kubernetes.io/over-capacity"));
  EXPECT_EQ(addresses(endpoints()).size(), 990u);
}

struct FaultCase {
  const char* verb;
  const char* resource;
  Status status;
};
void PrintTo(const FaultCase& fault, std::ostream* out) { *out << fault.resource << " " << fault.status.code; }
class Faults : public EndpointsTest, public testing::WithParamInterface<FaultCase> {};
TEST_P(Faults, AreTriedAgain) {
  host.put(service());
  put(pod("a", "10.0.0.1", false));
  host.settle();
  int left = 3;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == GetParam().verb && resource == GetParam().resource && left-- > 0) return fail(GetParam().status);
    return {};
  });
  test::setPodReady(host, "default", "a");
  host.advance(std::chrono::seconds(5));
  EXPECT_LE(left, 0);
  EXPECT_THAT(told(onlySlice()), ElementsAre("10.0.0.1 ready serving"));
  EXPECT_THAT(addresses(endpoints()), ElementsAre("10.0.0.1"));
  EXPECT_EQ(slices().size(), 1u);
}
INSTANTIATE_TEST_SUITE_P(
    OfTheApi, Faults,
    testing::Values(FaultCase{"update", "endpointslices", Status::conflict("endpointslices", "web", "changed")},
                    FaultCase{"update", "endpointslices", Status::tooManyRequests("slow down", 1)},
                    FaultCase{"update", "endpoints", Status::conflict("endpoints", "web", "changed")},
                    FaultCase{"update", "endpoints", Status::unavailable("no")}));

TEST_F(EndpointsTest, AFailureIsToldInAnEventOfTheService) {
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "endpointslices") return fail(Status::forbidden("no slices today"));
    return {};
  });
  host.put(service());
  host.advance(std::chrono::milliseconds(100));
  auto events = host.list<core_v1::Event>("default");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(view(events[0]->getReason()), "FailedToUpdateEndpointSlices");
  EXPECT_EQ(view(events[0]->getMessage()), "Error updating Endpoint Slices for Service default/web: no slices today");
  EXPECT_EQ(view(events[0]->getInvolvedObject().getKind()), "Service");
}

TEST_F(EndpointsTest, ANamespaceThatEndsIsNoTrouble) {
  host.onRequest([](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb != "create") return {};
    Status status = Status::forbidden("namespace default is being terminated");
    status.details.causes.push_back(
        {"NamespaceTerminating", "namespace default is being terminated", "metadata.namespace"});
    return fail(status);
  });
  host.put(service());
  host.settle();
  const size_t requests = host.requests().size();
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(host.requests().size(), requests);
}

}  // namespace
}  // namespace cleat::endpoints
