// Places groups of pods that take GPUs together or not at all. A pod's label says which gang it belongs to, an
// annotation how many pods that is. None of them is given a node before all of them are there and fit, and none is
// bound before all have been given one.
#include <cleat/schema/role/scheduler_extension.interface.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_request.h>
#include <cleat/sdk/scheduler_extension.h>
#include <cleat/sdk/signal.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace {

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

constexpr const char* kGang = "gang.example.com/name";
constexpr const char* kSize = "gang.example.com/size";
// What the scheduler waits longer than we do.
constexpr Duration kBeforeLimit = std::chrono::milliseconds(500);

bool hasEnded(const Object<Pod>& pod) {
  const std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed";
}

// Pods that wait for each other to be given nodes.
struct Round {
  Signal decided;
  bool failed = false;
  std::set<std::string, std::less<>> pods;  // uids
};

struct Gang {
  std::map<std::string, bool, std::less<>> members;  // by uid: whether it has a node
  int64_t size = 0, gpus = 0;                        // of one of them
  Instant claims{};                                  // until then what the others need is kept for them
  std::shared_ptr<Round> round;

  int64_t placed() const {
    return std::ranges::count_if(members, [](const auto& one) { return one.second; });
  }
  int64_t missing() const { return std::max<int64_t>(0, size - placed()); }
};

class GpuGang : public SchedulerExtensionPlugin {
 public:
  using SchedulerExtensionPlugin::SchedulerExtensionPlugin;

