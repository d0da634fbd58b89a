#include "containers/pods.h"

#include <cleat/sdk/text.h>

#include <signal.h>

#include <algorithm>

namespace cleat::runtime {
namespace {

// How long a killed container may take until its end is noted.
constexpr std::chrono::seconds kKillPatience{10};

int64_t nanoseconds(WallTime time) { return time.time_since_epoch().count(); }

}  // namespace

Pods::Pods(Context& context, Settings settings, Cgroups cgroups, ImageStore& images, Reactor& reactor)
    : context_(context), sandboxWork_(settings.sandboxes, cgroups), containerWork_(settings.containers, cgroups),
      images_(images),
      exits_(reactor, {[this](const std::string& id) { context_.post([this, id] { spawn(noteExit(id)); }); },
                       [this](const std::string& id) { context_.post([this, id] { noteSandboxExit(id); }); }}),
      events_(context), locks_(context) {}

Task<Result<void>> Pods::open() {
  struct Loaded {
    std::vector<SandboxRecord> sandboxes;
    std::vector<ContainerRecord> containers;
    std::vector<int> pids;
    Abilities abilities;
  };
  int64_t now = nanoseconds(context_.wallNow());
  auto load = [this, now]() -> Result<Loaded> {
    CLEAT_TRY(makeFolders(containerWork_.settings().exitFolder, 0700));
    // Before looking at what has ended, so that no end falls in between.
    CLEAT_TRY(exits_.open(containerWork_.settings().exitFolder));
    CLEAT_TRY(auto sandboxes, sandboxWork_.load());
    CLEAT_TRY(auto containers, containerWork_.load(now));
    Loaded loaded{std::move(sandboxes), std::move(containers), {}, findAbilities(sandboxWork_, containerWork_)};
    for (const ContainerRecord& record : loaded.containers) {
      loaded.pids.push_back(record.exited ? 0 : containerWork_.pid(record.id));
      if (!record.exited) exits_.watchMonitor(record.id, containerWork_.monitorPid(record.id));
    }
    for (const SandboxRecord& record : loaded.sandboxes)
      if (record.pausePid != 0) exits_.watchPause(record.id, record.pausePid);
    return loaded;
  };
  ++unknownContainers_;
  CLEAT_CO_TRY(Loaded loaded, co_await context_.blocking(load));
  abilities_ = std::move(loaded.abilities);
  for (SandboxRecord& record : loaded.sandboxes) {
    std::string id = record.id;
    bool ready = Sandboxes::running(record);
    sandboxes_.emplace(id, std::make_shared<SandboxState>(SandboxState{std::move(record), ready}));
  }
  std::vector<std::string> adopted;
  for (size_t i = 0; i < loaded.containers.size(); ++i) {
    std::string id = loaded.containers[i].id;
    adopted.push_back(id);
    images_.use(loaded.containers[i].layers);
    images_.use(loaded.containers[i].volumeLayers);
    containers_.emplace(
        id, std::make_shared<ContainerState>(ContainerState{std::move(loaded.containers[i]), loaded.pids[i], {}}));
  }
  becomeKnown(std::move(adopted));
  co_return Result<void>();
}

std::string Pods::newId() {
  std::string id;
  for (int part = 0; part < 4; ++part) {
    uint64_t bits = context_.random64();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) id += "0123456789abcdef"[bits & 15];
  }
  return id;
}

Pods::Sandbox Pods::sandboxOfPod(const std::string& podUid, uint32_t attempt) const {
  for (const auto& [id, sandbox] : sandboxes_)
    if (sandbox->record.podUid == podUid && sandbox->record.attempt == attempt) return sandbox;
  return nullptr;
}

Pods::Container Pods::containerNamed(const ContainerWish& wish) const {
  for (const auto& [id, container] : containers_) {
    const ContainerWish& each = container->record.wish;
    if (each.sandboxId == wish.sandboxId && each.name == wish.name && each.attempt == wish.attempt) return container;
  }
  return nullptr;
}

std::vector<Pods::Container> Pods::containersOf(const std::string& sandboxId) const {
  std::vector<Container> found;
  for (const auto& [id, container] : containers_)
    if (container->record.wish.sandboxId == sandboxId) found.push_back(container);
  return found;
}

