// MutatingPolicy: a MutatingAdmissionPolicy as requests are changed by it: compiled once, and evaluated for each.
#pragma once

#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/status.h>

#include <memory>
#include <string>
#include <vector>

#include "policy-common/document.h"
#include "policy-common/merge_place.h"
#include "policy-common/policy_program.h"

namespace cleat::policy {

struct MutatingPolicy {
  struct Mutation {
    bool applies = false;  // an apply configuration, rather than a JSON patch
    PolicyProgram program;
  };

  std::string name;
  bool failsOpen = false;  // failurePolicy: Ignore
  bool reinvoked = false;  // once more where others have changed the object since
  Spoken spoken;           // of what, by its expressions
  std::vector<PolicyVariable> variables;
  std::vector<PolicyProgram> conditions;
  std::vector<Mutation> mutations;

  static std::shared_ptr<const MutatingPolicy> compile(
      admissionregistration_v1::MutatingAdmissionPolicy::Reader policy);
};

// Whether the conditions hold; an error where one fails and none says no.
Result<bool> conditionsHold(const MutatingPolicy& policy, PolicyRun::Inputs inputs);

// Changes the document, which is the object that the inputs have. `place`: what is known of it for merging. False where
// nothing is to be changed, because a test of a JSON patch has failed: the document is then of no use.
Result<bool> mutate(const MutatingPolicy& policy, const MutatingPolicy::Mutation& mutation, PolicyRun::Inputs inputs,
                    const MergePlace& place, Document& document);

}  // namespace cleat::policy
