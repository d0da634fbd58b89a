#include "core/object/apply/apply.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>

#include "core/object/apply/managed_fields.h"
#include "core/object/apply/typed_merge.h"
#include "core/object/codec.h"
#include "core/object/time_text.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

// The root of a kind as a place in its schema.
class Root {
 public:
  explicit Root(const Kind& kind) {
    plan_.shape = Shape::structure;
    plan_.codec = kind.codec;
  }
  FieldType type() const { return {&plan_, nullptr}; }

 private:
  ValuePlan plan_;
};

// What nobody owns: who an object is, and what only the server writes.
FieldSet unowned() {
  FieldSet set;
  for (const char* name : {"f:apiVersion", "f:kind", "f:metadata"}) set.at(name).member = true;
  for (const char* name : {"f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:generation",
                           "f:managedFields", "f:resourceVersion"}) {
    set.at("f:metadata").at(name).member = true;
  }
  return set;
}

// Leaves what this writer writes: through /status that and metadata, otherwise everything but the status.
void limitTo(const Kind& kind, const FieldWriter& writer, FieldSet& set) {
  set.remove(unowned());
  if (!kind.hasStatus) return;
  const bool isStatus = writer.subresource == "status";
  std::erase_if(set.children, [&](const auto& child) {
    return isStatus ? child.first != "f:status" && child.first != "f:metadata" : child.first == "f:status";
  });
  auto metadata = set.children.find("f:metadata");
  if (!isStatus || metadata == set.children.end()) return;
  for (const std::string& field : kind.statusLeavesMetadata) metadata->second.children.erase("f:" + field);
}

void limitTo(const Kind& kind, const FieldWriter& writer, json::object& applied) {
  if (!kind.hasStatus) return;
  if (writer.subresource != "status") {
    applied.erase("status");
    return;
  }
  json::object out;
  for (const char* name : {"metadata", "status"}) {
    if (json::value* member = applied.if_contains(name)) out[name] = std::move(*member);
  }
  json::object* metadata = out.contains("metadata") ? out["metadata"].if_object() : nullptr;
  for (const std::string& field : kind.statusLeavesMetadata) {
    if (metadata) metadata->erase(field);
  }
  applied = std::move(out);
}

// What a null in a map has become, as opposed to one that says that a field is not there.
bool isZeroOfMap(const json::value* canonical) {
  return canonical && !canonical->is_null() && !canonical->is_structured();
}

// What `wanted` says, in the canonical form that `canonical` has of it ("1000m" is "1"); no more than it says.
json::value inCanonicalForm(const json::value& wanted, const json::value* canonical) {
  if (!canonical) return wanted;
  const json::object* object = wanted.if_object();
  if (object && canonical->is_object()) {
    json::object out;
    for (const auto& [name, member] : *object) {
      const json::value* canonicalMember = canonical->get_object().if_contains(name);
      // A null in a map is the zero value, any other null is nothing.
      if (member.is_null() && !isZeroOfMap(canonicalMember)) continue;
      out[name] = inCanonicalForm(member, canonicalMember);
    }
    return out;
  }
  const json::array* array = wanted.if_array();
  if (array && canonical->is_array() && canonical->get_array().size() == array->size()) {
    json::array out;
    for (size_t i = 0; i < array->size(); ++i) out.push_back(inCanonicalForm((*array)[i], &canonical->get_array()[i]));
    return out;
  }
  return *canonical;
}

Result<json::value> readApplied(const Kind& kind, const json::value& applied) {
  if (ManagedFields::has(applied)) return fail(Status::badRequest("metadata.managedFields must be nil"));
  CLEAT_TRY(Decoded decoded, decode(kind, applied, FieldValidation::strict));
  json::value canonical = toValue(kind, decoded.message->words());
  return inCanonicalForm(applied, &canonical);
}

Status conflictStatus(const std::vector<std::pair<std::string, std::string>>& conflicts) {
  Status status;
  status.code = 409;
  status.reason = "Conflict";
  std::map<std::string, std::vector<std::string>> byManager;
  for (const auto& [manager, path] : conflicts) {
    status.details.causes.push_back({"FieldManagerConflict", "conflict with " + manager, path});
    byManager[manager].push_back(path);
  }
  if (conflicts.size() == 1) {
    status.message = "Apply failed with 1 conflict: conflict with " + conflicts[0].first + ": " + conflicts[0].second;
    return status;
  }
  status.message = "Apply failed with " + std::to_string(conflicts.size()) + " conflicts: ";
  bool first = true;
  for (const auto& [manager, paths] : byManager) {
    status.message += (first ? "" : "\n") + std::string("conflicts with ") + manager + ":";
    first = false;
    for (const std::string& path : paths) status.message += "\n- " + path;
  }
  return status;
}

