// Nodes and pods on paper: says of them through the API what their agents would say.
#include <cleat/sdk/controller.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace {

using namespace cleat;
using coordination_v1::Lease;
using core_v1::Node;
using core_v1::Pod;

constexpr const char* kLeases = "kube-node-lease";
constexpr const char* kRunFor = "hollow/run-for";
constexpr const char* kExitCode = "hollow/exit-code";
constexpr int kLeaseSeconds = 40;
constexpr int kFirstSlot = 2, kLastSlot = 254;
constexpr Duration kPause = std::chrono::seconds(1);

// The addresses of pods: 10.128.0.0/9 has 32,768 networks, one for each node.
class Addresses {
 public:
  // The same again for who has one.
  std::string of(const std::string& uid, int node) {
    if (auto known = all_.find(uid); known != all_.end()) return text(known->second);
    std::set<int>& used = used_[node];
    int slot = kFirstSlot;
    while (slot < kLastSlot && used.contains(slot)) ++slot;
    used.insert(slot);
    return text(all_[uid] = {node, slot});
  }
  void forget(std::string_view uid) {
    auto known = all_.find(uid);
    if (known == all_.end()) return;
    used_[known->second.first].erase(known->second.second);
    all_.erase(known);
  }

 private:
  static std::string text(std::pair<int, int> place) {
    return concat("10.", 128 + place.first / 256, ".", place.first % 256, ".", place.second);
  }
  std::map<std::string, std::pair<int, int>, std::less<>> all_;  // by uid: node and place on it
  std::map<int, std::set<int>> used_;
};

template <class MapBuilder>
void fillMap(MapBuilder map, std::initializer_list<std::pair<const char*, std::string>> sorted) {
  unsigned i = 0;
  for (const auto& [key, value] : sorted) {
    map[i].setKey(key);
    map[i++].setValue(value);
  }
}

std::optional<WallTime> startOf(const Object<Pod>& pod) { return parseTime(pod->getStatus().getStartTime()); }

class HollowNodes : public Plugin {
 public:
  explicit HollowNodes(Context& context) : Plugin(context) {}

  Task<Result<void>> start() override {
    count_ = static_cast<int>(config().integer("nodes"));
    prefix_ = config().string("prefix");
    heartbeat_ = config().duration("heartbeat");
    startDelay_ = config().duration("start_delay");
    stopDelay_ = config().duration("stop_delay");
    runFor_ = config().duration("run_for");
    const int64_t writes = std::max<int64_t>(1, config().integer("writes_in_flight"));
    if (count_ < 1 || count_ > 32768) co_return fail(Status::badRequest("nodes: between 1 and 32768"));
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
      if (!now || (before && before.uid() != now.uid())) addresses_.forget(before.uid());
    });
    controller_ = std::make_unique<Controller>(
        context(), "hollow-pods", [this](std::string key) { return reconcile(std::move(key)); },
        ControllerOptions{.workers = static_cast<uint32_t>(writes)});
    controller_->watch(pods_, [this](const Object<Pod>& pod) { return isOurs(pod) ? pod.key() : std::string(); });
    co_await controller_->waitSynced();
    controller_->run();
    for (int64_t i = 0; i < writes; ++i) spawn(introduceNodes());
    co_return Result<void>();
  }

 private:
  // Nodes.
  Task<void> introduceNodes();
  Task<Result<void>> introduce(int number);
  Task<Result<void>> renew(int number);
  Task<void> beat(int number);
  Draft<Node> nodeOf(int number);
  void fillStatus(core_v1::NodeStatus::Builder status, int number);
  std::string nameOf(int number) const { return concat(prefix_, number); }
  static std::string addressOf(int number) { return concat("10.", 128 + number / 256, ".", number % 256, ".1"); }
  int numberOf(std::string_view node) const;

  // Pods.
  bool isOurs(const Object<Pod>& pod) const { return numberOf(view(pod->getSpec().getNodeName())) >= 0; }
  Task<Result<Reconciled>> reconcile(std::string key);
  Task<Result<Reconciled>> remove(Object<Pod> pod);
  Task<Result<Reconciled>> run(Object<Pod> pod);
  Task<Result<Reconciled>> end(Object<Pod> pod);
  Task<Result<Reconciled>> write(Draft<Pod> draft);
  Duration lifeOf(const Object<Pod>& pod) const;

  int count_ = 0, next_ = 0;
  std::string prefix_;
  Duration heartbeat_{}, startDelay_{}, stopDelay_{}, runFor_{};
  Client client_{context()};
  Addresses addresses_;
  Informer<Pod> pods_{context()};
  std::unique_ptr<Controller> controller_;
};

