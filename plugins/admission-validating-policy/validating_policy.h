// ValidatingPolicy: a ValidatingAdmissionPolicy as requests are held against it: compiled once, and evaluated for each.
#pragma once

#include <cleat/sdk/kinds/admissionregistration_v1.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy-common/policy_program.h"

namespace cleat::policy {

struct ValidatingPolicy {
  struct Validation {
    PolicyProgram program, message;  // no expression: no message is computed
    std::string plainMessage, reason;
  };
  struct Annotation {
    std::string key;
    PolicyProgram program;
  };

  std::string name;
  bool failsOpen = false;  // failurePolicy: Ignore
  bool hasParams = false;
  Spoken spoken;  // of what, by its expressions
  std::vector<PolicyVariable> variables;
  std::vector<PolicyProgram> conditions;
  std::vector<Validation> validations;
  std::vector<Annotation> annotations;

  // Whether all there is to it is the request: nobody has to be asked anything.
  bool isSelfContained() const { return !hasParams && !spoken.authorizer; }

  static std::shared_ptr<const ValidatingPolicy> compile(
      admissionregistration_v1::ValidatingAdmissionPolicy::Reader policy);
};

// Why a request is refused.
struct Refusal {
  std::string reason;  // "Invalid", "Forbidden", …; empty: Invalid
  std::string message;
  bool always = false;    // whatever the binding's actions are
  size_t expression = 0;  // which of the validations
};

// What the audit log is to say, by the policy's own keys.
using PolicyAnnotations = std::vector<std::pair<std::string, std::string>>;

// What the policy says; nothing where it has nothing against it, or its conditions do not hold. Its annotations are
// added to `said`, if there is one.
std::vector<Refusal> judge(const ValidatingPolicy& policy, PolicyRun::Inputs inputs, PolicyAnnotations* said = nullptr);

}  // namespace cleat::policy
