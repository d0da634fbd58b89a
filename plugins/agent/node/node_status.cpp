#include "node/node_status.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <map>

#include "volume-common/attachment_names.h"
#include "volume-common/local_path_names.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kLeaseEvery = 10s;
constexpr int32_t kLeaseSeconds = 40;
constexpr Duration kStatusEvery = 5min;
// While the node is not ready somebody waits for it.
constexpr Duration kLookAgainUnready = 250ms;
constexpr Duration kLookAgainReady = 10s;
constexpr Duration kRetry = 1s;
constexpr const char* kLeaseNamespace = "kube-node-lease";
constexpr uint32_t kMostImages = 50;

using Amounts = std::map<std::string, std::string, std::less<>>;
using AmountList = capnp::List<meta_v1::TextEntry>;

// What the machine has; what others have said that the node has besides (extended resources) stays.
Amounts capacityOf(AmountList::Reader before, const NodeIdentity& identity, const Machine& machine) {
  Amounts amounts;
  for (auto entry : before) amounts[str(entry.getKey())] = str(entry.getValue());
  amounts["cpu"] = concat(machine.cpus);
  amounts["ephemeral-storage"] = concat(machine.storageBytes / 1024, "Ki");
  amounts["memory"] = concat(machine.memoryBytes / 1024, "Ki");
  amounts["pods"] = concat(identity.mostPods);
  return amounts;
}

Amounts allocatableOf(Amounts capacity, const NodeIdentity& identity, const Machine& machine) {
  const NodeAmounts left = allocatable(machine, identity.reserved);
  capacity["cpu"] = Quantity::ofMilli(left.milliCpu).text();
  capacity["ephemeral-storage"] = concat(left.storageBytes);
  capacity["memory"] = concat(left.memoryBytes);
  return capacity;
}

void write(AmountList::Builder list, const Amounts& amounts) {
  uint32_t at = 0;
  for (const auto& [key, value] : amounts) {
    list[at].setKey(key);
    list[at++].setValue(value);
  }
}

bool same(AmountList::Reader list, const Amounts& amounts) {
  return list.size() == amounts.size() && std::all_of(amounts.begin(), amounts.end(), [&](const auto& amount) {
           return valueIn(list, amount.first) == amount.second;
         });
}

constexpr const char* kOwnConditions[] = {"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"};

struct ConditionText {
  const char *type, *status, *reason, *message;
};

