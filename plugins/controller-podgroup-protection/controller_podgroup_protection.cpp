// Keeps pod groups that are being deleted for as long as pods of them run or wait.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/finalizer_guard.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/pod_state.h>

using namespace cleat;
using core_v1::Pod;
using scheduling_v1beta1::PodGroup;

namespace {

constexpr const char* kByGroup = "group";

// The key of the group of a pod that has not ended.
std::vector<std::string> groupOf(const Object<Pod>& pod) {
  const std::string_view name = view(pod->getSpec().getSchedulingGroup().getPodGroupName());
  if (name.empty() || isTerminal(pod)) return {};
  return {keyOf(pod.ns(), name)};
}

bool isOfGroup(const AnyRef& pod) {
  return Object<Pod>(pod)->getSpec().getSchedulingGroup().getPodGroupName().size() > 0;
}

class PodGroupProtectionController : public ControllerPlugin {
 public:
  explicit PodGroupProtectionController(Context& context) : ControllerPlugin(context, "podgroup-protection") {}

  Result<void> watch() override {
    pods_.addIndex(kByGroup, groupOf);
    controller().watch(groups_);
    controller().watch(pods_, groupOf);
    return {};
  }

 private:
  // Whoever makes groups without the finalizer does not want them held.
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<PodGroup> group = groups_.get(key);
    if (!group || !guard_.mayGo(group) || !pods_.byIndex(kByGroup, key).empty()) co_return Reconciled();
    auto released = guard_.release(group);
    co_return co_await std::move(released);
  }

  FinalizerGuard<PodGroup> guard_{context(), "scheduling.k8s.io/podgroup-protection"};
  Informer<PodGroup> groups_{context()};
  Informer<Pod> pods_{context(), {.only = isOfGroup}};
};

}  // namespace

CLEAT_PLUGIN(PodGroupProtectionController, .name = "controller-podgroup-protection", .version = "0.1.0",
             .maturity = "alpha", .roles = "controller",
             .grants =
                 "- pods get,list,watch\n"
                 "scheduling.k8s.io podgroups get,list,watch,update\n");
