#include "core/gate/calls.h"
#include "core/bus/request_notes.h"

#include <capnp/schema.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/gate/connect_query.h"
#include "core/gate/pass_times.h"
#include "core/gate/untouchable.h"

namespace cleat::gate {
namespace {

template <class List>
std::vector<std::string> texts(List list) {
  std::vector<std::string> result;
  for (auto text : list) result.emplace_back(text.cStr(), text.size());
  return result;
}

Arguments arguments(const ChangeRequest& request, Ref<const Message> object) {
  Arguments result;
  result.push_back({std::move(object), request.oldRevision});
  if (request.old) result.push_back({request.old, request.oldRevision});
  return result;
}

std::string pluginOfSubresource(const ChangeRequest& request) {
  const object::Subresource* sub = request.target.kind->subresource(request.target.subresource);
  return sub ? sub->plugin : request.target.kind->plugin;
}

void fillTransform(role::TransformParams::Builder builder, const ChangeRequest& request) {
  fillRef(builder.initRef(), request.target);
  fillUser(builder.initUser(), *request.user);
}

// Whether they were made for the request as it is now: its name may have been made anew, a change may end as a delete,
// and a connection may have come to ask for something else.
bool isToldAsItIs(const ChangeRequest& request) {
  if (!request.told) return false;
  auto told = request.told->root<role::AdmissionParams>();
  auto ref = told.getRef();
  return told.getOperation() == request.operation && view(ref.getName()) == request.target.name &&
         view(ref.getNamespace()) == request.target.ns && view(told.getQuery()) == request.query;
}

Ref<const Message> admissionParams(const ChangeRequest& request) {
  if (isToldAsItIs(request)) return request.told;
  request.told = makeMessage<role::AdmissionParams>([&](role::AdmissionParams::Builder builder) {
    fillRef(builder.initRef(), request.target);
    builder.setKind(request.target.kind->name);
    builder.setOperation(request.operation);
    fillUser(builder.initUser(), *request.user);
    builder.setDryRun(request.dryRun);
    if (!request.query.empty()) builder.setQuery(request.query);
  });
  return request.told;
}

// An object that a plugin gave back is read as its kind from here on, and shown to clients: a pointer of another shape
// would fail then, a text that is no UTF-8 be another one in each form of the answer.
Result<void> checkGiven(const Ref<Message>& object, const object::Kind& kind, const std::string& plugin) {
  Result<void> shaped = object::verify(kind, object->words());
  if (shaped) return {};
  return fail(
      Status::internal("plugin " + plugin + " gave an object that is no " + kind.name + ": " + shaped.error().message));
}

// The same of one that takes the place of `given`.
Result<void> checkGiven(const Ref<Message>& object, const object::Kind& kind, const std::string& plugin,
                        const Message& given, Reach reach) {
  CLEAT_TRY(checkGiven(object, kind, plugin));
  return checkUntouched(reach, kind, given, *object, plugin);
}

const object::Kind& bodyOf(const ChangeRequest& request) {
  const object::Subresource* sub = request.target.kind->subresource(request.target.subresource);
  return sub && sub->body ? *sub->body : *request.target.kind;
}

}  // namespace

void fillRef(wire::ResourceRef::Builder ref, const bus::Target& target) {
  ref.setGroup(target.kind->group);
  ref.setVersion(target.kind->version);
  ref.setResource(target.kind->plural);
  ref.setSubresource(target.subresource);
  ref.setNamespace(target.ns);
  ref.setName(target.name);
}

void fillUser(role::User::Builder builder, const bus::User& user) {
  builder.setName(user.name);
  builder.setUid(user.uid);
  auto groups = builder.initGroups(user.groups.size());
  for (size_t i = 0; i < user.groups.size(); ++i) groups.set(i, user.groups[i]);
  auto extra = builder.initExtra(user.extra.size());
  for (size_t i = 0; i < user.extra.size(); ++i) {
    extra[i].setKey(user.extra[i].first);
    auto values = extra[i].initValues(user.extra[i].second.size());
    for (size_t j = 0; j < user.extra[i].second.size(); ++j) values.set(j, user.extra[i].second[j]);
  }
}

bus::User readUser(role::User::Reader reader) {
  bus::User user;
  user.name = str(reader.getName());
  user.uid = str(reader.getUid());
  user.groups = texts(reader.getGroups());
  for (auto extra : reader.getExtra()) user.extra.emplace_back(str(extra.getKey()), texts(extra.getValues()));
  return user;
}

const object::Kind& admittedKind(const ChangeRequest& request) {
  const bool whole = request.operation == role::Operation::DELETE || request.operation == role::Operation::CONNECT;
  return whole ? *request.target.kind : bodyOf(request);
}

Status callError(const RoleAnswer& answer, const std::string& plugin) {
  if (answer.error && !answer.error->message.empty()) return *answer.error;
  std::string message = "plugin " + plugin + " did not say why it refused";
  return answer.status == CLEAT_DENIED ? Status::forbidden(message) : Status::internal(message);
}

bool isAuthorizer(const ChainSet& chains, const bus::User& user) {
  return !user.plugin.empty() && std::ranges::find(chains.authorizers, user.plugin) != chains.authorizers.end();
}

Task<Result<RoleAnswer>> ask(Roles& roles, const std::string& plugin, RoleCall call) {
  RoleAnswer answer = co_await roles.call(plugin, std::move(call));
  if (answer.status != CLEAT_OK) co_return fail(callError(answer, plugin));
  co_return answer;
}

namespace {

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

// What an admission plugin says beside its verdict.
void noteResults(const ChangeRequest& request, role::AdmissionResults::Reader results,
                 std::vector<std::string>& warnings) {
  for (auto warning : results.getWarnings()) warnings.push_back(str(warning));
  const auto& notes = request.user->notes;
  if (!notes) return;
  for (auto annotation : results.getAuditAnnotations()) {
    notes->annotate(str(annotation.getKey()), str(annotation.getValue()));
  }
}

Reach reachOf(const ChangeRequest& request) {
  if (request.target.subresource == "status") return Reach::statusAdmission;
  const bool creates = request.operation == role::Operation::CREATE && request.target.subresource.empty();
  return creates ? Reach::createAdmission : Reach::admission;
}

// What a mutating plugin has made of a connection's options.
Result<void> takeQuery(const ChangeRequest& request, role::AdmissionResults::Reader results,
                       const std::string& plugin) {
  if (request.operation != role::Operation::CONNECT || !results.hasQuery()) return {};
  if (!isQuery(view(results.getQuery()))) {
    return fail(Status::internal("plugin " + plugin + " gave a connection options that are no query"));
  }
  request.query = str(results.getQuery());
  return {};
}

// What a mutating plugin gave back, as it goes on.
Result<Ref<const Message>> takeAdmitted(const ChangeRequest& request, const RoleAnswer& answer,
                                        const std::string& plugin, Ref<const Message> asGiven) {
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

Task<Result<AdmittedObject>> admit(const Chains& chains, const ChangeRequest& request, Ref<const Message> object,
                                   AdmissionPass pass) {
  AdmittedObject shaped;
  shaped.message = std::move(object);
  const std::shared_ptr<const ChainSet> set = chains.get();
  if (isAuthorizer(*set, *request.user)) co_return shaped;
  const auto method = pass == AdmissionPass::mutate ? role::admission::mutate : role::admission::validate;
  Ref<const Message> params;  // the same for all of them
  PassTimes times(chains, request, pass);
  for (const AdmissionPlugin& asked : set->admission) {
    if (!asks(asked, chains, request, *shaped.message, pass)) continue;
    if (!params) params = admissionParams(request);
    const std::string& plugin = asked.name;
    RoleCall call{method, params, arguments(request, shaped.message)};
    if (asked.policy) call.timeoutNs = asked.policy->timeoutNs;
    times.asking();
    RoleAnswer answer = co_await chains.roles().call(plugin, std::move(call));
    times.answered(asked, answer.status != CLEAT_OK);
    if (answer.status != CLEAT_OK) {
      if (letsPass(asked, chains, answer, shaped.warnings)) continue;
      // Security hooks fail closed: whatever is no permission refuses the request.
      co_return fail(callError(answer, plugin));
    }
    noteResults(request, resultsOf(method, answer), shaped.warnings);
    const bool counts = pass == AdmissionPass::mutate && !(asked.policy && asked.policy->audits);
    if (!counts) continue;
    auto taken = takeAdmitted(request, answer, plugin, shaped.message);
    if (!taken) {
      answer.status = CLEAT_FAILED;
      answer.error = taken.error();
      if (letsPass(asked, chains, answer, shaped.warnings)) continue;
      co_return fail(taken.error());
    }
    shaped.message = *std::move(taken);
    if (request.operation == role::Operation::CONNECT) params = nullptr;  // it may ask for something else now
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

Task<Result<AdmittedObject>> applyDefaults(Roles& roles, const ChangeRequest& request, Ref<const Message> object) {
  AdmittedObject shaped;
  shaped.message = std::move(object);
  const object::Kind& kind = *request.target.kind;
  if (!kind.wantsDefault) co_return shaped;
  auto fill = [&](role::DefaultParams::Builder builder) {
    fillRef(builder.initRef(), request.target);
    builder.setOperation(request.operation);
    fillUser(builder.initUser(), *request.user);
  };
  RoleCall call = makeCall(role::kinds::default_, fill, arguments(request, shaped.message));
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, kind.plugin, std::move(call)));
  shaped.warnings = texts(resultsOf(role::kinds::default_, answer).getWarnings());
  if (answer.objects.empty()) co_return shaped;
  CLEAT_CO_TRY(checkGiven(answer.objects[0], kind, kind.plugin, *shaped.message, Reach::kind));
  shaped.message = answer.objects[0];
  co_return shaped;
}

Task<Result<Verdict>> checkObject(Roles& roles, const ChangeRequest& request, Ref<const Message> object) {
  Verdict verdict;
  if (!request.target.kind->wantsValidate) co_return verdict;
  auto fill = [&](role::ValidateParams::Builder builder) {
    fillRef(builder.initRef(), request.target);
    builder.setOperation(request.operation);
  };
  RoleCall call = makeCall(role::kinds::validate, fill, arguments(request, std::move(object)));
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, request.target.kind->plugin, std::move(call)));
  auto results = resultsOf(role::kinds::validate, answer);
  for (auto cause : results.getCauses()) {
    verdict.causes.push_back({str(cause.getReason()), str(cause.getMessage()), str(cause.getField())});
  }
  verdict.warnings = texts(results.getWarnings());
  co_return verdict;
}

Task<Result<Ref<const Message>>> beforeCommit(Roles& roles, const ChangeRequest& request, Ref<const Message> object) {
  const object::Kind& kind = *request.target.kind;
  if (!kind.wantsBeforeCommit) co_return object;
  auto fill = [&](role::BeforeCommitParams::Builder builder) {
    fillRef(builder.initRef(), request.target);
    builder.setOperation(request.operation);
    builder.setDryRun(request.dryRun);
    fillUser(builder.initUser(), *request.user);
  };
  // On delete the one object is what was.
  Arguments objects;
  if (object) objects.push_back({object, request.oldRevision});
  if (request.old) objects.push_back({request.old, request.oldRevision});
  RoleCall call = makeCall(role::kinds::beforeCommit, fill, std::move(objects));
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, kind.plugin, std::move(call)));
  if (!object || answer.objects.empty()) co_return object;
  CLEAT_CO_TRY(checkGiven(answer.objects[0], kind, kind.plugin, *object, Reach::kind));
  co_return answer.objects[0];
}

