#include "object_table.h"

#include <functional>

namespace cleat::detail {
namespace {

constexpr size_t kFewestSlots = 16;

size_t hashOf(std::string_view ns, std::string_view name) {
  constexpr size_t kSpread = 0x9e3779b97f4a7c15;  // of the golden ratio
  const size_t hash = std::hash<std::string_view>()(name) + kSpread * std::hash<std::string_view>()(ns);
  return hash ^ (hash >> 32);
}

bool isKeyOf(std::string_view key, std::string_view ns, std::string_view name) {
  if (ns.empty()) return key == name;
  return key.size() == ns.size() + 1 + name.size() && key.ends_with(name) && key[ns.size()] == '/' &&
         key.starts_with(ns);
}

}  // namespace

size_t ObjectTable::placeOf(size_t hash, std::string_view ns, std::string_view name) const {
  const size_t mask = slots_.size() - 1;
  size_t place = hash & mask;
  while (slots_[place].entry && (slots_[place].hash != hash || !isKeyOf(slots_[place].entry->key, ns, name))) {
    place = (place + 1) & mask;
  }
  return place;
}

ObjectTable::Entry* ObjectTable::find(std::string_view ns, std::string_view name) const {
  return empty() ? nullptr : slots_[placeOf(hashOf(ns, name), ns, name)].entry.get();
}

ObjectTable::Entry* ObjectTable::find(std::string_view key) const {
  const NamespacedName parts = splitKey(key);
  return find(parts.ns, parts.name);
}

std::pair<ObjectTable::Entry*, bool> ObjectTable::add(std::string_view ns, std::string_view name) {
  if (3 * (size_ + 1) > 2 * slots_.size()) grow();
  const size_t hash = hashOf(ns, name);
  Slot& slot = slots_[placeOf(hash, ns, name)];
  if (slot.entry) return {slot.entry.get(), false};
  slot.hash = hash;
  slot.entry = std::make_unique<Entry>();
  slot.entry->key = keyOf(ns, name);
  ++size_;
  return {slot.entry.get(), true};
}

void ObjectTable::erase(const Entry& entry) {
  const NamespacedName parts = splitKey(entry.key);
  const size_t mask = slots_.size() - 1;
  size_t hole = placeOf(hashOf(parts.ns, parts.name), parts.ns, parts.name);
  const std::unique_ptr<Entry> erased = std::move(slots_[hole].entry);
  --size_;
  // Those behind it that would have stood further in front are found no more once there is a hole: they move into it.
  for (size_t place = (hole + 1) & mask; slots_[place].entry; place = (place + 1) & mask) {
    const size_t wanted = slots_[place].hash & mask;
    if (((place - wanted) & mask) < ((place - hole) & mask)) continue;
    slots_[hole] = std::move(slots_[place]);
    hole = place;
  }
}

void ObjectTable::grow() {
  std::vector<Slot> before = std::exchange(slots_, {});
  slots_.resize(before.empty() ? kFewestSlots : 2 * before.size());
  const size_t mask = slots_.size() - 1;
  for (Slot& slot : before) {
    if (!slot.entry) continue;
    size_t place = slot.hash & mask;
    while (slots_[place].entry) place = (place + 1) & mask;
    slots_[place] = std::move(slot);
  }
}

}  // namespace cleat::detail