  Task<Result<void>> start() override {
    resource_ = config().string("resource");
    wait_ = config().duration("wait");
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { seen(before, now); });
    co_await pods_.waitSynced();
    co_return Result<void>();
  }

  // Pods that want no GPU are not asked about.
  ExtensionPoints points() override {
    return {.judges = true, .reserves = true, .permits = true, .resources = {resource_}};
  }

  Task<Result<void>> judge(PodGroup& group) override {
    const int64_t wanted = wantedBy(group.pod());
    Gang* gang = gangOf(group.pod());
    if (wanted == 0 || !gang) co_return {};
    const std::string name(*label(group.pod().meta(), kGang));
    if (gang->size < 1) {
      group.refuseAll(concat("the annotation ", kSize, " of the gang ", name, " is no number of pods"));
      co_return {};
    }
    if (const int64_t absent = gang->size - static_cast<int64_t>(gang->members.size()); absent > 0) {
      group.refuseAll(concat("the gang ", name, " waits for ", absent, " more of its ", gang->size, " pods"));
      co_return {};
    }
    int64_t room = 0, free = 0;
    group.eachCandidate([&](uint32_t, const Object<Node>& node) {
      room += freeOn(node) / wanted;
      free += freeOn(node);
    });
    room = std::min(room, std::max<int64_t>(0, free - claimedBesides(*gang)) / wanted);
    if (room < gang->missing()) {
      group.refuseAll(concat("the gang ", name, " takes ", gang->missing() * wanted, " ", resource_,
                             " at once, and there is room for ", room, " of ", gang->missing(), " pods"));
      co_return {};
    }
    gang->claims = context().now() + wait_;
    group.why(concat("had fewer than ", wanted, " free ", resource_));
    // Close together: where more of it is in use already.
    group.eachCandidate([&](uint32_t number, const Object<Node>& node) {
      const int64_t all = allOn(node), left = freeOn(node);
      if (left < wanted) return group.refuse(number);
      group.room(number, static_cast<uint32_t>(left / wanted));
      group.score(number, all == 0 ? 0 : 100 * (all - left) / all);
    });
    co_return {};
  }

  Task<Result<void>> reserve(const Placement& placement) override {
    const int64_t wanted = wantedBy(placement.pod);
    for (const Object<Node>& node : nodes()) {
      if (!node || node.name() != placement.node) continue;
      if (freeOn(node) < wanted) break;
      take(placement.pod, placement.node, wanted);
      co_return {};
    }
    co_return fail(
        Status::forbidden(concat("node ", placement.node, " has no ", wanted, " free ", resource_, " any more")));
  }

  Task<Result<void>> unreserve(const Placement& placement) override {
    giveBack(placement.pod.uid());
    co_return {};
  }

  // Until the last of them has a node, or time is up: then all of them are placed anew.
  Task<Result<void>> permit(const Placement& placement, Duration limit) override {
    Gang* gang = gangOf(placement.pod);
    if (!gang || gang->size < 1) co_return {};
    const std::string name(*label(placement.pod.meta(), kGang));
    if (!gang->round) gang->round = std::make_shared<Round>();
    const std::shared_ptr<Round> round = gang->round;
    round->pods.insert(std::string(placement.pod.uid()));
    if (gang->missing() == 0) {
      gang->round = nullptr;
      gang->claims = Instant{};
      round->decided.set();
      co_return {};
    }
    const Duration patience = std::max(std::min(limit - kBeforeLimit, wait_), Duration::zero());
    const std::string key = keyOf(placement.pod.ns(), name);
    const Timer timer = context().after(patience, [this, round, key] { giveUp(round, key); });
    co_await round->decided.wait();
    if (!round->failed) co_return {};
    co_return fail(Status::forbidden(concat("not all pods of the gang ", name, " have been given a node in time")));
  }

 private:
  struct Taken {
    std::string node;
    int64_t gpus = 0;
  };

  static std::string keyOf(std::string_view ns, std::string_view name) { return concat(ns, "/", name); }

  void giveUp(const std::shared_ptr<Round>& round, const std::string& key) {
    if (round->decided.isSet()) return;
    round->failed = true;
    if (auto found = gangs_.find(key); found != gangs_.end()) {
      if (found->second.round == round) found->second.round = nullptr;
      // Another gang may have more luck.
      found->second.claims = Instant{};
    }
    round->decided.set();
  }

  int64_t wantedBy(const Object<Pod>& pod) const {
    const ResourceAmounts asked = requestOf(pod->getSpec());
    const auto found = asked.others.find(resource_);
    return found == asked.others.end() ? 0 : found->second;
  }

  Gang* gangOf(const Object<Pod>& pod) {
    const auto name = label(pod.meta(), kGang);
    if (!name) return nullptr;
    Gang& gang = gangs_[keyOf(pod.ns(), *name)];
    gang.size = parseInteger<int64_t>(annotation(pod.meta(), kSize).value_or("")).value_or(0);
    gang.gpus = wantedBy(pod);
    gang.members.try_emplace(std::string(pod.uid()), false);
    return &gang;
  }

  // What gangs that are being placed need still.
  int64_t claimedBesides(const Gang& gang) {
    int64_t claimed = 0;
    for (const auto& [key, other] : gangs_) {
      if (&other != &gang && other.claims > context().now()) claimed += other.missing() * other.gpus;
    }
    return claimed;
  }

  void seen(const Object<Pod>& before, const Object<Pod>& now) {
    const Object<Pod>& either = now ? now : before;
    const int64_t wanted = wantedBy(either);
    if (wanted == 0) return;
    if (!now || hasEnded(now)) return leave(either);
    const std::string_view node = view(now->getSpec().getNodeName());
    gangOf(now);
    if (!node.empty()) take(now, node, wanted);
  }

  void leave(const Object<Pod>& pod) {
    giveBack(pod.uid());
    const auto name = label(pod.meta(), kGang);
    auto found = name ? gangs_.find(keyOf(pod.ns(), *name)) : gangs_.end();
    if (found == gangs_.end()) return;
    found->second.members.erase(std::string(pod.uid()));
    if (found->second.members.empty() && !found->second.round) gangs_.erase(found);
  }

  int64_t allOn(const Object<Node>& node) const {
    const ResourceAmounts all = amountsIn(node->getStatus().getAllocatable());
    const auto found = all.others.find(resource_);
    return found == all.others.end() ? 0 : found->second;
  }
  int64_t freeOn(const Object<Node>& node) const {
    const auto used = used_.find(node.name());
    return std::max<int64_t>(0, allOn(node) - (used == used_.end() ? 0 : used->second));
  }
  void take(const Object<Pod>& pod, std::string_view node, int64_t gpus) {
    giveBack(pod.uid());
    taken_.emplace(pod.uid(), Taken{std::string(node), gpus});
    used_[std::string(node)] += gpus;
    if (Gang* gang = gangOf(pod)) gang->members[std::string(pod.uid())] = true;
    gangOfTaken_[std::string(pod.uid())] = keyOf(pod.ns(), label(pod.meta(), kGang).value_or(""));
  }
  void giveBack(std::string_view uid) {
    auto found = taken_.find(uid);
    if (found == taken_.end()) return;
    used_.find(found->second.node)->second -= found->second.gpus;
    taken_.erase(found);
    auto key = gangOfTaken_.find(uid);
    if (auto gang = gangs_.find(key->second); gang != gangs_.end()) {
      if (auto member = gang->second.members.find(uid); member != gang->second.members.end()) member->second = false;
    }
    gangOfTaken_.erase(key);
  }

  std::string resource_;
  Duration wait_{};
  Informer<Pod> pods_{context()};
  std::map<std::string, Gang> gangs_;                            // by namespace and name
  std::map<std::string, Taken, std::less<>> taken_;              // by uid
  std::map<std::string, std::string, std::less<>> gangOfTaken_;  // by uid
  std::map<std::string, int64_t, std::less<>> used_;             // by node
};

}  // namespace

CLEAT_PLUGIN(GpuGang, .name = "extension-gpu-gang", .version = "1.0.0", .maturity = "alpha",
             .roles = "scheduler-extension", .grants = "- pods get,list,watch\n",
             .configSchema =
                 "resource string nvidia.com/gpu # the extended resource that counts\n"
                 "wait duration 45s # how long pods that have a node wait for the others of their gang\n");
CLEAT_BRINGS(cleat::role::schedulerExtension);
