// Deleting: at once, after a grace period, or when the last finalizer has gone.
#include <cleat/sdk/selector.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <iterator>

#include "core/gate/gate_write.h"
#include "core/gate/list_start.h"
#include "core/gate/names.h"
#include "core/gate/object_edit.h"
#include "core/object/time_text.h"

namespace cleat::gate {
namespace {

// Finalizers that stand for a propagation policy; the garbage collector removes them when it has done its part.
constexpr const char* kForeground = "foregroundDeletion";
constexpr const char* kOrphan = "orphan";

Result<void> checkPreconditions(const bus::Target& target, const object::ObjectRef& current,
                                const bus::DeleteOptions& options) {
  const object::Kind& kind = *target.kind;
  // Named by the kind here, where all other conflicts are named by the resource.
  const std::string name = kind.group.empty() ? kind.name : kind.name + "." + kind.group;
  std::string uid = str(current->message()->meta().getUid());
  if (!options.preconditionUid.empty() && options.preconditionUid != uid) {
    return fail(Status::conflict(name, target.name,
                                 "the UID in the precondition (" + options.preconditionUid +
                                     ") does not match the UID in record (" + uid +
                                     "). The object might have been deleted and then recreated"));
  }
  if (options.preconditionRevision != 0 && options.preconditionRevision != current->revision()) {
    return fail(Status::conflict(name, target.name,
                                 "the ResourceVersion in the precondition (" +
                                     std::to_string(options.preconditionRevision) +
                                     ") does not match the ResourceVersion in record (" +
                                     std::to_string(current->revision()) + "). The object might have been modified"));
  }
  return {};
}

bool standsForPolicy(std::string_view finalizer) { return finalizer == kForeground || finalizer == kOrphan; }

// What becomes of what the object owns: as the request says, else as the object does, else as its kind.
std::string policyFor(const object::Kind& kind, const Message& object, const std::string& said) {
  if (!said.empty() || !kind.orphansByDefault) return said;
  for (auto finalizer : object.meta().getFinalizers()) {
    if (standsForPolicy(view(finalizer))) return {};
  }
  return "Orphan";
}

// Adds and removes the policy's finalizers.
void setPropagation(meta_v1::ObjectMeta::Builder meta, const std::string& policy) {
  if (policy.empty()) return;
  std::vector<std::string> finalizers;
  for (auto text : meta.getFinalizers()) {
    std::string finalizer = str(text.asReader());
    if (!standsForPolicy(finalizer)) finalizers.push_back(std::move(finalizer));
  }
  if (policy == "Foreground") finalizers.emplace_back(kForeground);
  if (policy == "Orphan") finalizers.emplace_back(kOrphan);
  auto list = meta.initFinalizers(finalizers.size());
  for (size_t i = 0; i < finalizers.size(); ++i) list.set(i, finalizers[i]);
}

Result<void> checkPolicy(const bus::DeleteOptions& options) {
  const std::string& policy = options.propagationPolicy;
  if (policy.empty() || policy == "Orphan" || policy == "Background" || policy == "Foreground") return {};
  return fail(Status::invalid(
      "DeleteOptions.meta.k8s.io", "",
      {{"FieldValueInvalid",
        "Invalid value: \"" + policy + "\": must be one of [\"Foreground\" \"Background\" \"Orphan\" nil]",
        "propagationPolicy"}}));
}

int64_t graceOf(const Message& object) {
  meta_v1::ObjectMeta::Reader meta = object.meta();
  return meta.hasDeletionGracePeriodSeconds() ? meta.getDeletionGracePeriodSeconds().getValue() : 0;
}

// The object as it waits for its end: marked, with its deadline.
Task<Result<Ref<const Message>>> markDeleted(GateWrite& write, object::ObjectRef current, bus::DeleteOptions options) {
  const object::Kind& kind = write.kind();
  const Ref<const Message> was = current->message();
  const bool again = was->meta().hasDeletionTimestamp();
  ObjectEdit edit(kind, *was);
  meta_v1::ObjectMeta::Builder meta = edit.meta();
  if (options.gracePeriodSeconds) {
    meta.initDeletionGracePeriodSeconds().setValue(std::max<int64_t>(*options.gracePeriodSeconds, 0));
  } else if (!again) {
    meta.disownDeletionGracePeriodSeconds();
  }
  setPropagation(meta, policyFor(kind, *was, options.propagationPolicy));
  Ref<const Message> marked = edit.finish();
  // How long it takes is the kind's to say once: what has ended meanwhile is left to whoever ends it.
  if ((kind.gracefulDelete && !again) || kind.deleteNeedsFinalize) {
    CLEAT_CO_TRY(marked, co_await applyDefaults(write.roles, write.request, marked));
  }
  const int64_t grace = kind.gracefulDelete ? graceOf(*marked) : 0;
  ObjectEdit timed(kind, *marked);
  timed.meta().initDeletionGracePeriodSeconds().setValue(grace);
  timed.meta().setResourceVersion(0);
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t before = graceOf(*was);
  if (!again) {
    timed.meta().setDeletionTimestamp(formatTime(write.executor.wallNow() + grace * kSecond));
    if (!kind.keepsGeneration) timed.meta().setGeneration(was->meta().getGeneration() + 1);
  } else if (grace < before) {
    // A second request can shorten the wait, never lengthen it: the new one counts from the first request as well.
    auto deadline = object::parseTime(view(was->meta().getDeletionTimestamp()));
    int64_t first = (deadline ? deadline->seconds * kSecond : write.executor.wallNow()) - before * kSecond;
    timed.meta().setDeletionTimestamp(formatTime(first + grace * kSecond));
  } else {
    timed.meta().initDeletionGracePeriodSeconds().setValue(before);
  }
  // What ends when others say so has no time of its own.
  if (kind.deleteNeedsFinalize) timed.meta().disownDeletionGracePeriodSeconds();
  co_return timed.finish();
}

// Admission is told how long the object is going to take for its end, where it does.
void tellOptions(GateWrite& write, bus::DeleteOptions options, const Message& was, const Message& marked) {
  if (write.kind().gracefulDelete && !was.meta().hasDeletionTimestamp()) options.gracePeriodSeconds = graceOf(marked);
  write.request.options = std::move(options);
  write.request.told = nullptr;
}

// One deletion, after authorization.
Task<Result<bus::Written>> removeOne(GateWrite& write, bus::DeleteOptions options) {
  const bus::Target& target = write.request.target;
  for (int attempt = 0;; ++attempt) {
    CLEAT_CO_TRY(object::ObjectRef current, co_await write.current());
    if (!current) co_return fail(Status::notFound(target.kind->resource(), target.name));
    CLEAT_CO_TRY(checkPreconditions(target, current, options));
    write.request.old = nullptr;
    write.request.oldRevision = current->revision();
    CLEAT_CO_TRY(Ref<const Message> marked, co_await markDeleted(write, current, options));
    tellOptions(write, options, *current->message(), *marked);
    write.request.warnings.clear();
    for (AdmissionPass pass : {AdmissionPass::mutate, AdmissionPass::validate}) {
      CLEAT_CO_TRY(co_await admit(write.chains, write.request, current->message(), pass));
    }

    bus::Written written;
    const std::string& warning = write.kind().orphanWarning;
    if (options.propagationPolicy.empty() && !warning.empty()) write.request.warnings.push_back(warning);
    Result<object::ObjectRef> stored = current;
    if (mayDisappear(write.kind(), *marked)) {
      written.removed = true;
      stored = co_await write.commitDelete(current);
      // Of one that could have taken its time it is told that it did not.
      if (stored && write.kind().gracefulDelete) stored = write.unstored(*marked);
    } else if (!sameObject(*current->message(), *marked)) {
      // Marking is no update of the kind's own: its pools are released when the object goes.
      if (options.dryRun) {
        stored = write.unstored(*marked);
      } else {
        stored = co_await write.put(marked, current->revision());
      }
    }
    if (stored) {
      // Of what could not be read there is a name alone, and nothing to answer with.
      if (!current->knownProblem()) written.object = *stored;
      co_return written;
    }
    if (!isConflict(stored.error()) || attempt >= kMaxTries) co_return fail(stored.error());
    co_await onExecutor(write.executor);
  }
}

// Whether the object is not there any more, though another may be that has its name.
bool hasGone(const GateWrite& write, const object::Object& object) {
  const object::ObjectRef now = write.stored();
  return !now || view(now->message()->meta().getUid()) != view(object.message()->meta().getUid());
}

void visitFrom(const ListStart& start, const bus::Target& target,
               const std::function<bool(const object::ObjectRef&)>& visit) {
  store::Snapshot::Position position;
  if (start.after) position = {start.after->ns, start.after->name};
  start.snapshot->visit(*target.kind, target.ns, start.after ? &position : nullptr, visit);
}

// What of a collection is to be deleted, with what cannot be read. As a list says it: what is beyond the limit can be
// deleted with the token, page by page.
bus::ListResult meant(const ListStart& start, const bus::Target& target, const bus::ListOptions& selection,
                      const LabelSelector& labels, const object::FieldSelector& fields) {
  bus::ListResult result;
  result.revision = start.snapshot->revision();
  const bool selective = !labels.matchesEverything() || !fields.empty();
  visitFrom(start, target, [&](const object::ObjectRef& stored) {
    object::ObjectRef object = stored->as(*target.kind);
    if (!fields.empty() && !fields.matches(*object)) return true;
    if (!labels.matches(object->message()->meta().getLabels())) return true;
    if (selection.limit == 0 || result.objects.size() < selection.limit) {
      result.objects.push_back(object);
      return true;
    }
    ++result.remaining;
    return !selective;
  });
  if (result.remaining > 0) {
    const object::Object& last = *result.objects.back();
    result.continueToken = continueToken({result.revision, last.ns(), last.name()});
    if (selective) result.remaining = 0;
  }
  return result;
}

}  // namespace

Task<Result<bus::Written>> Gate::remove(UserRef user, bus::Target target, bus::DeleteOptions options) {
  CLEAT_CO_TRY(co_await authorizeFor(user, target, "delete"));
  CLEAT_CO_TRY(checkPolicy(options));
  GateWrite write(*this, user, target, role::Operation::DELETE, options.dryRun);
  co_return write.ended(co_await removeOne(write, options));
}

Task<Result<bus::ListResult>> Gate::removeCollection(UserRef user, bus::Target target, bus::ListOptions selection,
                                                     bus::DeleteOptions options) {
  // Not by the one name that the fields may choose: it deletes a collection all the same.
  Attributes attributes = attributesOf(target, "deletecollection", {selection.fieldSelector, selection.labelSelector});
  attributes.name.clear();
  CLEAT_CO_TRY(co_await authorize(user, attributes));
  // Whoever may delete the collection may see and delete what is in it: no further questions.
  CLEAT_CO_TRY(checkPolicy(options));
  CLEAT_CO_TRY(auto labels, LabelSelector::parse(selection.labelSelector));
  CLEAT_CO_TRY(auto fields, object::FieldSelector::parse(*target.kind, selection.fieldSelector));
  // Of the state that the options ask for: what has come since is not meant.
  CLEAT_CO_TRY(const ListStart start, listStart(store_, selection));
  std::vector<object::ObjectRef> others;
  visitFrom(start, target, [&](const object::ObjectRef& stored) {
    if (!stored->isAt(*target.kind)) others.push_back(stored);
    return true;
  });
  CLEAT_CO_TRY(co_await convert(target.kind, std::move(others), user.place()));
  bus::ListResult result = meant(start, target, selection, labels, fields);
  for (const object::ObjectRef& object : result.objects) {
    bus::Target one = target;
    one.ns = object->ns();
    one.name = object->name();
    bus::DeleteOptions each = options;
    if (each.preconditionUid.empty()) each.preconditionUid = str(object->message()->meta().getUid());
    GateWrite write(*this, user, one, role::Operation::DELETE, options.dryRun);
    Result<bus::Written> removed = write.ended(co_await removeOne(write, each));
    if (removed) std::ranges::move(removed->warnings, std::back_inserter(result.warnings));
    // What went meanwhile is as good as deleted; a precondition that does not hold, or a refusal, ends it.
    if (!removed && removed.error().code != 404 && !hasGone(write, *object)) {
      if (options.warnings) std::ranges::move(result.warnings, std::back_inserter(*options.warnings));
      co_return fail(removed.error());
    }
    co_await onExecutor(executor_);
  }
  std::erase_if(result.objects, [](const object::ObjectRef& object) { return object->knownProblem() != nullptr; });
  co_return result;
}

}  // namespace cleat::gate
