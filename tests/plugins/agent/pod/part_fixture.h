// One pod on a node in memory, with the parts of its worker but without the worker: a test calls a part as the worker
// would and sees what it does. The loop only counts how often it was asked to look again.
#pragma once

#include <cleat/sdk/file.h>

#include <optional>

#include "pod/container_starter.h"
#include "pod/container_stopper.h"
#include "pod/pod_images.h"
#include "pod/pod_observer.h"
#include "pod/pod_on_node.h"
#include "pod/pod_resizer.h"
#include "pod/pod_teardown.h"
#include "pod/sandbox_keeper.h"
#include "pod/status_publisher.h"
#include "pod/sync_loop.h"
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {

struct Parts {
  Parts(NodeServices& node, std::string uid, SyncLoop& loop)
      : pod(node, std::move(uid), loop), volumes(node.context, node.tokens, node.certificates, node.claims,
                                                 node.drivers, pod.folder(), [] { return false; }),
        devices(node.devices, pod.uid), prober(node, pod.progress, [] {}) {}
  PodOnNode pod;
  PodVolumes volumes;
  PodDevices devices;
  Prober prober;
  PodObserver observer{pod};
  PodImages images{pod};
  PodResizer resizer{pod};
  SandboxKeeper sandbox{pod, observer, resizer};
  ContainerStopper stopper{pod, prober};
  ContainerStarter starter{pod, images, volumes, devices, resizer, stopper};
  StatusPublisher publisher{pod, observer, starter, resizer, devices};
  PodTeardown teardown{pod, observer, sandbox, volumes, devices};
};

class PartsPlugin : public Plugin {
 public:
  explicit PartsPlugin(Context& context)
      : Plugin(context), node(context),
        loop(context, [this] { return sync(); }, [] { return std::make_shared<int>(); }) {}

  Task<Result<void>> start() override {
    node.identity.name = "node1";
    node.identity.address = "192.0.2.10";
    node.podsFolder = config().dataDir() + "/pods";
    node.logsFolder = config().dataDir() + "/logs";
    node.machine.cpus = 4;
    node.machine.memoryBytes = int64_t(8) << 30;
    node.ledger.setCapacity({4000, int64_t(8) << 30});
    // The machine's own cgroups are none of a test's business.
    node.qos.configure({.nested = false, .limit = {}});
    node.services.start();
    CLEAT_CO_TRY(co_await node.pullRecords.open(config().dataDir() + "/image_manager"));
    co_return makeFolders(node.podsFolder, 0750);
  }
  void stop() override { node.io.stop(); }

  NodeServices node;
  int syncs = 0;
  std::function<void()> onSync = [] {};
  SyncLoop loop;
  std::optional<Parts> parts;

 private:
  Task<void> sync() {
    ++syncs;
    onSync();
    co_return;
  }
};

class PartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    plugin_.emplace(node_.host().start<PartsPlugin>());
    node_.settle();
    ASSERT_TRUE(plugin_->ready()) << plugin_->readyError();
  }

  PartsPlugin& plugin() { return **plugin_; }
  FakeRuntime& runtime() { return node_.runtime(); }
  Parts& parts() { return *plugin().parts; }
  int syncs() { return plugin().syncs; }

  // The pod as the API gives it to the node.
  void take(Draft<Pod> draft) {
    Object<Pod> pod = node_.put(std::move(draft));
    enter([&] {
      if (!plugin().parts) plugin().parts.emplace(plugin().node, std::string(pod.uid()), plugin().loop);
      parts().pod.status.update(pod);
    });
  }
  void enter(const std::function<void()>& function) {
    plugin_->enter(function);
    node_.settle();
  }
  void run(Task<void> task) {
    enter([&] { spawn(std::move(task)); });
  }
  bool ask(Task<bool> task) { return plugin_->await(std::move(task)); }
  // Lets what the test has changed in the runtime be seen.
  void look() {
    run(plugin().node.runtime.tryRefresh());
    run(parts().observer.observe());
  }
  bool makeSandbox(uint32_t attempt = 0) {
    std::function<Task<bool>()> meanwhile = []() -> Task<bool> { co_return true; };
    return ask(parts().sandbox.make(attempt, meanwhile));
  }
  // Once for the image, and once more when it is there.
  void startContainers(std::vector<std::string> names) {
    run(parts().starter.start(names));
    run(parts().starter.start(names));
    run(parts().observer.observe());
  }
  void startPod(Draft<Pod> draft, const std::vector<std::string>& containers = {"main"}) {
    take(std::move(draft));
    enter([&] { parts().resizer.update(); });
    ASSERT_TRUE(makeSandbox());
    startContainers(containers);
  }

  NodeFixture node_;
  std::optional<cleat::test::Started<PartsPlugin>> plugin_;
};

}  // namespace cleat::agent::test
