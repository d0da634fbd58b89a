#include "core/gate/gate.h"

#include <cleat/sdk/proxied_name.h>

#include <capnp/schema.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/whole_text.h>

#include <algorithm>

#include "core/bus/request_notes.h"
#include "core/gate/admission_pass.h"
#include "core/gate/connect_query.h"
#include "core/gate/object_edit.h"
#include "core/gate/readable.h"
#include "core/gate/waiting_call.h"
#include "core/object/field_selector.h"
#include "core/object/verbs.h"

namespace cleat::gate {
namespace {

const char* connectVerb(std::string_view method) {
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "DELETE") return "delete";
  if (method == "PUT") return "update";
  return method == "PATCH" ? "patch" : "create";
}

void fillSelector(capnp::List<role::SelectorRequirement>::Builder list, const std::vector<SelectorRequirement>& from) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(from[i].key);
    list[i].setOperator(from[i].op);
    list[i].adoptValues(textList(orphanageOf(list[i]), from[i].values));
  }
}

void noteDecision(const User& user, const char* decision, std::string_view reason) {
  if (!user.notes) return;
  user.notes->annotate("authorization.k8s.io/decision", decision);
  user.notes->annotate("authorization.k8s.io/reason", std::string(reason));
}

}  // namespace

Status forbidden(const User& user, const Attributes& attributes, std::string_view reason) {
  std::string message;
  if (!attributes.kind) {
    message = "forbidden: User \"" + user.name + "\" cannot " + attributes.verb + " path \"" + attributes.path + "\"";
  } else {
    const std::string resource = attributes.kind->resource();
    std::string what = attributes.kind->plural;
    if (!attributes.subresource.empty()) what += "/" + attributes.subresource;
    message = resource;
    if (!attributes.name.empty()) message += " \"" + attributes.name + "\"";
    message += " is forbidden: User \"" + user.name + "\" cannot " + attributes.verb + " resource \"" + what +
               "\" in API group \"" + attributes.kind->group + "\"";
    if (attributes.ns.empty()) {
      message += " at the cluster scope";
    } else {
      message += " in the namespace \"" + attributes.ns + "\"";
    }
  }
  if (!reason.empty()) message += ": " + std::string(reason);
  Status status = Status::forbidden(std::move(message));
  if (attributes.kind) {
    status.details.kind = attributes.kind->plural;
    status.details.group = attributes.kind->group;
    status.details.name = attributes.name;
  }
  return status;
}

Gate::Gate(base::Executor& executor, object::KindRegistry& kinds, store::Store& store, bus::Hub& hub, Roles& roles)
    : executor_(executor), kinds_(kinds), store_(store), hub_(hub), roles_(roles) {}

Gate::~Gate() = default;

void Gate::setAdmissionPolicies(AdmissionPolicies policies, PassedNote passed) {
  auto findNamespace = [this](const std::string& name) -> Ref<const Message> {
    const object::KindRef kind = kinds_.latest()->ofNamespaces();
    const object::ObjectRef found = kind ? store_.snapshot()->get(*kind, "", name) : nullptr;
    return found ? found->message() : Ref<const Message>();
  };
  chains_.setOperator({std::move(policies), findNamespace, std::move(passed)});
}

void Gate::measureAdmission(base::Metrics& metrics) {
  Chains::Operator says = chains_.says();
  says.times = std::make_shared<AdmissionTimes>(executor_, metrics);
  chains_.setOperator(std::move(says));
}

