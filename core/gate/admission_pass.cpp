#include "core/gate/admission_pass.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/bus/request_notes.h"
#include "core/bus/request_place.h"
#include "core/gate/connect_query.h"
#include "core/gate/object_edit.h"
#include "core/gate/pass_times.h"
#include "core/gate/untouchable.h"

namespace cleat::gate {
namespace {

// Whether they were made for the request as it is now: its name may have been made anew, a change may end as a delete,
// and a connection may have come to ask for something else.
bool isToldAsItIs(const ChangeRequest& request) {
  if (!request.told) return false;
  auto told = request.told->root<role::AdmissionParams>();
  auto ref = told.getRef();
  return told.getOperation() == request.operation && view(ref.getName()) == request.target.name &&
         view(ref.getNamespace()) == request.target.ns && view(told.getQuery()) == request.query;
}

const char* wordOf(object::FieldValidation validation) {
  switch (validation) {
    case object::FieldValidation::ignore: return "Ignore";
    case object::FieldValidation::warn: return "Warn";
    case object::FieldValidation::strict: return "Strict";
  }
  return "";
}

void fillOptions(role::RequestOptions::Builder to, const bus::WriteOptions& options) {
  to.setFieldManager(options.fieldManager);
  if (options.saysFieldValidation) to.setFieldValidation(wordOf(options.fieldValidation));
}

void fillOptions(role::RequestOptions::Builder to, const bus::DeleteOptions& options) {
  if (options.gracePeriodSeconds) {
    to.setHasGracePeriodSeconds(true);
    to.setGracePeriodSeconds(*options.gracePeriodSeconds);
  }
  if (options.orphanDependents) {
    to.setHasOrphanDependents(true);
    to.setOrphanDependents(*options.orphanDependents);
  } else {
    to.setPropagationPolicy(options.propagationPolicy);
  }
  to.setPreconditionUid(options.preconditionUid);
  if (options.preconditionRevision != 0) to.setPreconditionRevision(std::to_string(options.preconditionRevision));
}

void fillParams(role::AdmissionParams::Builder builder, const ChangeRequest& request) {
  fillRef(builder.initRef(), request.target);
  builder.setKind(request.target.kind->name);
  builder.setOperation(request.operation);
  fillUser(builder.initUser(), *request.user);
  builder.setDryRun(request.dryRun);
  if (!request.query.empty()) builder.setQuery(request.query);
  if (const auto& notes = request.user->notes) {
    builder.setAudited(true);
    builder.setBodiesAudited(notes->showsBodies());
  }
  if (const auto* write = std::get_if<bus::WriteOptions>(&request.options)) fillOptions(builder.initOptions(), *write);
  if (const auto* deletion = std::get_if<bus::DeleteOptions>(&request.options)) {
    fillOptions(builder.initOptions(), *deletion);
  }
}

Ref<const Message> admissionParams(const ChangeRequest& request) {
  if (isToldAsItIs(request)) return request.told;
  request.told =
      makeMessage<role::AdmissionParams>([&](role::AdmissionParams::Builder builder) { fillParams(builder, request); });
  return request.told;
}

// The same in the second round, to a plugin that left this in the first; null: it left nothing.
Ref<const Message> secondParams(const ChangeRequest& request, const MutatingRounds::Left* left, const Message& object) {
  return makeMessage<role::AdmissionParams>([&](role::AdmissionParams::Builder builder) {
    fillParams(builder, request);
    builder.setAgain(true);
    if (!left) return;
    builder.setChanged(left->object.get() != &object && !sameObject(*left->object, object));
    builder.setKept({reinterpret_cast<const kj::byte*>(left->kept.data()), left->kept.size()});
  });
}

bus::RequestPlace* requestPlace(const ChangeRequest& request) {
  if (const auto* write = std::get_if<bus::WriteOptions>(&request.options)) return write->place;
  if (const auto* deletion = std::get_if<bus::DeleteOptions>(&request.options)) return deletion->place;
  return nullptr;
}

// The answer of a plugin that may wait for somebody outside: unless it comes at once, others have the request's place
// until then.
Task<RoleAnswer> askWaiting(Roles& roles, const std::string& plugin, RoleCall call, bus::RequestPlace& place) {
  Completion<RoleAnswer> answered;
  spawn(roles.call(plugin, std::move(call)),
        [answered](RoleAnswer answer) mutable { answered.complete(std::move(answer)); });
  const bool lends = !answered.completed();
  if (lends) place.lend();
  RoleAnswer answer = co_await answered;
  if (lends) co_await place.back();
  co_return answer;
}

// Whether the selectors of the operator's policy mean the request: the labels of its namespace, and of its object as it
// is to be or was.
bool isSelected(const AdmissionPolicy& policy, const Chains& chains, const ChangeRequest& request,
                const Message& object) {
  if (!policy.objects.matchesEverything()) {
    const bool was = request.old && policy.objects.matches(request.old->meta().getLabels());
    if (!was && !policy.objects.matches(object.meta().getLabels())) return false;
  }
  if (policy.namespaces.matchesEverything()) return true;
  const object::Kind& kind = *request.target.kind;
  if (kind.isNamespace) return policy.namespaces.matches(object.meta().getLabels());
  if (!kind.namespaced || !chains.says().findNamespace) return true;
  const Ref<const Message> ns = chains.says().findNamespace(request.target.ns);
  return ns ? policy.namespaces.matches(ns->meta().getLabels()) : policy.namespaces.matches(TextMapReader());
}

bool asks(const AdmissionPlugin& plugin, const Chains& chains, const ChangeRequest& request, const Message& object,
          AdmissionPass pass) {
  if (!plugin.wants(request, pass, &object)) return false;
  return !plugin.policy || !plugin.policy->hasSelectors() || isSelected(*plugin.policy, chains, request, object);
}

// Whether the request goes on all the same after an answer that is no permission; `warnings` says so to the client.
bool letsPass(const AdmissionPlugin& plugin, const Chains& chains, const RoleAnswer& answer,
              std::vector<std::string>& warnings) {
  if (!plugin.policy) return false;
  const Status why = callError(answer, plugin.name);
  // Whoever refuses says so to the client; whoever cannot answer is said to have failed.
  const Passed what = why.code >= 500 ? Passed::failure : Passed::refusal;
  const bool passes = plugin.policy->audits || (what == Passed::failure && plugin.policy->failsOpen);
  if (!passes) return false;
  if (what == Passed::refusal) warnings.push_back(concat(plugin.name, " would refuse this: ", why.message));
  if (chains.says().passed) chains.says().passed(plugin.name, what, why.message);
  return true;
}

void noteAnnotations(const ChangeRequest& request, role::AdmissionResults::Reader results) {
  const auto& notes = request.user->notes;
  if (!notes) return;
  for (auto annotation : results.getAuditAnnotations()) {
    if (annotation.getShowsBody() && !notes->showsBodies()) continue;
    notes->annotate(str(annotation.getKey()), str(annotation.getValue()));
  }
}

// What an admission plugin says beside its verdict.
void noteResults(const ChangeRequest& request, role::AdmissionResults::Reader results,
                 std::vector<std::string>& warnings) {
  for (auto warning : results.getWarnings()) warnings.push_back(str(warning));
  noteAnnotations(request, results);
}

// Beside a refusal that is annotations alone.
void noteRefusal(const ChangeRequest& request, const RoleAnswer& answer) {
  const bool says = answer.status == CLEAT_DENIED && answer.message;
  if (says) noteAnnotations(request, resultsOf(role::admission::mutate, answer));
}

Reach reachOf(const ChangeRequest& request) {
  if (request.target.subresource == "status") return Reach::statusAdmission;
  const bool creates = request.operation == role::Operation::CREATE && request.target.subresource.empty();
  return creates ? Reach::createAdmission : Reach::admission;
}

// What a mutating plugin has made of a connection's options.
Result<void> takeQuery(ChangeRequest& request, role::AdmissionResults::Reader results, const std::string& plugin) {
  if (request.operation != role::Operation::CONNECT || !results.hasQuery()) return {};
  if (!isQuery(view(results.getQuery()))) {
    return fail(Status::internal("plugin " + plugin + " gave a connection options that are no query"));
  }
  request.query = str(results.getQuery());
  return {};
}

// What a mutating plugin gave back, as it goes on.
Result<Ref<const Message>> takeAdmitted(ChangeRequest& request, const RoleAnswer& answer, const std::string& plugin,
                                        Ref<const Message> asGiven) {
  CLEAT_TRY(takeQuery(request, resultsOf(role::admission::mutate, answer), plugin));
  if (answer.objects.empty()) return asGiven;
  const Ref<Message>& back = answer.objects[0];
  const Message& given = *asGiven;
  const object::Kind& kind = admittedKind(request);
  const Reach reach = reachOf(request);
  CLEAT_TRY(checkGiven(back, kind, plugin));
  Ref<const Message> taken = putBack(reach, kind, given, back);
  CLEAT_TRY(checkUntouched(reach, kind, given, *taken, plugin));
  return taken;
}

}  // namespace

void MutatingRounds::completed(const Message& before, const Ref<const Message>& after) {
  for (Left& left : left_) {
    if (left.object.get() == &before) left.object = after;
  }
}

void MutatingRounds::note(const std::string& plugin, role::AdmissionResults::Reader results,
                          const Ref<const Message>& object) {
  if (isSecond_) return;
  wanted_ = wanted_ || results.getAskAgain();
  if (!results.hasKeep()) return;
  const auto kept = results.getKeep().asChars();
  left_.push_back({plugin, std::string(kept.begin(), kept.size()), object});
}

const MutatingRounds::Left* MutatingRounds::find(const std::string& plugin) const {
  const auto found = std::ranges::find(left_, plugin, &Left::plugin);
  return found == left_.end() ? nullptr : &*found;
}

Task<Result<AdmittedObject>> admit(const Chains& chains, ChangeRequest& request, Ref<const Message> object,
                                   AdmissionPass pass, MutatingRounds* rounds) {
  AdmittedObject shaped;
  shaped.message = std::move(object);
  const std::shared_ptr<const ChainSet> set = chains.get();
  if (isAuthorizer(*set, *request.user)) co_return shaped;
  const auto method = pass == AdmissionPass::mutate ? role::admission::mutate : role::admission::validate;
  bus::RequestPlace* const place = requestPlace(request);
  const bool isSecond = rounds && rounds->isSecond();
  Ref<const Message> params;  // the same for all of them, as a rule
  PassTimes times(chains, request, pass);
  for (const AdmissionPlugin& asked : set->admission) {
    if (!asks(asked, chains, request, *shaped.message, pass)) continue;
    const std::string& plugin = asked.name;
    const MutatingRounds::Left* left = isSecond ? rounds->find(plugin) : nullptr;
    if (!params) params = isSecond ? secondParams(request, nullptr, *shaped.message) : admissionParams(request);
    RoleCall call{method, left ? secondParams(request, left, *shaped.message) : params,
                  arguments(request, shaped.message)};
    if (asked.policy) call.timeoutNs = asked.policy->timeoutNs;
    times.asking();
    auto asking = place && asked.waits(request, pass) ? askWaiting(chains.roles(), plugin, std::move(call), *place)
                                                      : chains.roles().call(plugin, std::move(call));
    RoleAnswer answer = co_await std::move(asking);
    times.answered(asked, answer.status != CLEAT_OK);
    if (answer.status != CLEAT_OK) {
      noteRefusal(request, answer);
      if (letsPass(asked, chains, answer, shaped.warnings)) continue;
      // Security hooks fail closed: whatever is no permission refuses the request.
      co_return fail(callError(answer, plugin));
    }
    const auto results = resultsOf(method, answer);
    noteResults(request, results, shaped.warnings);
    if (pass != AdmissionPass::mutate || (asked.policy && asked.policy->audits)) continue;
    auto taken = takeAdmitted(request, answer, plugin, shaped.message);
    if (!taken) {
      answer.status = CLEAT_FAILED;
      answer.error = taken.error();
      if (letsPass(asked, chains, answer, shaped.warnings)) continue;
      co_return fail(taken.error());
    }
    shaped.message = *std::move(taken);
    if (request.operation == role::Operation::CONNECT) params = nullptr;  // it may ask for something else now
    if (rounds) rounds->note(plugin, results, shaped.message);
  }
  times.goesOn();
  co_return shaped;
}

bool isWithdrawalHeard(const Chains& chains, const ChangeRequest& request) {
  const std::shared_ptr<const ChainSet> set = chains.get();
  return std::ranges::any_of(
      set->admission, [&](const AdmissionPlugin& plugin) { return plugin.wants(request, AdmissionPass::withdraw); });
}

Task<void> withdraw(const Chains& chains, ChangeRequest request, Ref<const Message> object) {
  const std::shared_ptr<const ChainSet> set = chains.get();
  if (isAuthorizer(*set, *request.user)) co_return;
  Ref<const Message> params;
  for (const AdmissionPlugin& told : set->admission) {
    if (!asks(told, chains, request, *object, AdmissionPass::withdraw)) continue;
    if (!params) params = admissionParams(request);
    RoleCall call{role::admission::withdraw, params, arguments(request, object)};
    const RoleAnswer answer = co_await chains.roles().call(told.name, std::move(call));
  }
}

}  // namespace cleat::gate
