// The node agent, Cleat's counterpart of the kubelet. In the order in which things happen:
//
//   node/      registers the Node, keeps its status and its Lease
//   pod/       a worker for each pod that is bound to this node: sandbox, network, containers, status, end
//   images/    pulls by policy, with back-off; who may use what was pulled; removes what nobody uses
//   volumes/   what pods mount
//   probes/    startup, liveness and readiness probes, lifecycle hooks
//   server/    the HTTPS API for the API server: logs, exec, attach, port-forward
//
// The cluster's side is the informer of this node's pods; the machine's side is the roles `runtime` and `network`,
// whose events say that something has ended. Each change is told to the worker of the pod that it belongs to.
#include "agent.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/own_address.h>
#include <cleat/sdk/service_ranges.h>

#include "pod/pod_spec.h"
#include "pod/resources.h"
#include "server/serving_certificate.h"
#include "volumes/local_folders.h"
#include "volumes/mounts.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kLookAgain = 100ms;
constexpr Duration kServeAgain = 1s;

}  // namespace

Agent::Agent(Context& context)
    : Plugin(context), node_(context), nodeStatus_(context, node_.runtime, node_.network, node_.self),
      pods_(context, {.fieldSelector = "spec.nodeName=" + context.config().nodeName()}),
      logRotation_(context, node_.runtime),
      storageWatch_(context, node_.runtime, node_.podsFolder, [this] { return workers(); }),
      csiNode_(context, node_.self, node_.drivers.drivers),
      slices_(context, node_.devices.drivers, node_.devices.health),
      imageCollector_(context, node_.runtime, node_.pullRecords, node_.events),
      api_(node_, [this](const std::string& ns, const std::string& name) { return findWorker(ns, name); }),
      server_(node_.io, api_) {}

Task<Result<void>> Agent::start() {
  if (config().nodeName().empty()) {
    co_return fail(Status::badRequest("the agent runs on nodes only: this process has no node name"));
  }
  CLEAT_CO_TRY(readSettings());
  CLEAT_CO_TRY(readImageSettings());
  auto look = [dataDir = config().dataDir(), pods = node_.podsFolder, logs = node_.logsFolder,
               groups = node_.qos.settings()]() -> Result<Machine> {
    CLEAT_TRY(makeFolders(pods, 0750));
    CLEAT_TRY(makeFolders(logs, 0755));
    // For etc/node-cleanup.sh.
    if (groups.nested) {
      CLEAT_TRY(writeFile(dataDir + "/cgroup_root", groups.root + "\n"));
    }
    return readMachine(dataDir);
  };
  CLEAT_CO_TRY(Machine machine, co_await context().blocking(look));
  node_.machine = std::move(machine);
  CLEAT_CO_TRY(checkReserved(node_.machine, node_.identity.reserved));
  const NodeAmounts left = allocatable(node_.machine, node_.identity.reserved);
  node_.ledger.setCapacity(
      {.milliCpu = left.milliCpu, .memoryBytes = left.memoryBytes, .storageBytes = left.storageBytes});
  QosSettings groups = node_.qos.settings();
  groups.limit = limitOfPods(node_.machine, node_.identity.reserved);
  node_.qos.configure(std::move(groups));

  // If another instance is at work still, this one serves when it has taken over.
  if (lock_.take(lockPath())) {
    CLEAT_CO_TRY(co_await serve());
  }
  auto objectsChanged = [this](const std::string& uid) {
    if (auto worker = workers_.find(uid); worker != workers_.end()) worker->second->objectsChanged();
  };
  node_.objects.onChange(objectsChanged);
  node_.certificates.onChange(objectsChanged);
  node_.devices.health.onChange([this] {
    for (const std::string& uid : node_.devices.prepared.pods()) {
      if (auto worker = workers_.find(uid); worker != workers_.end()) worker->second->signal();
    }
  });
  node_.runtime.onChange([this](const std::string& uid) { runtimeChanged(uid); });
  pods_.onChange([this](const auto& before, const auto& now) { podChanged(before, now); });
  node_.services.start();
  spawn(bringUp());
  co_return Result<void>();
}

std::vector<std::shared_ptr<PodWorker>> Agent::workers() const {
  std::vector<std::shared_ptr<PodWorker>> all;
  for (const auto& [uid, worker] : workers_) all.push_back(worker);
  return all;
}

void Agent::stop() { node_.io.stop(); }