Result<std::shared_ptr<ContainerState>> Pods::running(const std::string& id) const {
  auto found = containers_.find(id);
  if (found == containers_.end()) return fail(Status::notFound("containers", id));
  const ContainerRecord& record = found->second->record;
  if (record.exited || record.startedAtNs == 0)
    return fail(Status::internal("container " + id + (record.exited ? " has ended" : " has not been started")));
  return found->second;
}

Result<std::shared_ptr<SandboxState>> Pods::readySandbox(const std::string& id) const {
  auto found = sandboxes_.find(id);
  if (found == sandboxes_.end()) return fail(Status::notFound("sandboxes", id));
  if (!found->second->ready) return fail(Status::internal("sandbox " + id + " does not run any more"));
  return found->second;
}

Task<Result<SandboxState*>> Pods::runSandbox(SandboxRecord wish) {
  if (wish.ids && !abilities_.userNamespaces)
    co_return fail(Status::badRequest("there are no user namespaces here: " + abilities_.whyNoUserNamespaces));
  auto turn = co_await locks_.lock(concat("pod ", wish.podUid, " ", wish.attempt));
  if (Sandbox known = sandboxOfPod(wish.podUid, wish.attempt)) {
    if (known->ready) co_return known.get();
    std::string dead = known->record.id;
    CLEAT_CO_TRY(co_await removeSandbox(dead));
  }
  wish.id = newId();
  wish.createdAtNs = nanoseconds(context_.wallNow());
  auto start = [this, wish] { return sandboxWork_.start(wish); };
  CLEAT_CO_TRY(SandboxRecord started, co_await context_.blocking(start));
  auto sandbox = std::make_shared<SandboxState>(SandboxState{started, true});
  sandboxes_.emplace(wish.id, sandbox);
  exits_.watchPause(wish.id, started.pausePid);
  auto settle = [this, record = started] { sandboxWork_.settle(record); };
  spawn(context_.blocking(settle));
  co_return sandbox.get();
}

Task<Result<void>> Pods::stopLocked(Sandbox sandbox) {
  std::string id = sandbox->record.id;
  Result<void> result;
  for (const Container& container : containersOf(id)) {
    Result<void> killed = co_await killAndWait(container);
    if (!killed) result = killed;
  }
  exits_.forget(id);
  auto stop = [this, record = sandbox->record]() mutable -> Result<SandboxRecord> {
    CLEAT_TRY(sandboxWork_.stop(record));
    return record;
  };
  CLEAT_CO_TRY(SandboxRecord stopped, co_await context_.blocking(stop));
  sandbox->record = std::move(stopped);
  if (std::exchange(sandbox->ready, false)) events_.add({"SandboxExited", id, ""});
  co_return result;
}

Task<Result<void>> Pods::stopSandbox(std::string id) {
  auto turn = co_await locks_.lock("sandbox " + id);
  auto found = sandboxes_.find(id);
  if (found == sandboxes_.end()) co_return Result<void>();
  co_return co_await stopLocked(found->second);
}

Task<Result<void>> Pods::removeSandbox(std::string id) {
  auto turn = co_await locks_.lock("sandbox " + id);
  auto found = sandboxes_.find(id);
  if (found == sandboxes_.end()) co_return Result<void>();
  Sandbox sandbox = found->second;
  CLEAT_CO_TRY(co_await stopLocked(sandbox));
  for (const Container& container : containersOf(id)) {
    std::string containerId = container->record.id;
    CLEAT_CO_TRY(co_await removeContainer(containerId));
  }
  auto remove = [this, record = sandbox->record] { return sandboxWork_.remove(record); };
  Result<void> removed = co_await context_.blocking(remove);
  if (removed) sandboxes_.erase(id);
  co_return removed;
}

// The container's image and those among its mounts, all of which stay from now on.
Result<Image> Pods::useImages(ContainerWish& wish, std::vector<std::string>& volumeLayers) {
  CLEAT_TRY(auto image, images_.use(wish.image));
  for (BindMount& each : wish.mounts) {
    if (each.image.empty()) continue;
    auto mounted = images_.use(each.image);
    if (!mounted) {
      images_.release(image.layers);
      images_.release(volumeLayers);
      return mounted;
    }
    each.layers = mounted->layers;
    volumeLayers.insert(volumeLayers.end(), each.layers.begin(), each.layers.end());
  }
  return image;
}

