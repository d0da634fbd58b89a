#include "core/bus/rest.h"

#include <cleat/sdk/percent.h>
#include <cleat/sdk/text.h>
#include <boost/json/serialize.hpp>

#include <charconv>

namespace cleat::bus {
namespace {

namespace json = boost::json;

// Lists come in pages, so this bounds a page.
constexpr object::Limits kAnswerLimits{.maxBytes = http::HttpClient::kMaxResponseBytes, .maxDepth = 200};

// Names have colons, and are read more easily with them.
std::string encoded(std::string_view text) { return percentEncoded(text, "-._~:"); }

std::string_view textIn(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_string()) return {};
  return found->get_string();
}

uint64_t numberIn(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr) return 0;
  if (found->is_uint64()) return found->get_uint64();
  return found->is_int64() && found->get_int64() > 0 ? static_cast<uint64_t>(found->get_int64()) : 0;
}

const json::object& objectIn(const json::object& object, std::string_view name) {
  static const json::object kEmpty;
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : kEmpty;
}

StatusDetails detailsOf(const json::object& value) {
  StatusDetails details;
  details.name = textIn(value, "name");
  details.group = textIn(value, "group");
  details.kind = textIn(value, "kind");
  details.uid = textIn(value, "uid");
  details.retryAfterSeconds = static_cast<uint32_t>(numberIn(value, "retryAfterSeconds"));
  if (const json::value* causes = value.if_contains("causes"); causes != nullptr && causes->is_array()) {
    for (const json::value& cause : causes->get_array()) {
      if (!cause.is_object()) continue;
      const auto& one = cause.get_object();
      details.causes.push_back(
          {std::string(textIn(one, "reason")), std::string(textIn(one, "message")), std::string(textIn(one, "field"))});
    }
  }
  return details;
}

bool isStatus(const json::value& value) {
  return value.is_object() && textIn(value.get_object(), "kind") == "Status" &&
         textIn(value.get_object(), "apiVersion") == "v1";
}

Status malformed(const char* what) { return Status::internal(std::string("the server's answer is not ") + what); }

}  // namespace

std::string restPath(const Target& target) {
  const Kind& kind = *target.kind;
  std::string path = (kind.group.empty() ? "/api/" : "/apis/" + kind.group + "/") + kind.version + "/";
  if (kind.namespaced && !target.ns.empty()) path += "namespaces/" + encoded(target.ns) + "/";
  path += kind.plural;
  if (!target.name.empty()) path += "/" + encoded(target.name);
  if (!target.subresource.empty()) path += "/" + target.subresource;
  return path;
}

QueryText& QueryText::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_.append(name).append("=").append(encoded(value));
  return *this;
}

QueryText& QueryText::add(std::string_view name, uint64_t value) {
  return value == 0 ? *this : add(name, std::string_view(std::to_string(value)));
}

std::string QueryText::on(std::string path) const { return std::move(path) + text_; }

Status statusOf(const json::value& value, uint16_t httpCode) {
  Status status = Status::internal("the server answered with HTTP status " + std::to_string(httpCode));
  status.code = httpCode;
  if (!isStatus(value)) return status;
  const json::object& object = value.get_object();
  if (uint64_t code = numberIn(object, "code"); code >= 100 && code < 600) status.code = static_cast<uint16_t>(code);
  status.reason = textIn(object, "reason");
  status.message = textIn(object, "message");
  status.details = detailsOf(objectIn(object, "details"));
  return status;
}

Status statusOf(const http::ClientResponse& response) {
  auto code = static_cast<uint16_t>(response.head.status);
  auto value = object::parseJson(response.body, kAnswerLimits);
  Status status = statusOf(value ? *value : json::value(), code);
  std::string_view wait = response.head.headers.get("retry-after");
  if (uint32_t seconds = 0; status.details.retryAfterSeconds == 0 &&
                            std::from_chars(wait.data(), wait.data() + wait.size(), seconds).ec == std::errc{}) {
    status.details.retryAfterSeconds = seconds;
  }
  return status;
}

