// Says in the status of ValidatingAdmissionPolicies which of their expressions would fail, by the types of what they
// are about.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>

#include <algorithm>

#include "policy-common/known_kinds.h"
#include "policy-common/struct_types.h"
#include "type_checking.h"

namespace cleat::policy {

namespace {

using admissionregistration_v1::ValidatingAdmissionPolicy;
using Kinds = capnp::List<wire::KindName>::Reader;

constexpr size_t kMostKinds = 10;  // of a policy; Kubernetes looks at no more either

bool names(capnp::List<capnp::Text>::Reader texts, capnp::Text::Reader text) {
  for (auto each : texts) {
    if (each == text) return true;
  }
  return false;
}

// Those that a rule names; of wildcards nobody knows what they stand for.
void addKinds(admissionregistration_v1::NamedRuleWithOperations::Reader rule, Kinds known,
              std::vector<CheckedKind>& out) {
  for (auto kind : known) {
    if (out.size() >= kMostKinds || !names(rule.getResources(), kind.getResource())) continue;
    if (!names(rule.getApiGroups(), kind.getGroup()) || !names(rule.getApiVersions(), kind.getVersion())) continue;
    auto schema = structOf({view(kind.getGroup()), view(kind.getVersion()), view(kind.getKind())});
    if (!schema) continue;
    out.push_back(
        {str(view(kind.getGroup())), str(view(kind.getVersion())), str(view(kind.getKind())), objectTypeOf(*schema)});
  }
}

cel::TypeRef paramsType(admissionregistration_v1::ValidatingAdmissionPolicySpec::Reader spec) {
  const std::string_view apiVersion = view(spec.getParamKind().getApiVersion());
  const size_t slash = apiVersion.find('/');
  const bool hasGroup = slash != std::string_view::npos;
  auto schema = structOf({hasGroup ? apiVersion.substr(0, slash) : std::string_view(),
                          hasGroup ? apiVersion.substr(slash + 1) : apiVersion, view(spec.getParamKind().getKind())});
  return schema ? objectTypeOf(*schema) : cel::types::dyn();
}

}  // namespace

class PolicyStatusController : public ControllerPlugin {
 public:
  explicit PolicyStatusController(Context& context) : ControllerPlugin(context, "validating-policy-status") {}

  Result<void> watch() override {
    controller().watch(policies_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<ValidatingAdmissionPolicy> policy = policies_.get(key);
    if (!policy || policy->getStatus().getObservedGeneration() >= policy.meta().getGeneration()) co_return Reconciled();
    auto listing = context().call(wire::cluster::kinds);
    auto known = co_await std::move(listing);
    if (!known) co_return fail(known.error());
    auto spec = policy->getSpec();
    std::vector<CheckedKind> kinds;
    for (auto rule : spec.getMatchConstraints().getResourceRules()) addKinds(rule, (**known).getKinds(), kinds);
    const std::vector<ExpressionWarning> warnings = checkTypesOf(spec, kinds, paramsType(spec));
    Draft<ValidatingAdmissionPolicy> draft(policy);
    auto status = draft->getStatus();
    status.setObservedGeneration(policy.meta().getGeneration());
    auto list = status.initTypeChecking().initExpressionWarnings(static_cast<uint32_t>(warnings.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setFieldRef(warnings[i].fieldRef);
      list[i].setWarning(warnings[i].warning);
    }
    auto updating = client_.updateStatus(std::move(draft));
    auto updated = co_await std::move(updating);
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    co_return Reconciled();
  }

  Client client_{context()};
  Informer<ValidatingAdmissionPolicy> policies_{context()};
};

}  // namespace cleat::policy

CLEAT_PLUGIN(cleat::policy::PolicyStatusController, .name = "controller-validating-policy-status", .version = "0.1.0",
             .maturity = "alpha", .roles = "controller",
             .grants =
                 "admissionregistration.k8s.io validatingadmissionpolicies get,list,watch\n"
                 "admissionregistration.k8s.io validatingadmissionpolicies/status update\n");
