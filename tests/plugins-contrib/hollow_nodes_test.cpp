// Nodes on paper as they were built outside the tree: what becomes of pods on them, on a host in memory.
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <dlfcn.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using coordination_v1::Lease;
using core_v1::Node;
using core_v1::Pod;

const std::string kHollow = CONTRIB_DIR "/hollow-nodes/hollow-nodes.so";

struct Hollow : testing::Test {
  Hollow() {
    kubernetes.know<Node>();
    kubernetes.know<Lease>();
    kubernetes.deletesGracefully<Pod>();
    void* library = dlopen(kHollow.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    table = reinterpret_cast<const cleat_plugin* (*)()>(dlsym(library, "cleat_plugin_v1"))();
  }

  void pod(const std::string& name, const std::string& node, const std::string& policy = "Always",
           const std::vector<std::pair<const char*, const char*>>& notes = {}) {
    Draft<Pod> draft;
    draft->initMetadata().setName(name);
    draft.meta().setNamespace("default");
    for (auto [key, value] : notes) setAnnotation(draft.meta(), key, value);
    auto spec = draft->initSpec();
    spec.setNodeName(node);
    spec.setRestartPolicy(policy);
    auto container = spec.initContainers(1)[0];
    container.setName("c");
    container.setImage("pause");
    draft->initStatus().setPhase("Pending");
    kubernetes.put(std::move(draft));
  }
  std::string phase(const std::string& name) {
    auto found = kubernetes.get<Pod>("default", name);
    return found ? str(found->getStatus().getPhase()) : "gone";
  }
  void deletePod(const std::string& name, int64_t grace) {
    kubernetes.change<Pod>("default", name, [&](Pod::Builder pod) {
      auto meta = pod.getMetadata();
      meta.setDeletionTimestamp(formatTime(kubernetes.wallNow() + std::chrono::seconds(grace)));
      meta.initDeletionGracePeriodSeconds().setValue(grace);
    });
  }
  size_t renewals() {
    return static_cast<size_t>(std::ranges::count_if(
        kubernetes.requests(), [](const std::string& each) { return each.starts_with("patch leases"); }));
  }

  test::FakeHost kubernetes;
  const cleat_plugin* table = nullptr;
  int patches = 0;
};

TEST_F(Hollow, HasNodesThatAreReadyAndTheirLeases) {
  auto plugin = kubernetes.start(table, {{"nodes", "5"}, {"zones", "2"}, {"heartbeat", "0s"}});
  kubernetes.settle();
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  ASSERT_EQ(kubernetes.list<Node>().size(), 5u);
  Object<Node> node = kubernetes.get<Node>("hollow-3");
  EXPECT_TRUE(conditionIs(node->getStatus().getConditions(), "Ready", "True"));
  EXPECT_EQ(label(node.meta(), "topology.kubernetes.io/zone"), "zone-1");
  EXPECT_EQ(kubernetes.list<Lease>().size(), 0u);
}

TEST_F(Hollow, RenewsEachLeaseInItsTime) {
  kubernetes.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    // The host in memory has no patches: the leases are there, and were renewed.
    if (verb == "patch" && resource == "leases" && patches++ < 3) return fail(Status::notFound("leases", "x"));
    return {};
  });
  auto plugin = kubernetes.start(table, {{"nodes", "3"}});
  kubernetes.settle();
  EXPECT_EQ(kubernetes.list<Lease>("kube-node-lease").size(), 3u);
  const size_t before = renewals();
  kubernetes.advance(60s);
  EXPECT_GE(renewals() - before, 15u);
  EXPECT_LE(renewals() - before, 21u);
}

TEST_F(Hollow, PodsOfItsNodesRunAndOthersAreNotTouched) {
  auto plugin = kubernetes.start(table, {{"nodes", "2"}, {"heartbeat", "0s"}});
  pod("one", "hollow-0");
  pod("two", "hollow-0");
  pod("elsewhere", "hollow-2");
  pod("waiting", "");
  kubernetes.settle();
  EXPECT_EQ(phase("one"), "Running");
  EXPECT_EQ(phase("elsewhere"), "Pending");
  EXPECT_EQ(phase("waiting"), "Pending");
  Object<Pod> one = kubernetes.get<Pod>("default", "one"), two = kubernetes.get<Pod>("default", "two");
  EXPECT_TRUE(conditionIs(one->getStatus().getConditions(), "Ready", "True"));
  EXPECT_TRUE(one->getStatus().getContainerStatuses()[0].getReady());
  EXPECT_NE(str(one->getStatus().getPodIP()), str(two->getStatus().getPodIP()));
}

TEST_F(Hollow, WhatDoesNotStartAgainEnds) {
  auto plugin = kubernetes.start(table, {{"nodes", "1"}, {"heartbeat", "0s"}, {"run_for", "10s"}});
  pod("job", "hollow-0", "Never");
  pod("long", "hollow-0", "OnFailure", {{"hollow/run-for", "1m"}, {"hollow/exit-code", "3"}});
  pod("server", "hollow-0");
  kubernetes.advance(9s);
  EXPECT_EQ(phase("job"), "Running");
  kubernetes.advance(2s);
  EXPECT_EQ(phase("job"), "Succeeded");
  EXPECT_EQ(phase("long"), "Running");
  kubernetes.advance(60s);
  EXPECT_EQ(phase("long"), "Failed");
  EXPECT_EQ(kubernetes.get<Pod>("default", "long")
                ->getStatus()
                .getContainerStatuses()[0]
                .getState()
                .getTerminated()
                .getExitCode(),
            3);
  EXPECT_EQ(phase("server"), "Running");
}

TEST_F(Hollow, WhatIsDeletedGoesAfterItsTimeAndAtMostItsGrace) {
  auto plugin = kubernetes.start(table, {{"nodes", "1"}, {"heartbeat", "0s"}, {"stop_delay", "5s"}});
  pod("patient", "hollow-0");
  pod("hasty", "hollow-0");
  kubernetes.settle();
  deletePod("patient", 30);
  deletePod("hasty", 2);
  kubernetes.advance(1s);
  EXPECT_EQ(phase("hasty"), "Running");
  kubernetes.advance(2s);
  EXPECT_EQ(phase("hasty"), "gone");
  EXPECT_EQ(phase("patient"), "Running");
  kubernetes.advance(3s);
  EXPECT_EQ(phase("patient"), "gone");
}

TEST_F(Hollow, ThousandsOfNodesArePresentedAtOnce) {
  auto plugin = kubernetes.start(table, {{"nodes", "3000"}, {"heartbeat", "0s"}});
  kubernetes.settle();
  EXPECT_EQ(kubernetes.list<Node>().size(), 3000u);
}

}  // namespace
}  // namespace cleat
