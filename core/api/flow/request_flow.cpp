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
  const std::string_view text = request.query();
  const bool isWatch = question.verb == "watch";
  const bool isPlain = text.find("limit=") == text.npos && text.find("metadata.name") == text.npos;
  if (count <= 1 || question.verb == "deletecollection" || (isPlain && !isWatch)) return count;
  const Query query(text);
  // Whoever goes on from somewhere is sent nothing of what there is.
  const std::string_view from = query.get("resourceVersion");
  if (isWatch && !from.empty() && from != "0" && !query.flag("sendInitialEvents")) return 1;
  const std::string_view fields = query.get("fieldSelector");
  const auto selector = object::FieldSelector::parse(*kind, fields);
  if (const std::string* name = selector ? selector->exactName() : nullptr; name && !name->empty()) return 1;
  // Selectors are looked for in all of them, as far as there is no match.
  const auto limit = query.number("limit");
  const bool selects = !query.get("labelSelector").empty() || !fields.empty();
  if (isWatch || selects || !limit || limit->value_or(0) <= 0) return count;
  return std::min(count, static_cast<size_t>(**limit));
}

bool changesObjects(const FlowQuestion& question, const object::Kind* kind) {
  if (!question.isResource || kind == nullptr || kind->isVirtual) return false;
  return question.verb != "get" && question.verb != "list" && question.verb != "watch";
}

}  // namespace cleat::api