// What was asked for is done or refused, never left out.
Result<void> Pods::checkWish(const ContainerWish& wish) const {
  for (const BindMount& each : wish.mounts)
    if (each.recursiveReadOnly && !abilities_.recursiveReadOnly)
      return fail(Status::badRequest("the OCI runtime has no recursive read-only mounts"));
  if (!wish.stopSignal.empty() && signalNumber(wish.stopSignal) == 0)
    return fail(Status::badRequest("stopSignal: there is no signal " + wish.stopSignal));
  return {};
}

Task<Result<std::string>> Pods::createContainer(ContainerWish wish) {
  CLEAT_CO_TRY(checkWish(wish));
  auto turn = co_await locks_.lock(concat("container ", wish.sandboxId, " ", wish.name, " ", wish.attempt));
  if (Container known = containerNamed(wish)) co_return known->record.id;
  auto sandbox = readySandbox(wish.sandboxId);
  if (!sandbox) co_return fail(sandbox.error());
  ContainerRecord record;
  auto image = useImages(wish, record.volumeLayers);
  if (!image) co_return fail(image.error());
  record.id = newId();
  record.createdAtNs = nanoseconds(context_.wallNow());
  record.wish = std::move(wish);
  struct Created {
    ContainerRecord record;
    int pid = 0, monitor = 0;
  };
  auto create = [this, record, sandbox = (*sandbox)->record, image = *image]() -> Result<Created> {
    CLEAT_TRY(auto made, containerWork_.create(record, sandbox, sandboxWork_.shmOf(sandbox), image));
    int pid = containerWork_.pid(made.id), monitor = containerWork_.monitorPid(made.id);
    return Created{std::move(made), pid, monitor};
  };
  ++unknownContainers_;
  Result<Created> created = co_await context_.blocking(create);
  if (!created) {
    becomeKnown({});
    images_.release(image->layers);
    images_.release(record.volumeLayers);
    co_return fail(created.error());
  }
  auto container = std::make_shared<ContainerState>();
  container->record = std::move(created->record);
  container->record.wish.env.clear();
  container->record.wish.mounts.clear();
  container->pid = created->pid;
  std::string id = container->record.id;
  containers_.emplace(id, container);
  exits_.watchMonitor(id, created->monitor);
  becomeKnown({id});
  co_return id;
}

Task<Result<void>> Pods::startContainer(std::string id) {
  auto turn = co_await locks_.lock(id);
  auto found = containers_.find(id);
  if (found == containers_.end()) co_return fail(Status::notFound("containers", id));
  Container container = found->second;
  int64_t now = nanoseconds(context_.wallNow());
  bool wasStarted = container->record.startedAtNs != 0;
  auto start = [this, record = container->record, now]() mutable -> Result<ContainerRecord> {
    CLEAT_TRY(containerWork_.start(record, now));
    return record;
  };
  CLEAT_CO_TRY(ContainerRecord started, co_await context_.blocking(start));
  container->record = std::move(started);
  if (wasStarted) co_return Result<void>();
  events_.add({"ContainerStarted", container->record.wish.sandboxId, id});
  if (auto sandbox = sandboxes_.find(container->record.wish.sandboxId); sandbox != sandboxes_.end()) {
    auto settle = [this, record = container->record, pod = sandbox->second->record] {
      containerWork_.settle(record, pod);
    };
    spawn(context_.blocking(settle));
  }
  co_return Result<void>();
}

void Pods::becomeKnown(std::vector<std::string> ids) {
  for (const std::string& id : ids)
    if (earlyEnds_.erase(id) > 0) spawn(noteExit(id));
  if (--unknownContainers_ == 0) earlyEnds_.clear();
}

Task<void> Pods::noteExit(std::string id) {
  auto turn = co_await locks_.lock(id);
  auto found = containers_.find(id);
  if (found == containers_.end() && unknownContainers_ > 0) earlyEnds_.insert(id);
  if (found == containers_.end() || found->second->record.exited) co_return;
  Container container = found->second;
  auto note = [this, record = container->record]() mutable -> Result<ContainerRecord> {
    CLEAT_TRY(containerWork_.noteExit(record));
    return record;
  };
  Result<ContainerRecord> noted = co_await context_.blocking(note);
  if (!noted) {
    context_.log.error("the end of container ", id, " could not be noted: ", noted.error());
    co_return;
  }
  if (!noted->exited) co_return;
  container->record = std::move(*noted);
  exits_.forget(id);
  events_.add({"ContainerExited", container->record.wish.sandboxId, id});
  for (Completion<bool>& each : std::exchange(container->waiting, {}))
    if (!each.completed()) each.complete(true);
}

