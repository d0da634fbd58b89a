// Creating objects, and the creates that are answered rather than stored.
#include <cleat/sdk/text.h>
#include <cleat/sdk/whole_text.h>

#include "core/gate/gate_write.h"
#include "core/gate/names.h"
#include "core/gate/object_edit.h"
#include "core/gate/readable.h"

namespace cleat::gate {
namespace {

using Style = object::Subresource::Style;

// Fills in what of the target's name the URL leaves open; where both say something, they must agree.
Result<void> takeName(bus::Target& target, meta_v1::ObjectMeta::Reader meta) {
  if (target.name.empty()) target.name = str(meta.getName());
  return checkAddress(view(meta.getNamespace()), view(meta.getName()), target);
}

// How often another name is made up when one is taken, as Kubernetes.
constexpr int kMaxNames = 8;

Status taken(const bus::Target& target, const object::ObjectRef& there, const std::string& prefix) {
  Status status = Status::alreadyExists(target.kind->resource(), target.name);
  if (!prefix.empty()) {
    status.message += ", the server was not able to generate a unique name for the object";
    status.details.retryAfterSeconds = 1;
  }
  if (there && there->message()->meta().hasDeletionTimestamp())
    status.message = "object is being deleted: " + status.message;
  return status;
}

Ref<const Message> stamp(base::Executor& executor, const bus::Target& target, const Message& body) {
  ObjectEdit edit(*target.kind, body);
  meta_v1::ObjectMeta::Builder meta = edit.meta();
  meta.setName(wholeText(target.name));
  meta.setNamespace(target.kind->namespaced ? wholeText(target.ns) : "");
  meta.setUid(makeUid(executor));
  meta.setCreationTimestamp(formatTime(executor.wallNow()));
  meta.setGeneration(target.kind->keepsGeneration ? 0 : 1);
  meta.setResourceVersion(0);
  meta.disownDeletionTimestamp();
  meta.disownDeletionGracePeriodSeconds();
  meta.disownSelfLink();
  if (target.kind->hasStatus && !target.kind->keepsStatusOnCreate) edit.clear("status");
  return edit.finish();
}

// What is asked of the whole cluster is in no namespace, whatever it says.
Ref<const Message> withoutNamespace(const object::Kind& kind, Ref<const Message> body) {
  if (kind.namespaced || body->meta().getNamespace().size() == 0) return body;
  ObjectEdit edit(kind, *body);
  edit.meta().disownNamespace();
  return edit.finish();
}

Task<Result<bus::Written>> answerReview(GateWrite& write, std::string plugin, const object::Kind& bodyKind,
                                        Ref<const Message> body, object::ObjectRef parent) {
  Ref<const Message> parentMessage;
  if (parent) {
    parentMessage = parent->message();
    write.request.oldRevision = parent->revision();
  }
  CLEAT_CO_TRY(Ref<const Message> answer, co_await review(write.roles, write.request, plugin, body, parentMessage));
  bus::Written written;
  if (answer) written.object = answerObject(bodyKind, write.request.target, answer);
  written.created = true;
  co_return written;
}

// A create on a subresource: on its parent's state, or for an answer.
Task<Result<bus::Written>> createSubresource(GateWrite& write, const object::Subresource& sub,
                                             Ref<const Message> body) {
  // What its body calls it is for whoever serves the subresource to judge.
  CLEAT_CO_TRY(checkAddress(view(body->meta().getNamespace()), {}, write.request.target));
  for (int attempt = 0;; ++attempt) {
    CLEAT_CO_TRY(object::ObjectRef parent, co_await write.current());
    if (!parent) co_return fail(Status::notFound(write.kind().resource(), write.request.target.name));
    CLEAT_CO_TRY(checkReadable(write.request.target, *parent));
    write.request.old = nullptr;
    write.request.oldRevision = parent->revision();
    write.request.warnings.clear();
    CLEAT_CO_TRY(const Ref<const Message> admitted, co_await write.mutate(body));
    CLEAT_CO_TRY(co_await write.admitFinally(admitted));
    if (sub.style == Style::review) {
      co_return co_await answerReview(write, sub.plugin, *sub.body, admitted, parent);
    }
    CLEAT_CO_TRY(Transformed changed, co_await transform(write.roles, write.request, parent->message(), admitted));
    bus::Written written;
    written.created = true;
    if (changed.answer) written.object = answerObject(*sub.body, write.request.target, changed.answer);
    if (!changed.parent) co_return written;
    write.setOld(parent);
    Result<object::ObjectRef> stored = co_await write.replace(parent, changed.parent);
    if (!stored) {
      if (!isConflict(stored.error()) || attempt >= kMaxTries) co_return fail(stored.error());
      co_await onExecutor(write.executor);
      co_await write.withdraw();
      continue;
    }
    if (!written.object && sub.body == &write.kind()) written.object = *stored;
    co_return written;
  }
}

// One try at a create under the name that the target has by now. `isNameMade`: it was made for this try, and may be
// again; in the end, whether the one that was tried was.
Task<Result<bus::Written>> createOnce(GateWrite& write, const Message& body, bool& isNameMade) {
  bus::Target& target = write.request.target;
  write.request.warnings.clear();
  const Ref<const Message> stamped = stamp(write.executor, target, body);
  NewIdentity identity(write.executor, target, stamped, isNameMade);
  write.identity = &identity;
  CLEAT_CO_TRY(Ref<const Message> shaped, co_await write.shape(stamped));
  write.identity = nullptr;
  isNameMade = identity.isNameMade();
  const std::string prefix = str(shaped->meta().getGenerateName());
  // A dry run stores nothing, so that a version is in nobody's way.
  if (body.meta().getResourceVersion() != 0 && !write.request.dryRun) {
    co_return fail(Status::badRequest("resourceVersion should not be set on objects to be created"));
  }
  // Before anything is taken from a pool for it.
  if (object::ObjectRef there = write.stored()) co_return fail(taken(target, there, prefix));
  Result<object::ObjectRef> stored = co_await write.commit(std::move(shaped), 0);
  if (!stored && stored.error().reason == "AlreadyExists") co_return fail(taken(target, write.stored(), prefix));
  if (!stored) co_return fail(stored.error());
  bus::Written written;
  written.object = *stored;
  written.created = true;
  co_return written;
}

}  // namespace

Task<Result<bus::Written>> Gate::create(UserRef user, bus::Target target, Ref<Message> body,
                                        bus::WriteOptions options) {
  co_return co_await createAs(Booking::writer, std::move(user), std::move(target), std::move(body), std::move(options));
}

Task<Result<bus::Written>> Gate::createAs(Booking booking, UserRef user, bus::Target target, Ref<Message> body,
                                          bus::WriteOptions options) {
  const object::Subresource* sub = nullptr;
  if (!target.subresource.empty()) {
    sub = target.kind->subresource(target.subresource);
    if (!sub || !sub->body) co_return fail(Status::notFound(target.kind->resource(), target.name));
  } else if (target.kind->namespaced && target.ns.empty()) {
    target.ns = str(body->meta().getNamespace());
  }
  // A name that only the body says is not known when the request is authorized: a rule with resource names allows no
  // create.
  CLEAT_CO_TRY(co_await authorizeFor(user, target, "create"));
  if (!sub) {
    CLEAT_CO_TRY(takeName(target, body->meta()));
  }
  GateWrite write(*this, std::move(user), std::move(target), role::Operation::CREATE, options);
  write.books = booking == Booking::writer;
  if (sub) {
    Result<bus::Written> written = co_await createSubresource(write, *sub, body);
    co_await write.withdraw();
    co_return write.ended(std::move(written));
  }
  if (write.kind().isVirtual) {
    std::string plugin = write.kind().plugin;
    co_return co_await answerReview(write, plugin, write.kind(), withoutNamespace(write.kind(), body), nullptr);
  }
  bus::Target& made = write.request.target;
  const std::string prefix = str(body->meta().getGenerateName()), said = made.name;
  for (int attempt = 1;; ++attempt) {
    bool isNameMade = said.empty() && !prefix.empty();
    made.name = isNameMade ? generateName(executor_, prefix) : said;
    Result<bus::Written> written = co_await createOnce(write, *body, isNameMade);
    co_await write.withdraw();
    const bool again = !written && isNameMade && written.error().reason == "AlreadyExists" && attempt < kMaxNames;
    if (!again) co_return write.ended(std::move(written));
  }
}

}  // namespace cleat::gate
