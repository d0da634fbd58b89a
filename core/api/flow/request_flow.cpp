#include "core/api/flow/request_flow.h"

#include <algorithm>

#include "core/api/rest/verb.h"

namespace cleat::api {

FlowQuestion flowQuestion(const http::Request& request, const ParsedPath& path, const object::Kind* kind, bool lasts,
                          const bus::User& user) {
  FlowQuestion question{.user = user};
  if (path.form != PathForm::resource) {
    question.path = request.path();
    // The few methods that there are; a text of its own would be nobody's.
    question.verb = request.method == "GET"      ? "get"
                    : request.method == "HEAD"   ? "head"
                    : request.method == "POST"   ? "post"
                    : request.method == "PUT"    ? "put"
                    : request.method == "PATCH"  ? "patch"
                    : request.method == "DELETE" ? "delete"
                                                 : "";
    return question;
  }
  const ResourcePath& of = path.resource;
  question.isResource = true;
  question.group = of.group;
  question.resource = of.resource;
  question.subresource = of.subresource;
  // A namespace is in itself, as its path says (/namespaces/NAME).
  question.ns = kind != nullptr && kind->isNamespace ? of.name : of.ns;
  // Of a known kind it has been found out before whether the request is a watch.
  question.verb = nameOf(kind ? verbOf(request.method, !of.name.empty(), lasts && of.subresource.empty())
                              : verbOf(request.method, of, Query(request.query())));
  return question;
}

size_t objectsAsked(const http::Request& request, const FlowQuestion& question, const object::Kind* kind,
                    const store::Snapshot& snapshot) {
  if (kind == nullptr || kind->isVirtual) return 1;
  const size_t count = snapshot.count(*kind);
  if (count <= 1 || question.verb != "list" || request.query().find("limit=") == std::string_view::npos) return count;
  // Selectors are looked for in all of them, as far as there is no match.
  const Query query(request.query());
  const auto limit = query.number("limit");
  const bool selects = !query.get("labelSelector").empty() || !query.get("fieldSelector").empty();
  if (selects || !limit || limit->value_or(0) <= 0) return count;
  return std::min(count, static_cast<size_t>(**limit));
}

}  // namespace cleat::api
