// Updates and patches, of objects and of their subresources.
#include <cleat/sdk/text.h>

#include "core/gate/gate_write.h"
#include "core/gate/names.h"
#include "core/gate/object_edit.h"
#include "core/gate/patch_body.h"
#include "core/gate/readable.h"
#include "core/object/apply/apply.h"
#include "core/object/patch/patch_tree.h"

namespace cleat::gate {
namespace {

using Style = object::Subresource::Style;

// Gives the body of the next try, from the object that is there.
using MakeBody = std::function<Result<object::Decoded>(const object::Kind& kind, const Message& current)>;
// Gives the parent that a subresource with its own meaning has made, with who owns what of it brought up to date.
using OwnParent = std::function<Result<Ref<const Message>>(const object::Kind& kind, const Message& current,
                                                           Ref<const Message> next)>;

Status modified(const object::Kind& kind, std::string_view name) {
  return Status::conflict(
      kind.resource(), name,
      "the object has been modified; please apply your changes to the latest version and try again");
}

// What a body demands of the object that it is meant for.
Result<void> checkPreconditions(const bus::Target& target, const object::ObjectRef& current, const Message& body) {
  meta_v1::ObjectMeta::Reader meta = body.meta();
  CLEAT_TRY(checkAddress(view(meta.getNamespace()), view(meta.getName()), target));
  std::string uid = str(meta.getUid());
  std::string have = str(current->message()->meta().getUid());
  if (!uid.empty() && uid != have) {
    return fail(Status::conflict(target.kind->resource(), target.name,
                                 "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + have));
  }
  if (meta.getResourceVersion() != 0 && meta.getResourceVersion() != current->revision()) {
    return fail(modified(*target.kind, target.name));
  }
  return {};
}

// Metadata that a client may not set on an object that is there. What else is the server's is overlooked.
std::vector<StatusCause> changedForGood(meta_v1::ObjectMeta::Reader old, meta_v1::ObjectMeta::Reader sent) {
  std::vector<StatusCause> causes;
  auto immutable = [&](const std::string& value, const char* field) {
    causes.push_back({"FieldValueInvalid", "Invalid value: " + value + ": field is immutable", field});
  };
  if (sent.hasDeletionTimestamp() && !old.hasDeletionTimestamp()) {
    immutable(inQuotes(view(sent.getDeletionTimestamp())), "metadata.deletionTimestamp");
  }
  const bool graceful = old.hasDeletionGracePeriodSeconds();
  if (!sent.hasDeletionGracePeriodSeconds()) return causes;
  const int64_t grace = sent.getDeletionGracePeriodSeconds().getValue();
  if (!graceful || old.getDeletionGracePeriodSeconds().getValue() != grace) {
    immutable(std::to_string(grace), "metadata.deletionGracePeriodSeconds");
  }
  return causes;
}

Status revisionNeeded(const object::Kind& kind, std::string_view name) {
  return Status::invalid(
      kind.resource(), std::string(name),
      {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"}});
}

// One try at a subresource with its own meaning: the next state of the parent, and the answer.
Task<Result<bus::Written>> transformOnce(GateWrite& write, const object::Subresource& sub, object::ObjectRef current,
                                         MakeBody& makeBody, OwnParent& own) {
  Ref<const Message> view = current->message();
  if (sub.body != &write.kind()) {
    CLEAT_CO_TRY(Ref<const Message> projected,
                 co_await project(write.roles, write.request, current, Projection::forWrite));
    view = projected;
  }
  CLEAT_CO_TRY(object::Decoded body, makeBody(*sub.body, *view));
  CLEAT_CO_TRY(checkPreconditions(write.request.target, current, *body.message));
  write.request.warnings = std::move(body.warnings);
  CLEAT_CO_TRY(const Ref<const Message> mutated, co_await write.mutate(body.message));
  CLEAT_CO_TRY(Transformed changed, co_await transform(write.roles, write.request, current->message(), mutated));
  // Who is asked last sees what is known to be valid: where the body is of the parent's kind, the parent as it will be.
  const bool isParent = sub.body == &write.kind() && changed.parent;
  Ref<const Message> result = isParent ? changed.parent : mutated;
  CLEAT_CO_TRY(co_await write.admitFinally(std::move(result)));
  bus::Written written;
  object::ObjectRef stored = current;
  if (changed.parent) {
    CLEAT_CO_TRY(Ref<const Message> owned, own(write.kind(), *current->message(), changed.parent));
    CLEAT_CO_TRY(object::ObjectRef replaced, co_await write.replace(current, owned));
    stored = replaced;
  }
  written.object = stored;
  if (sub.body != &write.kind()) {
    co_await onExecutor(write.executor);
    CLEAT_CO_TRY(Ref<const Message> answer, co_await project(write.roles, write.request, stored, Projection::answer));
    written.object = answerObject(*sub.body, write.request.target, answer);
  }
  co_return written;
}

Task<Result<bus::Written>> updateOnce(GateWrite& write, object::ObjectRef current, MakeBody& makeBody, bool& named) {
  CLEAT_CO_TRY(object::Decoded body, makeBody(write.kind(), *current->message()));
  named = body.message->meta().getResourceVersion() != 0;
  CLEAT_CO_TRY(checkPreconditions(write.request.target, current, *body.message));
  write.request.warnings = std::move(body.warnings);
  write.causes = changedForGood(current->message()->meta(), body.message->meta());
  Ref<const Message> next = carryOver(write.request.target, current, *body.message);
  CLEAT_CO_TRY(Ref<const Message> shaped, co_await write.shape(std::move(next)));
  CLEAT_CO_TRY(shaped, co_await write.bookElsewhere(std::move(shaped)));
  CLEAT_CO_TRY(object::ObjectRef stored, co_await write.replace(current, std::move(shaped)));
  bus::Written written;
  written.object = stored;
  co_return written;
}

// Tries until the write meets the state that it was made from, or a client's own revision forbids another try.
Task<Result<bus::Written>> change(GateWrite& write, MakeBody makeBody, OwnParent own) {
  const object::Subresource* sub = nullptr;
  if (!write.request.target.subresource.empty()) {
    sub = write.kind().subresource(write.request.target.subresource);
    if (!sub || !sub->body) co_return fail(Status::notFound(write.kind().resource(), write.request.target.name));
  }
  for (int attempt = 0;; ++attempt) {
    CLEAT_CO_TRY(object::ObjectRef current, co_await write.current());
    if (!current) co_return fail(Status::notFound(write.kind().resource(), write.request.target.name));
    CLEAT_CO_TRY(checkReadable(write.request.target, *current));
    write.setOld(current);
    bool named = false;
    Result<bus::Written> written = bus::Written();
    if (sub && sub->style == Style::transform) {
      written = co_await transformOnce(write, *sub, current, makeBody, own);
    } else {
      written = co_await updateOnce(write, current, makeBody, named);
    }
    co_await write.withdraw();
    const auto isLast = [&] {
      if (written || named || !isConflict(written.error()) || attempt >= kMaxTries) return true;
      // A conflict that the body itself demands (its uid or revision) comes again on every try.
      const object::ObjectRef now = write.stored();
      return now && now->revision() == current->revision();
    };
    if (isLast()) co_return write.ended(std::move(written));
    co_await onExecutor(write.executor);
  }
}

OwnParent ownedByUpdate(const object::FieldWriter& writer) {
  return [writer](const object::Kind& kind, const Message& current, Ref<const Message> next) {
    return Result<Ref<const Message>>(object::trackUpdate(kind, &current, std::move(next), writer));
  };
}

// What is applied, for every try.
using Applied = std::shared_ptr<const PatchBody>;

// A subresource's body has its fields where its parent has them: who applies them owns them there.
OwnParent ownedByApply(Applied applied, const object::FieldWriter& writer) {
  return [applied, writer](const object::Kind& kind, const Message& current,
                           Ref<const Message> next) -> Result<Ref<const Message>> {
    object::JsonArena arena;
    object::PatchTree tree(arena);
    object::JsonNode parents = tree.clone(applied->value());
    for (const char* name : {"apiVersion", "kind", "metadata", "status"}) tree.erase(parents, name);
    CLEAT_TRY(Ref<const Message> owned, object::applyFields(kind, &current, parents, writer));
    ObjectEdit edit(kind, *next);
    edit.meta().setManagedFields(owned->meta().getManagedFields());
    return Ref<const Message>(edit.finish());
  };
}

// What is told of a patch whose demand for a revision is met: none, so that it is tried again when the object has
// changed.
Result<object::Decoded> withoutRevision(const object::Kind& kind, object::Decoded decoded) {
  decoded.message = withRevision(kind, std::move(decoded.message), 0);
  return decoded;
}

// A patch that makes an object another one's is invalid; a whole body with another uid meets a conflict.
Result<void> checkUidKept(const object::Kind& kind, const Message& current, const Message& next) {
  const std::string uid = str(next.meta().getUid());
  if (uid.empty() || uid == view(current.meta().getUid())) return {};
  const std::string name = kind.group.empty() ? kind.name : kind.name + "." + kind.group;
  return fail(
      Status::invalid(name, str(current.meta().getName()),
                      {{"FieldValueInvalid", "Invalid value: \"" + uid + "\": field is immutable", "metadata.uid"}}));
}

// The object with what is applied in it. `current` is null where there is none.
Result<object::Decoded> withApplied(const PatchBody& applied, const object::FieldWriter& writer,
                                    const object::Kind& kind, const Message* current) {
  CLEAT_TRY(checkAppliedKind(applied, kind));
  CLEAT_TRY(Ref<const Message> next, object::applyFields(kind, current, applied.value(), writer));
  object::Decoded decoded;
  CLEAT_TRY(decoded.warnings, problemsOf(applied));
  const bool demands = current && next->meta().getResourceVersion() != current->meta().getResourceVersion();
  if (current) {
    CLEAT_TRY(checkUidKept(kind, *current, *next));
  }
  decoded.message = current && !demands ? withRevision(kind, std::move(next), 0) : Message::own(std::move(next));
  return decoded;
}

}  // namespace

Task<Result<bus::Written>> Gate::update(UserRef user, bus::Target target, Ref<Message> body,
                                        bus::WriteOptions options) {
  CLEAT_CO_TRY(co_await authorizeFor(user, target, "update"));
  GateWrite write(*this, user, target, role::Operation::UPDATE, options);
  if (target.kind->createsOnUpdate && target.subresource.empty() && !write.stored()) {
    Result<bus::Written> created = co_await createUpdated(user, target, body, options);
    if (created || created.error().reason != "AlreadyExists") co_return created;
  }
  MakeBody makeBody = [body](const object::Kind& kind, const Message& current) -> Result<object::Decoded> {
    // One that means another object is told that first.
    const std::string_view uid = view(body->meta().getUid());
    const bool isMeant = uid.empty() || uid == view(current.meta().getUid());
    if (kind.updateNeedsRevision && isMeant && body->meta().getResourceVersion() == 0) {
      return fail(revisionNeeded(kind, view(body->meta().getName())));
    }
    object::Decoded decoded;
    decoded.message = body;
    return decoded;
  };
  OwnParent own = ownedByUpdate(write.writer);
  co_return co_await change(write, std::move(makeBody), std::move(own));
}

Task<Result<bus::Written>> Gate::createUpdated(UserRef user, bus::Target target, Ref<Message> body,
                                               bus::WriteOptions options) {
  std::string uid = str(body->meta().getUid());
  if (!uid.empty()) {
    co_return fail(Status::conflict(target.kind->resource(), target.name,
                                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: "));
  }
  ObjectEdit edit(*target.kind, *body);
  edit.meta().setResourceVersion(0);
  co_return co_await create(user, target, edit.finish(), options);
}

Task<Result<bus::Written>> Gate::patch(UserRef user, bus::Target target, bus::PatchType type, std::string body,
                                       bus::WriteOptions options, bool force) {
  CLEAT_CO_TRY(co_await authorizeFor(user, target, "patch"));
  if (type == bus::PatchType::apply) {
    Result<bus::Written> applied = co_await applyPatch(user, target, std::move(body), options, force);
    co_return applied;
  }
  CLEAT_CO_TRY(PatchBody read, readPatch(type, std::move(body), options.fieldValidation));
  const bool demands = type != bus::PatchType::json && read.namesRevision();
  GateWrite write(*this, user, target, role::Operation::UPDATE, options);
  MakeBody makeBody = [patch = std::move(read), demands](const object::Kind& kind,
                                                         const Message& current) -> Result<object::Decoded> {
    Result<object::Decoded> decoded = patched(patch, kind, current);
    if (!decoded) return decoded;
    CLEAT_TRY(checkUidKept(kind, current, *decoded->message));
    if (!demands && decoded->message->meta().getResourceVersion() == current.meta().getResourceVersion()) {
      decoded = withoutRevision(kind, std::move(*decoded));
    }
    return decoded;
  };
  OwnParent own = ownedByUpdate(write.writer);
  co_return co_await change(write, std::move(makeBody), std::move(own));
}

Task<Result<bus::Written>> Gate::applyPatch(UserRef user, bus::Target target, std::string body,
                                            bus::WriteOptions options, bool force) {
  if (options.fieldManager.empty()) {
    co_return fail(
        Status::invalid("PatchOptions.meta.k8s.io", "",
                        {{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"}}));
  }
  CLEAT_CO_TRY(PatchBody read, readApplied(std::move(body), options.fieldValidation));
  const Applied applied = std::make_shared<const PatchBody>(std::move(read));
  GateWrite write(*this, user, target, role::Operation::UPDATE, options, force);
  write.books = false;
  write.applies = true;
  const object::FieldWriter writer = write.writer;
  if (!write.stored() && target.subresource.empty()) {
    CLEAT_CO_TRY(object::Decoded first, withApplied(*applied, writer, *target.kind, nullptr));
    if (std::string uid = str(first.message->meta().getUid()); !uid.empty()) {
      co_return fail(Status::conflict(
          target.kind->resource(), target.name,
          "uid mismatch: the provided object specified uid " + uid + ", and no existing object was found"));
    }
    Result<bus::Written> created = co_await createAs(Booking::said, user, target, first.message, options);
    if (created) created->warnings.insert(created->warnings.begin(), first.warnings.begin(), first.warnings.end());
    if (created || created.error().reason != "AlreadyExists") co_return created;
  }
  const object::Kind* parent = target.kind.get();
  MakeBody makeBody = [applied, writer, parent](const object::Kind& kind,
                                                const Message& current) -> Result<object::Decoded> {
    if (&kind == parent) return withApplied(*applied, writer, kind, &current);
    CLEAT_TRY(checkAppliedKind(*applied, kind));
    // A view of the parent carries no owners: those of the parent decide, when the parent is made.
    PatchBody merge = *applied;
    merge.type = bus::PatchType::merge;
    Result<object::Decoded> merged = patched(merge, kind, current);
    return merged ? withoutRevision(kind, std::move(*merged)) : merged;
  };
  OwnParent own = ownedByApply(applied, writer);
  co_return co_await change(write, std::move(makeBody), std::move(own));
}

}  // namespace cleat::gate
