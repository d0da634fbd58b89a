#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <set>

#include "kinds-admissionregistration/registration_kinds.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds::admissionregistration {

namespace {

template <class K>
void setBindingDefaults(typename K::Builder binding, const Change<K>&) {
  auto spec = binding.getSpec();
  if (spec.hasMatchResources()) setDefaults(spec.getMatchResources());
}

void checkParamRef(v1::ParamRef::Reader param, const Path& path, Findings& findings) {
  constexpr const char* kBoth = "name and selector are mutually exclusive";
  const bool named = param.getName().size() > 0, selected = param.hasSelector();
  if (named) findings.invalidEach(path / "name", param.getName(), wrongPathSegment(view(param.getName())));
  if (named && selected) findings.forbidden(path / "name", kBoth);
  if (selected) checkLabelSelector(param.getSelector(), path / "selector", findings);
  if (named && selected) findings.forbidden(path / "selector", kBoth);
  if (!named && !selected) findings.required(path, "one of name or selector must be specified");
  const Path action = path / "parameterNotFoundAction";
  if (param.getParameterNotFoundAction().size() == 0) return findings.required(action);
  checkOneOf(view(param.getParameterNotFoundAction()), action, {"Deny", "Allow"}, findings);
}

template <class Spec>
void checkBinding(Spec spec, Findings& findings) {
  const Path path("spec");
  auto policy = spec.getPolicyName();
  if (policy.size() == 0) findings.required(path / "policyName");
  if (policy.size() > 0) findings.invalidEach(path / "policyName", policy, wrongDns1123Subdomain(view(policy)));
  if (spec.hasParamRef()) checkParamRef(spec.getParamRef(), path / "paramRef", findings);
  if (spec.hasMatchResources()) checkMatchResources(spec.getMatchResources(), path / "matchResources", findings);
}

void checkActions(capnp::List<capnp::Text>::Reader actions, Findings& findings) {
  const Path path = Path("spec") / "validationActions";
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < actions.size(); ++i) {
    checkOneOf(view(actions[i]), path[i], {"Audit", "Deny", "Warn"}, findings);
    if (!seen.insert(view(actions[i])).second) findings.duplicate(path[i], actions[i]);
  }
  if (seen.contains("Deny") && seen.contains("Warn")) {
    findings.invalid(path, Shown::list(strings(actions)),
                     "must not contain both Deny and Warn (repeating the same validation failure information in the "
                     "API response and headers serves no purpose)");
  }
  if (seen.empty()) findings.required(path);
}

void validateValidatingBinding(const Change<v1::ValidatingAdmissionPolicyBinding>& change, Findings& findings) {
  checkBinding(change.object.getSpec(), findings);
  checkActions(change.object.getSpec().getValidationActions(), findings);
}

void validateMutatingBinding(const Change<v1::MutatingAdmissionPolicyBinding>& change, Findings& findings) {
  checkBinding(change.object.getSpec(), findings);
  checkNoDelete(change.object.getSpec().getMatchResources(), Path("spec") / "matchResources", findings);
}

// Whether the kind has namespaces cannot be told from here: "*" stands for that of whatever a request is about.
std::string paramText(bool present, v1::ParamRef::Reader param) {
  if (!present) return "<unset>";
  const bool everywhere = param.getNamespace().size() == 0;
  if (param.getName().size() > 0)
    return concat(everywhere ? "*" : view(param.getNamespace()), "/", view(param.getName()));
  return param.hasSelector() ? selectorText(param.getSelector()) : "<unset>";
}

template <class K>
void printBinding(typename K::Reader binding, Cells& cells) {
  auto spec = binding.getSpec();
  cells.text(binding.getMetadata().getName());
  cells.text(spec.getPolicyName());
  cells.text(paramText(spec.hasParamRef(), spec.getParamRef()));
  cells.age(binding.getMetadata().getCreationTimestamp());
}

KindFacts bindingFacts() {
  return {.structFile = kSchemaFile,
          .categories = {kCategory},
          .columns = {nameColumn(),
                      {"PolicyName", "string", "The policy that it puts into effect."},
                      {"ParamRef", "string", "The objects that the policy gets as parameters."},
                      ageColumn()},
          .updateNeedsRevision = true,
          .anyFinalizers = true};
}

}  // namespace

void addBindings(KindTable& table) {
  using Validating = v1::ValidatingAdmissionPolicyBinding;
  table.add<Validating>(bindingFacts(),
                        {setBindingDefaults<Validating>, validateValidatingBinding, printBinding<Validating>});
  using Mutating = v1::MutatingAdmissionPolicyBinding;
  table.add<Mutating>(bindingFacts(), {setBindingDefaults<Mutating>, validateMutatingBinding, printBinding<Mutating>});
}

}  // namespace cleat::kinds::admissionregistration
