#include "state/storage_capacities.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::scheduling {

std::optional<Quantity> limitOf(const Object<CSIStorageCapacity>& capacity) {
  const bool says = capacity->getMaximumVolumeSize().size() > 0;
  return Quantity::parse(says ? capacity->getMaximumVolumeSize() : capacity->getCapacity());
}

void StorageCapacities::set(const Object<CSIStorageCapacity>& capacity) {
  const std::string key = capacity.key();
  erase(key);
  const auto limit = limitOf(capacity);
  if (!limit || !capacity->hasNodeTopology()) return;
  auto nodes = LabelSelector::compile(capacity->getNodeTopology());
  if (!nodes) return;
  Place place{.storageClass = str(capacity->getStorageClassName()), .label = {}, .value = {}};
  OfClass& ofClass = classes_[place.storageClass];
  auto labels = capacity->getNodeTopology().getMatchLabels();
  if (labels.size() > 0) {
    place.label = str(labels[0].getKey());
    place.value = str(labels[0].getValue());
  }
  Entries& entries = place.label.empty() ? ofClass.others : ofClass.byLabel[place.label][place.value];
  entries.insert_or_assign(key, Entry{*limit, Quantity::parseOrZero(capacity->getCapacity()), std::move(*nodes)});
  places_.insert_or_assign(key, std::move(place));
}

void StorageCapacities::erase(const std::string& key) {
  auto found = places_.find(key);
  if (found == places_.end()) return;
  const Place& place = found->second;
  OfClass& ofClass = classes_[place.storageClass];
  if (place.label.empty()) {
    ofClass.others.erase(key);
  } else {
    auto& values = ofClass.byLabel[place.label];
    values[place.value].erase(key);
    if (values[place.value].empty()) values.erase(place.value);
    if (values.empty()) ofClass.byLabel.erase(place.label);
  }
  places_.erase(found);
}

const StorageCapacities::Entry* StorageCapacities::findAmong(const Entries& entries, const Quantity& size,
                                                             const Object<core_v1::Node>& node) {
  const auto found = std::ranges::find_if(entries, [&](const auto& entry) {
    return entry.second.limit >= size && entry.second.nodes.matches(node.meta().getLabels());
  });
  return found == entries.end() ? nullptr : &found->second;
}

const StorageCapacities::Entry* StorageCapacities::find(std::string_view storageClass, const Quantity& size,
                                                        const Object<core_v1::Node>& node) const {
  auto ofClass = classes_.find(storageClass);
  if (ofClass == classes_.end()) return nullptr;
  if (const Entry* entry = findAmong(ofClass->second.others, size, node); entry != nullptr) return entry;
  for (const auto& [name, byValue] : ofClass->second.byLabel) {
    const auto value = label(node.meta(), name);
    const auto at = value ? byValue.find(*value) : byValue.end();
    const Entry* entry = at == byValue.end() ? nullptr : findAmong(at->second, size, node);
    if (entry != nullptr) return entry;
  }
  return nullptr;
}

std::optional<Quantity> StorageCapacities::leftFor(std::string_view storageClass, const Quantity& size,
                                                   const Object<core_v1::Node>& node) const {
  const Entry* entry = find(storageClass, size, node);
  return entry == nullptr ? std::nullopt : std::optional(entry->left);
}

}  // namespace cleat::scheduling