Task<Result<User>> Gate::authenticate(Credentials credentials) {
  if (credentials.bearerToken.empty() && credentials.clientCertificates.empty()) {
    co_return co_await strangers_.user(chains_, std::move(credentials.path));
  }
  const RoleCall call = makeCall(role::authenticator::authenticate, [&](role::Credentials::Builder builder) {
    builder.setBearerToken(credentials.bearerToken);
    auto list = builder.initClientCertificates(credentials.clientCertificates.size());
    for (size_t i = 0; i < credentials.clientCertificates.size(); ++i) {
      const std::string& der = credentials.clientCertificates[i];
      list.set(i, kj::ArrayPtr<const kj::byte>(reinterpret_cast<const kj::byte*>(der.data()), der.size()));
    }
    builder.setRemoteAddress(credentials.remoteAddress);
  });
  const std::shared_ptr<const ChainSet> chains = chains_.get();
  for (const std::string& plugin : chains->authenticators) {
    RoleAnswer answer = co_await roles_.call(plugin, call);
    // One that fails or does not answer cannot vouch for anybody: the next is asked.
    if (answer.endsChain) co_return fail(callError(answer, plugin));
    if (answer.status != CLEAT_OK) continue;
    User user = readUser(resultsOf(role::authenticator::authenticate, answer).getUser());
    if (user.name.empty()) continue;
    bool known = false;
    for (const std::string& group : user.groups) known = known || group == "system:authenticated";
    if (!known) user.groups.push_back("system:authenticated");
    co_return user;
  }
  co_return fail(Status::unauthorized());
}

Task<Result<Gate::Document>> Gate::document(std::string path) {
  const RoleCall call =
      makeCall(role::authenticator::document, [&](role::DocumentParams::Builder builder) { builder.setPath(path); });
  const std::shared_ptr<const ChainSet> chains = chains_.get();
  for (const std::string& plugin : chains->authenticators) {
    RoleAnswer answer = co_await roles_.call(plugin, call);
    if (answer.status != CLEAT_OK) continue;
    auto found = resultsOf(role::authenticator::document, answer);
    co_return Document{str(found.getContentType()), str(found.getBody()), found.getMaxAgeSeconds()};
  }
  co_return fail(Status::notFound("paths", path));
}

Task<RoleAnswer> Gate::askHttpHandler(std::string plugin, RoleCall call) {
  co_return co_await roles_.call(plugin, std::move(call));
}

Task<RoleAnswer> Gate::askAuditSink(std::string plugin, RoleCall call) {
  co_return co_await roles_.call(plugin, std::move(call));
}

Task<RoleAnswer> Gate::askFlowControl(std::string plugin, RoleCall call) {
  co_return co_await roles_.call(plugin, std::move(call));
}

namespace {

// Who asks about a namespace by name asks in it, as the path says (/namespaces/NAME): what a binding there gives is
// enough.
const std::string& placeAskedIn(const bus::Target& target) {
  static const std::string nowhere;
  if (target.kind->isNamespace) return target.name;
  return target.kind->namespaced ? target.ns : nowhere;
}

void fillResource(role::Attributes::Builder builder, const object::Kind& kind, const std::string& subresource,
                  const std::string& ns, const std::string& name) {
  builder.setGroup(kind.group);
  builder.setVersion(kind.version);
  builder.setResource(kind.plural);
  builder.setSubresource(subresource);
  builder.setNamespace(wholeText(ns));
  builder.setName(wholeText(name));
}

// What was asked of authorizers about a kind, or about a path.
Attributes attributesAsked(object::KindRef kind, role::Attributes::Reader asked) {
  Attributes attributes;
  attributes.verb = str(asked.getVerb());
  attributes.kind = std::move(kind);
  attributes.subresource = str(asked.getSubresource());
  attributes.ns = str(asked.getNamespace());
  attributes.name = str(asked.getName());
  attributes.path = str(asked.getPath());
  return attributes;
}

}  // namespace

