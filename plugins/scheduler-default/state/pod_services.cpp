#include "state/pod_services.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::scheduling {

void PodServices::set(const Object<core_v1::Service>& service) {
  Labels selector;
  for (auto entry : service->getSpec().getSelector()) {
    selector.emplace_back(str(entry.getKey()), str(entry.getValue()));
  }
  if (selector.empty()) return erase(service);
  Labels& known = byNamespace_[str(service.ns())][str(service.name())];
  if (known == selector) return;
  known = std::move(selector);
  ++version_;
}

void PodServices::erase(const Object<core_v1::Service>& service) {
  auto ns = byNamespace_.find(service.ns());
  if (ns == byNamespace_.end()) return;
  auto found = ns->second.find(service.name());
  if (found == ns->second.end()) return;
  ns->second.erase(found);
  if (ns->second.empty()) byNamespace_.erase(ns);
  ++version_;
}

Labels PodServices::selecting(const Object<core_v1::Pod>& pod) const {
  Labels merged;
  auto ns = byNamespace_.find(pod.ns());
  if (ns == byNamespace_.end()) return merged;
  const TextMapReader labels = pod.meta().getLabels();
  auto has = [&](const auto& wanted) { return lookup(labels, wanted.first) == std::string_view(wanted.second); };
  for (const auto& [name, selector] : ns->second) {
    if (std::ranges::all_of(selector, has)) merged.insert(merged.end(), selector.begin(), selector.end());
  }
  std::ranges::sort(merged);
  const auto [first, last] = std::ranges::unique(merged);
  merged.erase(first, last);
  return merged;
}

}  // namespace cleat::scheduling
