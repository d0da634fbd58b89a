#include "core/gate/admission_pass.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/bus/request_notes.h"
#include "core/gate/connect_query.h"
#include "core/gate/object_edit.h"
#include "core/gate/pass_times.h"
#include "core/gate/untouchable.h"
#include "core/gate/waiting_call.h"

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

// What a plugin is told that was asked before.
struct AskedBefore {
  bool again = false;    // in the second round
  bool changed = false;  // the object, since
  std::string_view kept = {};
};

Ref<const Message> laterParams(const ChangeRequest& request, AskedBefore before) {
  return makeMessage<role::AdmissionParams>([&](role::AdmissionParams::Builder builder) {
    fillParams(builder, request);
    builder.setAgain(before.again);
    builder.setChanged(before.changed);
    builder.setKept({reinterpret_cast<const kj::byte*>(before.kept.data()), before.kept.size()});
  });
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

// Whether the request goes on all the same after an answer that is no permission; the client is warned.
bool letsPass(const AdmissionPlugin& plugin, const Chains& chains, const RoleAnswer& answer,
              const ChangeRequest& request) {
  if (!plugin.policy) return false;
  const Status why = callError(answer, plugin.name);
  // Whoever refuses says so to the client; whoever cannot answer is said to have failed.
  const Passed what = why.code >= 500 ? Passed::failure : Passed::refusal;
  const bool passes = plugin.policy->audits || (what == Passed::failure && plugin.policy->failsOpen);
  if (!passes) return false;
  if (what == Passed::refusal) request.warnings.push_back(concat(plugin.name, " would refuse this: ", why.message));
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
void noteResults(const ChangeRequest& request, role::AdmissionResults::Reader results) {
  for (auto warning : results.getWarnings()) request.warnings.push_back(str(warning));
  noteAnnotations(request, results);
}

// The same beside a refusal.
void noteRefusal(const ChangeRequest& request, const RoleAnswer& answer) {
  const bool says = answer.status == CLEAT_DENIED && answer.message;
  if (says) noteResults(request, resultsOf(role::admission::mutate, answer));
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
  CLEAT_TRY(checkGiven(back, kind, plugin, &given));
  Ref<const Message> taken = putBack(reach, kind, given, back);
  CLEAT_TRY(checkUntouched(reach, kind, given, *taken, plugin));
  return taken;
}

// One pass of admission over a request.
struct Pass {
  const Chains& chains;
  ChangeRequest& request;
  const AdmissionPass which;
  MutatingRounds* const rounds;
  Ref<const Message> object;  // as it is by now
  PassTimes times{chains, request, which};
  Ref<const Message> params = {};  // the same for all plugins, as a rule
  bool isFilledIn = true;
  std::optional<Status> refused = {};

  bool isSecond() const { return rounds && rounds->isSecond(); }
};

// What the plugin is told when its turn has come.
Ref<const Message> firstParams(const std::string& plugin, Pass& pass) {
  const MutatingRounds::Left* left = pass.isSecond() ? pass.rounds->find(plugin) : nullptr;
  if (left) {
    const bool changed = left->object.get() != pass.object.get() && !sameObject(*left->object, *pass.object);
    return laterParams(pass.request, {.again = true, .changed = changed, .kept = left->kept});
  }
  if (!pass.params) {
    pass.params = pass.isSecond() ? laterParams(pass.request, {.again = true}) : admissionParams(pass.request);
  }
  return pass.params;
}

// What plugins have changed is filled in, if that has not been done. Not inlined: its frame would be in that of each
// pass, which is to be small enough to be kept (thread_blocks.h).
[[gnu::noinline]] Task<void> fillIn(Pass& pass) {
  if (std::exchange(pass.isFilledIn, true) || !pass.rounds) co_return;
  const Ref<const Message> left = pass.object;
  Result<Ref<const Message>> filled = co_await gate::fillIn(pass.chains.roles(), pass.request, left);
  if (!filled) {
    pass.refused = std::move(filled).error();
    co_return;
  }
  pass.object = *std::move(filled);
  pass.rounds->filledIn(*left, pass.object);
}

// Makes what a mutating plugin has answered the state of the request.
Result<void> takeMutation(const std::string& plugin, const RoleAnswer& answer, Pass& pass) {
  CLEAT_TRY(Ref<const Message> taken, takeAdmitted(pass.request, answer, plugin, pass.object));
  if (taken.get() != pass.object.get()) pass.isFilledIn = false;
  pass.object = std::move(taken);
  if (pass.request.operation == role::Operation::CONNECT) pass.params = nullptr;  // it may ask for something else now
  if (pass.rounds) pass.rounds->note(plugin, resultsOf(role::admission::mutate, answer), pass.object);
  return {};
}

Task<RoleAnswer> ask(const AdmissionPlugin& asked, Ref<const Message> params, Pass& pass) {
  const auto method = pass.which == AdmissionPass::mutate ? role::admission::mutate : role::admission::validate;
  RoleCall call{method, std::move(params), arguments(pass.request, pass.object)};
  if (asked.policy) call.timeoutNs = asked.policy->timeoutNs;
  pass.times.asking();
  bus::RequestPlace* const place = asked.waits(pass.request, pass.which) ? pass.request.user.place() : nullptr;
  return callWaiting(pass.chains.roles(), asked.name, std::move(call), place);
}

// How often a plugin may go on with one request.
constexpr int kMostSteps = 4096;

// What comes after a plugin's answer.
enum class Next { another, fillIn, goOn };

// Takes the answer, the one after so many others of this plugin. Whatever is no permission refuses the request:
// security hooks fail closed. Not inlined, for the same reason.
[[gnu::noinline]] Next take(const AdmissionPlugin& asked, RoleAnswer& answer, int step, Pass& pass) {
  pass.times.answered(asked, answer.status != CLEAT_OK);
  if (answer.status != CLEAT_OK) {
    noteRefusal(pass.request, answer);
    if (!letsPass(asked, pass.chains, answer, pass.request)) pass.refused = callError(answer, asked.name);
    return Next::another;
  }
  const auto results = resultsOf(role::admission::mutate, answer);
  noteResults(pass.request, results);
  if (pass.which != AdmissionPass::mutate) return Next::another;
  if (!(asked.policy && asked.policy->audits)) {
    if (auto taken = takeMutation(asked.name, answer, pass); !taken) {
      answer.status = CLEAT_FAILED;
      answer.error = taken.error();
      if (!letsPass(asked, pass.chains, answer, pass.request)) pass.refused = taken.error();
      return Next::another;
    }
  }
  if (!results.getGoOn()) return results.getFillIn() ? Next::fillIn : Next::another;
  if (step < kMostSteps) return Next::goOn;
  pass.refused = Status::internal(concat("plugin ", asked.name, " comes to no end with a request"));
  return Next::another;
}

// What it is told when it goes on.
Ref<const Message> nextParams(const RoleAnswer& answer, const Pass& pass) {
  const auto kept = resultsOf(role::admission::mutate, answer).getKeep().asChars();
  return laterParams(pass.request, {.again = pass.isSecond(), .kept = {kept.begin(), kept.size()}});
}

}  // namespace

void MutatingRounds::filledIn(const Message& before, const Ref<const Message>& after) {
  for (Left& left : left_) {
    if (left.object.get() == &before) left.object = after;
  }
}

void MutatingRounds::note(const std::string& plugin, role::AdmissionResults::Reader results,
                          const Ref<const Message>& object) {
  if (isSecond_) return;
  wanted_ = wanted_ || results.getAskAgain();
  std::erase_if(left_, [&](const Left& left) { return left.plugin == plugin; });
  if (!results.hasKeep()) return;
  const auto kept = results.getKeep().asChars();
  left_.push_back({plugin, std::string(kept.begin(), kept.size()), object});
}

const MutatingRounds::Left* MutatingRounds::find(const std::string& plugin) const {
  const auto found = std::ranges::find(left_, plugin, &Left::plugin);
  return found == left_.end() ? nullptr : &*found;
}

Task<Result<Ref<const Message>>> admit(const Chains& chains, ChangeRequest& request, Ref<const Message> object,
                                       AdmissionPass which, MutatingRounds* rounds) {
  const std::shared_ptr<const ChainSet> set = chains.get();
  if (isAuthorizer(*set, *request.user)) co_return object;
  Pass pass{.chains = chains, .request = request, .which = which, .rounds = rounds, .object = std::move(object)};
  for (const AdmissionPlugin& asked : set->admission) {
    if (!asks(asked, chains, request, *pass.object, which)) continue;
    Ref<const Message> params = firstParams(asked.name, pass);
    for (int step = 0; params; ++step) {
      RoleAnswer answer = co_await ask(asked, std::move(params), pass);
      const Next next = take(asked, answer, step, pass);
      if (next != Next::another) co_await fillIn(pass);
      params = next == Next::goOn && !pass.refused ? nextParams(answer, pass) : nullptr;
    }
    if (pass.refused) break;
  }
  if (!pass.refused && !pass.isFilledIn) co_await fillIn(pass);
  if (pass.refused) co_return fail(*std::move(pass.refused));
  pass.times.goesOn();
  co_return std::move(pass.object);
}

bool isHeard(const Chains& chains, const ChangeRequest& request, const Message& object, AdmissionPass pass) {
  const std::shared_ptr<const ChainSet> set = chains.get();
  return !isAuthorizer(*set, *request.user) && std::ranges::any_of(set->admission, [&](const AdmissionPlugin& plugin) {
    return asks(plugin, chains, request, object, pass);
  });
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
