#include <cleat/sdk/status.h>

#include <set>
#include <tuple>

namespace cleat {
namespace {

Status make(uint16_t code, const char* reason, std::string message) {
  Status status;
  status.code = code;
  status.reason = reason;
  status.message = std::move(message);
  return status;
}

// "deployments.apps" → name and group, for the details.
Status about(uint16_t code, const char* reason, std::string_view qualified, std::string_view name,
             std::string message) {
  Status status = make(code, reason, std::move(message));
  size_t dot = qualified.find('.');
  status.details.kind = qualified.substr(0, dot);
  if (dot != std::string_view::npos) status.details.group = qualified.substr(dot + 1);
  status.details.name = name;
  return status;
}

// Several rules, or a rule for each of several elements, may say the same of a field: it is told once.
std::vector<StatusCause> onceEach(std::vector<StatusCause> causes) {
  if (causes.size() < 2) return causes;
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> told;
  std::vector<StatusCause> once;
  for (const StatusCause& cause : causes) {
    if (told.emplace(cause.field, cause.message, cause.reason).second) once.push_back(cause);
  }
  return once;
}

}  // namespace

Status Status::badRequest(std::string message) { return make(400, "BadRequest", std::move(message)); }
Status Status::unauthorized(std::string message) { return make(401, "Unauthorized", std::move(message)); }
Status Status::forbidden(std::string message) { return make(403, "Forbidden", std::move(message)); }

Status Status::notFound(std::string_view resource, std::string_view name) {
  return about(404, "NotFound", resource, name, std::string(resource) + " " + inQuotes(name) + " not found");
}

Status Status::alreadyExists(std::string_view resource, std::string_view name) {
  return about(409, "AlreadyExists", resource, name, std::string(resource) + " " + inQuotes(name) + " already exists");
}

Status Status::conflict(std::string_view resource, std::string_view name, std::string_view why) {
  return about(
      409, "Conflict", resource, name,
      "Operation cannot be fulfilled on " + std::string(resource) + " " + inQuotes(name) + ": " + std::string(why));
}

Status Status::gone(std::string message) { return make(410, "Expired", std::move(message)); }

Status Status::invalid(std::string_view kind, std::string_view name, std::vector<StatusCause> found) {
  std::vector<StatusCause> causes = onceEach(std::move(found));
  std::string list;
  for (const StatusCause& cause : causes) {
    if (!list.empty()) list += ", ";
    list += cause.field + ": " + cause.message;
  }
  if (causes.size() > 1) list = "[" + list + "]";
  Status status = about(422, "Invalid", kind, name, std::string(kind) + " " + inQuotes(name) + " is invalid: " + list);
  status.details.causes = std::move(causes);
  return status;
}

Status Status::methodNotAllowed(std::string message) { return make(405, "MethodNotAllowed", std::move(message)); }
Status Status::notAcceptable(std::string message) { return make(406, "NotAcceptable", std::move(message)); }
Status Status::unsupportedMediaType(std::string message) {
  return make(415, "UnsupportedMediaType", std::move(message));
}
Status Status::tooLarge(std::string message) { return make(413, "RequestEntityTooLarge", std::move(message)); }

Status Status::tooManyRequests(std::string message, uint32_t retryAfterSeconds) {
  Status status = make(429, "TooManyRequests", std::move(message));
  status.details.retryAfterSeconds = retryAfterSeconds;
  return status;
}

Status Status::timeout(std::string message) { return make(504, "Timeout", std::move(message)); }
Status Status::unavailable(std::string message) { return make(503, "ServiceUnavailable", std::move(message)); }
Status Status::internal(std::string message) { return make(500, "InternalError", std::move(message)); }

}  // namespace cleat
