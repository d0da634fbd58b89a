// How an admission plugin is asked and what its answers count, as the operator's configuration has it: about which
// requests, for how long it may think, and whether what it refuses, or fails to answer, refuses the request.
#pragma once

#include <cleat/sdk/selector.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/gate/interest_rule.h"

namespace cleat::gate {

struct AdmissionPolicy {
  explicit AdmissionPolicy(const base::AdmissionEntry& entry);

  bool failsOpen = false;           // whoever does not answer is passed over
  bool audits = false;              // nothing that it says takes effect; a refusal is a warning
  int64_t timeoutNs = 0;            // 0: the one of all
  std::vector<InterestRule> rules;  // which requests; none: all
  LabelSelector namespaces, objects;

  bool takes(const ChangeRequest& request) const;
  bool hasSelectors() const { return !namespaces.matchesEverything() || !objects.matchesEverything(); }
};
using AdmissionPolicies = std::map<std::string, std::shared_ptr<const AdmissionPolicy>>;  // by plugin

AdmissionPolicies policiesOf(const base::Config::Admission& config);

// What came of a plugin that an admission policy has let pass.
enum class Passed { refusal, failure };
using PassedNote = std::function<void(const std::string& plugin, Passed what, const std::string& why)>;

}  // namespace cleat::gate