void Pods::noteSandboxExit(const std::string& id) {
  auto found = sandboxes_.find(id);
  if (found == sandboxes_.end() || !std::exchange(found->second->ready, false)) return;
  context_.log.warn("the pause process of pod ", found->second->record.podNamespace, "/", found->second->record.podName,
                    " has ended");
  events_.add({"SandboxExited", id, ""});
}

Task<bool> Pods::waitForEnd(Container container, Duration patience) {
  if (container->record.exited) co_return true;
  Completion<bool> ended;
  container->waiting.push_back(ended);
  Timer timer = context_.after(patience, [ended]() mutable {
    if (!ended.completed()) ended.complete(false);
  });
  bool result = co_await ended;
  if (!result) std::erase_if(container->waiting, [](const Completion<bool>& each) { return each.completed(); });
  co_return result;
}

Task<Result<void>> Pods::killAndWait(Container container) {
  if (container->record.exited) co_return Result<void>();
  auto kill = [this, record = container->record] { containerWork_.kill(record); };
  co_await context_.blocking(kill);
  bool ended = co_await waitForEnd(container, kKillPatience);
  if (!ended) co_return fail(Status::internal("container " + container->record.id + " was killed and does not end"));
  co_return Result<void>();
}

Task<Result<void>> Pods::stopContainer(std::string id, Duration patience) {
  auto found = containers_.find(id);
  if (found == containers_.end() || found->second->record.exited) co_return Result<void>();
  Container container = found->second;
  int number = signalNumber(container->record.stopSignal);
  // Before its start nothing in it would hear the signal.
  if (container->record.startedAtNs != 0 && patience > Duration::zero()) {
    auto ask = [this, record = container->record, number] {
      return containerWork_.signal(record, number == 0 ? SIGTERM : number);
    };
    Result<void> asked = co_await context_.blocking(ask);
    if (!asked) context_.log.warn("stopping container ", id, ": ", asked.error());
    bool ended = co_await waitForEnd(container, patience);
    if (ended) co_return Result<void>();
  }
  co_return co_await killAndWait(container);
}

Task<Result<void>> Pods::removeContainer(std::string id) {
  auto turn = co_await locks_.lock(id);
  auto found = containers_.find(id);
  if (found == containers_.end()) co_return Result<void>();
  Container container = found->second;
  exits_.forget(id);
  auto remove = [this, record = container->record] { return containerWork_.remove(record); };
  CLEAT_CO_TRY(co_await context_.blocking(remove));
  containers_.erase(id);
  images_.release(container->record.layers);
  images_.release(container->record.volumeLayers);
  for (Completion<bool>& each : std::exchange(container->waiting, {}))
    if (!each.completed()) each.complete(true);
  co_return Result<void>();
}

Task<Result<void>> Pods::updateContainer(std::string id, Resources resources) {
  CLEAT_CO_TRY(auto container, running(id));
  auto update = [this, record = container->record, resources] { return containerWork_.update(record, resources); };
  co_return co_await context_.blocking(update);
}

Task<Result<void>> Pods::updateSandbox(std::string id, Resources resources) {
  CLEAT_CO_TRY(auto sandbox, readySandbox(id));
  auto update = [this, record = sandbox->record, resources] { return sandboxWork_.limit(record, resources); };
  co_return co_await context_.blocking(update);
}

Task<Result<void>> Pods::reopenLog(std::string id) {
  CLEAT_CO_TRY(auto container, running(id));
  auto reopen = [this, record = container->record] { return containerWork_.reopenLog(record); };
  co_return co_await context_.blocking(reopen);
}

Task<Result<std::vector<ContainerUsage>>> Pods::usage() {
  std::vector<ContainerRecord> records;
  for (const auto& [id, container] : containers_)
    if (!container->record.exited && container->record.startedAtNs != 0) records.push_back(container->record);
  int64_t now = nanoseconds(context_.wallNow());
  auto measure = [this, records, now] {
    std::vector<ContainerUsage> list;
    for (const ContainerRecord& record : records)
      // One that has ended meanwhile has no cgroup any more.
      if (auto usage = containerWork_.usage(record))
        list.push_back({record.id, now, *usage, containerWork_.rootfsUsedBytes(record.id)});
    return list;
  };
  co_return co_await context_.blocking(measure);
}

}  // namespace cleat::runtime