Result<void> Agent::readSettings() {
  const ServerConfig& server = config().server();
  node_.identity.name = config().nodeName();
  CLEAT_TRY(readAddresses());
  node_.identity.agentPort = server.agentPort;
  node_.identity.mostPods = config().integer("max_pods");
  node_.podsFolder = config().dataDir() + "/pods";
  node_.logsFolder = config().string("pod_log_dir");
  if (node_.logsFolder.empty()) node_.logsFolder = config().dataDir() + "/logs";
  node_.identity.localPathFolder = config().string("local_path_folder");
  if (node_.identity.localPathFolder.empty()) node_.identity.localPathFolder = config().dataDir() + "/local-path";
  if (auto wrong = wrongLocalPathRoot(node_.identity.localPathFolder); !wrong.empty()) {
    return fail(Status::badRequest(concat("local_path_folder: ", wrong)));
  }
  node_.claims.setRoot(node_.identity.localPathFolder);
  node_.drivers.lookAgain = config().duration("volume_resync");
  node_.dns.clusterDns = config().list("cluster_dns");
  node_.dns.clusterDomain = server.clusterDomain.empty() ? "cluster.local" : server.clusterDomain;
  node_.dns.hostResolvConf = readFile(config().string("resolv_conf")).value_or("");
  node_.hostsFile = readFile("/etc/hosts").value_or("");
  node_.abilities.unsafeSysctls = config().list("allowed_unsafe_sysctls");
  node_.abilities.look();
  for (const char* setting : {"system_reserved", "kube_reserved"}) {
    CLEAT_TRY(const NodeAmounts reserved, parseReserved(setting, config().list(setting)));
    node_.identity.reserved += reserved;
  }
  QosSettings groups;
  groups.root = config().string("cgroup_root");
  groups.nested = config().boolean("cgroups_per_qos");
  if (!cgroup::isGroupPath(groups.root)) {
    return fail(Status::badRequest(concat("cgroup_root: \"", groups.root, "\" is not the path of a cgroup")));
  }
  node_.qos.configure(std::move(groups));
  return {};
}

// The first is of the cluster's first family, where the machine has that; a second is asked for, or the machine's own
// where pods have addresses of both.
Result<void> Agent::readAddresses() {
  const std::string set = config().string("ipv6_address");
  in6_addr parsed{};
  if (!set.empty() && inet_pton(AF_INET6, set.c_str(), &parsed) != 1) {
    return fail(Status::badRequest(concat("ipv6_address: \"", set, "\" is not an address of IPv6")));
  }
  NodeIdentity& node = node_.identity;
  node.address = config().server().address;
  const bool both = podRanges(config().server().clusterCidr).size() == 2;
  if (isIpv6(node.address)) {
    if (!set.empty()) node.address = set;
    if (both) node.secondAddress = ownIpv4Address();
  } else {
    node.secondAddress = set.empty() && both ? ownIpv6Address() : set;
  }
  return {};
}

Result<void> Agent::readImageSettings() {
  CLEAT_TRY(auto verification, VerificationPolicy::parse(config().string("image_pull_credentials_verification_policy"),
                                                         config().list("preloaded_images_verification_allowlist")));
  node_.images.setVerification(std::move(verification));
  imageCollection_.highThresholdPercent = config().integer("image_gc_high_threshold_percent");
  imageCollection_.lowThresholdPercent = config().integer("image_gc_low_threshold_percent");
  imageCollection_.period = config().duration("image_gc_period");
  imageCollection_.minimumAge = config().duration("image_minimum_gc_age");
  imageCollection_.maximumAge = config().duration("image_maximum_gc_age");
  auto pinned = RepositoryList::parse(config().list("pinned_images"));
  if (!pinned) return fail(Status::badRequest(concat("pinned_images: ", pinned.error().message)));
  imageCollection_.pinned = std::move(*pinned);
  return imageCollection_.check();
}

// The HTTPS server; without a port the agent has none.
Task<Result<void>> Agent::serve() {
  if (serving_ || node_.identity.agentPort == 0) co_return Result<void>();
  auto make = [folder = config().dataDir(), name = node_.identity.name, address = node_.identity.address] {
    return servingCertificate(folder, name, address);
  };
  CLEAT_CO_TRY(ServingCertificate certificate, co_await context().blocking(make));
  HttpServerOptions options;
  options.port = node_.identity.agentPort;
  options.certificatePem = certificate.certificatePem;
  options.keyPem = certificate.keyPem;
  options.clientCaFile = config().server().caFile;
  Result<void> started = server_.start(options);
  serving_ = started.has_value();
  co_return started;
}

