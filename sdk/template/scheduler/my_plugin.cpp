// Schedules by rank: each pod goes to the node that allows it and has the highest number in its label `my-plugin/rank`.
// What a pod takes of a node is not looked at; `cleat/sdk/pod_request.h` has what is needed for that.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/text.h>

namespace {

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

class MyPlugin : public ControllerPlugin {
 public:
  explicit MyPlugin(Context& context) : ControllerPlugin(context, "scheduler") {}

 private:
  Result<void> watch() override {
    name_ = config().string("scheduler_name");
    controller().watch(pods_);
    // A node that comes or changes may be what all that wait have waited for.
    controller().watch(nodes_, [this](const Object<Node>&) {
      std::vector<std::string> keys;
      pods_.forEach([&](const Object<Pod>& pod) {
        if (waits(pod)) keys.push_back(pod.key());
      });
      return keys;
    });
    return {};
  }

  bool waits(const Object<Pod>& pod) const {
    auto spec = pod->getSpec();
    return spec.getNodeName().size() == 0 && view(spec.getSchedulerName()) == name_ &&
           spec.getSchedulingGates().size() == 0 && !deletionPending(pod.meta());
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<Pod> pod = pods_.get(key);
    if (!pod || !waits(pod)) co_return Reconciled{};
    const std::string node = highest(pod);
    if (node.empty()) co_return Reconciled{};
    Draft<core_v1::Binding> binding;
    binding.meta().setName(str(pod.name()));
    binding.meta().setNamespace(str(pod.ns()));
    binding.meta().setUid(str(pod.uid()));  // this pod, and not one of the same name that came since
    auto target = binding->initTarget();
    target.setKind("Node");
    target.setName(node);
    auto bound = co_await client_.createSubresource<Pod>(pod.ns(), pod.name(), "binding", std::move(binding));
    if (!bound) co_return fail(bound.error());
    co_return Reconciled{};
  }

  std::string highest(const Object<Pod>& pod) const {
    std::string best;
    int64_t bestRank = -1;
    nodes_.forEach([&](const Object<Node>& node) {
      if (node->getSpec().getUnschedulable() || !matchesNodeSelection(pod->getSpec(), node)) return;
      const int64_t rank =
          parseInteger<int64_t>(lookup(node.meta().getLabels(), "my-plugin/rank").value_or("")).value_or(0);
      if (rank <= bestRank) return;
      best = node.name();
      bestRank = rank;
    });
    return best;
  }

  std::string name_;
  Client client_{context()};
  Informer<Node> nodes_{context()};
  Informer<Pod> pods_{context()};
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "scheduler",
             .grants = "- pods,nodes get,list,watch\n- pods/binding create\n",
             .configSchema = "scheduler_name string my-plugin # pods with this spec.schedulerName are its own\n");
