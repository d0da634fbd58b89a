#include "core/object/apply/managed_fields.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace cleat::object {

namespace {

constexpr size_t kMaxUpdaters = 10;
constexpr size_t kMaxManagerBytes = 128, kMaxSubresourceBytes = 256;
constexpr const char* kAncient = "ancient-changes";

}  // namespace

bool ManagedEntry::sameWriter(const ManagedEntry& other) const {
  return manager == other.manager && operation == other.operation && subresource == other.subresource &&
         (isApply() || apiVersion == other.apiVersion);
}

std::string ManagedEntry::shown() const {
  std::string out = "\"" + manager + "\"";
  if (!subresource.empty()) out += " with subresource \"" + subresource + "\"";
  if (!isApply()) out += " using " + apiVersion;
  return out;
}

FieldSet& ManagedEntry::read() {
  if (text.empty()) return fields;
  // What cannot be read owns nothing.
  if (Result<FieldSet> set = FieldSet::parseText(text)) fields = std::move(*set);
  text.clear();
  return fields;
}

bool ManagedEntry::meets(const FieldSet& set) const {
  return text.empty() ? !fields.common(set).empty() : set.meetsText(text);
}

ManagedFields ManagedFields::of(capnp::List<meta_v1::ManagedFieldsEntry>::Reader list) {
  ManagedFields out;
  out.entries.reserve(list.size());
  for (auto said : list) {
    ManagedEntry& entry = out.entries.emplace_back();
    entry.manager = str(said.getManager());
    entry.operation = str(said.getOperation());
    entry.apiVersion = str(said.getApiVersion());
    entry.time = str(said.getTime());
    entry.subresource = str(said.getSubresource());
    entry.text = str(said.getFieldsV1());
  }
  return out;
}

bool ManagedFields::readable() {
  return std::ranges::all_of(entries, [](ManagedEntry& entry) {
    Result<FieldSet> set = FieldSet::parseText(entry.text);
    if (!set || (entry.operation != "Apply" && entry.operation != "Update") || entry.apiVersion.empty()) return false;
    // As long as the API lets them be; each stands in every conflict with its manager.
    if (entry.manager.size() > kMaxManagerBytes || entry.subresource.size() > kMaxSubresourceBytes) return false;
    entry.fields = std::move(*set);
    entry.text.clear();
    return true;
  });
}

bool ManagedFields::has(const JsonNode& object) {
  const JsonNode* metadata = object.find("metadata");
  const JsonNode* list = metadata ? metadata->find("managedFields") : nullptr;
  return list && list->isArray();
}

void ManagedFields::mergeOldest() {
  auto isNoAncient = [](const ManagedEntry& entry) { return entry.isApply() || entry.manager != kAncient; };
  auto updaters = std::ranges::count_if(entries, [](const ManagedEntry& entry) { return !entry.isApply(); });
  auto tail = std::stable_partition(entries.begin(), entries.end(), isNoAncient);
  std::vector<ManagedEntry> ancient(std::make_move_iterator(tail), std::make_move_iterator(entries.end()));
  entries.erase(tail, entries.end());
  std::vector<ManagedEntry> rest;
  for (ManagedEntry& taken : entries) {
    if (taken.isApply() || static_cast<size_t>(updaters) <= kMaxUpdaters) {
      rest.push_back(std::move(taken));
      continue;
    }
    auto place = std::ranges::find(ancient, taken.apiVersion, &ManagedEntry::apiVersion);
    if (place != ancient.end()) {
      place->read().unite(taken.read());
      place->time = taken.time;
      --updaters;
    } else {
      taken.manager = kAncient;
      taken.subresource.clear();
      ancient.push_back(std::move(taken));
    }
  }
  std::ranges::move(ancient, std::back_inserter(rest));
  entries = std::move(rest);
}

void ManagedFields::settle() {
  dropEmpty();
  auto byAge = [](const ManagedEntry& a, const ManagedEntry& b) {
    return std::tie(a.operation, a.time, a.manager, a.apiVersion, a.subresource) <
           std::tie(b.operation, b.time, b.manager, b.apiVersion, b.subresource);
  };
  std::ranges::sort(entries, byAge);
  if (entries.size() <= kMaxUpdaters) return;
  mergeOldest();
  std::ranges::sort(entries, byAge);
}

void ManagedFields::write(meta_v1::ObjectMeta::Builder meta) {
  settle();
  if (entries.empty()) {
    meta.disownManagedFields();
    return;
  }
  auto list = meta.initManagedFields(static_cast<unsigned>(entries.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    const ManagedEntry& entry = entries[i];
    list[i].setManager(entry.manager);
    list[i].setOperation(entry.operation);
    list[i].setApiVersion(entry.apiVersion);
    if (!entry.time.empty()) list[i].setTime(entry.time);
    list[i].setFieldsType("FieldsV1");
    list[i].setFieldsV1(entry.text.empty() ? entry.fields.text() : entry.text);
    if (!entry.subresource.empty()) list[i].setSubresource(entry.subresource);
  }
}

size_t ManagedFields::words() const {
  size_t words = 0;
  for (const ManagedEntry& entry : entries) words += 24 + (entry.text.empty() ? 512 : entry.text.size()) / 8;
  return words;
}

ManagedEntry& ManagedFields::entryOf(const ManagedEntry& writer) {
  auto it = std::ranges::find_if(entries, [&](const ManagedEntry& entry) { return entry.sameWriter(writer); });
  if (it != entries.end()) return *it;
  entries.push_back(writer);
  return entries.back();
}

void ManagedFields::dropEmpty() {
  std::erase_if(entries, [](const ManagedEntry& entry) { return entry.text.empty() && entry.fields.empty(); });
}

}  // namespace cleat::object