Task<void> Agent::bringUp() {
  co_await waitForTurn();
  co_await openPullRecords();
  nodeStatus_.start(node_.identity, node_.machine);
  node_.qos.start();
  co_await waitForRuntime();
  co_await pods_.waitSynced();
  co_await node_.services.waitSynced();
  co_await imageCollector_.settlePulls();
  Result<void> ranges = co_await node_.userRanges.load(node_.podsFolder);
  if (!ranges) {
    log().error("pods with hostUsers: false are refused: ", ranges.error());
    node_.abilities.userNamespaces = false;
  }
  auto attached = [folder = node_.podsFolder] { return attachedVolumesIn(folder); };
  auto held = co_await context().blocking(attached);
  co_await node_.drivers.attachments.takeOver(std::move(held));
  co_await openPreparedClaims();
  co_await takeOver();
  csiNode_.start();
  slices_.start();
  co_await removeForgottenFolders();
  node_.localVolumes.start(node_.identity.localPathFolder);
  logRotation_.start();
  storageWatch_.start();
  collectImages();
}

void Agent::collectImages() {
  ObjectReference node{.apiVersion = "v1", .kind = "Node", .name = node_.identity.name, .uid = node_.identity.name};
  imageCollector_.start(
      imageCollection_, [this] { return imageDisk(); }, [this] { return imagesInUse(); }, std::move(node));
}

// The one with the least left of those that the runtime keeps images on.
Task<Result<DiskUsage>> Agent::imageDisk() {
  CLEAT_CO_TRY(auto answer, co_await node_.runtime.imageFilesystem());
  DiskUsage fullest;
  for (auto each : answer->getImages()) {
    DiskUsage usage{each.getCapacityBytes(), each.getAvailableBytes()};
    if (fullest.capacityBytes == 0 || usage.availableBytes < fullest.availableBytes) fullest = usage;
  }
  co_return fullest;
}

// What containers were made of, also those that have ended and are kept for their logs; and what the pods that have not
// ended will be made of, or mount.
std::set<std::string> Agent::imagesInUse() const {
  std::set<std::string> images;
  for (const auto& [uid, pod] : node_.runtime.pods()) {
    for (const auto& container : pod->containers) {
      images.insert(container.image);
      images.insert(container.imageId);
    }
  }
  pods_.forEach([&](const Object<core_v1::Pod>& pod) {
    std::string_view phase = view(pod->getStatus().getPhase());
    if (phase == "Succeeded" || phase == "Failed") return;
    for (const auto& container : allContainersOf(pod->getSpec())) images.insert(str(container.spec.getImage()));
    for (auto volume : pod->getSpec().getVolumes())
      if (volume.hasImage()) images.insert(str(volume.getImage().getReference()));
  });
  return images;
}

std::string Agent::lockPath() { return config().dataDir() + "/agent.lock"; }

// Once the instance before this one does not write them any more. No pod is started without them.
Task<void> Agent::openPullRecords() {
  while (true) {
    Result<void> opened = co_await node_.pullRecords.open(config().dataDir() + "/image_manager");
    if (opened) break;
    log().error("cannot read which images were pulled with which secrets: ", opened.error());
    co_await context().sleep(kServeAgain);
  }
}

// The same of which devices are prepared.
Task<void> Agent::openPreparedClaims() {
  while (true) {
    Result<void> opened = co_await node_.devices.prepared.open(config().dataDir() + "/devices");
    if (opened) break;
    log().error("cannot read which devices are prepared: ", opened.error());
    co_await context().sleep(kServeAgain);
  }
}

Task<void> Agent::waitForTurn() {
  while (!lock_.take(lockPath())) co_await context().sleep(kLookAgain);
  while (true) {
    Result<void> served = co_await serve();
    if (served) break;
    log().error(served.error());
    co_await context().sleep(kServeAgain);
  }
}

// The runtime may come up after this plugin, or be replaced while it starts.
Task<void> Agent::waitForRuntime() {
  while (true) {
    auto status = co_await node_.runtime.status();
    if (status && (*status)->getReady()) {
      node_.runtimeName = str((*status)->getName());
      node_.runtimeNetworksItself = (*status)->getNetworksItself();
      node_.abilities.learn(**status);
      Result<void> listed = co_await node_.runtime.refresh();
      if (listed) break;
    }
    co_await context().sleep(kLookAgain);
  }
  node_.runtime.watch();
}

