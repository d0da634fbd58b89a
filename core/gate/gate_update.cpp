// Updates and patches, of objects and of their subresources.
#include <cleat/sdk/text.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>

#include "core/gate/draft.h"
#include "core/gate/gate_write.h"
#include "core/object/apply.h"
#include "core/object/patch.h"

namespace cleat::gate {
namespace {

using Style = object::Subresource::Style;

// Gives the body of the next try, from the object that is there.
using MakeBody = std::function<Result<object::Decoded>(const object::Kind& kind, const Message& current)>;

Status modified(const object::Kind& kind, std::string_view name) {
  return Status::conflict(kind.resource(), name,
                          "the object has been modified; please apply your changes to the latest version and try again");
}

// What a body demands of the object that it is meant for.
Result<void> checkPreconditions(const bus::Target& target, const object::ObjectRef& current, const Message& body) {
  meta_v1::ObjectMeta::Reader meta = body.meta();
  std::string name = str(meta.getName());
  std::string ns = str(meta.getNamespace());
  if (!name.empty() && name != target.name) {
    return fail(Status::badRequest("the name of the object (" + name + ") does not match the name on the URL (" +
                                   target.name + ")"));
  }
  if (!ns.empty() && ns != target.ns) {
    return fail(Status::badRequest(
        "the namespace of the provided object does not match the namespace sent on the request"));
  }
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
  return Status::invalid(kind.qualifiedKind(), std::string(name),
                         {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update",
                           "metadata.resourceVersion"}});
}

// One try at a subresource with its own meaning: the next state of the parent, and the answer.
Task<Result<bus::Written>> transformOnce(GateWrite& write, const object::Subresource& sub, object::ObjectRef current,
                                         MakeBody& makeBody) {
  Ref<const Message> view = current->messageRef();
  if (sub.body != &write.kind()) {
    Result<Ref<const Message>> projected = co_await project(write.roles, write.passage, view);
    if (!projected) co_return fail(projected.error());
    view = *projected;
  }
  Result<object::Decoded> body = makeBody(*sub.body, *view);
  if (!body) co_return fail(body.error());
  Result<void> met = checkPreconditions(write.passage.target, current, *body->message);
  if (!met) co_return fail(met.error());
  Result<Shaped> mutated = co_await admit(write.roles, write.passage, body->message, AdmissionPass::mutate);
  if (!mutated) co_return fail(mutated.error());
  Result<Shaped> admitted = co_await admit(write.roles, write.passage, mutated->message, AdmissionPass::validate);
  if (!admitted) co_return fail(admitted.error());
  Result<Transformed> changed = co_await transform(write.roles, write.passage, current->messageRef(), mutated->message);
  if (!changed) co_return fail(changed.error());
  bus::Written written;
  written.warnings = std::move(body->warnings);
  std::ranges::move(changed->warnings, std::back_inserter(written.warnings));
  object::ObjectRef stored = current;
  if (changed->parent) {
    Result<object::ObjectRef> replaced = co_await write.replace(current, changed->parent);
    if (!replaced) co_return fail(replaced.error());
    stored = *replaced;
  }
  written.object = stored;
  if (sub.body != &write.kind()) {
    Result<Ref<const Message>> answer = co_await project(write.roles, write.passage, stored->messageRef());
    if (!answer) co_return fail(answer.error());
    written.object = answerObject(*sub.body, write.passage.target, *answer);
  }
  co_return written;
}

Task<Result<bus::Written>> updateOnce(GateWrite& write, object::ObjectRef current, MakeBody& makeBody, bool& named) {
  Result<object::Decoded> body = makeBody(write.kind(), current->message());
  if (!body) co_return fail(body.error());
  named = body->message->meta().getResourceVersion() != 0;
  Result<void> met = checkPreconditions(write.passage.target, current, *body->message);
  if (!met) co_return fail(met.error());
  write.warnings = std::move(body->warnings);
  Ref<const Message> next = carryOver(write.passage.target, current, *body->message);
  Result<Ref<const Message>> shaped = co_await write.shape(std::move(next));
  if (!shaped) co_return fail(shaped.error());
  Result<object::ObjectRef> stored = co_await write.replace(current, *shaped);
  if (!stored) co_return fail(stored.error());
  bus::Written written;
  written.object = *stored;
  written.warnings = std::move(write.warnings);
  co_return written;
}

// Tries until the write meets the state that it was made from, or a client's own revision forbids another try.
Task<Result<bus::Written>> change(GateWrite& write, MakeBody makeBody) {
  const object::Subresource* sub = nullptr;
  if (!write.passage.target.subresource.empty()) {
    sub = write.kind().subresource(write.passage.target.subresource);
    if (!sub || !sub->body) co_return fail(Status::notFound(write.kind().resource(), write.passage.target.name));
  }
  for (int attempt = 0;; ++attempt) {
    object::ObjectRef current = write.current();
    if (!current) co_return fail(Status::notFound(write.kind().resource(), write.passage.target.name));
    write.setOld(current);
    bool named = false;
    Result<bus::Written> written = bus::Written();
    if (sub && sub->style == Style::transform) {
      written = co_await transformOnce(write, *sub, current, makeBody);
    } else {
      written = co_await updateOnce(write, current, makeBody, named);
    }
    if (written || !isConflict(written.error()) || attempt >= kMaxTries) co_return written;
    if (named) co_return written;
    // A conflict that the body itself demands (its uid or revision) comes again on every try.
    if (write.current() && write.current()->revision() == current->revision()) co_return written;
  }
}

Result<boost::json::value> patched(bus::PatchType type, const object::Kind& kind, const Message& current,
                                   const boost::json::value& patch) {
  boost::json::value target = object::toValue(kind, current.words());
  if (type == bus::PatchType::json) return object::applyJsonPatch(target, patch);
  if (type == bus::PatchType::merge) return object::applyMergePatch(target, patch);
  return object::applyStrategicPatch(kind, target, patch);
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

Result<boost::json::value> parseApplied(const std::string& body) {
  Result<boost::json::value> json = object::parseJson(body);
  return json ? json : object::parseYaml(body);
}

// The revision that a merge-style patch itself demands; one that it leaves alone is not a demand.
bool namesRevision(const boost::json::value& patch) {
  const boost::json::object* root = patch.if_object();
  const boost::json::value* meta = root ? root->if_contains("metadata") : nullptr;
  return meta && meta->is_object() && meta->get_object().contains("resourceVersion");
}

}  // namespace

Task<Result<bus::Written>> Gate::update(User user, bus::Target target, Ref<Message> body, bus::WriteOptions options) {
  Attributes attributes = attributesOf(target, "update");
  Result<void> allowed = co_await authorize(user, attributes);
  if (!allowed) co_return fail(allowed.error());
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
  co_return co_await change(write, std::move(makeBody));
}

Task<Result<bus::Written>> Gate::createUpdated(User user, bus::Target target, Ref<Message> body,
                                              bus::WriteOptions options) {
  std::string uid = str(body->meta().getUid());
  if (!uid.empty()) {
    co_return fail(Status::conflict(target.kind->resource(), target.name,
                                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: "));
  }
  Draft draft(*target.kind, *body);
  draft.meta().setResourceVersion(0);
  co_return co_await create(user, target, draft.finish(), options);
}

Task<Result<bus::Written>> Gate::patch(User user, bus::Target target, bus::PatchType type, std::string body,
                                       bus::WriteOptions options, bool force) {
  Attributes attributes = attributesOf(target, "patch");
  Result<void> allowed = co_await authorize(user, attributes);
  if (!allowed) co_return fail(allowed.error());
  if (type == bus::PatchType::apply) {
    Result<bus::Written> applied = co_await applyPatch(user, target, body, options, force);
    co_return applied;
  }
  Result<boost::json::value> patch = object::parseJson(body);
  if (!patch) co_return fail(patch.error());
  const bool demands = type != bus::PatchType::json && namesRevision(*patch);
  GateWrite write(*this, user, target, role::Operation::UPDATE, options.dryRun);
  boost::json::value value = std::move(*patch);
  object::FieldWriter writer = writerOf(executor_, target, options, false);
  MakeBody makeBody = [type, value, demands, options, writer](const object::Kind& kind,
                                                              const Message& current) -> Result<object::Decoded> {
    Result<boost::json::value> next = patched(type, kind, current, value);
    if (!next) return fail(next.error());
    Result<object::Decoded> decoded = object::decode(kind, *next, options.fieldValidation);
    if (!decoded) return decoded;
    if (!demands && decoded->message->meta().getResourceVersion() == current.meta().getResourceVersion()) {
      Draft draft(kind, *decoded->message);
      draft.meta().setResourceVersion(0);
      decoded->message = draft.finish();
    }
    return tracked(kind, current, std::move(*decoded), writer);
  };
  co_return co_await change(write, std::move(makeBody));
}

Task<Result<bus::Written>> Gate::applyPatch(User user, bus::Target target, std::string body, bus::WriteOptions options,
                                            bool force) {
  if (options.fieldManager.empty()) {
    co_return fail(Status::invalid("PatchOptions.meta.k8s.io", "",
                                   {{"FieldValueRequired", "Required value: is required for apply patch",
                                     "fieldManager"}}));
  }
  Result<boost::json::value> parsed = parseApplied(body);
  if (!parsed) co_return fail(parsed.error());
  // What the body names that the kind does not have is said before anything is merged.
  Result<object::Decoded> checked = object::decode(*target.kind, *parsed, options.fieldValidation);
  if (!checked) co_return fail(checked.error());
  const object::FieldWriter writer = writerOf(executor_, target, options, force);
  const boost::json::value applied = std::move(*parsed);
  GateWrite write(*this, user, target, role::Operation::UPDATE, options.dryRun);
  if (!write.current() && target.subresource.empty()) {
    Result<boost::json::value> first = object::applyFields(*target.kind, nullptr, applied, writer);
    if (!first) co_return fail(first.error());
    Result<object::Decoded> decoded = object::decode(*target.kind, *first, object::FieldValidation::ignore);
    if (!decoded) co_return fail(decoded.error());
    Result<bus::Written> created = co_await create(user, target, decoded->message, options);
    if (created || created.error().reason != "AlreadyExists") co_return created;
  }
  MakeBody makeBody = [applied, writer](const object::Kind& kind, const Message& current) -> Result<object::Decoded> {
    boost::json::value live = object::toValue(kind, current.words());
    Result<boost::json::value> next = object::applyFields(kind, &live, applied, writer);
    if (!next) return fail(next.error());
    Result<object::Decoded> decoded = object::decode(kind, *next, object::FieldValidation::ignore);
    if (!decoded || decoded->message->meta().getResourceVersion() != current.meta().getResourceVersion()) return decoded;
    Draft draft(kind, *decoded->message);
    draft.meta().setResourceVersion(0);
    decoded->message = draft.finish();
    return decoded;
  };
  co_return co_await change(write, std::move(makeBody));
}

}  // namespace cleat::gate