// -- Nodes --

int HollowNodes::numberOf(std::string_view node) const {
  if (!node.starts_with(prefix_)) return -1;
  const std::string_view digits = node.substr(prefix_.size());
  int number = -1;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && number < count_ && nameOf(number) == node ? number : -1;
}

Task<void> HollowNodes::introduceNodes() {
  while (next_ < count_) {
    const int number = next_++;
    while (true) {
      Result<void> done = co_await introduce(number);
      if (done) break;
      context().log.warn("node ", nameOf(number), ": ", done.error(), "; trying again");
      co_await context().sleep(kPause);
    }
    if (heartbeat_ > Duration::zero()) spawn(beat(number));
    if (number == count_ - 1) context().log.info(count_, " nodes are there");
  }
}

Task<Result<void>> HollowNodes::introduce(int number) {
  Draft<Node> fresh = nodeOf(number);
  Result<Object<Node>> node = co_await client_.create(std::move(fresh));
  if (!node && node.error().is(409)) node = co_await client_.get<Node>(nameOf(number));
  if (!node) co_return fail(node.error());
  // One that was there before, or whose status was not taken along.
  if (!conditionIs((*node)->getStatus().getConditions(), "Ready", "True")) {
    Draft<Node> draft(*node);
    fillStatus(draft->getStatus(), number);
    CLEAT_CO_TRY(auto updated, co_await client_.updateStatus(std::move(draft)));
  }
  if (heartbeat_ == Duration::zero()) co_return Result<void>();
  co_return co_await renew(number);
}

Task<void> HollowNodes::beat(int number) {
  // Each at a time of its own.
  co_await context().sleep(Duration(static_cast<int64_t>(context().random64() % heartbeat_.count())));
  while (true) {
    Result<void> done = co_await renew(number);
    if (!done) context().log.warn("the lease of ", nameOf(number), ": ", done.error());
    co_await context().sleep(heartbeat_);
  }
}

Task<Result<void>> HollowNodes::renew(int number) {
  const std::string now = formatMicroTime(context().wallNow());
  const std::string patch = concat(R"({"spec":{"renewTime":")", now, R"("}})");
  auto patched = co_await client_.patch<Lease>(kLeases, nameOf(number), PatchType::merge, patch);
  if (patched) co_return Result<void>();
  if (!patched.error().is(404)) co_return fail(patched.error());
  Draft<Lease> lease;
  lease->initMetadata().setName(nameOf(number));
  lease.meta().setNamespace(kLeases);
  auto spec = lease->initSpec();
  spec.setHolderIdentity(nameOf(number));
  spec.initLeaseDurationSeconds().setValue(kLeaseSeconds);
  spec.setRenewTime(now);
  auto made = co_await client_.create(std::move(lease));
  if (!made && !made.error().is(409)) co_return fail(made.error());
  co_return Result<void>();
}

Draft<Node> HollowNodes::nodeOf(int number) {
  const int64_t zones = std::max<int64_t>(1, config().integer("zones"));
  Draft<Node> node;
  node->initMetadata().setName(nameOf(number));
  fillMap(node.meta().initLabels(4), {{"kubernetes.io/arch", "amd64"},
                                      {"kubernetes.io/hostname", nameOf(number)},
                                      {"kubernetes.io/os", "linux"},
                                      {"topology.kubernetes.io/zone", concat("zone-", number % zones)}});
  fillStatus(node->initStatus(), number);
  return node;
}

