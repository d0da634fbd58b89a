#include "core/gate/admission_policy.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>

namespace cleat::gate {
namespace {

constexpr std::array<std::pair<std::string_view, role::Operation>, 4> kOperations = {
    {{"CREATE", role::Operation::CREATE},
     {"UPDATE", role::Operation::UPDATE},
     {"DELETE", role::Operation::DELETE},
     {"CONNECT", role::Operation::CONNECT}}};

role::Operation operationNamed(std::string_view name) {
  return std::ranges::find(kOperations, name, [](const auto& entry) { return entry.first; })->second;
}

// "services", "services/status", "ingresses.networking.k8s.io/status", "*", "*/*"
InterestRule ruleOf(std::string_view resource, const std::vector<std::string>& operations) {
  const size_t slash = resource.find('/'), dot = resource.substr(0, slash).find('.');
  const bool grouped = dot != std::string_view::npos;
  std::string name(resource.substr(0, grouped ? dot : slash));
  if (slash != std::string_view::npos) name += resource.substr(slash);
  std::string group = "*";
  if (grouped) group = resource.substr(dot + 1, slash == std::string_view::npos ? slash : slash - dot - 1);
  const auto rule = makeMessage<role::Rule>([&](role::Rule::Builder builder) {
    builder.setGroup(group);
    builder.setResource(name);
    auto list = builder.initOperations(static_cast<unsigned>(operations.size()));
    for (unsigned i = 0; i < operations.size(); ++i) list.set(i, operationNamed(operations[i]));
  });
  return InterestRule(rule->root<role::Rule>());
}

// What was checked when the configuration was read.
LabelSelector selectorOf(const std::string& text) {
  auto parsed = LabelSelector::parse(text);
  return parsed ? std::move(*parsed) : LabelSelector::nothing();
}

}  // namespace

AdmissionPolicy::AdmissionPolicy(const base::AdmissionEntry& entry)
    : failsOpen(entry.failsOpen), audits(entry.audits),
      timeoutNs(std::chrono::duration_cast<std::chrono::nanoseconds>(entry.timeout).count()),
      namespaces(selectorOf(entry.namespaceSelector)), objects(selectorOf(entry.objectSelector)) {
  for (const std::string& resource : entry.resources) rules.push_back(ruleOf(resource, entry.operations));
  if (entry.resources.empty() && !entry.operations.empty()) rules.push_back(ruleOf("*/*", entry.operations));
}

bool AdmissionPolicy::takes(const ChangeRequest& request) const {
  return rules.empty() || std::ranges::any_of(rules, [&](const InterestRule& rule) { return rule.means(request); });
}

AdmissionPolicies policiesOf(const base::Config::Admission& config) {
  AdmissionPolicies policies;
  for (const auto& [plugin, entry] : config.entries) policies[plugin] = std::make_shared<AdmissionPolicy>(entry);
  return policies;
}

}  // namespace cleat::gate