// Brings together the pods of the API and what already runs here: each pod gets its worker, and what runs for no pod is
// taken down.
Task<void> Agent::takeOver() {
  if (!node_.runtimeNetworksItself) {
    std::vector<std::string> alive;
    for (const auto& [uid, pod] : node_.runtime.pods()) {
      for (const auto& sandbox : pod->sandboxes) {
        if (sandbox.ready) alive.push_back(sandbox.id);
      }
    }
    auto collected = co_await node_.network.collect(std::move(alive));
    if (!collected) log().info("cannot release the addresses of earlier sandboxes: ", collected.error());
  }
  // Those that are here already have their part before one that is new asks for its own.
  pods_.forEach([this](const Object<core_v1::Pod>& pod) {
    if (pod->getStatus().getStartTime().size() == 0 || isTerminalPhase(view(pod->getStatus().getPhase()))) return;
    node_.ledger.grant(std::string(pod.uid()), grantOf(pod->getSpec()));
  });
  takenOver_ = true;
  pods_.forEach([this](const Object<core_v1::Pod>& pod) { workerOf(std::string(pod.uid())).update(pod); });
  for (const auto& [uid, pod] : node_.runtime.pods()) runtimeChanged(uid);
}

void Agent::podChanged(const Object<core_v1::Pod>& before, const Object<core_v1::Pod>& now) {
  if (!takenOver_) return;
  if (before && (!now || before.uid() != now.uid())) {
    if (auto worker = workers_.find(std::string(before.uid())); worker != workers_.end()) worker->second->removed();
  }
  if (now) workerOf(std::string(now.uid())).update(now);
}

void Agent::runtimeChanged(const std::string& uid) {
  if (!takenOver_) return;
  api_.podChanged(uid);
  auto worker = workers_.find(uid);
  if (worker != workers_.end()) {
    worker->second->signal();
  } else if (!node_.runtime.pod(uid)->sandboxes.empty()) {
    adopt(PodWorker::forOrphan(node_, uid));
    workers_[uid]->signal();
  }
}

std::shared_ptr<PodWorker> Agent::findWorker(const std::string& ns, const std::string& name) const {
  auto pod = pods_.get(ns, name);
  auto worker = pod ? workers_.find(std::string(pod.uid())) : workers_.end();
  return worker == workers_.end() || !worker->second->pod() ? nullptr : worker->second;
}

PodWorker& Agent::workerOf(const std::string& uid) {
  auto found = workers_.find(uid);
  if (found == workers_.end()) {
    adopt(std::make_shared<PodWorker>(node_, uid));
    found = workers_.find(uid);
  }
  return *found->second;
}

void Agent::adopt(std::shared_ptr<PodWorker> worker) {
  std::string uid = worker->uid();
  worker->onDone([this, uid] { workers_.erase(uid); });
  workers_[uid] = std::move(worker);
}

// Of pods that went away while the agent was not running.
Task<void> Agent::removeForgottenFolders() {
  auto list = [folder = node_.podsFolder] { return listFolder(folder); };
  auto names = co_await context().blocking(list);
  if (!names) co_return;
  // What a driver has prepared it has to unprepare.
  const std::set<std::string> withDevices = node_.devices.prepared.pods();
  for (const std::string& uid : withDevices) {
    if (workers_.contains(uid)) continue;
    adopt(PodWorker::forOrphan(node_, uid));
    workers_[uid]->signal();
  }
  for (const auto& uid : *names) {
    if (workers_.contains(uid)) continue;
    // What a driver has mounted it has to unmount.
    auto read = [records = concat(node_.podsFolder, "/", uid, "/volume-drivers")] { return mountedIn(records); };
    const auto mounted = co_await context().blocking(read);
    if (!mounted || !mounted->empty()) {
      adopt(PodWorker::forOrphan(node_, uid));
      workers_[uid]->signal();
      continue;
    }
    auto remove = [folder = concat(node_.podsFolder, "/", uid)]() -> Result<void> {
      CLEAT_TRY(unmountBelow(folder));
      return removeTree(folder);
    };
    Result<void> removed = co_await context().blocking(remove);
    if (!removed) log().warn("cannot remove what is left of the pod ", uid, ": ", removed.error());
  }
}

}  // namespace cleat::agent
