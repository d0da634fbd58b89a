#include "testkit_objects.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include <cstdio>

namespace cleat::test::detail {
namespace {

constexpr int64_t kDefaultGracePeriodSeconds = 30;

AnyDraft copyOf(const AnyRef& object) {
  AnyDraft draft(object.words().count + 96);
  draft.message().setRoot(object.as<capnp::AnyStruct>());
  return draft;
}

meta_v1::ObjectMeta::Builder metaOf(AnyDraft& draft) {
  return draft.message().getRoot<meta_v1::AnyObject>().getMetadata();
}

bool equal(const AnyRef& a, const AnyRef& b) { return a.as<capnp::AnyStruct>() == b.as<capnp::AnyStruct>(); }

// A copy of the object without metadata and status: what metadata.generation counts the changes of.
AnyRef specOnly(const AnyRef& object, capnp::StructSchema schema) {
  AnyDraft draft = copyOf(object);
  auto root = draft.message().getRoot<capnp::DynamicStruct>(schema);
  root.clear("metadata");
  if (schema.findFieldByName("status") != nullptr) root.clear("status");
  return std::move(draft).freezeAny();
}

void copyStatus(AnyDraft& to, const AnyRef& from, capnp::StructSchema schema) {
  auto root = to.message().getRoot<capnp::DynamicStruct>(schema);
  auto other = from.as<capnp::AnyStruct>().as<capnp::DynamicStruct>(schema);
  if (other.has("status")) {
    root.set("status", other.get("status"));
  } else {
    root.clear("status");
  }
}

std::string textAt(capnp::DynamicStruct::Reader root, const std::vector<std::string>& path) {
  capnp::DynamicStruct::Reader at = root;
  for (size_t i = 0; i + 1 < path.size(); ++i) at = at.get(path[i].c_str()).as<capnp::DynamicStruct>();
  capnp::DynamicValue::Reader value = at.get(path.back().c_str());
  if (value.getType() == capnp::DynamicValue::TEXT) return str(value.as<capnp::Text>());
  return std::string(kj::str(value).cStr());
}

bool hasPath(capnp::StructSchema schema, const std::vector<std::string>& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    KJ_IF_MAYBE (field, schema.findFieldByName(path[i].c_str())) {
      if (i + 1 == path.size()) return true;
      if (!field->getType().isStruct()) return false;
      schema = field->getType().asStruct();
    } else {
      return false;
    }
  }
  return false;
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t at = text.find(by);
    parts.emplace_back(text.substr(0, at));
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  }
  return parts;
}

}  // namespace

bool Collection::hasField(const char* name) const { return schema && schema->findFieldByName(name) != nullptr; }

Result<FieldSelector> FieldSelector::parse(std::string_view text, const Collection& of) {
  FieldSelector selector;
  selector.schema_ = of.schema;
  for (const std::string& part : split(text, ',')) {
    size_t at = part.find('=');
    if (at == std::string::npos) return fail(Status::badRequest("invalid field selector: " + part));
    Term term;
    term.equal = at == 0 || part[at - 1] != '!';
    std::string path = part.substr(0, term.equal ? at : at - 1);
    term.path = split(path, '.');
    term.value = part.substr(part.starts_with(path + "==") ? at + 2 : at + 1);
    bool metadata = path == "metadata.name" || path == "metadata.namespace";
    if (!metadata && (!of.schema || !hasPath(*of.schema, term.path))) {
      return fail(Status::badRequest("field label not supported: " + path));
    }
    selector.terms_.push_back(std::move(term));
  }
  return selector;
}

bool FieldSelector::matches(const AnyRef& object) const {
  for (const Term& term : terms_) {
    std::string value;
    if (term.path[0] == "metadata") {
      value = term.path[1] == "name" ? object.name() : object.ns();
    } else {
      value = textAt(object.as<capnp::AnyStruct>().as<capnp::DynamicStruct>(*schema_), term.path);
    }
    if ((value == term.value) != term.equal) return false;
  }
  return true;
}

bool Filter::matches(const AnyRef& object) const {
  if (!object) return false;
  return (ns.empty() || object.ns() == ns) && labels.matches(object) && fields.matches(object);
}

Objects::Objects(std::function<WallTime()> wallNow, std::function<uint64_t()> random, Listener listener)
    : wallNow_(std::move(wallNow)), random_(std::move(random)), listener_(std::move(listener)) {}

Collection& Objects::collection(std::string_view group, std::string_view resource) {
  Collection& found = collections_[{std::string(group), std::string(resource)}];
  found.group = group;
  found.resource = resource;
  return found;
}