void HollowNodes::fillStatus(core_v1::NodeStatus::Builder status, int number) {
  const std::string cpu = config().string("cpu"), memory = config().string("memory"), pods = config().string("pods");
  fillMap(status.initCapacity(3), {{"cpu", cpu}, {"memory", memory}, {"pods", pods}});
  fillMap(status.initAllocatable(3), {{"cpu", cpu}, {"memory", memory}, {"pods", pods}});
  const std::string now = formatTime(context().wallNow());
  auto conditions = status.initConditions(1);
  conditions[0].setType("Ready");
  conditions[0].setStatus("True");
  conditions[0].setReason("KubeletReady");
  conditions[0].setMessage("the node is on paper");
  conditions[0].setLastHeartbeatTime(now);
  conditions[0].setLastTransitionTime(now);
  auto addresses = status.initAddresses(2);
  addresses[0].setType("InternalIP");
  addresses[0].setAddress(addressOf(number));
  addresses[1].setType("Hostname");
  addresses[1].setAddress(nameOf(number));
  auto about = status.initNodeInfo();
  about.setKubeletVersion(kKubernetesGitVersion);
  about.setOperatingSystem("linux");
  about.setArchitecture("amd64");
  about.setContainerRuntimeVersion("hollow://1");
  about.setOsImage("paper");
}

// -- Pods --

Duration HollowNodes::lifeOf(const Object<Pod>& pod) const {
  if (view(pod->getSpec().getRestartPolicy()) == "Always") return Duration::zero();
  const auto own = annotation(pod.meta(), kRunFor);
  return own ? parseDuration(*own).value_or(runFor_) : runFor_;
}

Task<Result<Reconciled>> HollowNodes::reconcile(std::string key) {
  Object<Pod> pod = pods_.get(key);
  if (!pod || !isOurs(pod)) co_return Reconciled();
  if (deletionPending(pod.meta())) co_return co_await remove(pod);
  const std::string_view phase = view(pod->getStatus().getPhase());
  if (phase == "Succeeded" || phase == "Failed") co_return Reconciled();
  if (phase != "Running") co_return co_await run(pod);
  const Duration life = lifeOf(pod);
  const auto began = startOf(pod);
  if (life == Duration::zero() || !began) co_return Reconciled();
  const Duration left = *began + life - context().wallNow();
  if (left > Duration::zero()) co_return Reconciled{left};
  co_return co_await end(pod);
}

Task<Result<Reconciled>> HollowNodes::remove(Object<Pod> pod) {
  // Only finalizers keep it.
  const int64_t grace = valueOr(pod.meta().getDeletionGracePeriodSeconds(), 0);
  if (grace == 0) co_return Reconciled();
  // It was to be gone at deletionTimestamp, which is its grace after it was asked to go.
  const auto latest = parseTime(pod.meta().getDeletionTimestamp());
  const Duration delay = std::min<Duration>(stopDelay_, std::chrono::seconds(grace));
  if (latest && !isTerminal(pod)) {
    const Duration left = *latest - std::chrono::seconds(grace) + delay - context().wallNow();
    if (left > Duration::zero()) co_return Reconciled{left};
  }
  const std::string uid = str(pod.uid());
  DeleteOptions options;
  options.gracePeriodSeconds = 0;
  options.preconditionUid = uid;
  auto removed = co_await client_.remove<Pod>(pod.ns(), pod.name(), options);
  if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
  co_return Reconciled();
}

