#include "conditions.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <vector>

namespace cleat::namespaces {
namespace {

// A condition is "True" when something is wrong or left.
struct Wording {
  const char* type;
  const char* fineReason;
  const char* fineMessage;
  const char* reason;
};
constexpr Wording kDiscovery{"NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
                             "All resources successfully discovered", "DiscoveryFailed"};
constexpr Wording kVersions{"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
                            "All legacy kube types successfully parsed", "GroupVersionParsingFailed"};
constexpr Wording kContent{"NamespaceDeletionContentFailure", "ContentDeleted",
                           "All content successfully deleted, may be waiting on finalization", "ContentDeletionFailed"};
constexpr Wording kRemaining{"NamespaceContentRemaining", "ContentRemoved", "All content successfully removed",
                             "SomeResourcesRemain"};
constexpr Wording kFinalizers{"NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
                              "All content-preserving finalizers finished", "SomeFinalizersRemain"};

std::string sorted(std::vector<std::string> parts) {
  std::ranges::sort(parts);
  return joined(parts, ", ");
}

std::string contentFailure(const Remains& remains) {
  if (remains.failures.empty()) return {};
  return concat("Failed to delete all resource types, ", remains.failures.size(),
                " remaining: ", sorted(remains.failures));
}

std::string contentRemaining(const Remains& remains) {
  std::vector<std::string> parts;
  for (const auto& [kind, count] : remains.objects) {
    parts.push_back(concat(kind.resource, ".", kind.group, " has ", count, " resource instances"));
  }
  for (const auto& [resource, count] : remains.kindless) {
    parts.push_back(concat(resource, " has ", count, " resource instances, whose kind no plugin brings at present"));
  }
  return parts.empty() ? std::string() : "Some resources are remaining: " + sorted(std::move(parts));
}

std::string finalizersRemaining(const Remains& remains) {
  std::vector<std::string> parts;
  for (const auto& [finalizer, count] : remains.finalizers) {
    parts.push_back(concat(finalizer, " in ", count, " resource instances"));
  }
  return parts.empty() ? std::string()
                       : "Some content in the namespace has finalizers remaining: " + sorted(std::move(parts));
}

}  // namespace

bool setConditions(core_v1::NamespaceStatus::Builder status, const Remains& remains, const std::string& now) {
  bool changed = false;
  auto set = [&](const Wording& wording, const std::string& trouble) {
    const ConditionUpdate update{wording.type, trouble.empty() ? "False" : "True",
                                 trouble.empty() ? wording.fineReason : wording.reason,
                                 trouble.empty() ? wording.fineMessage : trouble, now};
    changed |= setCondition<core_v1::NamespaceCondition>(status, update);
  };
  set(kDiscovery, remains.discoveryFailure);
  set(kVersions, "");
  set(kContent, contentFailure(remains));
  set(kRemaining, contentRemaining(remains));
  set(kFinalizers, finalizersRemaining(remains));
  return changed;
}

}  // namespace cleat::namespaces
