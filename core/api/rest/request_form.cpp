#include "core/api/rest/request_form.h"

#include <cleat/sdk/text.h>

#include "core/api/status_body.h"
#include "core/gate/connect_query.h"
#include "core/object/go_names.h"
#include "core/object/verbs.h"

namespace cleat::api {
namespace {

using object::Kind;
using object::Subresource;

Offer offerOf(const RestRequest& request, Verb verb) {
  const bool asks = request.bodyKind().isVirtual && verb == Verb::create;
  const bool answered = asks || (request.subresource && request.subresource->style == Subresource::Style::review);
  return {.views = answered ? Views::objectOnly : Views::all,
          .protobuf = !request.bodyKind().open,
          .stream = verb == Verb::list || verb == Verb::watch};
}

// Bare metadata is asked for as what it is: of an object or of a list.
Result<void> checkMetadataForm(const RestRequest& request, Verb verb, const Accepted& accepted) {
  if (accepted.view != View::partialMetadata || verb == Verb::watch) return {};
  const bool isList = verb == Verb::list || verb == Verb::removeCollection;
  if (isList == accepted.ofList) return {};
  const char* found =
      isList ? ", but the requested object is a list (" : "List, but the requested object is not a list (";
  return fail(Status::notAcceptable(
      concat("you requested PartialObjectMetadata", found, object::goTypeName(request.bodyKind(), isList), ")")));
}

// Users' own kinds are served by a handler that knows what they are called.
Status notAllowed(const Kind& kind, Verb verb) {
  if (!kind.open) return verbNotAllowed();
  Status status = Status::methodNotAllowed(
      concat(nameOf(verb), " is not supported on resources of kind ", inQuotes(kind.resource())));
  status.details.group = kind.group;
  status.details.kind = kind.plural;
  return status;
}

}  // namespace

Result<Verb> checkedVerb(const RestRequest& request) {
  const std::string_view method = request.exchange.request().method;
  const ResourcePath& path = request.path;
  const Kind& kind = request.kind();
  if (!kind.namespaced && !path.ns.empty()) return fail(resourceNotFound());
  if (kind.namespaced && path.ns.empty() && !path.name.empty()) return fail(resourceNotFound());
  if (kind.isVirtual && !path.name.empty() && !object::hasVerb(kind, "get")) return fail(resourceNotFound());
  if (path.name == "." || path.name == "..") {
    return fail(
        Status::badRequest(concat("Name parameter invalid: ", inQuotes(path.name), ": may not be '", path.name, "'")));
  }
  Verb verb = verbOf(method, path, request.query);
  // As in Kubernetes, whose routes of its own kinds know no HEAD; and the old paths of watches are to be read alone.
  if ((method == "HEAD" && !kind.open) || (path.watch && verb != Verb::watch)) return fail(verbNotAllowed());
  // A name belongs to some verbs; a collection of all namespaces can only be read.
  bool wantsName = verb == Verb::update || verb == Verb::patch;
  bool refusesName = verb == Verb::create && path.subresource.empty();
  bool everywhere = kind.namespaced && path.ns.empty() && verb != Verb::list && verb != Verb::watch;
  const bool offered =
      request.subresource ? object::hasVerb(*request.subresource, nameOf(verb)) : object::hasVerb(kind, nameOf(verb));
  if (verb == Verb::none || everywhere || (wantsName && path.name.empty()) || (refusesName && !path.name.empty()) ||
      !offered) {
    return fail(notAllowed(kind, verb));
  }
  return verb;
}

// A connection that takes changes is a proxy, and passes on what has no verb as well.
bool mayConnect(const object::Subresource& subresource, std::string_view method) {
  if (method == "HEAD" || method == "OPTIONS") return gate::isProxy(subresource);
  return object::hasVerb(subresource, nameOf(verbOf(method, true, false)));
}

Result<Accepted> acceptedForm(const RestRequest& request, Verb verb) {
  const std::string_view wanted = request.exchange.request().headers.get("Accept");
  CLEAT_TRY(Accepted accepted, negotiate(wanted, offerOf(request, verb)));
  CLEAT_TRY(checkMetadataForm(request, verb, accepted));
  return accepted;
}

}  // namespace cleat::api