Task<Result<Transformed>> transform(Roles& roles, const ChangeRequest& request, Ref<const Message> parent,
                                    Ref<const Message> body) {
  std::string plugin = pluginOfSubresource(request);
  auto fill = [&](role::TransformParams::Builder builder) { fillTransform(builder, request); };
  Arguments objects;
  objects.push_back({parent, request.oldRevision});
  objects.push_back({std::move(body), 0});
  RoleCall call = makeCall(role::kinds::transform, fill, std::move(objects));
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, plugin, std::move(call)));
  Transformed result;
  if (!answer.objects.empty()) {
    CLEAT_CO_TRY(checkGiven(answer.objects[0], *request.target.kind, plugin, *parent, Reach::kind));
    result.parent = answer.objects[0];
  }
  if (answer.objects.size() > 1) {
    CLEAT_CO_TRY(checkGiven(answer.objects[1], bodyOf(request), plugin));
    result.answer = answer.objects[1];
  }
  result.warnings = texts(resultsOf(role::kinds::transform, answer).getWarnings());
  co_return result;
}

namespace {

// The one object of an answer, of the kind of the subresource's body; none if the plugin gave none.
Task<Result<Ref<const Message>>> askForBody(Roles& roles, const ChangeRequest& request, std::string plugin,
                                            RoleCall call) {
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, plugin, std::move(call)));
  if (answer.objects.empty()) co_return Ref<const Message>();
  CLEAT_CO_TRY(checkGiven(answer.objects[0], bodyOf(request), plugin));
  co_return answer.objects[0];
}

}  // namespace