// What others own and this write changes goes over to the writer; the conflicts that this means.
std::vector<std::pair<std::string, std::string>> takeOver(ManagedFields& managed, const ManagedEntry& writer,
                                                          const Comparison& changes) {
  std::vector<std::pair<std::string, std::string>> conflicts;
  FieldSet changed = changes.modified;
  changed.unite(changes.added);
  for (ManagedEntry& entry : managed.entries) {
    if (entry.sameWriter(writer)) continue;
    FieldSet taken = entry.fields.common(changed);
    for (const std::string& path : taken.paths()) conflicts.emplace_back(entry.shown(), path);
    entry.fields.remove(taken);
    entry.fields.remove(changes.removed);
  }
  return conflicts;
}

ManagedEntry entryFor(const Kind& kind, const FieldWriter& writer, const char* operation) {
  return {writer.manager, operation, kind.apiVersion(), {}, writer.subresource, {}};
}

// Books an update from `before` to `after` under the writer.
void bookUpdate(const Kind& kind, const json::value* before, const json::value& after, const FieldWriter& writer,
                ManagedFields& managed) {
  Comparison changes = compare(Root(kind).type(), before, &after);
  for (FieldSet* set : {&changes.added, &changes.modified, &changes.removed}) limitTo(kind, writer, *set);
  ManagedEntry writerEntry = entryFor(kind, writer, "Update");
  takeOver(managed, writerEntry, changes);
  ManagedEntry& entry = managed.entryOf(writerEntry);
  FieldSet earlier = entry.fields;
  entry.fields.remove(changes.removed);
  entry.fields.unite(changes.modified);
  entry.fields.unite(changes.added);
  if (entry.fields != earlier) entry.time = formatTime(writer.wallNanos);
}

}  // namespace

Result<json::value> applyFields(const Kind& kind, const json::value* live, const json::value& applied,
                                const FieldWriter& writer) {
  if (writer.manager.empty()) {
    StatusCause cause{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"};
    return fail(Status::invalid("PatchOptions.meta.k8s.io", "", {cause}));
  }
  CLEAT_TRY(json::value wanted, readApplied(kind, applied));
  if (!wanted.is_object()) return fail(Status::badRequest("an apply patch must be an object"));
  limitTo(kind, writer, wanted.get_object());

  Root root(kind);
  json::value before = live ? *live : json::value(json::object());
  ManagedFields managed = ManagedFields::of(before);
  ManagedFields::strip(before);
  if (live && managed.entries.empty()) {
    FieldWriter earlier{"before-first-apply", {}, writer.wallNanos, false};
    bookUpdate(kind, nullptr, before, earlier, managed);
  }

  ManagedEntry writerEntry = entryFor(kind, writer, "Apply");
  ManagedEntry& entry = managed.entryOf(writerEntry);
  FieldSet last = std::move(entry.fields);
  entry.fields = fieldsOf(root.type(), wanted);
  limitTo(kind, writer, entry.fields);
  entry.apiVersion = kind.apiVersion();
  bool sameFields = entry.fields == last;

  json::value merged;
  try {
    merged = mergeTyped(root.type(), &before, &wanted);
  } catch (const DuplicateElement& error) {
    return fail(Status::badRequest("failed to create typed patch object (" + kind.apiVersion() + ", Kind=" + kind.name +
                                   "): " + error.what()));
  }
  FieldSet owned;
  for (const ManagedEntry& each : managed.entries) owned.unite(each.fields);
  removeFields(root.type(), merged, last, owned);

  // What an object does not keep, such as an empty map, is no change of it.
  CLEAT_TRY(Decoded kept, decode(kind, merged, FieldValidation::ignore));
  merged = toValue(kind, kept.message->words());

  Comparison changes = compare(root.type(), &before, &merged);
  for (FieldSet* set : {&changes.added, &changes.modified, &changes.removed}) limitTo(kind, writer, *set);
  auto conflicts = takeOver(managed, writerEntry, changes);
  if (!conflicts.empty() && !writer.force) return fail(conflictStatus(conflicts));

  bool changed = !sameFields || !changes.added.empty() || !changes.modified.empty() || !changes.removed.empty();
  if (changed) managed.entryOf(writerEntry).time = formatTime(writer.wallNanos);
  managed.write(merged);
  return merged;
}

json::value trackUpdate(const Kind& kind, const json::value& live, json::value updated, const FieldWriter& writer) {
  const bool wasTracked = ManagedFields::has(live);
  if (!updated.is_object() || (!wasTracked && !ManagedFields::has(updated))) return updated;
  // Who sends entries means them; one empty entry means: forget them all.
  ManagedFields managed = ManagedFields::of(updated);
  bool forget = managed.entries.empty() && ManagedFields::has(updated);
  if (managed.entries.empty() && !forget) managed = ManagedFields::of(live);
  json::value before(live);
  ManagedFields::strip(before);
  ManagedFields::strip(updated);
  if (!forget) bookUpdate(kind, &before, updated, writer, managed);
  managed.write(updated);
  return updated;
}

}  // namespace cleat::object
