#include "node_fixture.h"

#include <cleat/schema/role/fillers.methods.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/lists.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace cleat::agent::test {
namespace {

std::string valueOf(capnp::List<role::Pair>::Reader pairs, std::string_view key) {
  for (auto pair : pairs)
    if (view(pair.getKey()) == key) return str(pair.getValue());
  return {};
}

void setPair(role::Pair::Builder pair, const std::string& key, const std::string& value) {
  pair.setKey(key);
  pair.setValue(value);
}

}  // namespace

void FakeRuntime::install() {
  installStatus();
  installSandboxes();
  installContainers();
  // No plugin has volume drivers, unless a test brings one.
  host_.onCall(role::fillers::list, [](role::ListFillersParams::Reader, role::ListFillersResults::Builder results) {
    results.initNames(0);
    return Result<void>();
  });
  installResources();
  installImages();
  installNetwork();
}

void FakeRuntime::installStatus() {
  host_.onCall(role::runtime::status, [this](role::RuntimeStatus::Builder status) -> Result<void> {
    status.setReady(true);
    status.setName("cleat-oci");
    status.setVersion("0.1.0");
    auto capabilities = status.initCapabilities();
    capabilities.setSeccomp(true);
    capabilities.setCdi(takesDevices);
    capabilities.setUserNamespaces(capable);
    capabilities.setIdMappedMounts(capable);
    capabilities.setSupplementalGroupsPolicy(capable);
    capabilities.setRecursiveReadOnlyMounts(capable);
    return {};
  });
}
void FakeRuntime::installSandboxes() {
  host_.onCall(role::runtime::runSandbox,
               [this](role::SandboxConfig::Reader config, role::SandboxResults::Builder out) -> Result<void> {
                 if (failSandbox) return fail(Status::internal(*failSandbox));
                 FakeSandbox made{concat("sandbox", ++ids_), str(config.getPodNamespace()), str(config.getPodName()),
                                  str(config.getPodUid()),   config.getAttempt(),           true,
                                  config.getHostNetwork()};
                 if (config.hasUserNamespace()) {
                   made.firstUserId = config.getUserNamespace().getUidMappings()[0].getHostId();
                 }
                 log.push_back(concat("run sandbox ", made.name, " ", made.attempt));
                 auto sandbox = out.initSandbox();
                 sandbox.setId(made.id);
                 sandbox.setPodUid(made.uid);
                 sandbox.setReady(true);
                 sandboxes.push_back(std::move(made));
                 return {};
               });
  host_.onCall(role::runtime::stopSandbox, [this](role::SandboxParams::Reader params) -> Result<void> {
    for (auto& sandbox : sandboxes) {
      if (sandbox.id != view(params.getSandboxId())) continue;
      log.push_back("stop sandbox " + sandbox.name);
      sandbox.ready = false;
      for (auto& container : containers) {
        if (container.sandboxId == sandbox.id && container.state == role::ContainerState::RUNNING) end(container, 137);
      }
    }
    return {};
  });
  host_.onCall(role::runtime::removeSandbox, [this](role::SandboxParams::Reader params) -> Result<void> {
    std::string id = str(params.getSandboxId());
    log.push_back("remove sandbox");
    std::erase_if(containers, [&](const auto& container) { return container.sandboxId == id; });
    std::erase_if(sandboxes, [&](const auto& sandbox) { return sandbox.id == id; });
    return {};
  });
  host_.onCall(role::runtime::listSandboxes, [this](role::ListSandboxesResults::Builder out) -> Result<void> {
    auto list = out.initSandboxes(static_cast<uint32_t>(sandboxes.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      const FakeSandbox& sandbox = sandboxes[i];
      list[i].setId(sandbox.id);
      list[i].setPodNamespace(sandbox.ns);
      list[i].setPodName(sandbox.name);
      list[i].setPodUid(sandbox.uid);
      list[i].setAttempt(sandbox.attempt);
      list[i].setReady(sandbox.ready);
      if (!sandbox.hostNetwork) list[i].setNetworkNamespace("/run/netns/" + sandbox.id);
    }
    return {};
  });
  host_.onCall(role::runtime::nextEvents,
               [this](role::NextEventsParams::Reader params, role::NextEventsResults::Builder out) -> Result<void> {
                 out.setCursor(params.getCursor() + 1);
                 if (std::exchange(changed_, false)) out.initEvents(1)[0].setType("ContainerExited");
                 return {};
               });
}

void FakeRuntime::installContainers() {
  host_.onCall(role::runtime::createContainer,
               [this](role::ContainerConfig::Reader config, role::ContainerResults::Builder out) -> Result<void> {
                 if (failCreate) return fail(Status::internal(*failCreate));
                 FakeContainer made;
                 made.id = concat("container", ++ids_);
                 made.sandboxId = str(config.getSandboxId());
                 made.name = str(config.getName());
                 made.image = str(config.getImage());
                 made.attempt = config.getAttempt();
                 made.podUid = valueOf(config.getLabels(), kPodUidLabel);
                 made.hash = valueOf(config.getAnnotations(), kContainerHash);
                 made.messageFile = valueOf(config.getAnnotations(), kTerminationMessageFile);
                 made.command = strings(config.getCommand());
                 made.args = strings(config.getArgs());
                 for (auto pair : config.getEnv()) made.env.push_back(concat(pair.getKey(), "=", pair.getValue()));
                 for (auto mount : config.getMounts()) {
                   std::string image =
                       mount.getImage().size() == 0 ? "" : concat(" ", mount.getImage(), "/", mount.getImageSubPath());
                   made.mounts.push_back(concat(mount.getContainerPath(),
                                                mount.getRecursiveReadOnly() ? " rro"
                                                : mount.getReadOnly()        ? " ro"
                                                                             : " rw",
                                                mount.getIdMapped() ? " mapped" : "", image));
                   made.hostPaths[str(mount.getContainerPath())] = str(mount.getHostPath());
                 }
                 made.cdiDevices = strings(config.getCdiDevices());
                 made.targetId = str(config.getTargetContainerId());
                 made.cpuShares = config.getResources().getCpuShares();
                 made.memoryLimitBytes = config.getResources().getMemoryLimitBytes();
                 log.push_back(concat("create ", made.name, " ", made.attempt));
                 out.setContainerId(made.id);
                 containers.push_back(std::move(made));
                 return {};
               });
  installContainerStates();
}

void FakeRuntime::installContainerStates() {
  host_.onCall(role::runtime::startContainer, [this](role::ContainerParams::Reader params) -> Result<void> {
    for (auto& container : containers) {
      if (container.id != view(params.getContainerId())) continue;
      log.push_back("start " + container.name);
      container.state = role::ContainerState::RUNNING;
      container.startedAtNs = host_.wallNow().time_since_epoch().count();
    }
    return {};
  });
  host_.onCall(role::runtime::stopContainer, [this](role::StopContainerParams::Reader params) -> Result<void> {
    for (auto& container : containers) {
      if (container.id != view(params.getContainerId())) continue;
      log.push_back(concat("stop ", container.name, " ", params.getTimeoutSeconds()));
      if (stopsAtOnce && container.state == role::ContainerState::RUNNING) end(container, 143);
    }
    return {};
  });
  host_.onCall(role::runtime::removeContainer, [this](role::ContainerParams::Reader params) -> Result<void> {
    std::string id = str(params.getContainerId());
    std::erase_if(containers, [&](const auto& container) { return container.id == id; });
    return {};
  });
  host_.onCall(role::runtime::listContainers, [this](role::ListContainersResults::Builder out) -> Result<void> {
    if (failList) return fail(Status::internal(*failList));
    auto list = out.initContainers(static_cast<uint32_t>(containers.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      const FakeContainer& container = containers[i];
      list[i].setId(container.id);
      list[i].setSandboxId(container.sandboxId);
      list[i].setName(container.name);
      list[i].setAttempt(container.attempt);
      list[i].setState(container.state);
      list[i].setStartedAtNs(container.startedAtNs);
      list[i].setFinishedAtNs(container.finishedAtNs);
      list[i].setExitCode(container.exitCode);
      list[i].setImage(container.image);
      list[i].setImageId("sha256:1");
      list[i].setLogPath(container.logPath);
      setPair(list[i].initLabels(1)[0], kPodUidLabel, container.podUid);
      auto annotations = list[i].initAnnotations(2);
      setPair(annotations[0], kContainerHash, container.hash);
      setPair(annotations[1], kTerminationMessageFile, container.messageFile);
    }
    return {};
  });
  host_.onCall(role::runtime::execSync,
               [this](role::ExecSyncParams::Reader params, role::ExecSyncResults::Builder out) -> Result<void> {
                 log.push_back(concat("exec ", params.getCommand()[0]));
                 out.setExitCode(execExitCode);
                 out.setStdout(dataOf("said"));
                 return {};
               });
}

void FakeRuntime::installResources() {
  host_.onCall(role::runtime::updateContainer, [this](role::UpdateContainerParams::Reader params) -> Result<void> {
    if (failUpdate) return fail(Status::internal(*failUpdate));
    for (auto& container : containers) {
      if (container.id != view(params.getContainerId())) continue;
      container.cpuShares = params.getResources().getCpuShares();
      container.memoryLimitBytes = params.getResources().getMemoryLimitBytes();
      log.push_back(concat("update ", container.name, " ", container.cpuShares));
    }
    return {};
  });
  host_.onCall(role::runtime::updateSandbox, [this](role::UpdateSandboxParams::Reader params) -> Result<void> {
    log.push_back(concat("update sandbox ", params.getResources().getCpuShares()));
    return {};
  });
  host_.onCall(role::runtime::stats, [this](role::StatsResults::Builder out) -> Result<void> {
    auto list = out.initContainers(static_cast<uint32_t>(containers.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setContainerId(containers[i].id);
      list[i].setMemoryUsageBytes(containers[i].memoryUsageBytes);
    }
    return {};
  });
}

void FakeRuntime::installNetwork() {
  host_.onCall(role::network::status, [](role::NetworkStatus::Builder status) -> Result<void> {
    status.setReady(true);
    return {};
  });
  host_.onCall(role::network::setup,
               [this](role::NetworkParams::Reader params, role::SetupResults::Builder out) -> Result<void> {
                 if (failNetwork) return fail(Status::internal(*failNetwork));
                 std::string id = str(params.getSandboxId());
                 connected.insert(id);
                 log.push_back(concat("connect ", params.getPodName()));
                 auto addresses = std::exchange(moreAddresses, {});
                 addresses.push_back("10.244.0." + id.substr(7));
                 out.adoptAddresses(textList(orphanageOf(out), addresses));
                 return {};
               });
  host_.onCall(role::network::teardown, [this](role::NetworkParams::Reader params) -> Result<void> {
    connected.erase(str(params.getSandboxId()));
    log.push_back(concat("disconnect ", params.getPodName()));
    return {};
  });
  host_.onCall(role::network::collect, [](role::CollectParams::Reader) -> Result<void> { return {}; });
}

FakeContainer* FakeRuntime::find(std::string_view name) {
  for (auto container = containers.rbegin(); container != containers.rend(); ++container) {
    if (container->name == name) return &*container;
  }
  return nullptr;
}

int FakeRuntime::count(std::string_view prefix) const {
  return static_cast<int>(
      std::count_if(log.begin(), log.end(), [&](const auto& line) { return line.starts_with(prefix); }));
}

void FakeRuntime::end(FakeContainer& container, int code) {
  container.state = role::ContainerState::EXITED;
  container.exitCode = code;
  container.finishedAtNs = host_.wallNow().time_since_epoch().count();
}

void FakeRuntime::exit(std::string_view name, int code) {
  if (auto* container = find(name)) end(*container, code);
  event();
}

void FakeRuntime::killSandbox(std::string_view podUid) {
  for (auto& sandbox : sandboxes)
    if (sandbox.uid == podUid) sandbox.ready = false;
  for (auto& container : containers) {
    if (container.podUid == podUid && container.state == role::ContainerState::RUNNING) end(container, 137);
  }
  event();
}

NodeFixture::NodeFixture() {
  char pattern[] = "/tmp/cleat-agent-test-XXXXXX";
  folder_ = mkdtemp(pattern);
  host_.nodeName() = "node1";
  host_.dataDir() = folder_;
  host_.serverConfig().address = "192.0.2.10";
  host_.serverConfig().clusterDomain = "cluster.local";
  host_.know<core_v1::Node>();
  host_.know<core_v1::Service>();
  host_.know<core_v1::ConfigMap>();
  host_.know<core_v1::Secret>();
  host_.know<core_v1::Event>();
  host_.know<coordination_v1::Lease>();
  host_.deletesGracefully<Pod>();
  runtime_.install();
}

NodeFixture::~NodeFixture() {
  agent_.reset();
  std::filesystem::remove_all(folder_);
}

cleat::test::Started<Agent> NodeFixture::launch() {
  return host_.start<Agent>(
      settings,
      "max_pods int 110\nipv6_address string\ncluster_dns list\nresolv_conf string /dev/null\npod_log_dir string\n"
      "allowed_unsafe_sysctls list\nsystem_reserved list\nkube_reserved list\ncgroup_root string /cleat\n"
      "cgroups_per_qos bool true\nlocal_path_folder string\nvolume_resync duration 1m\n"
      "image_pull_credentials_verification_policy string NeverVerifyPreloadedImages\n"
      "preloaded_images_verification_allowlist list\nimage_gc_high_threshold_percent int 100\npinned_images list\n"
      "image_gc_low_threshold_percent int 80\nimage_minimum_gc_age duration 2m\nimage_gc_period duration 5m\n"
      "image_maximum_gc_age duration 0s\n");
}

std::string NodeFixture::whyItDoesNotStart() {
  auto refused = launch();
  settle();
  return refused.readyError();
}

void NodeFixture::startAgent() {
  agent_.emplace(launch());
  settle();
  ASSERT_TRUE(agent_->ready()) << agent_->readyError();
}

void NodeFixture::startSuccessor() {
  successor_.emplace(launch());
  settle();
  ASSERT_TRUE(successor_->ready()) << successor_->readyError();
}

void NodeFixture::stopPredecessor() {
  agent_.reset();
  agent_.emplace(std::move(*successor_));
  successor_.reset();
}

void NodeFixture::advance(Duration by) {
  for (Duration passed{}; passed < by; passed += 1s) host_.advance(std::min<Duration>(1s, by - passed));
}

core_v1::ContainerStatus::Reader NodeFixture::status(const std::string& pod, uint32_t index) {
  held_.push_back(this->pod(pod));
  return held_.back()->getStatus().getContainerStatuses()[index];
}

std::string NodeFixture::condition(const std::string& pod, std::string_view type) {
  held_.push_back(this->pod(pod));
  auto found = findCondition(held_.back()->getStatus().getConditions(), type);
  return found ? str(found->getStatus()) : "absent";
}

std::vector<std::string> NodeFixture::events() {
  std::vector<std::string> lines;
  for (const auto& event : host_.list<core_v1::Event>()) {
    lines.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
  }
  return lines;
}

bool NodeFixture::hasEvent(std::string_view reason, std::string_view messagePart) {
  for (const auto& line : events()) {
    if (line.find(concat(" ", reason, " ")) != std::string::npos && line.find(messagePart) != std::string::npos)
      return true;
  }
  return false;
}

void NodeFixture::requestDeletion(const std::string& name, int64_t graceSeconds) {
  host_.change<Pod>("default", name, [&](Pod::Builder pod) {
    pod.getMetadata().setDeletionTimestamp(formatTime(host_.wallNow() + std::chrono::seconds(graceSeconds)));
    pod.getMetadata().initDeletionGracePeriodSeconds().setValue(graceSeconds);
  });
  settle();
}

Draft<Pod> podNamed(const std::string& name, const std::string& restartPolicy) {
  Draft<Pod> pod;
  auto meta = pod->initMetadata();
  meta.setName(name);
  meta.setNamespace("default");
  auto spec = pod->initSpec();
  spec.setNodeName("node1");
  spec.setRestartPolicy(restartPolicy);
  auto container = spec.initContainers(1)[0];
  container.setName("main");
  container.setImage("busybox:1.36");
  container.setImagePullPolicy("IfNotPresent");
  return pod;
}

}  // namespace cleat::agent::test
