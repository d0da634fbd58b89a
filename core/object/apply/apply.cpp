#include "core/object/apply/apply.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <map>

#include "core/object/apply/already.h"
#include "core/object/apply/managed_fields.h"
#include "core/object/apply/message_compare.h"
#include "core/object/apply/said_fields.h"
#include "core/object/apply/track.h"
#include "core/object/apply/typed_merge.h"
#include "core/object/apply/write_reach.h"
#include "core/object/codec.h"
#include "core/object/message_buffer.h"
#include "core/object/patch/patch_tree.h"
#include "core/object/time_text.h"

namespace cleat::object {

namespace {

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

void limitTo(PatchTree& tree, const WriteReach& reach, JsonNode& applied) {
  uint32_t kept = 0;
  for (JsonMember& member : applied.object()) {
    if (!reach.has(member.name)) continue;
    reach.eachLeft([&](std::string_view of, std::string_view name) {
      if (of == member.name && member.value.isObject()) tree.erase(member.value, name);
    });
    applied.members[kept++] = member;
  }
  applied.count = kept;
}

// What a null has become that is a value: in a map the zero of its type, in the tree of an open kind itself. Any other
// says that a field is not there.
bool isValue(const JsonNode* canonical, JsonNode::Kind kind) {
  return canonical &&
         (kind == JsonNode::Kind::null || (!canonical->isNull() && canonical->kind < JsonNode::Kind::array));
}

// What `wanted` says, in the canonical form that `canonical` has of it ("1000m" is "1"); no more than it says.
JsonNode inCanonicalForm(PatchTree& tree, const JsonNode& wanted, JsonNode* canonical) {
  if (!canonical) return tree.clone(wanted);
  const JsonNode::Kind kind = tree.kindOf(*canonical);
  if (wanted.isObject() && kind == JsonNode::Kind::object) {
    JsonNode out = JsonNode::emptyObject();
    out.members = tree.arena().array<JsonMember>(wanted.count);
    for (const auto& [name, member] : wanted.object()) {
      JsonNode* canonicalMember = tree.find(*canonical, name);
      if (member.isNull() && !isValue(canonicalMember, canonicalMember ? tree.kindOf(*canonicalMember) : kind))
        continue;
      out.members[out.count++] = {name, inCanonicalForm(tree, member, canonicalMember)};
    }
    return out;
  }
  if (wanted.isArray() && kind == JsonNode::Kind::array && tree.open(*canonical).count == wanted.count) {
    JsonNode out = JsonNode::emptyArray();
    out.elements = tree.arena().array<JsonNode>(wanted.count);
    for (const JsonNode& element : wanted.list()) {
      out.elements[out.count] = inCanonicalForm(tree, element, &canonical->elements[out.count]);
      ++out.count;
    }
    return out;
  }
  return tree.open(*canonical);
}

// Why what is applied cannot be held against the kind's schema. An error of the server's in Kubernetes, too.
Status untyped(const Kind& kind, const JsonNode& applied, const std::string& why) {
  auto text = [&](const char* member) {
    const JsonNode* metadata = applied.find("metadata");
    return std::string(metadata ? metadata->textMember(member) : std::string_view());
  };
  Status status;
  status.code = 500;
  status.reason.clear();
  status.message = concat("failed to create typed patch object (", text("namespace"), "/", text("name"), "; ",
                          kind.group, "/", kind.version, ", Kind=", kind.name, "): ", why);
  return status;
}

// `unknown field "spec.foo"` of each as server-side apply says it.
Status undeclared(const Kind& kind, const JsonNode& applied, const std::vector<std::string>& unknown) {
  std::string why = unknown.size() > 1 ? "errors:" : "";
  for (const std::string& field : unknown) {
    const size_t begin = field.find('"') + 1;
    why += unknown.size() > 1 ? "\n  ." : ".";
    why += field.substr(begin, field.rfind('"') - begin) + ": field not declared in schema";
  }
  return untyped(kind, applied, why);
}

// What is applied, as a message.
Result<Ref<const Message>> readApplied(const Kind& kind, const JsonNode& applied) {
  if (ManagedFields::has(applied)) return fail(Status::badRequest("metadata.managedFields must be nil"));
  CLEAT_TRY(Decoded decoded, decode(kind, applied, FieldValidation::warn));
  if (!decoded.warnings.empty()) return fail(undeclared(kind, applied, decoded.warnings));
  if (!applied.isObject()) return fail(Status::badRequest("an apply patch must be an object"));
  return Ref<const Message>(std::move(decoded.message));
}

// What is applied, in canonical form and within reach.
JsonNode wantedOf(const Kind& kind, PatchTree& tree, const JsonNode& applied, const Message& message,
                  const WriteReach& reach) {
  JsonNode canonical = nodeOf(tree.arena(), kind, message.words());
  JsonNode wanted = inCanonicalForm(tree, applied, &canonical);
  limitTo(tree, reach, wanted);
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
Result<Ref<const Message>> merged(const Kind& kind, PatchTree& tree, const Message* live, const JsonNode& wanted,
                                  const FieldSet& last, ManagedFields& managed) {
  Root root(kind);
  JsonNode value = live ? nodeOf(tree.arena(), kind, live->words()) : JsonNode::emptyObject();
  if (JsonNode* metadata = tree.find(value, "metadata")) tree.erase(*metadata, "managedFields");
  value = mergeTyped(tree, root.type(), &value, wanted);
  if (!last.children.empty()) {
    FieldSet owned;
    for (ManagedEntry& each : managed.entries) owned.unite(each.read());
    removeFields(tree, root.type(), value, last, owned);
  }
  // What an object does not keep, such as an empty map, is no change of it.
  CLEAT_TRY(Decoded kept, decode(kind, value, FieldValidation::ignore, {}, Integers::anyForm, &tree.arena()));
  return Ref<const Message>(std::move(kept.message));
}

Ref<const Message> withEntries(const Message& object, ManagedFields& managed) {
  MessageBuffer buffer(object, 32 + managed.words());
  managed.write(buffer.getRoot<meta_v1::AnyObject>().getMetadata());
  return buffer.finish();
}

// Books what is applied under its manager. Given back is what that one had before, if some of it is gone.
FieldSet book(const Kind& kind, const WriteReach& reach, const JsonNode& wanted, std::optional<std::string> fields,
              ManagedEntry& entry, bool& sameFields) {
  FieldSet last;
  const bool isNew = entry.text.empty();
  // Who names nothing is not booked, which is told from the set.
  if (fields && *fields != "{}" && (isNew || sameFields)) {
    entry.text = std::move(*fields);
    return last;
  }
  FieldSet said = fieldsOf(Root(kind).type(), wanted);
  limitTo(reach, said);
  sameFields = entry.text == said.text();
  if (sameFields) return last;
  last = std::move(entry.read());
  if (said.covers(last)) last = {};
  entry.fields = std::move(said);
  return last;
}

}  // namespace

Result<Ref<const Message>> applyFields(const Kind& kind, const Message* live, const JsonNode& applied,
                                       const FieldWriter& writer) {
  if (writer.manager.empty()) {
    StatusCause cause{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"};
    return fail(Status::invalid("PatchOptions.meta.k8s.io", "", {cause}));
  }
  const WriteReach reach(kind, writer.subresource);
  CLEAT_TRY(const Ref<const Message> message, readApplied(kind, applied));
  const Words before = live ? live->words() : Words();
  ManagedFields managed = live ? ManagedFields::of(live->meta().getManagedFields()) : ManagedFields();
  if (live && managed.entries.empty()) {
    bookUpdate(kind, {}, before, {"before-first-apply", {}, writer.wallNanos, false}, managed);
  }
  const ManagedEntry self = entryFor(kind, writer, "Apply");
  ManagedEntry& entry = managed.entryOf(self);
  std::optional<std::string> fields = saidFields(kind, reach, applied, message->words());
  bool sameFields = fields && *fields == entry.text;
  if (live && sameFields && entry.apiVersion == self.apiVersion &&
      isAlready(kind, reach, before, message->words(), applied)) {
    return Ref<const Message>::share(live);
  }
  JsonArena arena;
  PatchTree tree(arena);
  const JsonNode wanted = wantedOf(kind, tree, applied, *message, reach);
  const FieldSet last = book(kind, reach, wanted, std::move(fields), entry, sameFields);
  entry.apiVersion = self.apiVersion;

  Ref<const Message> next;
  try {
    CLEAT_TRY(next, merged(kind, tree, live, wanted, last, managed));
  } catch (const UnkeyedList& list) {
    return fail(untyped(kind, applied, concat(list.path, ": ", list.what())));
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
