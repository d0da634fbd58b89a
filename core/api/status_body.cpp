#include "core/api/status_body.h"

#include <cleat/sdk/text.h>

#include "core/api/json_writer.h"

namespace cleat::api {
namespace {

void writeDetails(JsonWriter& json, const StatusDetails& details) {
  json.key("details").open('{');
  json.memberUnlessEmpty("name", details.name);
  json.memberUnlessEmpty("group", details.group);
  json.memberUnlessEmpty("kind", details.kind);
  json.memberUnlessEmpty("uid", details.uid);
  if (!details.causes.empty()) {
    json.key("causes").open('[');
    for (const StatusCause& cause : details.causes) {
      json.open('{');
      json.memberUnlessEmpty("reason", cause.reason);
      json.memberUnlessEmpty("message", cause.message);
      json.memberUnlessEmpty("field", cause.field);
      json.close('}');
    }
    json.close(']');
  }
  if (details.retryAfterSeconds != 0) json.key("retryAfterSeconds").number(details.retryAfterSeconds);
  json.close('}');
}

void beginStatus(JsonWriter& json, std::string_view status, std::string_view continueToken = {}) {
  json.open('{').member("kind", "Status").member("apiVersion", "v1").key("metadata").open('{');
  json.memberUnlessEmpty("continue", continueToken).close('}');
  json.member("status", status);
}

// These come with `"details":{}` even when there is nothing to say in them.
bool alwaysDetailed(const Status& status) {
  return status.reason == "NotFound" || status.reason == "MethodNotAllowed" || status.reason == "Forbidden" ||
         status.reason == "Conflict" || status.reason == "AlreadyExists" || status.reason == "Invalid";
}

}  // namespace

std::string statusJson(const Status& status, std::string_view continueToken) {
  JsonWriter json;
  beginStatus(json, "Failure", continueToken);
  json.memberUnlessEmpty("message", status.message);
  json.memberUnlessEmpty("reason", status.reason);
  if (alwaysDetailed(status) || status.details != StatusDetails()) writeDetails(json, status.details);
  json.key("code").number(status.code).close('}');
  return json.take();
}

http::Response statusResponse(const Status& status) {
  http::Response response;
  response.head.status = status.code;
  if (status.details.retryAfterSeconds != 0) {
    response.head.headers.emplace_back("Retry-After", std::to_string(status.details.retryAfterSeconds));
  }
  response.body.own(statusJson(status) + "\n");
  return response;
}

std::string deletedJson(const object::Object& object) {
  StatusDetails details;
  details.name = object.name();
  details.group = object.kind().group;
  details.kind = object.kind().plural;
  details.uid = str(object.message()->meta().getUid());
  JsonWriter json;
  beginStatus(json, "Success");
  writeDetails(json, details);
  json.close('}');
  return json.take();
}

std::string successJson(int code, std::string_view name, std::string_view kind) {
  JsonWriter json;
  beginStatus(json, "Success");
  if (!name.empty() || !kind.empty()) {
    StatusDetails details;
    details.name = name;
    details.kind = kind;
    writeDetails(json, details);
  }
  json.key("code").number(code).close('}');
  return json.take();
}

http::Response plainResponse(int code, std::string text) {
  http::Response response;
  response.head.status = code;
  response.head.contentType = "text/plain; charset=utf-8";
  response.head.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body.own(std::move(text));
  return response;
}

http::Response metricsResponse(std::string text) {
  http::Response response = plainResponse(200, std::move(text));
  response.head.contentType = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

http::Response pageNotFound() { return plainResponse(404, "404 page not found\n"); }

Status resourceNotFound() {
  Status status;
  status.code = 404;
  status.reason = "NotFound";
  status.message = "the server could not find the requested resource";
  return status;
}

Status verbNotAllowed() {
  return Status::methodNotAllowed("the server does not allow this method on the requested resource");
}

}  // namespace cleat::api
