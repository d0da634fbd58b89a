// Writes into pods what the RuntimeClass that they name demands: its overhead, and which nodes have it.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/node_v1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/taints.h>

#include <map>

using namespace cleat;
using core_v1::Pod;
using node_v1::RuntimeClass;

namespace {

bool sameAmounts(TextMapReader a, TextMapReader b) {
  std::map<std::string_view, Quantity> left, right;
  for (auto entry : a) left[view(entry.getKey())] = Quantity::parseOrZero(entry.getValue());
  for (auto entry : b) right[view(entry.getKey())] = Quantity::parseOrZero(entry.getValue());
  return left == right;
}

class RuntimeClassAdmission : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    classes_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods",
             .operations = {role::Operation::CREATE},
             .mutates = true,
             .validates = true,
             .fields = {"spec.runtimeClassName", "spec.overhead"}}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const Object<Pod> asked = request.object<Pod>();
    Result<Object<RuntimeClass>> found = co_await classOf(request, asked);
    if (!found) co_return fail(found.error());
    if (!*found || !((*found)->hasOverhead() || (*found)->hasScheduling())) co_return Result<void>();
    Draft<Pod> pod(asked);
    CLEAT_CO_TRY(setOverhead(request, pod->getSpec(), **found));
    CLEAT_CO_TRY(setScheduling(request, pod->getSpec(), **found));
    request.replace(std::move(pod));
    co_return Result<void>();
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<Pod> pod = request.object<Pod>();
    auto spec = pod->getSpec();
    if (!spec.hasRuntimeClassName() && !spec.hasOverhead()) co_return Result<void>();
    Result<Object<RuntimeClass>> found = co_await classOf(request, pod);
    if (!found) co_return fail(found.error());
    if (*found && (*found)->hasOverhead()) {
      if (sameAmounts((*found)->getOverhead().getPodFixed(), spec.getOverhead())) co_return Result<void>();
      co_return request.forbid(kOtherOverhead);
    }
    if (!spec.hasOverhead()) co_return Result<void>();
    co_return request.forbid("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
  }

 private:
  static constexpr const char* kOtherOverhead =
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

  // Refers to nothing where the pod names none.
  Task<Result<Object<RuntimeClass>>> classOf(AdmissionRequest& request, Object<Pod> pod) {
    if (!pod->getSpec().hasRuntimeClassName()) co_return Object<RuntimeClass>();
    const std::string name = str(pod->getSpec().getRuntimeClassName());
    Result<Object<RuntimeClass>> found = fail(Status::notFound("runtimeclasses.node.k8s.io", name));
    if (!name.empty()) found = co_await classes_.find("", name);
    if (!found && found.error().is(404)) {
      co_return request.forbid(concat("pod rejected: RuntimeClass \"", name, "\" not found"));
    }
    if (!found) co_return request.retry(found.error());
    co_return *found;
  }

  static Result<void> setOverhead(AdmissionRequest& request, core_v1::PodSpec::Builder spec, RuntimeClass::Reader of) {
    if (!of.hasOverhead()) return {};
    auto fixed = of.getOverhead().getPodFixed();
    auto given = spec.asReader().getOverhead();
    if (given.size() > 0 && !sameAmounts(fixed, given)) return request.forbid(kOtherOverhead);
    spec.setOverhead(fixed);
    return {};
  }

  static Result<void> setScheduling(AdmissionRequest& request, core_v1::PodSpec::Builder spec,
                                    RuntimeClass::Reader of) {
    if (!of.hasScheduling()) return {};
    for (auto entry : of.getScheduling().getNodeSelector()) {
      const std::string_view key = view(entry.getKey()), value = view(entry.getValue());
      const std::string own = str(lookup(spec.asReader().getNodeSelector(), key).value_or(value));
      if (own != value) {
        return request.forbid(concat("conflict: runtimeClass.scheduling.nodeSelector[", key, "] = ", value,
                                     "; pod.spec.nodeSelector[", key, "] = ", own));
      }
      spec.adoptNodeSelector(withEntry(spec.asReader().getNodeSelector(), orphanageOf(spec), key, value));
    }
    spec.adoptTolerations(
        mergedTolerations(orphanageOf(spec), spec.asReader().getTolerations(), of.getScheduling().getTolerations()));
    return {};
  }

  Lookup<RuntimeClass> classes_{context()};
};

}  // namespace

CLEAT_PLUGIN(RuntimeClassAdmission, .name = "admission-runtime-class", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "node.k8s.io runtimeclasses get,list,watch\n");