Attributes attributesOf(const bus::Target& target, const char* verb, const SelectorTexts& selectors) {
  Attributes attributes;
  attributes.verb = verb;
  attributes.kind = target.kind;
  attributes.subresource = target.subresource;
  attributes.name = target.name;
  attributes.ns = placeAskedIn(target);
  if (!selectors.labels.empty()) {
    if (auto labels = LabelSelector::parse(selectors.labels)) attributes.labelSelector = labels->requirements();
  }
  if (selectors.fields.empty()) return attributes;
  auto fields = object::FieldSelector::parse(*target.kind, selectors.fields);
  if (!fields) return attributes;
  attributes.fieldSelector = fields->requirements();
  if (attributes.name.empty() && fields->exactName()) attributes.name = *fields->exactName();
  return attributes;
}

Task<Result<void>> Gate::authorize(UserRef user, Attributes attributes) {
  auto fill = [&](role::Attributes::Builder builder) {
    fillUser(builder.initUser(), *user);
    builder.setVerb(attributes.verb);
    if (!attributes.kind) return builder.setPath(attributes.path);
    fillResource(builder, *attributes.kind, attributes.subresource, attributes.ns, attributes.name);
    fillSelector(builder.initFieldSelector(attributes.fieldSelector.size()), attributes.fieldSelector);
    fillSelector(builder.initLabelSelector(attributes.labelSelector.size()), attributes.labelSelector);
  };
  return askAuthorizers(user, attributes.kind, makeMessage<role::Attributes>(fill));
}

Task<Result<void>> Gate::authorizeFor(UserRef user, const bus::Target& target, const char* verb) {
  auto fill = [&](role::Attributes::Builder builder) {
    fillUser(builder.initUser(), *user);
    builder.setVerb(verb);
    fillResource(builder, *target.kind, target.subresource, placeAskedIn(target), target.name);
  };
  return askAuthorizers(user, target.kind, makeMessage<role::Attributes>(fill));
}

Task<Result<void>> Gate::askAuthorizers(UserRef user, object::KindRef kind, Ref<const Message> asked) {
  const std::shared_ptr<const ChainSet> chains = chains_.get();
  if (isAuthorizer(*chains, *user)) co_return Result<void>();
  std::string reason;
  for (const std::string& plugin : chains->authorizers) {
    RoleCall call{role::authorizer::authorize, asked};
    RoleAnswer answer = co_await callPatiently(executor_, roles_, plugin, std::move(call), user.place());
    if (answer.status == CLEAT_NOT_MINE) continue;
    if (answer.status != CLEAT_OK) {
      if (answer.status == CLEAT_RETRY) co_return fail(callError(answer, plugin));
      reason = callError(answer, plugin).message;
      break;
    }
    auto results = resultsOf(role::authorizer::authorize, answer);
    if (results.getDecision() == role::Decision::ALLOW) {
      noteDecision(*user, "allow", view(results.getReason()));
      co_return Result<void>();
    }
    if (results.getReason().size() > 0) reason += concat(reason.empty() ? "" : "\n", results.getReason());
    if (results.getDecision() == role::Decision::DENY) break;
  }
  noteDecision(*user, "forbid", reason);
  co_return fail(forbidden(*user, attributesAsked(std::move(kind), asked->root<role::Attributes>()), reason));
}

Task<Result<std::vector<std::vector<Cell>>>> Gate::rows(const object::Kind& kind,
                                                        std::vector<object::ObjectRef> objects, RowsOf of) {
  bus::Target target;
  target.kind = object::KindRef::share(&kind);
  Arguments list;
  list.reserve(objects.size());
  for (const object::ObjectRef& object : objects) list.push_back({object->message(), object->revision()});
  auto fill = [&](role::RowsParams::Builder builder) {
    fillRef(builder.initRef(), target);
    builder.setOfList(of == RowsOf::list);
  };
  CLEAT_CO_TRY(RoleAnswer answer,
               co_await ask(roles_, kind.plugin, makeCall(role::kinds::rows, fill, std::move(list))));
  std::vector<std::vector<Cell>> rows;
  for (auto row : resultsOf(role::kinds::rows, answer).getRows()) {
    std::vector<Cell>& cells = rows.emplace_back();
    for (auto cell : row.getCells()) {
      Cell& out = cells.emplace_back();
      if (cell.isText()) {
        out.type = Cell::Type::text;
        out.text = str(cell.getText());
      } else if (cell.isInteger()) {
        out.type = Cell::Type::integer;
        out.integer = cell.getInteger();
      } else if (cell.isNumber()) {
        out.type = Cell::Type::number;
        out.number = cell.getNumber();
      } else if (cell.isBoolean()) {
        out.type = Cell::Type::boolean;
        out.boolean = cell.getBoolean();
      }
    }
  }
  if (rows.size() != objects.size()) co_return fail(Status::internal("plugin " + kind.plugin + " gave too few rows"));
  co_return rows;
}

