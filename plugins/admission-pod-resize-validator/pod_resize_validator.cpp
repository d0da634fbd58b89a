// Keeps pods from being resized beyond what their node could ever give them.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_request.h>

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

namespace {

// What is too much of the resource, or nothing.
std::string excess(std::string_view resource, int64_t requested, int64_t allocatable) {
  if (requested <= allocatable) return {};
  return concat(resource, ", requested: ", requested, ", allocatable: ", allocatable);
}

std::string excessOf(const ResourceAmounts& requested, const ResourceAmounts& allocatable) {
  const std::string cpu = excess("cpu", requested.milliCpu, allocatable.milliCpu);
  const std::string memory = excess("memory", requested.memory, allocatable.memory);
  return concat(cpu, cpu.empty() || memory.empty() ? "" : "; ", memory);
}

class PodResizeValidator : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    nodes_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods/resize", .operations = {role::Operation::UPDATE}, .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<Pod> pod = request.object<Pod>();
    const std::string name = str(pod->getSpec().getNodeName());
    const Object<Pod> old = request.old<Pod>();
    if (name.empty() || capnp::toAny(pod->getSpec()) == capnp::toAny(old->getSpec())) co_return Result<void>();
    auto finding = nodes_.find("", name);
    const Result<Object<Node>> node = co_await std::move(finding);
    if (!node && node.error().is(404)) co_return request.forbid(concat("node \"", name, "\" not found"));
    if (!node) co_return request.retry(node.error());
    const std::string system(label(node->meta(), "kubernetes.io/os").value_or("linux"));
    if (system != "linux") {
      co_return refuse(request, "UnsupportedPlatform",
                       concat("pod resize is only supported on linux nodes, node \"", name, "\" is \"", system, "\""));
    }
    const std::string excess = excessOf(requestOf(pod->getSpec()), amountsIn((*node)->getStatus().getAllocatable()));
    if (excess.empty()) co_return Result<void>();
    co_return refuse(request, "NodeCapacity", concat("node didn't have enough allocatable resources: ", excess));
  }

 private:
  static std::unexpected<Status> refuse(AdmissionRequest& request, const char* reason, const std::string& why) {
    Status status = request.forbidden(why);
    status.details.causes.push_back({reason, "", ""});
    return request.refuse(std::move(status));
  }

  Lookup<Node> nodes_{context()};
};

}  // namespace

CLEAT_PLUGIN(PodResizeValidator, .name = "admission-pod-resize-validator", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- nodes get,list,watch\n");