void setConditions(core_v1::NodeStatus::Builder status, const NodeHealth& health, WallTime now) {
  std::string text = formatTime(now);
  const ConditionText fixed[] = {
      {"MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
      {"DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
      {"PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
  };
  for (const auto& condition : fixed) {
    setCondition<core_v1::NodeCondition>(status,
                                         {condition.type, condition.status, condition.reason, condition.message, text});
  }
  setCondition<core_v1::NodeCondition>(
      status, {"Ready", health.ready ? "True" : "False", health.ready ? "KubeletReady" : "KubeletNotReady",
               health.ready ? "kubelet is posting ready status" : health.message, text});
  for (auto condition : status.getConditions()) condition.setLastHeartbeatTime(text);
}

}  // namespace

bool setNodeLabels(meta_v1::ObjectMeta::Builder meta, const NodeIdentity& identity, const Machine& machine) {
  bool changed = setLabel(meta, "beta.kubernetes.io/arch", machine.architecture);
  changed |= setLabel(meta, "beta.kubernetes.io/os", "linux");
  changed |= setLabel(meta, "kubernetes.io/arch", machine.architecture);
  changed |= setLabel(meta, "kubernetes.io/hostname", identity.name);
  changed |= setLabel(meta, "kubernetes.io/os", "linux");
  changed |= setAnnotation(meta, volumes::kAttachesFromOutside, "true");
  if (!identity.localPathFolder.empty()) {
    changed |= setAnnotation(meta, local_path::kFolder, identity.localPathFolder);
  }
  return changed;
}

void setNodeStatus(core_v1::NodeStatus::Builder status, const NodeIdentity& identity, const Machine& machine,
                   const NodeHealth& health, WallTime now) {
  Amounts capacity = capacityOf(status.asReader().getCapacity(), identity, machine);
  Amounts allocatable = allocatableOf(capacity, identity, machine);
  write(status.initCapacity(static_cast<uint32_t>(capacity.size())), capacity);
  write(status.initAllocatable(static_cast<uint32_t>(allocatable.size())), allocatable);
  setConditions(status, health, now);
  const std::vector<std::string> own = identity.addresses();
  auto addresses = status.initAddresses(static_cast<uint32_t>(own.size() + 1));
  for (uint32_t i = 0; i < own.size(); ++i) {
    addresses[i].setType("InternalIP");
    addresses[i].setAddress(own[i]);
  }
  addresses[addresses.size() - 1].setType("Hostname");
  addresses[addresses.size() - 1].setAddress(identity.name);
  status.initDaemonEndpoints().initKubeletEndpoint().setPort(identity.agentPort);
  auto nodeInfo = status.initNodeInfo();
  nodeInfo.setMachineID(machine.machineId);
  nodeInfo.setSystemUUID(machine.systemUuid);
  nodeInfo.setBootID(machine.bootId);
  nodeInfo.setKernelVersion(machine.kernelVersion);
  nodeInfo.setOsImage(machine.osImage);
  nodeInfo.setContainerRuntimeVersion(health.runtimeVersion);
  nodeInfo.setKubeletVersion(kKubernetesGitVersion);
  nodeInfo.setKubeProxyVersion("");
  nodeInfo.setOperatingSystem("linux");
  nodeInfo.setArchitecture(machine.architecture);
}

void NodeStatus::start(NodeIdentity identity, Machine machine) {
  identity_ = std::move(identity);
  machine_ = std::move(machine);
  self_.start();
  spawn(keepStatus());
  spawn(keepLease());
}

Task<NodeHealth> NodeStatus::askHealth() {
  NodeHealth health;
  auto runtime = co_await runtime_.status();
  if (!runtime) {
    health.message = concat("container runtime is down: ", runtime.error());
    co_return health;
  }
  auto says = **runtime;
  health.runtimeVersion = concat(says.getName(), "://", says.getVersion());
  if (!says.getReady()) {
    health.message = concat("container runtime not ready: RuntimeReady=false reason:", says.getReason(),
                            " message:", says.getMessage());
    co_return health;
  }
  if (!says.getNetworksItself()) {
    auto network = co_await network_.status();
    bool ready = network && (*network)->getReady();
    if (!ready) {
      std::string reason = network ? str((*network)->getReason()) : std::string("NetworkPluginNotReady");
      std::string message = network ? str((*network)->getMessage()) : network.error().message;
      health.message =
          concat("container runtime network not ready: NetworkReady=false reason:", reason, " message:", message);
      co_return health;
    }
  }
  health.ready = true;
  co_return health;
}

Task<void> NodeStatus::keepStatus() {
  Instant written{};
  bool everWritten = false;
  while (true) {
    NodeHealth health = co_await askHealth();
    bool due =
        !everWritten || context_.now() - written >= kStatusEvery || health != health_ || amountsDiffer() || isDoubted();
    if (due) {
      health_ = health;
      Result<void> done = co_await writeStatus();
      if (!done) {
        context_.log.warn("cannot write the status of the node ", identity_.name, ": ", done.error());
        everWritten = false;
        co_await context_.sleep(kRetry);
        continue;
      }
      everWritten = true;
      written = context_.now();
    }
    co_await context_.sleep(health_.ready ? kLookAgainReady : kLookAgainUnready);
  }
}

// Whether somebody has said of the node that it has more, or less, than this has worked out.
bool NodeStatus::amountsDiffer() const {
  auto node = self_.known();
  if (!node) return false;
  auto status = node->getStatus();
  Amounts capacity = capacityOf(status.getCapacity(), identity_, machine_);
  return !same(status.getCapacity(), capacity) ||
         !same(status.getAllocatable(), allocatableOf(capacity, identity_, machine_));
}

// Whether somebody who has not heard of the node for a time has said so in its conditions.
bool NodeStatus::isDoubted() const {
  auto node = self_.known();
  if (!node) return false;
  auto conditions = node->getStatus().getConditions();
  return std::ranges::any_of(kOwnConditions,
                             [&](const char* type) { return conditionIs(conditions, type, "Unknown"); });
}

Task<Result<void>> NodeStatus::registerNode() {
  auto found = co_await client_.get<core_v1::Node>("", identity_.name);
  if (!found && !found.error().is(404)) co_return fail(std::move(found.error()));
  if (!found) {
    Draft<core_v1::Node> draft;
    draft->initMetadata().setName(identity_.name);
    setNodeLabels(draft.meta(), identity_, machine_);
    found = co_await client_.create(std::move(draft));
    CLEAT_CO_TRY(found);
    context_.log.info("registered the node ", identity_.name);
  } else {
    Draft<core_v1::Node> draft(*found);
    if (setNodeLabels(draft.meta(), identity_, machine_)) {
      found = co_await client_.update(std::move(draft));
      CLEAT_CO_TRY(found);
    }
  }
  node_ = std::move(*found);
  co_return Result<void>();
}

Task<Result<void>> NodeStatus::writeStatus() {
  CLEAT_CO_TRY(co_await registerNode());
  auto imageList = co_await images();
  Draft<core_v1::Node> draft(node_);
  auto status = draft->hasStatus() ? draft->getStatus() : draft->initStatus();
  setNodeStatus(status, identity_, machine_, health_, context_.wallNow());
  auto list = status.initImages(static_cast<uint32_t>(imageList.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].adoptNames(textList(orphanageOf(list[i]), imageList[i].first));
    list[i].setSizeBytes(imageList[i].second);
  }
  CLEAT_CO_TRY(auto updated, co_await client_.updateStatus(std::move(draft)));
  node_ = std::move(updated);
  co_return Result<void>();
}

Task<std::vector<std::pair<std::vector<std::string>, int64_t>>> NodeStatus::images() {
  std::vector<std::pair<std::vector<std::string>, int64_t>> found;
  auto listed = co_await runtime_.listImages();
  if (listed) {
    for (auto image : (*listed)->getImages()) {
      auto names = strings(image.getDigests());
      for (auto name : image.getNames()) names.push_back(str(name));
      found.emplace_back(std::move(names), static_cast<int64_t>(image.getSizeBytes()));
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    if (found.size() > kMostImages) found.resize(kMostImages);
  }
  co_return found;
}

Task<void> NodeStatus::keepLease() {
  while (true) {
    Result<void> done = co_await renewLease();
    if (!done) {
      context_.log.debug("cannot renew the lease of the node ", identity_.name, ": ", done.error());
      lease_ = {};
    }
    co_await context_.sleep(done ? kLeaseEvery : kRetry);
  }
}

Task<Result<void>> NodeStatus::renewLease() {
  // The Lease belongs to the Node, so that it goes when the Node is deleted.
  if (!node_) co_return fail(Status::unavailable("the node is not registered yet"));
  if (!lease_) {
    auto found = co_await client_.get<coordination_v1::Lease>(kLeaseNamespace, identity_.name);
    if (!found && !found.error().is(404)) co_return fail(std::move(found.error()));
    if (found) lease_ = std::move(*found);
  }
  bool isNew = !lease_;
  Draft<coordination_v1::Lease> draft;
  if (isNew) {
    auto meta = draft->initMetadata();
    meta.setName(identity_.name);
    meta.setNamespace(kLeaseNamespace);
    auto owner = meta.initOwnerReferences(1)[0];
    owner.setApiVersion("v1");
    owner.setKind("Node");
    owner.setName(identity_.name);
    owner.setUid(str(node_.uid()));
  } else {
    draft = Draft<coordination_v1::Lease>(lease_);
  }
  auto spec = draft->hasSpec() ? draft->getSpec() : draft->initSpec();
  spec.setHolderIdentity(identity_.name);
  spec.initLeaseDurationSeconds().setValue(kLeaseSeconds);
  spec.setRenewTime(formatMicroTime(context_.wallNow()));
  Result<Object<coordination_v1::Lease>> written;
  if (isNew) {
    written = co_await client_.create(std::move(draft));
  } else {
    written = co_await client_.update(std::move(draft));
  }
  CLEAT_CO_TRY(written);
  lease_ = std::move(*written);
  co_return Result<void>();
}

}  // namespace cleat::agent
