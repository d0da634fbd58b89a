#include "core/gate/gate_write.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "core/gate/conversion.h"
#include "core/gate/names.h"
#include "core/gate/object_edit.h"
#include "core/gate/owners.h"
#include "core/object/apply/write_reach.h"
#include "core/object/time_text.h"

namespace cleat::gate {
namespace {

// Metadata that clients cannot change, from the object that is there.
void keepSystemMetadata(meta_v1::ObjectMeta::Builder meta, meta_v1::ObjectMeta::Reader old) {
  meta.setUid(old.getUid());
  meta.setCreationTimestamp(old.getCreationTimestamp());
  meta.setGeneration(old.getGeneration());
  meta.setName(old.getName());
  meta.setNamespace(old.getNamespace());
  if (old.hasGenerateName()) meta.setGenerateName(old.getGenerateName());
  if (old.hasDeletionTimestamp()) {
    meta.setDeletionTimestamp(old.getDeletionTimestamp());
  } else {
    meta.disownDeletionTimestamp();
  }
  if (old.hasDeletionGracePeriodSeconds()) {
    meta.setDeletionGracePeriodSeconds(old.getDeletionGracePeriodSeconds());
  } else {
    meta.disownDeletionGracePeriodSeconds();
  }
  meta.setResourceVersion(0);
  meta.disownSelfLink();
}

std::vector<std::string> newFinalizers(meta_v1::ObjectMeta::Reader before, meta_v1::ObjectMeta::Reader after) {
  std::set<std::string> added;
  for (auto text : after.getFinalizers()) {
    if (!contains(before.getFinalizers(), view(text))) added.insert(str(text));
  }
  return {added.begin(), added.end()};
}

// What nobody may do to the metadata of an object that is there.
void checkMetadataUpdate(meta_v1::ObjectMeta::Reader before, meta_v1::ObjectMeta::Reader after,
                         std::vector<StatusCause>& causes) {
  if (!before.hasDeletionTimestamp()) return;
  std::string added;
  for (const std::string& finalizer : newFinalizers(before, after)) {
    added += (added.empty() ? "\"" : ", \"") + finalizer + "\"";
  }
  if (added.empty()) return;
  causes.push_back({"FieldValueForbidden",
                    "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers "
                    "[]string{" +
                        added + "}",
                    "metadata.finalizers"});
}

// An entry of metadata.managedFields but for its time.
auto entryKey(meta_v1::ManagedFieldsEntry::Reader entry) {
  return std::tuple(view(entry.getManager()), view(entry.getOperation()), view(entry.getApiVersion()),
                    view(entry.getSubresource()), view(entry.getFieldsType()), view(entry.getFieldsV1()));
}

// Whether the managed fields of both differ in nothing but times, by which they are sorted.
bool sameOwners(const Message& old, const Message& next) {
  auto before = old.meta().getManagedFields(), after = next.meta().getManagedFields();
  if (before.size() != after.size()) return false;
  std::set<decltype(entryKey(before[0]))> known;
  for (auto entry : before) known.insert(entryKey(entry));
  for (auto entry : after) {
    if (!known.contains(entryKey(entry))) return false;
  }
  return true;
}

// Where the client of a request that fails is told what was warned of.
bus::Warnings* toldInVain(const ChangeRequest& request) {
  if (const auto* write = std::get_if<bus::WriteOptions>(&request.options)) return write->warnings;
  if (const auto* deletion = std::get_if<bus::DeleteOptions>(&request.options)) return deletion->warnings;
  return nullptr;
}

}  // namespace

GateWrite::GateWrite(Gate& gate, UserRef user, bus::Target target, role::Operation operation,
                     const bus::WriteOptions& options, bool force)
    : GateWrite(gate, std::move(user), std::move(target), operation, options.dryRun) {
  request.options = options;
  writer.manager = !options.fieldManager.empty() ? options.fieldManager
                   : options.clientName.empty()  ? "unknown"
                                                 : options.clientName;
  writer.subresource = request.target.subresource;
  writer.wallNanos = executor.wallNow();
  writer.force = force;
}

Result<bus::Written> GateWrite::ended(Result<bus::Written> written) {
  bus::Warnings* const told = written ? &written->warnings : toldInVain(request);
  if (told) std::ranges::move(std::exchange(request.warnings, {}), std::back_inserter(*told));
  return written;
}

Ref<const Message> carryOver(const bus::Target& target, const object::ObjectRef& old, const Message& body) {
  const object::WriteReach reach(*target.kind, target.subresource);
  const Ref<const Message> before = old->message();
  ObjectEdit edit(*target.kind, reach.statusOnly() ? *before : body);
  if (reach.statusOnly()) {
    edit.copyField("metadata", body);
    if (reach.has("status")) edit.copyField("status", body);
  } else {
    for (const std::string& field : reach.whole()) edit.copyField(field, *before);
  }
  reach.eachLeft([&](std::string_view field, std::string_view member) {
    if (field == "metadata") {
      edit.copyMetadata(member, *before);
    } else {
      edit.copyMember(field, member, *before);
    }
  });
  keepSystemMetadata(edit.meta(), before->meta());
  return edit.finish();
}

bool mayDisappear(const object::Kind& kind, const Message& object) {
  meta_v1::ObjectMeta::Reader meta = object.meta();
  if (!meta.hasDeletionTimestamp() || meta.getFinalizers().size() > 0) return false;
  if (meta.hasDeletionGracePeriodSeconds() && meta.getDeletionGracePeriodSeconds().getValue() > 0) return false;
  return !kind.deleteNeedsFinalize || emptyList(kind, object, "spec", "finalizers");
}

object::ObjectRef answerObject(const object::Kind& kind, const bus::Target& target, Ref<const Message> message) {
  std::string json = object::encodeJson(kind, message->words());
  return makeRef<const object::Object>(kind, target.ns, target.name, uint64_t{0}, std::move(json), std::move(message));
}

Result<void> GateWrite::verdictOf(const Verdict& verdict, const Message& object) const {
  std::vector<StatusCause> all = causes;
  all.insert(all.end(), verdict.causes.begin(), verdict.causes.end());
  if (all.empty()) return {};
  return fail(Status::invalid(kind().stored().qualifiedKind(), str(object.meta().getName()), std::move(all)));
}

Task<Result<Ref<const Message>>> GateWrite::shape(Ref<const Message> object) {
  object = withEachOwnerOnce(kind(), std::move(object), request.warnings);
  CLEAT_CO_TRY(Ref<const Message> shaped, co_await applyDefaults(roles, request, std::move(object)));
  if (books) shaped = object::trackUpdate(kind(), request.old.get(), std::move(shaped), writer);
  if (identity && isHeard(chains, request, *shaped, AdmissionPass::mutate)) {
    CLEAT_CO_TRY(shaped, co_await mutateNew(std::move(shaped)));
  } else {
    CLEAT_CO_TRY(shaped, co_await mutate(std::move(shaped)));
  }
  if (identity) causes = checkNames(kind(), request.target.name, str(shaped->meta().getGenerateName()));
  CLEAT_CO_TRY(Verdict verdict, co_await checkObject(roles, request, shaped));
  if (request.old) checkMetadataUpdate(request.old->meta(), shaped->meta(), causes);
  CLEAT_CO_TRY(verdictOf(verdict, *shaped));
  // Of what is invalid no kind warns.
  std::ranges::move(verdict.warnings, std::back_inserter(request.warnings));
  CLEAT_CO_TRY(co_await admitFinally(shaped));
  co_return shaped;
}

Task<Result<Ref<const Message>>> GateWrite::mutateNew(Ref<const Message> object) {
  CLEAT_CO_TRY(Ref<const Message> left, co_await mutate(identity->hidden(std::move(object))));
  CLEAT_CO_TRY(Ref<const Message> named, identity->revealed(left));
  if (!identity->isRenamed()) co_return named;
  co_return co_await applyDefaults(roles, request, std::move(named));
}

Task<Result<Ref<const Message>>> GateWrite::mutate(Ref<const Message> object) {
  MutatingRounds rounds;
  while (true) {
    CLEAT_CO_TRY(object, co_await admit(chains, request, std::move(object), AdmissionPass::mutate, &rounds));
    if (!rounds.wanted()) co_return object;
    rounds.beginSecond();
  }
}

Task<Result<Ref<const Message>>> GateWrite::bookElsewhere(Ref<const Message> object) {
  if (!request.old) co_return object;
  for (std::string& version : object::otherVersions(kind(), *object)) {
    object::WriteInVersion there{.apiVersion = std::move(version)};
    const size_t slash = there.apiVersion.rfind('/');
    const std::string name = there.apiVersion.substr(slash == std::string::npos ? 0 : slash + 1);
    object::KindRef other = kinds.find(kind().group, name, kind().plural);
    Ref<const Message> before, after;
    if (other && other->apiVersion() == there.apiVersion) {
      CLEAT_CO_TRY(before, co_await converted(roles, request.target.kind, other, request.old, request.user.place()));
      CLEAT_CO_TRY(after, co_await converted(roles, request.target.kind, other, object, request.user.place()));
      there.kind = other.get();
      there.before = before->words();
      there.after = after->words();
    }
    CLEAT_CO_TRY(object, object::trackInVersion(there, std::move(object), writer, applies));
  }
  co_return object;
}

Task<Result<void>> GateWrite::admitFinally(Ref<const Message> object) {
  // Otherwise nobody would be told.
  if (isWithdrawalHeard(chains, request)) admitted = object;
  CLEAT_CO_TRY(co_await admit(chains, request, std::move(object), AdmissionPass::validate));
  co_return Result<void>();
}

Task<void> GateWrite::withdraw() {
  Ref<const Message> nothing = std::exchange(admitted, nullptr);
  if (!nothing || request.dryRun || !isWithdrawalHeard(chains, request)) co_return;
  co_await onExecutor(executor);
  co_await gate::withdraw(chains, request, std::move(nothing));
}

Task<Result<object::ObjectRef>> GateWrite::commit(Ref<const Message> object, uint64_t expectedRevision) {
  CLEAT_CO_TRY(Ref<const Message> ready, co_await beforeCommit(roles, request, std::move(object)));
  if (request.dryRun) co_return unstored(*ready);
  co_return co_await put(std::move(ready), expectedRevision);
}

Task<Result<object::ObjectRef>> GateWrite::put(Ref<const Message> object, uint64_t expectedRevision) {
  const object::KindRef storage = object::KindRef::share(&kind().stored());
  auto converting = converted(roles, request.target.kind, storage, std::move(object), request.user.place());
  CLEAT_CO_TRY(Ref<const Message> ready, co_await std::move(converting));
  store::Write write;
  // The store writes the revision into the message, so it gets one of its own.
  write.object = store::prepare(*storage, request.target.ns, request.target.name, Message::own(std::move(ready)));
  write.expectedRevision = expectedRevision;
  CLEAT_CO_TRY(object::ObjectRef stored, co_await store.commit(std::move(write)));
  admitted = nullptr;
  co_return co_await inVersion(std::move(stored));
}

Task<Result<object::ObjectRef>> GateWrite::inVersion(object::ObjectRef object) {
  if (!object) co_return object;
  if (!object->isAt(kind())) {
    co_await onExecutor(executor);
    std::vector<object::ObjectRef> one;
    one.push_back(object);
    CLEAT_CO_TRY(co_await convertTo(roles, request.target.kind, std::move(one), request.user.place()));
  }
  co_return object->as(kind());
}

object::ObjectRef GateWrite::unstored(const Message& object) const {
  ObjectEdit edit(kind(), object);
  edit.meta().setResourceVersion(request.oldRevision);
  return answerObject(kind(), request.target, edit.finish());
}

Result<void> GateWrite::checkOrphans() const {
  if (!kind().deleteNeedsFinalize) return {};
  std::string held;
  std::vector<StatusCause> each;
  for (const auto& [resource, count] : store.orphans(request.target.name)) {
    held += concat(held.empty() ? "" : ", ", count, " ", resource);
    each.push_back({"KindMissing", std::to_string(count), resource});
  }
  if (held.empty()) return {};
  Status status = Status::conflict(kind().resource(), request.target.name,
                                   "objects are in it whose kinds no plugin brings at present: " + held);
  status.details.causes = std::move(each);
  return fail(std::move(status));
}

Task<Result<object::ObjectRef>> GateWrite::commitDelete(object::ObjectRef object) {
  CLEAT_CO_TRY(checkOrphans());
  ChangeRequest deletion = request;
  deletion.operation = role::Operation::DELETE;
  deletion.old = object->message();
  deletion.oldRevision = object->revision();
  CLEAT_CO_TRY(co_await beforeCommit(roles, deletion, nullptr));
  if (request.dryRun) co_return object;
  store::Write write;
  write.object.kind = request.target.kind;
  write.object.ns = request.target.ns;
  write.object.name = request.target.name;
  write.isDelete = true;
  write.expectedRevision = object->revision();
  CLEAT_CO_TRY(object::ObjectRef stored, co_await store.commit(std::move(write)));
  admitted = nullptr;
  co_return co_await inVersion(std::move(stored));
}

bool GateWrite::isStoredInOtherVersion() const {
  const object::ObjectRef there = stored();
  return there && there->kind().apiVersion() != kind().stored().apiVersion();
}

Task<Result<object::ObjectRef>> GateWrite::replace(object::ObjectRef old, Ref<const Message> object) {
  // Who says again what is there already changes nothing, and the time at which it was said is no change. But what is
  // stored in another version than objects are now is written anew, and so is what is encrypted with another key: that
  // is how one becomes rid of a version, and of a key.
  const Ref<const Message> before = old->message();
  const bool same = sameButForOwners(*before, *object) && sameOwners(*before, *object);
  if (same && !isStoredInOtherVersion() && !store.isStale(old->revision())) co_return old;
  const object::Subresource* sub = kind().subresource(request.target.subresource);
  const bool kept = kind().keepsGeneration || (sub && sub->keepsGeneration);
  if (!kept && !sameDesiredState(kind(), *before, *object)) {
    object = withGeneration(kind(), std::move(object), before->meta().getGeneration() + 1);
  }
  if (mayDisappear(kind(), *object)) {
    // What was written last is the answer, although it is not kept.
    CLEAT_CO_TRY(co_await commitDelete(std::move(old)));
    co_return unstored(*object);
  }
  co_return co_await commit(std::move(object), old->revision());
}

}  // namespace cleat::gate
