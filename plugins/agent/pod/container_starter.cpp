// Starting the containers of a pod: the image, the restart back-off, everything that the spec refers to, then create and
// start; and what is said when one of these fails.
#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "pod/pod_worker.h"
#include "probes/hooks.h"

namespace cleat::agent {
namespace {

// The part of the volume that is mounted; empty: all of it.
Result<std::string> subPathOf(core_v1::VolumeMount::Reader mount, const Environment& environment) {
  bool expands = mount.getSubPathExpr().size() != 0;
  std::string path = str(mount.getSubPath());
  std::string missing;
  if (expands) {
    path = expand(view(mount.getSubPathExpr()), [&](std::string_view name) -> const std::string* {
      for (const auto& variable : environment) {
        if (variable.first == name) return &variable.second;
      }
      missing = name;
      return nullptr;
    });
  }
  if (!missing.empty()) return fail(Status::badRequest(concat("missing value for \"", missing, "\"")));
  if (path.starts_with('/')) {
    return fail(Status::badRequest(concat("error SubPath `", path, "` must not be an absolute path")));
  }
  std::string slashed = concat("/", path, "/");
  if (slashed.find("/../") != std::string::npos) {
    return fail(Status::badRequest(concat("unable to provision SubPath `", path, "`: must not contain '..'")));
  }
  return path;
}

}  // namespace

Task<void> PodWorker::startContainers(std::vector<std::string> names) {
  Object<core_v1::Pod> of = granted();
  for (const auto& container : allContainersOf(of->getSpec())) {
    const RuntimeContainer* newest = runtime()->newest(container.name());
    bool due = std::find(names.begin(), names.end(), container.name()) != names.end();
    if (due) {
      co_await startContainer(container);
      if (mustEnd()) co_return;
      newest = runtime()->newest(container.name());
    }
    // Those after it wait for a postStart hook, as in Kubernetes.
    auto progress = newest == nullptr ? progress_.end() : progress_.find(newest->id);
    if (progress != progress_.end() && progress->second.hookPending) co_return;
  }
}

// Returns whether anything has been done that the runtime knows of.
Task<PodWorker::Step> PodWorker::startContainer(PodContainer container) {
  std::string name(container.name());
  auto seen = runtime();
  const RuntimeContainer* last = seen->newest(name);
  if (last != nullptr && killing_.contains(last->id)) co_return Step::waits;
  if (last != nullptr && last->exited() && backsOff(container, *last)) co_return Step::waits;
  if (tooEarly(name)) co_return Step::waits;
  const ImageOutcome* image = imageOf(container);
  if (image == nullptr) co_return Step::waits;
  if (!image->present) {
    waiting_[name] = image->why;
    co_return Step::waits;
  }
  std::string imageUser = image->user;
  const ImageOutcome* volumes = volumeImagesOf(container);
  if (volumes == nullptr) co_return Step::waits;
  if (!volumes->present) {
    waiting_[name] = volumes->why;
    co_return Step::waits;
  }
  // The next time it is asked for again.
  std::erase_if(images_, [&](const auto& item) { return item.first == name || item.first.starts_with(name + "/"); });
  std::string backoffKey = concat(name, "/", specHash(container.spec));
  if (last != nullptr && last->exited()) restarts_.next(backoffKey, node_.context.now());
  Result<ContainerFacts> resolved = co_await resolve(container, imageUser);
  if (!resolved) {
    failed(container, "CreateContainerConfigError", resolved.error().message);
    co_return Step::waits;
  }
  bool started = co_await createAndStart(container, std::move(*resolved));
  co_return started ? Step::done : Step::waits;
}

// Whether it is too early to restart the container. Says so once for each time that it has ended.
bool PodWorker::backsOff(const PodContainer& container, const RuntimeContainer& last) {
  std::string name(container.name());
  std::string key = concat(name, "/", specHash(container.spec));
  Instant now = node_.context.now();
  Instant ended = now - std::max<Duration>(node_.context.wallNow() - last.finishedAt, Duration::zero());
  Duration left = restarts_.remaining(key, ended, now);
  if (left <= Duration::zero()) return false;
  wakeAfter(left);
  std::string whose = concat("restarting failed container=", name, " pod=", describe(*pod()));
  Waiting waiting{"CrashLoopBackOff", concat("back-off ", formatDuration(restarts_.delayOf(key)), " ", whose)};
  auto& present = waiting_[name];
  if (present != waiting) {
    present = waiting;
    node_.events.record(about(container), "Warning", "BackOff",
                        concat("Back-off restarting failed container ", name, " in pod ", describe(*pod())));
  }
  return true;
}

// What is known of the container's image; nullptr while it is being found out, which signals when it is.
const ImageOutcome* PodWorker::imageOf(const PodContainer& container) {
  return imageFor(std::string(container.name()), container, view(container.spec.getImage()),
                  view(container.spec.getImagePullPolicy()));
}

// The same of the images that it mounts, all together: the first that is not there, or one that is.
const ImageOutcome* PodWorker::volumeImagesOf(const PodContainer& container) {
  static const ImageOutcome kNone{.present = true};
  const ImageOutcome* all = &kNone;
  for (auto mount : container.spec.getVolumeMounts()) {
    for (auto volume : pod()->getSpec().getVolumes()) {
      if (view(volume.getName()) != view(mount.getName()) || !volume.hasImage()) continue;
      auto source = volume.getImage();
      const ImageOutcome* one = imageFor(concat(container.name(), "/", volume.getName()), container,
                                         view(source.getReference()), view(source.getPullPolicy()));
      if (one == nullptr) return nullptr;
      if (all->present) all = one;
    }
  }
  return all;
}

const ImageOutcome* PodWorker::imageFor(const std::string& ticketName, const PodContainer& container,
                                        std::string_view image, std::string_view policy) {
  ImageTicket& ticket = images_[ticketName];
  if (ticket.pending) return nullptr;
  Instant now = node_.context.now();
  if (ticket.outcome && (ticket.outcome->present || ticket.retryAt > now)) {
    if (!ticket.outcome->present) wakeAfter(ticket.retryAt - now);
    return &*ticket.outcome;
  }
  ImageRequest request{std::string(image), std::string(policy), uid_, about(container), {}};
  ReferencedObjects objects = node_.objects.find(uid_);
  for (auto reference : pod()->getSpec().getImagePullSecrets()) {
    auto found = objects.secrets.find(view(reference.getName()));
    if (found != objects.secrets.end()) request.secrets.push_back(found->second);
  }
  ticket.pending = true;
  spawn(fetchImage(std::move(request), ticketName));
  return nullptr;
}

Task<void> PodWorker::fetchImage(ImageRequest request, std::string ticketName) {
  auto self = shared_from_this();
  std::string container = ticketName.substr(0, ticketName.find('/'));
  ImageOutcome outcome = co_await node_.images.ensure(std::move(request));
  ImageTicket& ticket = images_[ticketName];
  ticket.pending = false;
  ticket.retryAt = node_.context.now() + outcome.retryAfter;
  if (!outcome.present && !mustEnd() && pod()) {
    if (auto known = findContainer(pod()->getSpec(), container)) {
      node_.events.record(about(*known), "Warning", "Failed", concat("Error: ", outcome.why.reason));
    }
  }
  ticket.outcome = std::move(outcome);
  signal();
}

// Everything that the container's spec refers to.
Task<Result<ContainerFacts>> PodWorker::resolve(PodContainer container, std::string imageUser) {
  Object<core_v1::Pod> of = granted();
  ContainerFacts facts;
  Result<void> allowed = checkUser(*of, container, imageUser);
  if (!allowed) co_return fail(std::move(allowed.error()));
  auto seen = runtime();
  const RuntimeSandbox* sandbox = seen->newestSandbox();
  if (sandbox == nullptr || !sandbox->ready) co_return fail(Status::unavailable("the pod has no sandbox"));
  facts.sandboxId = sandbox->id;
  if (!container.target.empty()) {
    const RuntimeContainer* target = seen->newest(container.target);
    if (target == nullptr) co_return fail(Status::badRequest(concat("unable to find target container ", container.target)));
    facts.targetContainerId = target->id;
  }
  facts.attempt = nextAttempt(container);
  facts.hostname = hostnameOf(*of, node_.identity.name, node_.dns.clusterDomain);
  facts.machineMemoryBytes = node_.machine.memoryBytes;
  facts.imageUser = imageUser;

  co_await node_.services.waitSynced();
  std::vector<Object<core_v1::Service>> visible;
  if (auto api = node_.services.get("default", "kubernetes")) visible.push_back(api);
  if (valueOr(of->getSpec().getEnableServiceLinks(), true)) {
    for (auto& service : node_.services.list(of.ns())) {
      if (service.key() != "default/kubernetes") visible.push_back(service);
    }
  }
  Environment services = serviceEnvironment(visible);
  ReferencedObjects objects = node_.objects.find(uid_);
  PodFacts podFacts = this->facts();
  EnvironmentSources sources{objects, podFacts, services};
  Result<Environment> environment = environmentOf(*of, container.spec, sources);
  if (!environment) co_return fail(std::move(environment.error()));
  facts.environment = std::move(*environment);

  facts.terminationMessageFile = concat(folder(), "/containers/", container.name(), "/", facts.attempt, ".message");
  auto make = [path = facts.terminationMessageFile]() -> Result<void> {
    if (auto made = makeFolders(path.substr(0, path.rfind('/')), 0750); !made) return made;
    if (auto made = writeFile(path, "", 0666); !made) return made;
    if (chmod(path.c_str(), 0666) != 0) return fail(systemError("cannot set the mode of " + path, errno));
    return {};
  };
  Result<void> made = co_await node_.context.blocking(make);
  if (!made) co_return fail(std::move(made.error()));

  Result<std::vector<ContainerMount>> mounts = co_await mountsOf(container, facts);
  if (!mounts) co_return fail(std::move(mounts.error()));
  facts.mounts = std::move(*mounts);
  co_return facts;
}

Task<Result<std::vector<ContainerMount>>> PodWorker::mountsOf(PodContainer container, ContainerFacts facts) {
  Object<core_v1::Pod> of = pod();
  std::vector<ContainerMount> mounts;
  std::set<std::string> taken;
  uint32_t index = 0;
  for (auto mount : container.spec.getVolumeMounts()) {
    std::optional<core_v1::Volume::Reader> volume;
    for (auto candidate : of->getSpec().getVolumes()) {
      if (view(candidate.getName()) == view(mount.getName())) volume = candidate;
    }
    if (!volume) {
      co_return fail(Status::badRequest(concat("volume \"", mount.getName(), "\" of the mount ", mount.getMountPath(),
                                               " does not exist")));
    }
    taken.insert(str(mount.getMountPath()));
    Result<std::string> checked = subPathOf(mount, facts.environment);
    if (!checked) co_return fail(std::move(checked.error()));
    std::string subPath = std::move(*checked);
    if (volume->hasImage()) {
      mounts.push_back({.containerPath = str(mount.getMountPath()),
                        .readOnly = true,
                        .image = str(volume->getImage().getReference()),
                        .imageSubPath = std::move(subPath)});
      continue;
    }
    std::string from = volumes_.pathOf(*volume);
    if (!subPath.empty()) {
      Result<std::string> bound = co_await volumes_.bind(*volume, subPath, std::string(container.name()), index);
      if (!bound) {
        bound.error().message = concat("failed to prepare subPath for volumeMount \"", mount.getName(),
                                       "\" of container \"", container.name(), "\": ", bound.error().message);
        co_return fail(std::move(bound.error()));
      }
      from = std::move(*bound);
    }
    // ConfigMaps and the like are only to be read, whatever the mount says.
    bool readOnly = mount.getReadOnly() || volume->hasConfigMap() || volume->hasSecret() || volume->hasDownwardAPI() ||
                    volume->hasProjected();
    std::string propagation = mount.getMountPropagation().size() == 0 ? "None" : str(mount.getMountPropagation());
    mounts.push_back({str(mount.getMountPath()), std::move(from), readOnly, std::move(propagation), {}, {}});
    ++index;
  }
  auto add = [&](const char* path, const std::string& from) {
    if (!taken.contains(path)) mounts.push_back({path, from, false, "None", {}, {}});
  };
  add("/etc/hosts", folder() + "/etc-hosts");
  add("/etc/hostname", folder() + "/etc-hostname");
  add("/etc/resolv.conf", folder() + "/etc-resolv.conf");
  std::string messagePath = str(container.spec.getTerminationMessagePath());
  mounts.push_back({messagePath.empty() ? "/dev/termination-log" : messagePath, facts.terminationMessageFile, false,
                    "None", {}, {}});
  co_return mounts;
}

Task<bool> PodWorker::createAndStart(PodContainer container, ContainerFacts facts) {
  Object<core_v1::Pod> of = granted();
  std::string name(container.name());
  // It may have been granted other resources meanwhile.
  if (auto newest = findContainer(of->getSpec(), name)) container = *newest;
  std::function<void(role::ContainerConfig::Builder)> build = [&](role::ContainerConfig::Builder config) {
    buildContainerConfig(*of, container, facts, config);
  };
  Result<std::string> id = co_await node_.runtime.createContainer(build);
  if (!id) {
    co_await node_.runtime.refresh();
    failed(container, "CreateContainerError", id.error().message);
    co_return false;
  }
  node_.events.record(about(container), "Normal", "Created", "Container created");
  resize_.broughtAbout[*id] = of;
  bool hasHook = container.spec.getLifecycle().hasPostStart();
  progress_[*id] = {.hookPending = hasHook,
                    .startupPending = container.spec.hasStartupProbe(),
                    .unready = container.spec.hasReadinessProbe()};
  Result<void> started = co_await node_.runtime.startContainer(*id);
  co_await node_.runtime.refresh();
  if (!started) {
    failed(container, "RunContainerError", started.error().message);
    co_return false;
  }
  node_.events.record(about(container), "Normal", "Started", "Container started");
  waiting_.erase(name);
  notBefore_.erase(name);
  failures_.forget(name);
  if (hasHook) spawn(runPostStart(*id, name));
  co_return true;
}

void PodWorker::failed(const PodContainer& container, std::string reason, std::string message) {
  std::string name(container.name());
  node_.events.record(about(container), "Warning", "Failed", concat("Error: ", message));
  waiting_[name] = {std::move(reason), std::move(message)};
  retryLater(name);
}

// How many containers of that name the pod has had, by the runtime or else by what the API was told.
uint32_t PodWorker::nextAttempt(const PodContainer& container) const {
  const RuntimeContainer* last = runtime()->newest(container.name());
  if (last != nullptr) return last->attempt + 1;
  for (auto before : statusesOf(pod()->getStatus(), container.role)) {
    if (view(before.getName()) != container.name() || before.getContainerID().size() == 0) continue;
    return static_cast<uint32_t>(before.getRestartCount()) + 1;
  }
  return 0;
}

Task<void> PodWorker::runPostStart(std::string id, std::string name) {
  auto self = shared_from_this();
  Object<core_v1::Pod> of = pod();
  auto container = findContainer(of->getSpec(), name);
  if (!container) co_return;
  HookTarget target{id, podIps_.empty() ? std::string() : podIps_.front(), referenceTo(of)};
  Result<void> ran =
      co_await runHook(node_, container->spec, container->spec.getLifecycle().getPostStart(), target, kHookTimeout);
  auto progress = progress_.find(id);
  if (progress != progress_.end()) progress->second.hookPending = false;
  if (!ran) {
    node_.events.record(about(*container), "Warning", "FailedPostStartHook", "PostStartHook failed");
    node_.context.log.info("postStart hook of ", name, " in ", describe(*of), ": ", ran.error());
    if (progress != progress_.end()) progress->second.condemned = "failed postStart hook";
  }
  signal();
}

// Of the containers that have ended the newest and the one before it are kept for their logs; older ones are removed, and
// sandboxes that hold none any more.
void PodWorker::collectContainers() {
  auto seen = runtime();
  std::map<std::string, int> kept;
  std::set<std::string> usedSandboxes;
  for (const auto& container : seen->containers) {
    bool keep = ++kept[container.name] <= 2 || !container.exited();
    if (keep) {
      usedSandboxes.insert(container.sandboxId);
      continue;
    }
    spawn([](std::shared_ptr<PodWorker> self, std::string id) -> Task<void> {
      auto removed = co_await self->node_.runtime.removeContainer(id);
      if (removed) co_await self->node_.runtime.refresh();
    }(shared_from_this(), container.id));
  }
  for (size_t i = 1; i < seen->sandboxes.size(); ++i) {
    if (seen->sandboxes[i].ready || usedSandboxes.contains(seen->sandboxes[i].id)) continue;
    spawn([](std::shared_ptr<PodWorker> self, std::string id) -> Task<void> {
      auto removed = co_await self->node_.runtime.removeSandbox(id);
      if (removed) co_await self->node_.runtime.refresh();
    }(shared_from_this(), seen->sandboxes[i].id));
  }
}

}  // namespace cleat::agent