Task<Result<ConnectTarget>> Gate::connect(UserRef user, bus::Target target, std::string method, std::string query,
                                          std::string path, bus::Warnings* warnings) {
  const object::Subresource* sub = target.kind->subresource(target.subresource);
  if (!sub || sub->style != object::Subresource::Style::connect) {
    co_return fail(Status::notFound(target.kind->resource(), target.name));
  }
  const Attributes asked = attributesOf(target, connectVerb(method)), asCreate = attributesOf(target, "create");
  Result<void> allowed = co_await authorize(user, asked);
  // A WebSocket can only be opened by a GET. Where streams are all that there is, it does no less than a POST, and
  // takes the permission for one as well (Kubernetes 1.35).
  bool streams = object::hasVerb(*sub, "create") && !isProxy(*sub);
  if (allowed && method == "GET" && streams) allowed = co_await authorize(user, asCreate);
  CLEAT_CO_TRY(allowed);
  // What can only be read, as a log, is no connection to those who admit.
  const bool admits = object::hasVerb(*sub, "create");
  if (admits && parameter(query, "dryRun")) co_return fail(Status::badRequest("dryRun is not supported"));
  std::optional<ProxiedName> named;
  if (sub->portInName) named = ProxiedName::parse(target.name);
  const std::string name(named ? named->name : std::string_view(target.name));
  if (sub->portInName && !named) {
    co_return fail(Status::badRequest("invalid " + target.kind->singular + " request \"" + target.name + "\""));
  }
  object::ObjectRef parent = store_.snapshot()->get(*target.kind, target.ns, name);
  if (!parent) co_return fail(Status::notFound(target.kind->resource(), name));
  CLEAT_CO_TRY(checkReadable(target, *parent));

  if (admits) {
    ChangeRequest request;
    request.user = user;
    request.target = target;
    request.operation = role::Operation::CONNECT;
    const std::string wanted = admittedQuery(*sub, query, path);
    request.query = wanted;
    for (AdmissionPass pass : {AdmissionPass::mutate, AdmissionPass::validate}) {
      const Result<Ref<const Message>> admitted = co_await admit(chains_, request, parent->message(), pass);
      // Whatever comes of it afterwards.
      if (warnings) *warnings = request.warnings;
      CLEAT_CO_TRY(admitted);
    }
    const bool changed = request.query != wanted;
    if (changed && isProxy(*sub)) path = admittedPath(request.query);
    if (changed && !isProxy(*sub)) query = request.query;
  }

  auto fill = [&](role::ConnectParams::Builder builder) {
    fillRef(builder.initRef(), target);
    builder.setMethod(method);
    builder.setQuery(query);
    builder.setPath(path);
  };
  Arguments objects;
  objects.push_back({parent->message(), parent->revision()});
  RoleCall call = makeCall(role::kinds::connect, fill, std::move(objects));
  CLEAT_CO_TRY(RoleAnswer answer, co_await ask(roles_, sub->plugin, std::move(call)));
  auto results = resultsOf(role::kinds::connect, answer);
  co_return ConnectTarget{str(results.getUrl()), results.getProxied(), results.getStranger()};
}

}  // namespace cleat::gate
