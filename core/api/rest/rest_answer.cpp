// How requests on resources are answered: objects, lists, tables, errors.
#include "core/api/rest/indented.h"
#include "core/api/rest/object_text.h"
#include "core/api/rest/protobuf_answer.h"
#include "core/api/rest/rest_request.h"
#include "core/api/rest/table.h"
#include "core/api/rest/warning_headers.h"
#include "core/api/status_body.h"

namespace cleat::api {
namespace {

// A body up to here is read before it is known whether its sender may write: it is often here already, and to ask twice
// would cost more.
constexpr uint64_t kSmallBodyBytes = 64u << 10;

// Of reads it is counted how large they are.
void countSize(const RestRequest& request, size_t bytes) {
  RequestMetrics* metrics = request.context.metrics;
  const std::string_view verb = request.verb;
  const bool lists = verb == "list";
  if (metrics == nullptr || (!lists && verb != "get")) return;
  RequestLabels labels;
  labels.verb = lists ? "LIST" : "GET";
  labels.group = request.kind().group;
  labels.version = request.kind().version;
  labels.resource = request.kind().plural;
  labels.subresource = request.target.subresource;
  labels.scope = !request.target.name.empty() ? "resource" : request.target.ns.empty() ? "cluster" : "namespace";
  metrics->answered(labels, bytes);
}

Completion<bool> sendBody(RestRequest& request, int code, http::Body body) {
  http::Response response;
  response.head = headFor(request, code);
  response.head.mayCompress = true;
  response.body = std::move(body);
  const std::string_view agent = request.exchange.request().headers.get("User-Agent");
  if (request.accepted.media != Media::protobuf && wantsIndented(request.query.get("pretty"), agent)) {
    http::Body pretty(prettyJson(response.body.flat()));
    response.body = std::move(pretty);
  }
  countSize(request, response.body.size());
  return request.exchange.send(std::move(response));
}

using RowsOf = gate::Gate::RowsOf;

Task<Result<Rows>> rowsFor(RestRequest& request, const object::Kind& kind,
                           const std::vector<object::ObjectRef>& objects, RowsOf of) {
  if (!hasOwnColumns(kind)) co_return defaultRows(objects);
  Result<Rows> rows = co_await request.ask(&gate::Gate::rows, kind, objects, of);
  co_return rows;
}

Task<void> answerTable(RestRequest& request, int code, const object::Kind& kind, bus::ListResult list, RowsOf of) {
  TableOptions options;
  auto include = parseIncludeObject(request.query.get("includeObject"));
  if (!include) co_return co_await answerError(request, include.error());
  options.include = *include;
  options.metaVersion = request.accepted.metaVersion;
  Result<Rows> rows = co_await rowsFor(request, kind, list.objects, of);
  if (!rows) co_return co_await answerError(request, rows.error());
  http::Body body;
  appendTable(body, kind, list.objects, *rows, 0, list.objects.size(), listMetadata(list), options);
  body.text("\n");
  co_await sendBody(request, code, std::move(body));
}

}  // namespace

http::ResponseHead headFor(const RestRequest& request, int code) {
  http::ResponseHead head;
  head.status = code;
  // JSON is YAML.
  head.contentType = contentTypeOf(request.accepted.media);
  head.headers.emplace_back("Cache-Control", "no-cache, private");
  for (std::string& warning : warningHeaders(request.warnings)) {
    head.headers.emplace_back("Warning", std::move(warning));
  }
  return head;
}

Task<void> answerObject(RestRequest& request, int code, object::ObjectRef object) {
  const object::Kind& kind = object->kind();
  if (request.accepted.view == View::table) {
    bus::ListResult one;
    one.revision = object->revision();
    one.objects.push_back(std::move(object));
    co_return co_await answerTable(request, code, kind, std::move(one), RowsOf::objects);
  }
  if (request.accepted.media == Media::protobuf) {
    const bool partial = request.accepted.view == View::partialMetadata;
    http::Body encoded = partial ? http::Body(protobufPartial(*object)) : protobufObject(object);
    co_await sendBody(request, code, std::move(encoded));
    co_return;
  }
  http::Body body;
  body.reserve(2);
  if (request.accepted.view == View::partialMetadata) {
    ObjectText(kind, request.accepted.metaVersion).appendPartial(body, object);
  } else {
    body.share(object, object->json());
  }
  body.text("\n");
  co_await sendBody(request, code, std::move(body));
}

Task<void> answerList(RestRequest& request, bus::ListResult list) {
  if (request.accepted.view == View::table) {
    co_return co_await answerTable(request, 200, request.kind(), std::move(list), RowsOf::list);
  }
  if (request.accepted.media == Media::protobuf) {
    const bool partial = request.accepted.view == View::partialMetadata;
    http::Body encoded = partial ? protobufPartialList(list) : protobufList(request.kind(), list);
    co_await sendBody(request, 200, std::move(encoded));
    co_return;
  }
  http::Body body = request.accepted.view == View::partialMetadata
                        ? partialListBody(request.kind(), list, request.accepted.metaVersion)
                        : listBody(request.kind(), std::move(list));
  co_await sendBody(request, 200, std::move(body));
}

Task<void> answerSuccess(RestRequest& request, int code, std::string name, std::string kind) {
  bool protobuf = request.accepted.media == Media::protobuf;
  http::Body body(protobuf ? protobufSuccess(code, name, kind) : successJson(code, name, kind) + "\n");
  co_await sendBody(request, code, std::move(body));
}

Task<void> answerDeleted(RestRequest& request, object::ObjectRef object) {
  bool protobuf = request.accepted.media == Media::protobuf;
  http::Body body(protobuf ? protobufSuccess(200, object->name(), object->kind().plural) : deletedJson(*object) + "\n");
  co_await sendBody(request, 200, std::move(body));
}

Task<Result<void>> authorizeUrl(RestRequest& request) {
  if (request.authorized) co_return Result<void>();
  std::string_view verb = request.verb;
  gate::SelectorTexts selectors;
  if (verb == "list" || verb == "watch" || verb == "deletecollection") {
    selectors.labels = request.query.get("labelSelector");
    selectors.fields = request.query.get("fieldSelector");
  }
  gate::Attributes attributes = gate::attributesOf(request.target, request.verb, selectors);
  Result<void> allowed = co_await request.ask(&gate::Gate::authorize, request.user, std::move(attributes));
  request.authorized = allowed.has_value();
  co_return allowed;
}

Task<bool> takeBody(RestRequest& request) {
  if (request.exchange.bodyBytesLeft() > kSmallBodyBytes) {
    Result<void> allowed = co_await authorizeUrl(request);
    if (!allowed) co_await answerError(request, allowed.error());
    if (!allowed) co_return false;
  }
  co_return co_await request.exchange.readBody();
}

Task<void> refuseRequest(RestRequest& request, Status status) {
  Result<void> allowed = co_await authorizeUrl(request);
  if (!allowed) status = allowed.error();
  co_await answerError(request, std::move(status));
}

Task<void> answerError(RestRequest& request, Status status, std::string continueToken) {
  http::Response response = statusResponse(status);
  http::ResponseHead head = headFor(request, status.code);
  for (auto& header : response.head.headers) head.headers.push_back(std::move(header));
  response.head = std::move(head);
  if (request.accepted.media == Media::protobuf) {
    http::Body encoded(protobufStatus(status, continueToken));
    response.body = std::move(encoded);
  } else if (!continueToken.empty()) {
    http::Body body(statusJson(status, continueToken) + "\n");
    response.body = std::move(body);
  }
  response = indentedFor(request.exchange.request(), std::move(response));
  co_await request.exchange.send(std::move(response));
}

}  // namespace cleat::api
