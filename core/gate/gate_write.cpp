#include "core/gate/gate_write.h"

#include <cleat/sdk/text.h>

#include "core/gate/draft.h"
#include "core/gate/names.h"

namespace cleat::gate {
namespace {

void append(std::vector<std::string>& to, std::vector<std::string> from) {
  for (std::string& text : from) to.push_back(std::move(text));
}

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

}  // namespace

Ref<const Message> carryOver(const bus::Target& target, const object::ObjectRef& old, const Message& body) {
  const bool isStatus = target.subresource == "status";
  Draft draft(*target.kind, isStatus ? old->message() : body);
  if (isStatus) {
    draft.copyField("metadata", body);
    draft.copyField("status", body);
    for (const std::string& field : target.kind->statusLeavesMetadata) draft.copyMetadata(field, old->message());
  } else if (target.kind->hasStatus) {
    draft.copyField("status", old->message());
  }
  keepSystemMetadata(draft.meta(), old->meta());
  return draft.finish();
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
  if (verdict.causes.empty()) return {};
  std::string name = str(object.meta().getName());
  return fail(Status::invalid(kind().qualifiedKind(), name, verdict.causes));
}

Task<Result<Ref<const Message>>> GateWrite::shape(Ref<const Message> object) {
  Result<Shaped> mutated = co_await admit(roles, passage, std::move(object), AdmissionPass::mutate);
  if (!mutated) co_return fail(mutated.error());
  append(warnings, std::move(mutated->warnings));
  Result<Shaped> defaulted = co_await applyDefaults(roles, passage, mutated->message);
  if (!defaulted) co_return fail(defaulted.error());
  append(warnings, std::move(defaulted->warnings));
  Result<Shaped> admitted = co_await admit(roles, passage, defaulted->message, AdmissionPass::validate);
  if (!admitted) co_return fail(admitted.error());
  append(warnings, std::move(admitted->warnings));
  Result<Verdict> verdict = co_await checkObject(roles, passage, defaulted->message);
  if (!verdict) co_return fail(verdict.error());
  append(warnings, verdict->warnings);
  Result<void> valid = verdictOf(*verdict, *defaulted->message);
  if (!valid) co_return fail(valid.error());
  co_return defaulted->message;
}

Task<Result<object::ObjectRef>> GateWrite::commit(Ref<const Message> object, uint64_t expectedRevision) {
  Result<Ref<const Message>> ready = co_await beforeCommit(roles, passage, std::move(object));
  if (!ready) co_return fail(ready.error());
  if (passage.dryRun) co_return answerObject(kind(), passage.target, *ready);
  store::Write write;
  // The store writes the revision into the message, so it gets one of its own.
  write.object = store::prepare(kind(), passage.target.ns, passage.target.name, Message::copy(anyRoot(**ready)));
  write.expectedRevision = expectedRevision;
  co_return co_await store.commit(std::move(write));
}

Task<Result<object::ObjectRef>> GateWrite::commitDelete(object::ObjectRef object) {
  Passage deletion = passage;
  deletion.operation = role::Operation::DELETE;
  deletion.old = object->messageRef();
  deletion.oldRevision = object->revision();
  Result<Ref<const Message>> ready = co_await beforeCommit(roles, deletion, nullptr);
  if (!ready) co_return fail(ready.error());
  if (passage.dryRun) co_return object;
  store::Write write;
  write.object.kind = &kind();
  write.object.ns = passage.target.ns;
  write.object.name = passage.target.name;
  write.isDelete = true;
  write.expectedRevision = object->revision();
  co_return co_await store.commit(std::move(write));
}

Task<Result<object::ObjectRef>> GateWrite::replace(object::ObjectRef old, Ref<const Message> object) {
  if (sameObject(old->message(), *object)) co_return old;
  const object::Subresource* sub = kind().subresource(passage.target.subresource);
  const bool kept = kind().keepsGeneration || (sub && sub->keepsGeneration);
  if (!kept && !sameDesiredState(kind(), old->message(), *object)) {
    Draft draft(kind(), *object);
    draft.meta().setGeneration(old->meta().getGeneration() + 1);
    object = draft.finish();
  }
  if (mayDisappear(kind(), *object)) co_return co_await commitDelete(old);
  co_return co_await commit(std::move(object), old->revision());
}

}  // namespace cleat::gate
