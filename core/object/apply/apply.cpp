#include "core/object/apply/apply.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>

#include "core/object/apply/already.h"
#include "core/object/apply/managed_fields.h"
#include "core/object/apply/message_compare.h"
#include "core/object/apply/track.h"
#include "core/object/apply/typed_merge.h"
#include "core/object/apply/write_reach.h"
#include "core/object/codec.h"
#include "core/object/message_buffer.h"
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

// Leaves what a write within `reach` owns.
void limitTo(const WriteReach& reach, FieldSet& set) {
  auto named = [](std::string_view step) { return step.substr(2); };
  std::erase_if(set.children, [&](const auto& child) { return !reach.owns(named(child.first)); });
  for (auto& [step, members] : set.children) {
    const std::string_view field = named(step);
    std::erase_if(members.children, [&](const auto& member) {
      return member.first[0] == 'f' && !reach.owns(field, named(member.first));
    });
    if (field == "metadata") members.member = false;
  }
  set.tidy();
}

void limitTo(const WriteReach& reach, json::object& applied) {
  json::object out;
  for (auto& [field, value] : applied) {
    if (!reach.has(field)) continue;
    json::object* members = value.if_object();
    reach.eachLeft([&](std::string_view of, std::string_view member) {
      if (members && of == field) members->erase(member);
    });
    out[field] = std::move(value);
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

// Why what is applied cannot be held against the kind's schema.
std::string untypedText(const Kind& kind, const json::value& applied, const std::string& why) {
  auto text = [&](const char* member) {
    const json::object* root = applied.if_object();
    const json::value* metadata = root ? root->if_contains("metadata") : nullptr;
    const json::object* members = metadata ? metadata->if_object() : nullptr;
    const json::value* value = members ? members->if_contains(member) : nullptr;
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  return "failed to create typed patch object (" + text("namespace") + "/" + text("name") + "; " + kind.apiVersion() +
         ", Kind=" + kind.name + "): " + why;
}

// `unknown field "spec.foo"` of each as server-side apply says it. An error of the server's in Kubernetes, too.
Status undeclared(const Kind& kind, const json::value& applied, const std::vector<std::string>& unknown) {
  std::string why = unknown.size() > 1 ? "errors:" : "";
  for (const std::string& field : unknown) {
    const size_t begin = field.find('"') + 1;
    why += unknown.size() > 1 ? "\n  ." : ".";
    why += field.substr(begin, field.rfind('"') - begin) + ": field not declared in schema";
  }
  Status status;
  status.code = 500;
  status.message = untypedText(kind, applied, why);
  return status;
}

// What is applied: as a message, and what it says in canonical form.
struct Wanted {
  Ref<const Message> message;
  json::value value;
};

Result<Wanted> readApplied(const Kind& kind, const json::value& applied, const WriteReach& reach) {
  if (ManagedFields::has(applied)) return fail(Status::badRequest("metadata.managedFields must be nil"));
  CLEAT_TRY(Decoded decoded, decode(kind, applied, FieldValidation::warn));
  if (!decoded.warnings.empty()) return fail(undeclared(kind, applied, decoded.warnings));
  json::value canonical = toValue(kind, decoded.message->words());
  Wanted wanted{std::move(decoded.message), inCanonicalForm(applied, &canonical)};
  if (!wanted.value.is_object()) return fail(Status::badRequest("an apply patch must be an object"));
  limitTo(reach, wanted.value.get_object());
  return wanted;
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
template <class IsMeant>
std::vector<std::pair<std::string, std::string>> takeOver(ManagedFields& managed, const Comparison& changes,
                                                          IsMeant isMeant) {
  std::vector<std::pair<std::string, std::string>> conflicts;
  FieldSet changed = changes.modified;
  changed.unite(changes.added);
  for (ManagedEntry& entry : managed.entries) {
    if (!isMeant(entry)) continue;
    if (entry.meets(changed)) {
      FieldSet taken = entry.read().common(changed);
      for (const std::string& path : taken.paths()) conflicts.emplace_back(entry.shown(), path);
      entry.fields.remove(taken);
    }
    if (entry.meets(changes.removed)) entry.read().remove(changes.removed);
  }
  return conflicts;
}

// `live` with what is wanted in it, and without what its manager had `last` and nobody has any more.
Result<Ref<const Message>> merged(const Kind& kind, const Message* live, const json::value& wanted,
                                  const FieldSet& said, const FieldSet& last, ManagedFields& managed) {
  Root root(kind);
  json::value value = live ? toValue(kind, live->words()) : json::value(json::object());
  ManagedFields::strip(value);
  value = mergeTyped(root.type(), &value, &wanted);
  FieldSet gone = last;
  gone.remove(said);
  if (!gone.empty()) {
    FieldSet owned;
    for (ManagedEntry& each : managed.entries) owned.unite(each.read());
    removeFields(root.type(), value, last, owned);
  }
  // What an object does not keep, such as an empty map, is no change of it.
  CLEAT_TRY(Decoded kept, decode(kind, value, FieldValidation::ignore));
  return Ref<const Message>(std::move(kept.message));
}

Ref<const Message> withEntries(const Message& object, ManagedFields& managed) {
  MessageBuffer buffer(object, 32 + managed.words());
  managed.write(buffer.getRoot<meta_v1::AnyObject>().getMetadata());
  return buffer.finish();
}

}  // namespace

Result<Ref<const Message>> applyFields(const Kind& kind, const Message* live, const json::value& applied,
                                       const FieldWriter& writer) {
  if (writer.manager.empty()) {
    StatusCause cause{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"};
    return fail(Status::invalid("PatchOptions.meta.k8s.io", "", {cause}));
  }
  const WriteReach reach(kind, writer.subresource);
  CLEAT_TRY(const Wanted wanted, readApplied(kind, applied, reach));
  FieldSet said = fieldsOf(Root(kind).type(), wanted.value);
  limitTo(reach, said);

  const Words before = live ? live->words() : Words();
  ManagedFields managed = live ? ManagedFields::of(live->meta().getManagedFields()) : ManagedFields();
  if (live && managed.entries.empty()) {
    bookUpdate(kind, {}, before, {"before-first-apply", {}, writer.wallNanos, false}, managed);
  }
  const ManagedEntry self = entryFor(kind, writer, "Apply");
  ManagedEntry& entry = managed.entryOf(self);
  const bool sameFields = entry.text == said.text();
  if (live && sameFields && entry.apiVersion == self.apiVersion &&
      isAlready(kind, before, wanted.message->words(), said)) {
    return Ref<const Message>::share(live);
  }
  const FieldSet last = std::move(entry.read());
  entry.fields = said;
  entry.apiVersion = self.apiVersion;

  Ref<const Message> next;
  try {
    CLEAT_TRY(next, merged(kind, live, wanted.value, said, last, managed));
  } catch (const DuplicateElement& error) {
    return fail(Status::badRequest(untypedText(kind, applied, error.what())));
  }
  const Comparison changes = compareMessages(kind, reach, before, next->words());
  auto conflicts = takeOver(managed, changes, [&](const ManagedEntry& other) {
    return !other.sameWriter(self) && !other.isOfOtherVersion(kind);
  });
  if (!conflicts.empty() && !writer.force) return fail(conflictStatus(conflicts));

  const bool changed = !sameFields || !changes.added.empty() || !changes.modified.empty() || !changes.removed.empty();
  if (changed) managed.entryOf(self).time = formatTime(writer.wallNanos);
  return withEntries(*next, managed);
}

std::vector<std::string> otherVersions(const Kind& kind, const Message& object) {
  std::vector<std::string> versions;
  if (!kind.wantsConvert) return versions;
  for (auto entry : object.meta().getManagedFields()) {
    std::string version = str(entry.getApiVersion());
    if (version != kind.apiVersion() && std::ranges::find(versions, version) == versions.end()) {
      versions.push_back(std::move(version));
    }
  }
  return versions;
}

Result<Ref<const Message>> trackInVersion(const WriteInVersion& there, Ref<const Message> object,
                                          const FieldWriter& writer, bool applies) {
  ManagedFields managed = ManagedFields::of(object->meta().getManagedFields());
  auto isThere = [&](const ManagedEntry& entry) { return entry.apiVersion == there.apiVersion; };
  if (!there.kind) {
    std::erase_if(managed.entries, isThere);
    return withEntries(*object, managed);
  }
  const WriteReach reach(*there.kind, writer.subresource);
  const Comparison changes = compareMessages(*there.kind, reach, there.before, there.after);
  if (changes.added.empty() && changes.modified.empty() && changes.removed.empty()) return object;
  auto conflicts = takeOver(managed, changes, isThere);
  if (applies && !conflicts.empty() && !writer.force) return fail(conflictStatus(conflicts));
  return withEntries(*object, managed);
}

}  // namespace cleat::object
