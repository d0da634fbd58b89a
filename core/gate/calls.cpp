#include "core/gate/calls.h"

#include <capnp/schema.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/gate/by_schema.h"
#include "core/gate/untouchable.h"

namespace cleat::gate {
namespace {

template <class List>
void appendTexts(std::vector<std::string>& to, List list) {
  for (auto text : list) to.emplace_back(text.cStr(), text.size());
}

template <class List>
std::vector<std::string> texts(List list) {
  std::vector<std::string> result;
  appendTexts(result, list);
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

// The same of one that takes the place of `given`.
Result<void> checkReplaced(const Ref<Message>& object, const object::Kind& kind, const std::string& plugin,
                           const Message& given, Reach reach) {
  CLEAT_TRY(checkGiven(object, kind, plugin, &given));
  return checkUntouched(reach, kind, given, *object, plugin);
}

const object::Kind& bodyOf(const ChangeRequest& request) {
  const object::Subresource* sub = request.target.kind->subresource(request.target.subresource);
  return sub && sub->body ? *sub->body : *request.target.kind;
}

}  // namespace

Arguments arguments(const ChangeRequest& request, Ref<const Message> object) {
  Arguments result;
  result.push_back({std::move(object), request.oldRevision});
  if (request.old) result.push_back({request.old, request.oldRevision});
  return result;
}

Result<void> checkGiven(const Ref<Message>& object, const object::Kind& kind, const std::string& plugin,
                        const Message* asked) {
  Result<void> shaped = object::verify(kind, object->words(), asked ? asked->words() : object::Words());
  if (shaped) return {};
  return fail(
      Status::internal("plugin " + plugin + " gave an object that is no " + kind.name + ": " + shaped.error().message));
}

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

Task<Result<Ref<const Message>>> applyDefaults(Roles& roles, const ChangeRequest& request, Ref<const Message> object) {
  const object::Kind& kind = *request.target.kind;
  if (!kind.wantsDefault) co_return object;
  auto fill = [&](role::DefaultParams::Builder builder) {
    fillRef(builder.initRef(), request.target);
    builder.setOperation(request.operation);
    fillUser(builder.initUser(), *request.user);
  };
  RoleCall call = makeCall(role::kinds::default_, fill, arguments(request, object));
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles, kind.plugin, std::move(call)));
  appendTexts(request.warnings, resultsOf(role::kinds::default_, answer).getWarnings());
  if (answer.objects.empty()) co_return object;
  CLEAT_CO_TRY(checkReplaced(answer.objects[0], kind, kind.plugin, *object, Reach::kind));
  co_return answer.objects[0];
}

Task<Result<Ref<const Message>>> fillIn(Roles& roles, const ChangeRequest& request, Ref<const Message> object) {
  const object::Kind& kind = *request.target.kind;
  if (&admittedKind(request) != &kind) co_return object;
  const object::Subresource* sub = kind.subresource(request.target.subresource);
  if (sub && sub->style == object::Subresource::Style::transform) co_return object;
  CLEAT_CO_TRY(object, bySchema(kind, std::move(object)));
  co_return co_await applyDefaults(roles, request, std::move(object));
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
  CLEAT_CO_TRY(checkReplaced(answer.objects[0], kind, kind.plugin, *object, Reach::kind));
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
    CLEAT_CO_TRY(checkReplaced(answer.objects[0], *request.target.kind, plugin, *parent, Reach::kind));
    result.parent = answer.objects[0];
  }
  if (answer.objects.size() > 1) {
    CLEAT_CO_TRY(checkGiven(answer.objects[1], bodyOf(request), plugin));
    result.answer = answer.objects[1];
  }
  appendTexts(request.warnings, resultsOf(role::kinds::transform, answer).getWarnings());
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

Task<Result<Ref<const Message>>> project(Roles& roles, const ChangeRequest& request, object::ObjectRef parent,
                                         Projection projection) {
  auto fill = [&](role::TransformParams::Builder builder) {
    fillTransform(builder, request);
    builder.setForWrite(projection == Projection::forWrite);
  };
  Arguments objects;
  objects.push_back({parent->message(), parent->revision()});
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