Result<AnyRef> Objects::get(const Collection& of, const std::string& key) const {
  auto found = of.objects.find(key);
  if (found == of.objects.end()) return fail(Status::notFound(of.qualified(), splitKey(key).name));
  return found->second;
}

Result<AnyRef> Objects::current(const Collection& of, const AnyRef& object, std::string_view ns) const {
  return get(of, keyOf(object.ns().empty() ? ns : object.ns(), object.name()));
}

Result<void> Objects::checkRevision(const Collection& of, const AnyRef& before, const AnyRef& now) const {
  uint64_t asked = now.meta().getResourceVersion();
  if (asked != 0 && asked != before.revision()) {
    return fail(Status::conflict(of.qualified(), before.name(),
                                 "the object has been modified; please apply your changes to the latest version and "
                                 "try again"));
  }
  if (!now.uid().empty() && now.uid() != before.uid()) {
    return fail(Status::conflict(
        of.qualified(), before.name(),
        concat("Precondition failed: UID in precondition: ", now.uid(), ", UID in object meta: ", before.uid())));
  }
  return {};
}

Result<AnyRef> Objects::create(Collection& of, const AnyRef& object, std::string_view ns, bool dryRun) {
  AnyDraft draft = copyOf(object);
  auto meta = metaOf(draft);
  if (!ns.empty()) meta.setNamespace(str(ns));
  std::string name = str(object.name());
  if (name.empty() && object.meta().getGenerateName().size() != 0) {
    constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    name = str(object.meta().getGenerateName());
    uint64_t bits = random_();
    for (int i = 0; i < 5; ++i, bits /= kAlphabet.size()) name += kAlphabet[bits % kAlphabet.size()];
    meta.setName(name);
  }
  if (name.empty()) {
    StatusCause cause{"FieldValueRequired", "Required value: name or generateName is required", "metadata.name"};
    return fail(Status::invalid(of.kind, "", {cause}));
  }
  if (of.objects.contains(keyOf(view(meta.asReader().getNamespace()), name))) {
    return fail(Status::alreadyExists(of.qualified(), name));
  }
  meta.setUid(newUid());
  meta.setCreationTimestamp(formatTime(wallNow_()));
  meta.disownDeletionTimestamp();
  if (of.hasField("spec")) meta.setGeneration(1);
  if (of.hasField("status")) draft.message().getRoot<capnp::DynamicStruct>(*of.schema).clear("status");
  return finish(of, AnyRef(), std::move(draft), dryRun);
}

Result<AnyRef> Objects::update(Collection& of, const AnyRef& object, std::string_view ns, bool dryRun) {
  CLEAT_TRY(AnyRef before, current(of, object, ns));
  CLEAT_TRY(checkRevision(of, before, object));
  AnyDraft draft = copyOf(object);
  auto meta = metaOf(draft);
  auto old = before.meta();
  meta.setNamespace(old.getNamespace());
  meta.setUid(old.getUid());
  meta.setCreationTimestamp(old.getCreationTimestamp());
  meta.setGeneration(old.getGeneration());
  if (old.hasDeletionTimestamp()) {
    meta.setDeletionTimestamp(old.getDeletionTimestamp());
    meta.setDeletionGracePeriodSeconds(old.getDeletionGracePeriodSeconds());
  }
  if (of.hasField("status")) copyStatus(draft, before, *of.schema);
  if (of.hasField("spec")) {
    AnyRef after = AnyRef::copyOf(draft.words(), 0);
    if (!equal(specOnly(before, *of.schema), specOnly(after, *of.schema))) meta.setGeneration(old.getGeneration() + 1);
  }
  return finish(of, before, std::move(draft), dryRun);
}

Result<AnyRef> Objects::updateStatus(Collection& of, const AnyRef& object, std::string_view ns, bool dryRun) {
  CLEAT_TRY(AnyRef before, current(of, object, ns));
  if (!of.hasField("status")) return fail(Status::notFound(of.qualified() + "/status", object.name()));
  CLEAT_TRY(checkRevision(of, before, object));
  AnyDraft draft = copyOf(before);
  copyStatus(draft, object, *of.schema);
  // What clients may write of the metadata is written along.
  capnp::DynamicStruct::Builder meta = metaOf(draft);
  capnp::DynamicStruct::Reader now = object.meta();
  for (const char* field : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    if (now.has(field)) {
      meta.set(field, now.get(field));
    } else {
      meta.clear(field);
    }
  }
  return finish(of, before, std::move(draft), dryRun);
}

