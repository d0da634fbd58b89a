// How many pods a second the scheduler places on 5,000 nodes, without a server: the decisions alone, and the whole
// plugin against the host in memory of the tests, whose own work for each write is part of what is measured then.
//
//   placing [NODES [SHAPE…]]
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "placing.h"
#include "tests/bench/placing/shapes.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::scheduling::bench {
namespace {

Object<Pod> withUid(Draft<Pod> draft) {
  draft.meta().setUid(str(view(draft.meta().asReader().getName())));
  return std::move(draft).freeze();
}

// On a machine that does something else as well the processor time says more.
struct Measured {
  int placed = 0;
  double seconds = 0, processorSeconds = 0;
};

class Stopwatch {
 public:
  void read(Measured& measured) const {
    measured.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    measured.processorSeconds = double(std::clock() - processor_) / CLOCKS_PER_SEC;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
  std::clock_t processor_ = std::clock();
};

// What the plugin does for each pod but for the writes: victims are gone at once.
Measured decide(const Shape& shape, int nodes) {
  Scheduler scheduler([] {
    Profile profile;
    profile.schedulerName = "default-scheduler";
    return std::vector{profile};
  }());
  ClusterState& state = scheduler.state();
  for (int i = 0; i < nodes; ++i) state.setNode(makeBenchNode(i).freeze());
  for (int i = 0; i < shape.before; ++i) state.setPod(withUid(shape.placed(i)), concat("node-", i % nodes));
  std::vector<Object<Pod>> pods;
  for (int i = 0; i < shape.measured; ++i) pods.push_back(withUid(shape.pod(i)));
  Measured measured;
  const Stopwatch watch;
  for (const Object<Pod>& pod : pods) {
    const ClassRef podClass = state.classes().of(pod);
    Decision decision = scheduler.decide(pod, podClass);
    if (!decision.refusal.victims.empty()) {
      for (const Object<Pod>& victim : decision.refusal.victims) state.removePod(victim.uid());
      decision = scheduler.decide(pod, podClass);
    }
    if (decision.node.empty()) continue;
    state.setPod(pod, decision.node);
    ++measured.placed;
  }
  watch.read(measured);
  return measured;
}

// An extension that scores every node, and has the answer ready: what is left is what it costs the scheduler to ask.
void answerAsExtension(test::FakeHost& host, int nodes) {
  auto scores = std::make_shared<std::vector<uint8_t>>();
  for (int i = 0; i < nodes; ++i) scores->push_back(static_cast<uint8_t>(i % 7));
  host.setReply(role::fillers::call, [scores](const AnyAnswer& params, AnyDraft&, std::vector<AnyRef>& objects) {
    const uint32_t method = params.as<role::CallFillerParams>().getMethod();
    if (method == role::schedulerExtension::describe.ordinal) {
      Draft<role::ExtensionDescription> said;
      said->setJudges(true);
      objects = {std::move(said).freezeAny()};
      return Result<void>();
    }
    auto asked = objects[0].as<role::JudgeParams>().getGroups();
    Draft<role::JudgeResults> results;
    auto groups = results->initGroups(asked.size());
    for (auto group : groups) {
      auto list = group.initScores(static_cast<unsigned>(scores->size()));
      for (unsigned i = 0; i < list.size(); ++i) list.set(i, (*scores)[i]);
    }
    objects = {std::move(results).freezeAny()};
    return Result<void>();
  });
}

// Pods come and are bound: from the first to the last of them.
Measured bind(const Shape& shape, int nodes, const test::Settings& settings = {}) {
  test::FakeHost host;
  answerAsExtension(host, nodes);
  host.know<Pod>();
  host.know<core_v1::Event>();
  host.know<core_v1::Namespace>();
  host.know<core_v1::PersistentVolume>();
  host.know<core_v1::PersistentVolumeClaim>();
  host.know<core_v1::Service>();
  host.know<policy_v1::PodDisruptionBudget>();
  host.know<storage_v1::CSIDriver>();
  host.know<storage_v1::CSINode>();
  host.know<storage_v1::CSIStorageCapacity>();
  host.know<storage_v1::StorageClass>();
  host.know<storage_v1::VolumeAttachment>();
  for (int i = 0; i < nodes; ++i) host.put(makeBenchNode(i));
  for (int i = 0; i < shape.before; ++i) {
    Draft<Pod> pod = shape.placed(i);
    pod->getSpec().setNodeName(concat("node-", i % nodes));
    host.put(std::move(pod));
  }
  auto plugin = host.start(cleat_plugin_v1(), settings);
  if (!plugin.ready()) {
    std::fprintf(stderr, "the scheduler does not start: %s\n", plugin.readyError().c_str());
    std::exit(1);
  }
  Measured measured;
  const Stopwatch watch;
  for (int i = 0; i < shape.measured; ++i) {
    host.put(shape.pod(i));
    if (i % 500 == 499) host.settle();
  }
  host.settle();
  watch.read(measured);
  for (const auto& pod : host.list<Pod>()) measured.placed += pod->getSpec().getNodeName().size() > 0;
  measured.placed -=
      std::ranges::count_if(host.list<Pod>(), [](const auto& pod) { return pod.name().starts_with("low-"); });
  return measured;
}

void print(const char* how, const Shape& shape, const Measured& measured) {
  std::printf("%-14s %-10s %6d of %6d pods in %6.2f s: %8.0f/s, %8.0f in a second of processor time  (aim %lld)\n",
              shape.name.c_str(), how, measured.placed, shape.measured, measured.seconds,
              measured.placed / measured.seconds, measured.placed / measured.processorSeconds,
              static_cast<long long>(shape.aim));
  std::fflush(stdout);
}

}  // namespace
}  // namespace cleat::scheduling::bench

int main(int argc, char** argv) {
  using namespace cleat::scheduling::bench;
  const int nodes = argc > 1 ? std::atoi(argv[1]) : 5000;
  const std::vector<std::string> wanted(argv + std::min(argc, 2), argv + argc);
  for (const Shape& shape : shapes()) {
    if (!wanted.empty() && std::ranges::find(wanted, shape.name) == wanted.end()) continue;
    print("decisions", shape, decide(shape, nodes));
    print("plugin", shape, bind(shape, nodes));
    print("extended", shape, bind(shape, nodes, {{"extensions", R"({"name":"ranks"})"}}));
  }
}