Task<Result<Ref<const Message>>> project(Roles& roles, const ChangeRequest& request, Ref<const Message> parent,
                                         Projection projection) {
  auto fill = [&](role::TransformParams::Builder builder) {
    fillTransform(builder, request);
    builder.setForWrite(projection == Projection::forWrite);
  };
  Arguments objects;
  objects.push_back({std::move(parent), request.oldRevision});
  RoleCall call = makeCall(role::kinds::project, fill, std::move(objects));
  const std::string plugin = pluginOfSubresource(request);
  CLEAT_CO_TRY(Ref<const Message> body, co_await askForBody(roles, request, plugin, std::move(call)));
  if (!body) co_return fail(Status::internal("plugin " + plugin + " gave no object"));
  co_return body;
}

Task<Result<Ref<const Message>>> review(Roles& roles, const ChangeRequest& request, std::string plugin,
                                        Ref<const Message> body, Ref<const Message> parent) {
  auto fill = [&](role::ReviewParams::Builder builder) {
    fillRef(builder.initRef(), request.target);
    fillUser(builder.initUser(), *request.user);
    builder.setDryRun(request.dryRun);
  };
  Arguments objects;
  objects.push_back({std::move(body), 0});
  if (parent) objects.push_back({std::move(parent), request.oldRevision});
  RoleCall call = makeCall(role::kinds::review, fill, std::move(objects));
  co_return co_await askForBody(roles, request, std::move(plugin), std::move(call));
}

}  // namespace cleat::gate
