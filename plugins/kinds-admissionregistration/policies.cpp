// ValidatingAdmissionPolicy and MutatingAdmissionPolicy.
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "kinds-admissionregistration/registration_kinds.h"
#include "kinds-common/conditions.h"
#include "kinds-common/names.h"

namespace cleat::kinds::admissionregistration {

namespace {

using policy::ResultTypes;

constexpr size_t kMostAnnotations = 20, kLongestAnnotation = 5 * 1024;
constexpr std::array<std::string_view, 21> kReservedNames{
    "true", "false",  "null", "in",   "as",      "break",     "const",  "continue", "else", "for",  "function",
    "if",   "import", "let",  "loop", "package", "namespace", "return", "var",      "void", "while"};

template <class K>
void setPolicyDefaults(typename K::Builder policy, const Change<K>&) {
  auto spec = policy.getSpec();
  if (!spec.hasFailurePolicy()) spec.setFailurePolicy("Fail");
  if (spec.hasMatchConstraints()) setDefaults(spec.getMatchConstraints());
}

void checkParamKind(v1::ParamKind::Reader kind, const Path& path, Findings& findings) {
  const std::string_view version = view(kind.getApiVersion()), name = view(kind.getKind());
  const Path at = path / "apiVersion";
  const size_t slash = version.find('/');
  const std::string_view group = slash == std::string_view::npos ? "" : version.substr(0, slash);
  const std::string_view plain = slash == std::string_view::npos ? version : version.substr(slash + 1);
  if (version.empty()) {
    findings.required(at);
  } else if (plain.find('/') != std::string_view::npos) {
    findings.invalid(at, version, concat("unexpected GroupVersion string: ", version));
  } else {
    if (Wrongs wrongs = wrongDns1123Subdomain(group); !group.empty() && !wrongs.empty()) {
      findings.invalid(at, group, joined(wrongs, ","));
    }
    if (plain.empty()) {
      findings.invalid(at, version, "version must be specified");
    } else if (Wrongs wrongs = wrongDns1035Label(plain); !wrongs.empty()) {
      findings.invalid(at, plain, joined(wrongs, ","));
    }
  }
  if (name.empty()) return findings.required(path / "kind");
  if (Wrongs wrongs = wrongDns1035Label(lowerCase(name)); !wrongs.empty()) {
    findings.invalid(path / "kind", name,
                     concat("may have mixed case, but should otherwise match: ", joined(wrongs, ",")));
  }
}

// Whether it can be the name of something in an expression.
bool isIdentifier(std::string_view name) {
  const bool form = std::ranges::all_of(name, [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  const bool digit = !name.empty() && name.front() >= '0' && name.front() <= '9';
  return form && !digit && std::ranges::find(kReservedNames, name) == kReservedNames.end();
}

void checkVariables(capnp::List<v1::Variable>::Reader variables, PolicyExpressions& expressions, const Path& path,
                    Findings& findings) {
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const std::string_view name = view(variables[i].getName());
    if (trimmed(name).empty()) {
      findings.required(path[i] / "name", "name is not specified");
    } else if (!isIdentifier(name)) {
      findings.invalid(path[i] / "name", name, "name is not a valid CEL identifier");
    }
    if (trimmed(view(variables[i].getExpression())).empty()) {
      findings.required(path[i] / "expression", "expression is not specified");
    } else {
      expressions.variable(variables[i], path[i] / "expression");
    }
  }
}

// What both kinds of policies have.
template <class Spec>
void checkCommon(Spec spec, const Path& path, Findings& findings) {
  checkFailurePolicy(view(spec.getFailurePolicy()), path / "failurePolicy", findings);
  if (spec.hasParamKind()) checkParamKind(spec.getParamKind(), path / "paramKind", findings);
  const Path constraints = path / "matchConstraints";
  if (!spec.hasMatchConstraints()) return findings.required(constraints);
  checkMatchResources(spec.getMatchConstraints(), constraints, findings);
  if (spec.getMatchConstraints().getResourceRules().size() == 0) findings.required(constraints / "resourceRules");
}

// Conditions that have not changed are not looked at again.
template <class K>
void checkConditionsOf(const Change<K>& change, const Path& path, Findings& findings) {
  auto spec = change.object.getSpec();
  if (change.old) {
    auto old = change.old->getSpec();
    const bool same = sameStruct(old.getParamKind(), spec.getParamKind()) &&
                      sameStruct(old.getMatchConditions(), spec.getMatchConditions());
    if (same) return;
  }
  checkMatchConditions(spec.getMatchConditions(), spec.hasParamKind(), path / "matchConditions", findings);
}

void checkValidation(v1::Validation::Reader validation, PolicyExpressions& expressions, const Path& path,
                     Findings& findings) {
  const std::string_view message = view(validation.getMessage()), made = view(validation.getMessageExpression());
  if (trimmed(view(validation.getExpression())).empty()) {
    findings.required(path / "expression", "expression is not specified");
  } else {
    expressions.check(view(validation.getExpression()), ResultTypes::boolean, path / "expression");
  }
  if (!trimmed(made).empty()) {
    expressions.check(made, ResultTypes::text, path / "messageExpression", policy::Scope::withoutAuthorizer);
  } else if (!made.empty()) {
    findings.invalid(path / "messageExpression", made, "must be non-empty if specified");
  }
  if (!message.empty() && trimmed(message).empty()) {
    findings.invalid(path / "message", message, "message must be non-empty if specified");
  } else if (trimmed(message).find_first_of("\n\r") != std::string_view::npos) {
    findings.invalid(path / "message", message, "message must not contain line breaks");
  }
  if (validation.hasReason()) {
    checkOneOf(view(validation.getReason()), path / "reason", {"Forbidden", "Invalid", "RequestEntityTooLarge"},
               findings);
  }
}

void checkAnnotations(capnp::List<v1::AuditAnnotation>::Reader annotations, std::string_view name,
                      PolicyExpressions& expressions, const Path& path, Findings& findings) {
  if (annotations.size() > kMostAnnotations) {
    findings.invalid(path, Shown::plain("[]"),
                     concat("must not have more than ", kMostAnnotations, " auditAnnotations"));
  }
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < annotations.size(); ++i) {
    auto key = annotations[i].getKey();
    const std::string whole = concat(name, "/", view(key));
    findings.invalidEach(path[i] / "key", whole, wrongQualifiedName(whole));
    const std::string_view expression = trimmed(view(annotations[i].getValueExpression()));
    const Path at = path[i] / "valueExpression";
    if (expression.empty()) {
      findings.required(at, "valueExpression is not specified");
    } else if (expression.size() > kLongestAnnotation) {
      findings.required(at, concat("must not exceed ", kLongestAnnotation, " bytes in length"));
    } else {
      expressions.check(view(annotations[i].getValueExpression()), ResultTypes::textOrNull, at);
    }
    if (!seen.insert(view(key)).second) findings.duplicate(path[i] / "key", key);
  }
}

void checkPolicyStatus(v1::ValidatingAdmissionPolicyStatus::Reader status, Findings& findings) {
  const Path path("status"), warningsPath = path / "typeChecking" / "expressionWarnings";
  auto warnings = status.getTypeChecking().getExpressionWarnings();
  for (uint32_t i = 0; i < warnings.size(); ++i) {
    if (warnings[i].getWarning().size() == 0) findings.required(warningsPath[i] / "warning");
    if (trimmed(view(warnings[i].getFieldRef())).empty()) findings.required(warningsPath[i] / "fieldRef");
  }
  checkConditions(status.getConditions(), path / "conditions", findings);
}

void validateValidating(const Change<v1::ValidatingAdmissionPolicy>& change, Findings& findings) {
  if (change.isStatus()) return checkPolicyStatus(change.object.getStatus(), findings);
  const Path path("spec");
  auto spec = change.object.getSpec();
  checkCommon(spec, path, findings);
  checkConditionsOf(change, path, findings);
  // What was stored before stays as good as it was.
  const bool same = change.old && sameStruct(change.old->getSpec(), spec);
  PolicyExpressions expressions(!same, spec.hasParamKind(), false, findings);
  checkVariables(spec.getVariables(), expressions, path / "variables", findings);
  auto validations = spec.getValidations();
  if (validations.size() == 0 && spec.getAuditAnnotations().size() == 0) {
    constexpr const char* kNone = "validations or auditAnnotations must contain at least one item";
    findings.required(path / "validations", kNone);
    return findings.required(path / "auditAnnotations", kNone);
  }
  for (uint32_t i = 0; i < validations.size(); ++i) {
    checkValidation(validations[i], expressions, (path / "validations")[i], findings);
  }
  checkAnnotations(spec.getAuditAnnotations(), view(change.object.getMetadata().getName()), expressions,
                   path / "auditAnnotations", findings);
}

// The member that a type of patches has.
void checkPatch(bool present, bool other, std::string_view expression, const char* field, const char* otherField,
                std::string_view type, PolicyExpressions& expressions, const Path& path, Findings& findings) {
  const auto result = type == "JSONPatch" ? ResultTypes::jsonPatch : ResultTypes::applyConfiguration;
  if (!present) {
    findings.required(path / field, concat("must be specified when patchType is ", type));
  } else if (trimmed(expression).empty()) {
    findings.required(path / field / "expression");
  } else {
    expressions.check(expression, result, path / field / "expression");
  }
  if (other) {
    findings.invalid(path / otherField, concat("{", otherField, "}"),
                     concat("must not be specified when patchType is ", type));
  }
}

void checkMutation(v1::Mutation::Reader mutation, PolicyExpressions& expressions, const Path& path,
                   Findings& findings) {
  const std::string_view type = view(mutation.getPatchType());
  const bool applies = mutation.hasApplyConfiguration(), patches = mutation.hasJsonPatch();
  if (type.empty()) return findings.required(path / "patchType");
  if (type == "JSONPatch") {
    checkPatch(patches, applies, view(mutation.getJsonPatch().getExpression()), "jsonPatch", "applyConfiguration", type,
               expressions, path, findings);
  } else if (type == "ApplyConfiguration") {
    checkPatch(applies, patches, view(mutation.getApplyConfiguration().getExpression()), "applyConfiguration",
               "jsonPatch", type, expressions, path, findings);
  } else {
    findings.notSupported(path / "patchType", type, {"ApplyConfiguration", "JSONPatch"});
  }
}

void validateMutating(const Change<v1::MutatingAdmissionPolicy>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  checkCommon(spec, path, findings);
  checkNoDelete(spec.getMatchConstraints(), path / "matchConstraints", findings);
  checkConditionsOf(change, path, findings);
  const bool same = change.old && sameStruct(change.old->getSpec(), spec);
  PolicyExpressions expressions(!same, spec.hasParamKind(), true, findings);
  checkVariables(spec.getVariables(), expressions, path / "variables", findings);
  auto mutations = spec.getMutations();
  if (mutations.size() == 0) findings.required(path / "mutations", "mutations must contain at least one item");
  for (uint32_t i = 0; i < mutations.size(); ++i) {
    checkMutation(mutations[i], expressions, (path / "mutations")[i], findings);
  }
  const std::string_view again = view(spec.getReinvocationPolicy());
  if (again.empty()) return findings.required(path / "reinvocationPolicy");
  checkOneOf(again, path / "reinvocationPolicy", {"IfNeeded", "Never"}, findings);
}

template <class Spec>
std::string paramKindText(Spec spec) {
  if (!spec.hasParamKind()) return "<unset>";
  return concat(view(spec.getParamKind().getApiVersion()), "/", view(spec.getParamKind().getKind()));
}

void printValidating(v1::ValidatingAdmissionPolicy::Reader policy, Cells& cells) {
  cells.text(policy.getMetadata().getName());
  cells.integer(policy.getSpec().getValidations().size());
  cells.text(paramKindText(policy.getSpec()));
  cells.age(policy.getMetadata().getCreationTimestamp());
}

void printMutating(v1::MutatingAdmissionPolicy::Reader policy, Cells& cells) {
  cells.text(policy.getMetadata().getName());
  cells.integer(policy.getSpec().getMutations().size());
  cells.text(paramKindText(policy.getSpec()));
  cells.age(policy.getMetadata().getCreationTimestamp());
}

KindFacts facts(const char* counted, const char* about) {
  return {.structFile = kSchemaFile,
          .categories = {kCategory},
          .columns = {nameColumn(),
                      {counted, "integer", about},
                      {"ParamKind", "string", "The kind of the objects that are its parameters."},
                      ageColumn()},
          .updateNeedsRevision = true,
          .anyFinalizers = true};
}

}  // namespace

void addPolicies(KindTable& table) {
  KindFacts validating = facts("Validations", "How many expressions must be true.");
  validating.hasStatus = true;
  validating.statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"};
  table.add<v1::ValidatingAdmissionPolicy>(
      std::move(validating), {setPolicyDefaults<v1::ValidatingAdmissionPolicy>, validateValidating, printValidating});
  table.addStatus<v1::ValidatingAdmissionPolicy>();
  table.add<v1::MutatingAdmissionPolicy>(
      facts("Mutations", "How many changes it makes."),
      {setPolicyDefaults<v1::MutatingAdmissionPolicy>, validateMutating, printMutating});
}

}  // namespace cleat::kinds::admissionregistration
