// Updates and patches, of objects and of their subresources.
#include <cleat/sdk/text.h>
#include <boost/json/object.hpp>

#include <algorithm>
#include <iterator>

#include "core/gate/gate_write.h"
#include "core/gate/names.h"
#include "core/gate/object_edit.h"
#include "core/gate/patch_body.h"
#include "core/object/apply/apply.h"

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
  std::string have = str(current->meta().getUid());
  if (!uid.empty() && uid != have) {
    return fail(Status::conflict(target.kind->resource(), target.name,
                                 "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + have));
  }
  if (meta.getResourceVersion() != 0 && meta.getResourceVersion() != current->revision()) {
    return fail(modified(*target.kind, target.name));
  }
  return {};
}

Status revisionNeeded(const object::Kind& kind, std::string_view name) {
  return Status::invalid(
      kind.qualifiedKind(), std::string(name),
      {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"}});
}

// One try at a subresource with its own meaning: the next state of the parent, and the answer.
Task<Result<bus::Written>> transformOnce(GateWrite& write, const object::Subresource& sub, object::ObjectRef current,
                                         MakeBody& makeBody, OwnParent& own) {
  Ref<const Message> view = current->messageRef();
  if (sub.body != &write.kind()) {
    CLEAT_CO_TRY(Ref<const Message> projected, co_await project(write.roles, write.request, view));
    view = projected;
  }
  CLEAT_CO_TRY(object::Decoded body, makeBody(*sub.body, *view));
  CLEAT_CO_TRY(checkPreconditions(write.request.target, current, *body.message));
  CLEAT_CO_TRY(AdmittedObject mutated, co_await admit(write.roles, write.request, body.message, AdmissionPass::mutate));
  CLEAT_CO_TRY(AdmittedObject admitted,
               co_await admit(write.roles, write.request, mutated.message, AdmissionPass::validate));
  CLEAT_CO_TRY(Transformed changed,
               co_await transform(write.roles, write.request, current->messageRef(), mutated.message));
  bus::Written written;
  written.warnings = std::move(body.warnings);
  for (std::vector<std::string>* more : {&mutated.warnings, &admitted.warnings, &changed.warnings}) {
    std::ranges::move(*more, std::back_inserter(written.warnings));
  }
  object::ObjectRef stored = current;
  if (changed.parent) {
    CLEAT_CO_TRY(Ref<const Message> owned, own(write.kind(), current->message(), changed.parent));
    CLEAT_CO_TRY(object::ObjectRef replaced, co_await write.replace(current, owned));
    stored = replaced;
  }
  written.object = stored;
  if (sub.body != &write.kind()) {
    CLEAT_CO_TRY(Ref<const Message> answer, co_await project(write.roles, write.request, stored->messageRef()));
    written.object = answerObject(*sub.body, write.request.target, answer);
  }
  co_return written;
}

Task<Result<bus::Written>> updateOnce(GateWrite& write, object::ObjectRef current, MakeBody& makeBody, bool& named) {
  CLEAT_CO_TRY(object::Decoded body, makeBody(write.kind(), current->message()));
  named = body.message->meta().getResourceVersion() != 0;
  CLEAT_CO_TRY(checkPreconditions(write.request.target, current, *body.message));
  write.warnings = std::move(body.warnings);
  Ref<const Message> next = carryOver(write.request.target, current, *body.message);
  CLEAT_CO_TRY(Ref<const Message> shaped, co_await write.shape(std::move(next)));
  CLEAT_CO_TRY(object::ObjectRef stored, co_await write.replace(current, shaped));
  bus::Written written;
  written.object = stored;
  written.warnings = std::move(write.warnings);
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
    object::ObjectRef current = write.current();
    if (!current) co_return fail(Status::notFound(write.kind().resource(), write.request.target.name));
    write.setOld(current);
    bool named = false;
    Result<bus::Written> written = bus::Written();
    if (sub && sub->style == Style::transform) {
      written = co_await transformOnce(write, *sub, current, makeBody, own);
    } else {
      written = co_await updateOnce(write, current, makeBody, named);
    }
    if (written || !isConflict(written.error()) || attempt >= kMaxTries) co_return written;
    if (named) co_return written;
    // A conflict that the body itself demands (its uid or revision) comes again on every try.
    if (write.current() && write.current()->revision() == current->revision()) co_return written;
  }
}

object::FieldWriter writerOf(base::Executor& executor, const bus::Target& target, const bus::WriteOptions& options,
                             bool force) {
  object::FieldWriter writer;
  writer.manager = options.fieldManager.empty() ? "unknown" : options.fieldManager;
  writer.subresource = target.subresource;
  writer.wallNanos = executor.wallNow();
  writer.force = force;
  return writer;
}

// The body with its field ownership brought up to date; as it is where nobody keeps any of the object.
Result<object::Decoded> tracked(const object::Kind& kind, const Message& current, object::Decoded body,
                                const object::FieldWriter& writer) {
  if (current.meta().getManagedFields().size() == 0) return body;
  boost::json::value live = object::toValue(kind, current.words());
  boost::json::value next = object::trackUpdate(kind, live, object::toValue(kind, body.message->words()), writer);
  Result<object::Decoded> decoded = object::decode(kind, next, object::FieldValidation::ignore);
  if (decoded) decoded->warnings = std::move(body.warnings);
  return decoded;
}

// The parent as a subresource has made it, with the entries of `managed` for who owns what.
Result<Ref<const Message>> withOwners(const object::Kind& kind, const Message& parent,
                                      const boost::json::value& managed) {
  CLEAT_TRY(object::Decoded decoded, object::decode(kind, managed, object::FieldValidation::ignore));
  ObjectEdit edit(kind, parent);
  edit.meta().setManagedFields(decoded.message->meta().getManagedFields());
  return Ref<const Message>(edit.finish());
}

OwnParent ownedByUpdate(const object::FieldWriter& writer) {
  return [writer](const object::Kind& kind, const Message& current,
                  Ref<const Message> next) -> Result<Ref<const Message>> {
    if (current.meta().getManagedFields().size() == 0) return next;
    boost::json::value live = object::toValue(kind, current.words());
    return withOwners(kind, *next, object::trackUpdate(kind, live, object::toValue(kind, next->words()), writer));
  };
}

// A subresource's body has its fields where its parent has them: who applies them owns them there.
OwnParent ownedByApply(boost::json::value applied, const object::FieldWriter& writer) {
  if (boost::json::object* root = applied.if_object()) {
    for (const char* name : {"apiVersion", "kind", "metadata", "status"}) root->erase(name);
  }
  return [applied, writer](const object::Kind& kind, const Message& current,
                           Ref<const Message> next) -> Result<Ref<const Message>> {
    boost::json::value live = object::toValue(kind, current.words());
    CLEAT_TRY(boost::json::value merged, object::applyFields(kind, &live, applied, writer));
    return withOwners(kind, *next, merged);
  };
}

// What is told of a patch whose demand for a revision is met: none, so that it is tried again when the object has
// changed.
Result<object::Decoded> withoutRevision(const object::Kind& kind, object::Decoded decoded) {
  ObjectEdit edit(kind, *decoded.message);
  edit.meta().setResourceVersion(0);
  decoded.message = edit.finish();
  return decoded;
}

// The object with what is applied in it. `current` is null where there is none.
Result<object::Decoded> withApplied(const PatchBody& applied, const object::FieldWriter& writer,
                                    const object::Kind& kind, const Message* current) {
  boost::json::value live;
  if (current) live = object::toValue(kind, current->words());
  CLEAT_TRY(boost::json::value next, object::applyFields(kind, current ? &live : nullptr, applied.value, writer));
  CLEAT_TRY(std::vector<std::string> problems, problemsOf(applied));
  CLEAT_TRY(object::Decoded decoded, object::decode(kind, next, object::FieldValidation::ignore));
  decoded.warnings = std::move(problems);
  if (!current || decoded.message->meta().getResourceVersion() != current->meta().getResourceVersion()) return decoded;
  return withoutRevision(kind, std::move(decoded));
}

}  // namespace

Task<Result<bus::Written>> Gate::update(User user, bus::Target target, Ref<Message> body, bus::WriteOptions options) {
  Attributes attributes = attributesOf(target, "update");
  CLEAT_CO_TRY(co_await authorize(user, attributes));
  GateWrite write(*this, user, target, role::Operation::UPDATE, options.dryRun);
  if (target.kind->createsOnUpdate && target.subresource.empty() && !write.current()) {
    Result<bus::Written> created = co_await createUpdated(user, target, body, options);
    if (created || created.error().reason != "AlreadyExists") co_return created;
  }
  object::FieldWriter writer = writerOf(executor_, target, options, false);
  MakeBody makeBody = [body, writer](const object::Kind& kind, const Message& current) -> Result<object::Decoded> {
    if (kind.updateNeedsRevision && body->meta().getResourceVersion() == 0) {
      return fail(revisionNeeded(kind, view(body->meta().getName())));
    }
    object::Decoded decoded;
    decoded.message = body;
    return tracked(kind, current, std::move(decoded), writer);
  };
  OwnParent own = ownedByUpdate(writer);
  co_return co_await change(write, std::move(makeBody), std::move(own));
}

Task<Result<bus::Written>> Gate::createUpdated(User user, bus::Target target, Ref<Message> body,
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

Task<Result<bus::Written>> Gate::patch(User user, bus::Target target, bus::PatchType type, std::string body,
                                       bus::WriteOptions options, bool force) {
  Attributes attributes = attributesOf(target, "patch");
  CLEAT_CO_TRY(co_await authorize(user, attributes));
  if (type == bus::PatchType::apply) {
    Result<bus::Written> applied = co_await applyPatch(user, target, body, options, force);
    co_return applied;
  }
  CLEAT_CO_TRY(PatchBody read, readPatch(type, body, options.fieldValidation));
  const bool demands = type != bus::PatchType::json && read.namesRevision();
  GateWrite write(*this, user, target, role::Operation::UPDATE, options.dryRun);
  object::FieldWriter writer = writerOf(executor_, target, options, false);
  MakeBody makeBody = [patch = std::move(read), demands, writer](const object::Kind& kind,
                                                                 const Message& current) -> Result<object::Decoded> {
    Result<object::Decoded> decoded = patched(patch, kind, current);
    if (!decoded) return decoded;
    if (!demands && decoded->message->meta().getResourceVersion() == current.meta().getResourceVersion()) {
      decoded = withoutRevision(kind, std::move(*decoded));
    }
    return tracked(kind, current, std::move(*decoded), writer);
  };
  OwnParent own = ownedByUpdate(writer);
  co_return co_await change(write, std::move(makeBody), std::move(own));
}

Task<Result<bus::Written>> Gate::applyPatch(User user, bus::Target target, std::string body, bus::WriteOptions options,
                                            bool force) {
  if (options.fieldManager.empty()) {
    co_return fail(
        Status::invalid("PatchOptions.meta.k8s.io", "",
                        {{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"}}));
  }
  CLEAT_CO_TRY(PatchBody read, readApplied(body, options.fieldValidation));
  const PatchBody applied = std::move(read);
  const object::FieldWriter writer = writerOf(executor_, target, options, force);
  GateWrite write(*this, user, target, role::Operation::UPDATE, options.dryRun);
  if (!write.current() && target.subresource.empty()) {
    CLEAT_CO_TRY(object::Decoded first, withApplied(applied, writer, *target.kind, nullptr));
    Result<bus::Written> created = co_await create(user, target, first.message, options);
    if (created) created->warnings.insert(created->warnings.begin(), first.warnings.begin(), first.warnings.end());
    if (created || created.error().reason != "AlreadyExists") co_return created;
  }
  const object::Kind* parent = target.kind.get();
  MakeBody makeBody = [applied, writer, parent](const object::Kind& kind,
                                                const Message& current) -> Result<object::Decoded> {
    if (&kind == parent) return withApplied(applied, writer, kind, &current);
    // A view of the parent carries no owners: those of the parent decide, when the parent is made.
    PatchBody merge = applied;
    merge.type = bus::PatchType::merge;
    Result<object::Decoded> merged = patched(merge, kind, current);
    return merged ? withoutRevision(kind, std::move(*merged)) : merged;
  };
  OwnParent own = ownedByApply(applied.value, writer);
  co_return co_await change(write, std::move(makeBody), std::move(own));
}

}  // namespace cleat::gate
