// Keeps pods off a node by taints for as long as the node says of itself that it should get none.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/time.h>

#include <algorithm>
#include <array>
#include <set>

using namespace cleat;
using core_v1::Node;
using core_v1::Taint;

namespace {

constexpr const char* kNoSchedule = "NoSchedule";
constexpr const char* kUnschedulable = "node.kubernetes.io/unschedulable";

struct Meaning {
  std::string_view condition, status, taint;
};
constexpr std::array<Meaning, 6> kMeanings{{
    {"Ready", "False", "node.kubernetes.io/not-ready"},
    {"Ready", "Unknown", "node.kubernetes.io/unreachable"},
    {"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
    {"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
    {"PIDPressure", "True", "node.kubernetes.io/pid-pressure"},
    {"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
}};

std::set<std::string_view> wantedTaints(Node::Reader node) {
  std::set<std::string_view> wanted;
  for (const Meaning& meaning : kMeanings) {
    if (conditionIs(node.getStatus().getConditions(), meaning.condition, meaning.status)) wanted.insert(meaning.taint);
  }
  if (node.getSpec().getUnschedulable()) wanted.insert(kUnschedulable);
  return wanted;
}

// Whether it is this controller that sets such a taint and takes it away. With another effect it is somebody else's.
bool isKeptHere(Taint::Reader taint) {
  if (view(taint.getEffect()) != kNoSchedule) return false;
  const std::string_view key = view(taint.getKey());
  return key == kUnschedulable || std::ranges::find(kMeanings, key, &Meaning::taint) != kMeanings.end();
}

class NodeTaints : public ControllerPlugin {
 public:
  explicit NodeTaints(Context& context) : ControllerPlugin(context, "node-taints") {}

  Result<void> watch() override {
    controller().watch(nodes_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<Node> node = nodes_.get(key);
    if (!node || deletionPending(node.meta())) co_return Reconciled();
    std::set<std::string_view> missing = wantedTaints(*node);
    std::vector<Taint::Reader> kept;
    for (auto taint : node->getSpec().getTaints()) {
      if (!isKeptHere(taint) || missing.erase(view(taint.getKey())) > 0) kept.push_back(taint);
    }
    if (missing.empty() && kept.size() == node->getSpec().getTaints().size()) co_return Reconciled();
    auto writing = client_.update(tainted(node, kept, missing));
    auto written = co_await std::move(writing);
    if (!written && !written.error().is(404)) co_return fail(written.error());
    co_return Reconciled();
  }

  Draft<Node> tainted(const Object<Node>& node, const std::vector<Taint::Reader>& kept,
                      const std::set<std::string_view>& missing) {
    Draft<Node> draft(node);
    auto spec = draft->getSpec();
    auto list = orphanageOf(spec).newOrphan<capnp::List<Taint>>(static_cast<uint32_t>(kept.size() + missing.size()));
    uint32_t at = 0;
    for (Taint::Reader taint : kept) list.get().setWithCaveats(at++, taint);
    for (std::string_view key : missing) {
      auto taint = list.get()[at++];
      taint.setKey(str(key));
      taint.setEffect(kNoSchedule);
      taint.setTimeAdded(formatTime(context().wallNow()));
    }
    spec.adoptTaints(std::move(list));
    return draft;
  }

  Client client_{context()};
  Informer<Node> nodes_{context()};
};

}  // namespace

CLEAT_PLUGIN(NodeTaints, .name = "controller-node-taints", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "- nodes get,list,watch,update\n");