Result<ObjectRef> objectOf(const Kind& kind, const json::value& value) {
  CLEAT_TRY(auto decoded, object::decode(kind, value, object::FieldValidation::ignore));
  auto meta = decoded.message->meta();
  std::string ns = str(meta.getNamespace()), name = str(meta.getName());
  uint64_t revision = meta.getResourceVersion();
  std::string text = object::encodeJson(kind, decoded.message->words());
  return makeRef<object::Object>(kind, std::move(ns), std::move(name), revision, std::move(text),
                                 Ref<const Message>(std::move(decoded.message)));
}

Result<ObjectRef> objectOf(const Kind& kind, std::string_view text) {
  CLEAT_TRY(auto decoded, object::decodeJson(kind, text, object::FieldValidation::ignore, kAnswerLimits));
  auto meta = decoded.message->meta();
  std::string ns = str(meta.getNamespace()), name = str(meta.getName());
  const uint64_t revision = meta.getResourceVersion();
  return makeRef<object::Object>(kind, std::move(ns), std::move(name), revision, std::string(text),
                                 Ref<const Message>(std::move(decoded.message)));
}

Result<ObjectRef> objectOf(const object::KindRegistry& kinds, const Kind& expected, std::string_view body) {
  CLEAT_TRY(auto value, object::parseJson(body, kAnswerLimits));
  if (!value.is_object()) return fail(malformed("an object"));
  if (isStatus(value)) return ObjectRef();
  // A subresource may answer with another kind than was sent: a scale with its parent, for instance.
  std::string_view apiVersion = textIn(value.get_object(), "apiVersion");
  size_t slash = apiVersion.find('/');
  std::string_view group = slash == std::string_view::npos ? "" : apiVersion.substr(0, slash);
  std::string_view version = slash == std::string_view::npos ? apiVersion : apiVersion.substr(slash + 1);
  const object::KindRef kind = kinds.findByKind(group, version, textIn(value.get_object(), "kind"));
  return objectOf(kind != nullptr ? *kind : expected, value);
}

Result<ListResult> listOf(const Kind& kind, std::string_view body) {
  CLEAT_TRY(auto value, object::parseJson(body, kAnswerLimits));
  if (!value.is_object()) return fail(malformed("a list"));
  if (isStatus(value)) return ListResult();  // as a removed collection may be answered
  const json::object& list = value.get_object();
  const json::object& meta = objectIn(list, "metadata");
  ListResult result;
  std::string_view revision = textIn(meta, "resourceVersion");
  auto [end, error] = std::from_chars(revision.data(), revision.data() + revision.size(), result.revision);
  if (error != std::errc{} || end != revision.data() + revision.size()) {
    return fail(malformed("a list with a numeric resourceVersion"));
  }
  result.continueToken = textIn(meta, "continue");
  result.remaining = numberIn(meta, "remainingItemCount");
  const json::value* items = list.if_contains("items");
  if (items == nullptr || !items->is_array()) return result;
  for (const json::value& item : items->get_array()) {
    CLEAT_TRY(auto object, objectOf(kind, item));
    result.objects.push_back(std::move(object));
  }
  return result;
}

// Each is `299 - "text"`, with quotes and backslashes in the text escaped.
std::vector<std::string> warningsOf(const http::ClientHead& head) {
  std::vector<std::string> warnings;
  for (std::string_view value : head.headers.all("warning")) {
    size_t open = value.find('"');
    if (open == std::string_view::npos) continue;
    std::string text;
    for (size_t i = open + 1; i < value.size() && value[i] != '"'; ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      text += value[i];
    }
    warnings.push_back(std::move(text));
  }
  return warnings;
}

std::string deleteBody(const DeleteOptions& options) {
  json::object body{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  if (options.gracePeriodSeconds) body["gracePeriodSeconds"] = *options.gracePeriodSeconds;
  if (!options.propagationPolicy.empty()) body["propagationPolicy"] = options.propagationPolicy;
  json::object preconditions;
  if (!options.preconditionUid.empty()) preconditions["uid"] = options.preconditionUid;
  if (options.preconditionRevision != 0) {
    preconditions["resourceVersion"] = std::to_string(options.preconditionRevision);
  }
  if (!preconditions.empty()) body["preconditions"] = std::move(preconditions);
  if (options.dryRun) body["dryRun"] = json::array{"All"};
  return json::serialize(body);
}

}  // namespace cleat::bus
