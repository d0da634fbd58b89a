// The scheduler as it was built outside the tree: its file, what it does on a host in memory, and as an isolated
// plugin.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <dlfcn.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdio>

#include "core/host/loading/manifest.h"
#include "tests/core/host/host_fixture.h"

namespace cleat {
namespace {

using core_v1::Node;
using core_v1::Pod;

const std::string kFile = CONTRIB_DIR "/scheduler-packing/scheduler-packing.so";

std::string outputOf(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> buffer;
  while (size_t count = fread(buffer.data(), 1, buffer.size(), pipe.get())) out.append(buffer.data(), count);
  return out;
}

TEST(PackingFile, TellsItsManifestWithoutBeingRun) {
  auto manifest = host::readManifest(kFile);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->name, "scheduler-packing");
  EXPECT_EQ(manifest->roles, std::vector<std::string>{"scheduler"});
  ASSERT_EQ(manifest->settings.size(), 1u);
  EXPECT_EQ(manifest->settings[0].byDefault, "packing");
}

TEST(PackingFile, ExportsOneFunction) {
  const std::string symbols = outputOf("nm --dynamic --defined-only --format=just-symbols '" + kFile + "'");
  EXPECT_EQ(symbols, "cleat_plugin_v1\n");
}

class PackingIsolated : public host::HostTest {};

TEST_F(PackingIsolated, StartsInAProcessOfItsOwn) {
  makeHost();
  auto loaded = host::finish(
      executor, host->load({.name = "scheduler-packing", .file = kFile, .isolated = true, .settings = {}}));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(host->health().at(0).state, "running");
  EXPECT_GT(host->health().at(0).processId, 0);
  EXPECT_EQ(host->health().at(0).grants, "- pods,nodes get,list,watch\n- pods/binding create\n");
}

class Packing : public testing::Test {
 protected:
  Packing() {
    kubernetes.know<Pod>();
    void* library = dlopen(kFile.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    table = reinterpret_cast<const cleat_plugin* (*)()>(dlsym(library, "cleat_plugin_v1"))();
  }

  void node(const std::string& name, const std::string& cpu, const std::string& memory) {
    Draft<Node> draft;
    draft->initMetadata().setName(name);
    setLabel(draft.meta(), "disk", name == "big" ? "ssd" : "none");
    auto all = draft->initStatus().initAllocatable(3);
    const std::pair<const char*, std::string> amounts[] = {{"cpu", cpu}, {"memory", memory}, {"pods", "10"}};
    for (uint32_t i = 0; i < 3; ++i) {
      all[i].setKey(amounts[i].first);
      all[i].setValue(amounts[i].second);
    }
    kubernetes.put(std::move(draft));
  }

  Draft<Pod> pod(const std::string& name, const std::string& cpu, const std::string& scheduler = "packing") {
    Draft<Pod> draft;
    draft->initMetadata().setName(name);
    draft.meta().setNamespace("default");
    draft->initSpec().setSchedulerName(scheduler);
    auto requests = draft->getSpec().initContainers(1)[0].initResources().initRequests(1);
    requests[0].setKey("cpu");
    requests[0].setValue(cpu);
    return draft;
  }
  std::string nodeOf(const std::string& name) {
    return str(kubernetes.get<Pod>("default", name)->getSpec().getNodeName());
  }

  test::FakeHost kubernetes;
  const cleat_plugin* table = nullptr;
};

TEST_F(Packing, FillsTheFullestNodeBeforeTheNext) {
  node("big", "4", "8Gi");
  node("small", "2", "4Gi");
  auto plugin = kubernetes.start(table);
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  for (const char* name : {"a", "b", "c"}) kubernetes.put(pod(name, "1"));
  kubernetes.put(pod("other", "1", "default-scheduler"));
  kubernetes.settle();
  EXPECT_EQ(nodeOf("a"), "small");
  EXPECT_EQ(nodeOf("b"), "small");
  EXPECT_EQ(nodeOf("c"), "big");
  EXPECT_EQ(nodeOf("other"), "");
}

TEST_F(Packing, KeepsToTheNodeSelectorAndOffNodesThatTakeNothing) {
  node("big", "4", "8Gi");
  node("small", "2", "4Gi");
  node("closed", "1", "1Gi");
  kubernetes.change<Node>("", "closed", [](Node::Builder closed) { closed.initSpec().setUnschedulable(true); });
  node("tainted", "1", "1Gi");
  kubernetes.change<Node>("", "tainted", [](Node::Builder tainted) {
    auto taint = tainted.initSpec().initTaints(1)[0];
    taint.setKey("gpu");
    taint.setEffect("NoSchedule");
  });
  auto plugin = kubernetes.start(table);
  auto picky = pod("picky", "1");
  auto selector = picky->getSpec().initNodeSelector(1);
  selector[0].setKey("disk");
  selector[0].setValue("ssd");
  kubernetes.put(pod("any", "1"));
  kubernetes.settle();
  kubernetes.put(std::move(picky));
  kubernetes.settle();
  EXPECT_EQ(nodeOf("picky"), "big");
  EXPECT_EQ(nodeOf("any"), "small");
}

TEST_F(Packing, WaitsForRoom) {
  node("small", "2", "4Gi");
  auto plugin = kubernetes.start(table);
  kubernetes.put(pod("a", "1500m"));
  kubernetes.settle();
  kubernetes.put(pod("b", "1"));
  kubernetes.put(pod("c", "1"));
  kubernetes.settle();
  EXPECT_EQ(nodeOf("b"), "");
  kubernetes.change<Pod>("default", "a", [](Pod::Builder done) { done.initStatus().setPhase("Succeeded"); });
  kubernetes.settle();
  EXPECT_EQ(nodeOf("b"), "small");
  EXPECT_EQ(nodeOf("c"), "small");
  kubernetes.put(pod("d", "3"));
  kubernetes.settle();
  EXPECT_EQ(nodeOf("d"), "");
  node("big", "4", "8Gi");
  kubernetes.settle();
  EXPECT_EQ(nodeOf("d"), "big");
}

TEST_F(Packing, ARefusedBindingIsTriedAgain) {
  node("small", "1", "4Gi");
  int refusals = 1;
  kubernetes.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "create/binding" && refusals-- > 0) return fail(Status::unavailable("not now"));
    return {};
  });
  auto plugin = kubernetes.start(table);
  kubernetes.put(pod("a", "1"));
  kubernetes.advance(std::chrono::seconds(5));
  EXPECT_EQ(nodeOf("a"), "small");
}

}  // namespace
}  // namespace cleat