Task<Result<Reconciled>> HollowNodes::run(Object<Pod> pod) {
  if (startDelay_ > Duration::zero()) {
    auto bound = findCondition(pod->getStatus().getConditions(), "PodScheduled");
    const auto since = bound ? parseTime(bound->getLastTransitionTime()) : std::nullopt;
    const Duration left = since ? *since + startDelay_ - context().wallNow() : Duration::zero();
    if (left > Duration::zero()) co_return Reconciled{left};
  }
  const int node = numberOf(view(pod->getSpec().getNodeName()));
  const std::string now = formatTime(context().wallNow());
  Draft<Pod> draft(pod);
  auto status = draft->getStatus();
  status.setPhase("Running");
  status.setStartTime(now);
  status.setHostIP(addressOf(node));
  status.initHostIPs(1)[0].setIp(addressOf(node));
  const std::string address = addresses_.of(str(pod.uid()), node);
  status.setPodIP(address);
  status.initPodIPs(1)[0].setIp(address);
  for (const char* type : {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"}) {
    const ConditionUpdate update{.type = type, .status = "True", .lastTransitionTime = now};
    setCondition<core_v1::PodCondition>(status, update);
  }
  auto containers = pod->getSpec().getContainers();
  auto statuses = status.initContainerStatuses(containers.size());
  for (unsigned i = 0; i < containers.size(); ++i) {
    statuses[i].setName(containers[i].getName());
    statuses[i].setImage(containers[i].getImage());
    statuses[i].setImageID(containers[i].getImage());
    statuses[i].setContainerID(concat("hollow://", pod.uid(), "-", i));
    statuses[i].setReady(true);
    statuses[i].initStarted().setValue(true);
    statuses[i].initState().initRunning().setStartedAt(now);
  }
  co_return co_await write(std::move(draft));
}

Task<Result<Reconciled>> HollowNodes::end(Object<Pod> pod) {
  const std::string now = formatTime(context().wallNow());
  const std::string_view asked = annotation(pod.meta(), kExitCode).value_or("0");
  int code = 0;
  std::from_chars(asked.data(), asked.data() + asked.size(), code);
  Draft<Pod> draft(pod);
  auto status = draft->getStatus();
  status.setPhase(code == 0 ? "Succeeded" : "Failed");
  for (const char* type : {"Ready", "ContainersReady"}) {
    const ConditionUpdate update{type, "False", code == 0 ? "PodCompleted" : "PodFailed", "", now};
    setCondition<core_v1::PodCondition>(status, update);
  }
  for (auto each : status.getContainerStatuses()) {
    each.setReady(false);
    each.initStarted().setValue(false);
    auto ended = each.initState().initTerminated();
    ended.setExitCode(code);
    ended.setReason(code == 0 ? "Completed" : "Error");
    ended.setStartedAt(pod->getStatus().getStartTime());
    ended.setFinishedAt(now);
    ended.setContainerID(each.asReader().getContainerID());
  }
  co_return co_await write(std::move(draft));
}

// A pod that has changed meanwhile is looked at again because of that.
Task<Result<Reconciled>> HollowNodes::write(Draft<Pod> draft) {
  auto written = co_await client_.updateStatus(std::move(draft));
  if (!written && !written.error().is(404) && !written.error().is(409)) co_return fail(written.error());
  co_return Reconciled();
}

}  // namespace

CLEAT_PLUGIN(HollowNodes, .name = "hollow-nodes", .version = "0.1.0", .maturity = "alpha", .roles = "controller",
             .grants =
                 "- pods get,list,watch,delete\n- pods/status update\n"
                 "- nodes get,create\n- nodes/status update\n"
                 "coordination.k8s.io leases create,patch\n",
             .configSchema =
                 "nodes int 10 # how many\n"
                 "prefix string hollow- # what they are called, before their number\n"
                 "cpu string 4 # what each has\n"
                 "memory string 32Gi\n"
                 "pods string 110\n"
                 "zones int 3 # in how many zones they are\n"
                 "heartbeat duration 10s # how often a node's lease is renewed; 0s: never\n"
                 "start_delay duration 0s # until a pod's containers run\n"
                 "stop_delay duration 0s # until they have stopped, at most the pod's grace period\n"
                 "run_for duration 0s # how long those run that are not started again; 0s: without end\n"
                 "writes_in_flight int 64 # pods, and nodes, that are written at a time\n");
