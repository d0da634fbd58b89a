// Tells pods by their labels which zone and region the node that they are on is in.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>

#include <array>

using namespace cleat;
using core_v1::Binding;
using core_v1::Node;
using core_v1::Pod;

namespace {

constexpr std::array<std::string_view, 2> kCopied = {"topology.kubernetes.io/zone", "topology.kubernetes.io/region"};

class PodTopologyLabels : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    nodes_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    const std::vector<role::Operation> creates{role::Operation::CREATE};
    return {{.resource = "pods", .operations = creates, .mutates = true, .fields = {"spec.nodeName"}},
            {.resource = "pods/binding", .operations = creates, .mutates = true}};
  }

  // The labels of a binding go to the pod that is bound.
  Task<Result<void>> mutate(AdmissionRequest& request) override {
    if (request.subresource().empty()) {
      const Object<Pod> pod = request.object<Pod>();
      co_return co_await label(request, pod, str(pod->getSpec().getNodeName()));
    }
    const Object<Binding> binding = request.object<Binding>();
    if (view(binding->getTarget().getKind()) != "Node") co_return Result<void>();
    co_return co_await label(request, binding, str(binding->getTarget().getName()));
  }

 private:
  template <class K>
  Task<Result<void>> label(AdmissionRequest& request, Object<K> object, std::string nodeName) {
    if (nodeName.empty()) co_return Result<void>();
    Result<Object<Node>> node = co_await nodes_.find("", nodeName);
    // It may be a pod of a node that is not there yet.
    if (!node && node.error().is(404)) co_return Result<void>();
    if (!node) co_return request.retry(node.error());
    Draft<K> labelled(object);
    bool changed = false;
    for (std::string_view key : kCopied) {
      auto value = cleat::label(node->meta(), key);
      if (value) changed = setLabel(labelled.meta(), key, value) || changed;
    }
    if (changed) request.replace(std::move(labelled));
    co_return Result<void>();
  }

  Lookup<Node> nodes_{context()};
};

}  // namespace

CLEAT_PLUGIN(PodTopologyLabels, .name = "admission-pod-topology-labels", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- nodes get,list,watch\n");
