// What the gate's create, update, patch and subresource writes share: the steps between authorization and the commit.
#pragma once

#include <coroutine>
#include <string>
#include <vector>

#include "core/gate/admission_pass.h"
#include "core/gate/gate.h"
#include "core/gate/new_identity.h"
#include "core/object/apply/apply.h"

namespace cleat::gate {

// One write on its way. The members refer to the gate's own parts and live as long as the coroutine that made it.
struct GateWrite {
  base::Executor& executor;
  store::Store& store;
  Roles& roles;
  const Chains& chains;
  const object::KindRegistry& kinds;
  ChangeRequest request;
  std::vector<StatusCause> causes;  // what is wrong by the gate's own rules; told along with what the kind finds
  object::FieldWriter writer;       // under whom its changes are booked
  bool books = true;                // false: the object says already who owns what of it
  bool applies = false;             // server-side
  NewIdentity* identity = nullptr;  // of an object that is being created; null: it has one
  Ref<const Message> admitted;      // what validating admission was asked about, while nothing has come of it

  GateWrite(Gate& gate, UserRef user, bus::Target target, role::Operation operation, bool dryRun)
      : executor(gate.executor_), store(gate.store_), roles(gate.roles_), chains(gate.chains_), kinds(gate.kinds_) {
    request.user = std::move(user);
    request.target = std::move(target);
    request.operation = operation;
    request.dryRun = dryRun;
  }

  const object::Kind& kind() const { return *request.target.kind; }
  // The object as it is now, in the version that it is stored in; null when there is none.
  object::ObjectRef stored() const { return store.snapshot()->get(kind(), request.target.ns, request.target.name); }
  // The same in the version of the request.
  Task<Result<object::ObjectRef>> current() { return inVersion(stored()); }
  Task<Result<object::ObjectRef>> inVersion(object::ObjectRef object);
  // The object that is there becomes what the next steps compare with.
  void setOld(const object::ObjectRef& object) {
    request.old = object->message();
    request.oldRevision = object->revision();
  }

  // A create, update or patch, by the writer that its options name.
  GateWrite(Gate& gate, UserRef user, bus::Target target, role::Operation operation, const bus::WriteOptions& options,
            bool force = false);

  // What the request has come to, which is not tried again. Whoever made it is told what was warned of on the way, also
  // where it is refused.
  Result<bus::Written> ended(Result<bus::Written> written);
  // Defaulting, field ownership, mutating admission (and defaults of what that has changed), validation, validating
  // admission.
  Task<Result<Ref<const Message>>> shape(Ref<const Message> object);
  // Books what the write has changed in other versions too, where others have booked there.
  Task<Result<Ref<const Message>>> bookElsewhere(Ref<const Message> object);
  // Mutating admission, in both rounds if there is a second one.
  Task<Result<Ref<const Message>>> mutate(Ref<const Message> object);
  // The last part of it.
  Task<Result<void>> admitFinally(Ref<const Message> object);
  // To be called at the end of a try: if it has changed nothing, whoever has let it through is told.
  Task<void> withdraw();
  // Raises the generation if the desired state changed, then stores the object in place of `old`: or takes it away, if
  // it was only waiting for its last finalizer.
  Task<Result<object::ObjectRef>> replace(object::ObjectRef old, Ref<const Message> object);
  Task<Result<object::ObjectRef>> commit(Ref<const Message> object, uint64_t expectedRevision);
  // The last step of it: stores the object, which is of the request's version, and gives it as it is stored.
  Task<Result<object::ObjectRef>> put(Ref<const Message> object, uint64_t expectedRevision);
  Task<Result<object::ObjectRef>> commitDelete(object::ObjectRef object);
  // What is a place for others does not go while there are objects in it that nobody can see to.
  Result<void> checkOrphans() const;
  // What a dry run answers with: the object as it would be stored, at the revision that it has.
  object::ObjectRef unstored(const Message& object) const;

 private:
  bool isStoredInOtherVersion() const;
  // Mutating admission of an object that has no identity yet as far as it knows, and what its name has to be held to.
  Task<Result<Ref<const Message>>> mutateNew(Ref<const Message> object);
  Result<void> verdictOf(const Verdict& verdict, const Message& object) const;
};

// Makes `body` the next state of `old`: what the server keeps is carried over, which is uid and times, and what a write
// to this target does not reach.
Ref<const Message> carryOver(const bus::Target& target, const object::ObjectRef& old, const Message& body);

// Whether nothing holds the object back from disappearing once its deletion was asked for.
bool mayDisappear(const object::Kind& kind, const Message& object);

// An answer that is not stored.
object::ObjectRef answerObject(const object::Kind& kind, const bus::Target& target, Ref<const Message> message);

// The result of a write that was refused because the object changed meanwhile, and may be tried again.
inline bool isConflict(const Status& status) { return status.code == 409 && status.reason == "Conflict"; }

// co_await onExecutor(executor): goes on there. After a commit a coroutine is on the committer's thread, or may be:
// whoever has more to do than to answer leaves it first.
struct OnExecutor {
  base::Executor& executor;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    executor.post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};
inline OnExecutor onExecutor(base::Executor& executor) { return {executor}; }

// How often a write that names no revision begins again before it gives up.
inline constexpr int kMaxTries = 64;

}  // namespace cleat::gate