Result<void> Objects::apply(Collection& of, const std::string& key, const std::string& subresource, const AnyRef& body,
                            bool dryRun) {
  CLEAT_TRY(AnyRef before, get(of, key));
  auto found = of.subresources.find(subresource);
  if (found == of.subresources.end()) {
    return fail(Status::notFound(of.qualified() + "/" + subresource, splitKey(key).name));
  }
  AnyDraft draft = copyOf(before);
  CLEAT_TRY(found->second(draft, body));
  finish(of, before, std::move(draft), dryRun);
  return {};
}

Result<AnyRef> Objects::remove(Collection& of, const std::string& key, const DeleteRequest& request) {
  CLEAT_TRY(AnyRef found, get(of, key));
  const AnyRef& before = found;
  bool otherUid = !request.preconditionUid.empty() && before.uid() != request.preconditionUid;
  bool otherRevision = request.preconditionRevision != 0 && before.revision() != request.preconditionRevision;
  if (otherUid || otherRevision) {
    return fail(Status::conflict(of.qualified(), before.name(), "Precondition failed"));
  }
  int64_t grace = of.graceful ? request.gracePeriodSeconds : 0;
  if (grace < 0) grace = kDefaultGracePeriodSeconds;
  if (of.graceful && hasPath(*of.schema, {"spec", "nodeName"})) {
    auto root = before.as<capnp::AnyStruct>().as<capnp::DynamicStruct>(*of.schema);
    if (textAt(root, {"spec", "nodeName"}).empty()) grace = 0;
  }
  AnyDraft draft = copyOf(before);
  auto meta = metaOf(draft);
  if (grace == 0 && meta.asReader().getFinalizers().size() == 0) {
    drop(of, key);
    return before;
  }
  if (!deletionPending(meta.asReader()) || valueOr(meta.asReader().getDeletionGracePeriodSeconds(), 0) > grace) {
    meta.setDeletionTimestamp(formatTime(wallNow_() + std::chrono::seconds(grace)));
    meta.initDeletionGracePeriodSeconds().setValue(grace);
  }
  return finish(of, before, std::move(draft), false);
}

AnyRef Objects::put(Collection& of, const AnyRef& object) {
  auto found = of.objects.find(object.key());
  AnyRef before = found == of.objects.end() ? AnyRef() : found->second;
  AnyDraft draft = copyOf(object);
  auto meta = metaOf(draft);
  if (object.uid().empty()) meta.setUid(before ? str(before.uid()) : newUid());
  if (!object.meta().hasCreationTimestamp()) meta.setCreationTimestamp(formatTime(wallNow_()));
  if (object.meta().getGeneration() == 0 && of.hasField("spec")) meta.setGeneration(1);
  return store(of, before, std::move(draft));
}

void Objects::drop(Collection& of, const std::string& key) {
  auto found = of.objects.find(key);
  if (found == of.objects.end()) return;
  // Its last state has the revision of its end.
  AnyDraft draft = copyOf(found->second);
  metaOf(draft).setResourceVersion(++revision_);
  AnyRef last = AnyRef::copyOf(draft.words(), revision_);
  AnyRef before = std::move(found->second);
  of.objects.erase(found);
  listener_(of, last, AnyRef());
}

// Ends a write: one that changes nothing makes no revision, one that takes the last finalizer away ends the object.
AnyRef Objects::finish(Collection& of, const AnyRef& before, AnyDraft draft, bool dryRun) {
  auto meta = metaOf(draft);
  meta.setResourceVersion(before ? before.revision() : 0);
  if (dryRun) return AnyRef::copyOf(draft.words(), before.revision());
  if (before) {
    AnyRef unchanged = AnyRef::copyOf(draft.words(), before.revision());
    if (equal(before, unchanged)) return before;
    bool waits = valueOr(meta.asReader().getDeletionGracePeriodSeconds(), 0) > 0;
    if (deletionPending(meta.asReader()) && meta.asReader().getFinalizers().size() == 0 && !waits) {
      drop(of, before.key());
      return unchanged;
    }
  }
  return store(of, before, std::move(draft));
}

AnyRef Objects::store(Collection& of, const AnyRef& before, AnyDraft draft) {
  metaOf(draft).setResourceVersion(++revision_);
  AnyRef now = AnyRef::copyOf(draft.words(), revision_);
  of.objects[now.key()] = now;
  listener_(of, before, now);
  return now;
}

std::string Objects::newUid() {
  char text[40];
  std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012llx", static_cast<unsigned long long>(++uids_));
  return text;
}

}  // namespace cleat::test::detail
