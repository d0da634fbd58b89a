// All sandboxes and containers of this machine as the plugin's strand knows them, and everything that is done to them.
//
// What blocks is done by Sandboxes and Containers (sandboxes.h, containers.h) on the host's pool, one thing at a time
// for each sandbox and container. Nothing here waits on a thread for a container to end: ExitWatch tells, and whoever
// waits is a coroutine. What is listed is what memory says, which agrees with the disk after every step.
#pragma once

#include "containers/abilities.h"
#include "containers/containers.h"
#include "containers/event_log.h"
#include "containers/sandboxes.h"
#include "images/image_store.h"
#include "machine/exit_watch.h"

#include <cleat/sdk/context.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/signal.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace cleat::runtime {

struct SandboxState {
  SandboxRecord record;
  bool ready = false;
};

struct ContainerState {
  ContainerRecord record;
  int pid = 0;
  std::vector<Completion<bool>> waiting;  // for its end
};

struct ContainerUsage {
  std::string id;
  int64_t timestampNs = 0;
  Usage usage;
  uint64_t rootfsUsedBytes = 0;
};

class Pods {
 public:
  struct Settings {
    Sandboxes::Settings sandboxes;
    ContainerSettings containers;
  };
  Pods(Context& context, Settings settings, Cgroups cgroups, ImageStore& images, Reactor& reactor);

  // Takes over what an earlier process left running. Before anything else.
  Task<Result<void>> open();

  Task<Result<SandboxState*>> runSandbox(SandboxRecord wish);
  Task<Result<void>> stopSandbox(std::string id);
  Task<Result<void>> removeSandbox(std::string id);
  Task<Result<void>> updateSandbox(std::string id, Resources resources);

  Task<Result<std::string>> createContainer(ContainerWish wish);
  Task<Result<void>> startContainer(std::string id);
  Task<Result<void>> stopContainer(std::string id, Duration patience);
  Task<Result<void>> removeContainer(std::string id);
  Task<Result<void>> updateContainer(std::string id, Resources resources);
  Task<Result<void>> reopenLog(std::string id);
  Task<Result<std::vector<ContainerUsage>>> usage();

  // As `open` found it.
  const Abilities& abilities() const { return abilities_; }

  const std::map<std::string, std::shared_ptr<SandboxState>>& sandboxes() const { return sandboxes_; }
  const std::map<std::string, std::shared_ptr<ContainerState>>& containers() const { return containers_; }
  // Of a container that runs; otherwise an error that says so.
  Result<std::shared_ptr<ContainerState>> running(const std::string& id) const;
  Result<std::shared_ptr<SandboxState>> readySandbox(const std::string& id) const;

  EventLog& events() { return events_; }
  Containers& containerWork() { return containerWork_; }

 private:
  using Sandbox = std::shared_ptr<SandboxState>;
  using Container = std::shared_ptr<ContainerState>;

  Sandbox sandboxOfPod(const std::string& podUid, uint32_t attempt) const;
  Container containerNamed(const ContainerWish& wish) const;
  std::vector<Container> containersOf(const std::string& sandboxId) const;
  std::string newId();
  Result<void> checkWish(const ContainerWish& wish) const;
  Result<Image> useImages(ContainerWish& wish, std::vector<std::string>& volumeLayers);
  Task<Result<void>> stopLocked(Sandbox sandbox);
  Task<void> noteExit(std::string id);
  void noteSandboxExit(const std::string& id);
  void becomeKnown(std::vector<std::string> ids);
  Task<bool> waitForEnd(Container container, Duration patience);
  Task<Result<void>> killAndWait(Container container);

  Context& context_;
  Abilities abilities_;
  Sandboxes sandboxWork_;
  Containers containerWork_;
  ImageStore& images_;
  ExitWatch exits_;
  EventLog events_;
  KeyedLock locks_;
  std::map<std::string, Sandbox> sandboxes_;
  std::map<std::string, Container> containers_;
  // Containers that are being made or adopted may end before they are known here: their ends are kept until then.
  int unknownContainers_ = 0;
  std::set<std::string> earlyEnds_;
};

}  // namespace cleat::runtime
