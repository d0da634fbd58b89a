#include "admission-mutating-policy/mutating_policy.h"

#include <cleat/sdk/text.h>

#include "policy-common/apply_merge.h"
#include "policy-common/json_patch.h"

namespace cleat::policy {

std::shared_ptr<const MutatingPolicy> MutatingPolicy::compile(
    admissionregistration_v1::MutatingAdmissionPolicy::Reader policy) {
  auto spec = policy.getSpec();
  auto made = std::make_shared<MutatingPolicy>();
  made->name = str(view(policy.getMetadata().getName()));
  made->failsOpen = view(spec.getFailurePolicy()) == "Ignore";
  made->reinvoked = view(spec.getReinvocationPolicy()) == "IfNeeded";
  PolicyCompiler compiler({.hasParams = spec.hasParamKind(), .mutates = true});
  // Conditions are looked at before there are variables.
  for (auto condition : spec.getMatchConditions()) {
    made->conditions.push_back(compiler.compile(view(condition.getExpression()), ResultTypes::boolean));
  }
  for (auto variable : spec.getVariables()) {
    const std::string name = str(view(variable.getName()));
    made->variables.push_back({name, compiler.variable(name, view(variable.getExpression()))});
  }
  for (auto mutation : spec.getMutations()) {
    const bool applies = view(mutation.getPatchType()) == "ApplyConfiguration";
    const std::string_view expression =
        view(applies ? mutation.getApplyConfiguration().getExpression() : mutation.getJsonPatch().getExpression());
    made->mutations.push_back(
        {applies, compiler.compile(expression, applies ? ResultTypes::applyConfiguration : ResultTypes::jsonPatch)});
  }
  made->spoken = compiler.spoken();
  return made;
}

Result<bool> conditionsHold(const MutatingPolicy& policy, PolicyRun::Inputs inputs) {
  PolicyRun run(policy.variables, std::move(inputs), policy.spoken.variables);
  std::string error;
  for (const PolicyProgram& condition : policy.conditions) {
    const cel::Value value = run.evaluate(condition);
    if (value.isError()) {
      if (error.empty()) error = str(value.message());
    } else if (!value.isTrue()) {
      return false;
    }
  }
  if (!error.empty()) return fail(Status::badRequest(error));
  return true;
}

Result<bool> mutate(const MutatingPolicy& policy, const MutatingPolicy::Mutation& mutation, PolicyRun::Inputs inputs,
                    const MergePlace& place, Document& document) {
  PolicyRun run(policy.variables, std::move(inputs), policy.spoken.variables);
  const cel::Value value = run.evaluate(mutation.program);
  if (value.isError()) return fail(Status::badRequest(str(value.message())));
  CLEAT_TRY(const Document change, documentOf(value));
  const Result<void> done = mutation.applies ? applyMerge(document, change, place) : applyJsonPatch(document, change);
  if (done) return true;
  if (done.error().reason == kTestFailed) return false;
  return fail(done.error());
}

}  // namespace cleat::policy
