#include "core/api/audit/audit_event.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdio>
#include <ctime>

#include "core/api/json_writer.h"
#include "core/object/codec.h"

namespace cleat::api {
namespace {

namespace json = boost::json;

// "2026-01-02T03:04:05.000006Z"
std::string microTime(int64_t wallNs) {
  constexpr int64_t kSecond = 1'000'000'000, kMicro = 1'000;
  const std::time_t seconds = wallNs / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%06dZ", static_cast<int>(wallNs % kSecond / kMicro));
  return text.data();
}

void writeUser(JsonWriter& out, const char* name, const bus::User* user) {
  out.key(name).open('{');
  if (user) {
    out.memberUnlessEmpty("username", user->name);
    out.memberUnlessEmpty("uid", user->uid);
    if (!user->groups.empty()) out.memberTexts("groups", user->groups);
    if (!user->extra.empty()) {
      out.key("extra").open('{');
      for (const auto& [key, values] : user->extra) out.memberTexts(key, values);
      out.close('}');
    }
  }
  out.close('}');
}

void writeReference(JsonWriter& out, const AuditEvent& event) {
  const AuditedAttributes& of = *event.attributes;
  out.key("objectRef").open('{');
  out.memberUnlessEmpty("resource", of.resource);
  out.memberUnlessEmpty("namespace", of.ns);
  out.memberUnlessEmpty("name", of.name);
  out.memberUnlessEmpty("uid", event.uid);
  out.memberUnlessEmpty("apiGroup", of.group);
  out.memberUnlessEmpty("apiVersion", event.version);
  out.memberUnlessEmpty("resourceVersion", event.revision);
  out.memberUnlessEmpty("subresource", of.subresource);
  out.close('}');
}

void dropManagedFields(json::value& value) {
  json::object* object = value.if_object();
  if (!object) return;
  if (json::value* metadata = object->if_contains("metadata"); metadata && metadata->is_object()) {
    metadata->get_object().erase("managedFields");
  }
  if (json::value* items = object->if_contains("items"); items && items->is_array()) {
    for (json::value& item : items->get_array()) dropManagedFields(item);
  }
}

}  // namespace

std::string auditEventJson(const AuditEvent& event) {
  JsonWriter out;
  out.open('{').member("kind", "Event").member("apiVersion", "audit.k8s.io/v1").member("level", nameOf(event.level));
  out.member("auditID", event.id).member("stage", nameOf(event.stage)).member("requestURI", event.uri);
  out.member("verb", event.verb);
  writeUser(out, "user", event.user);
  if (event.impersonated) writeUser(out, "impersonatedUser", event.impersonated);
  out.key("sourceIPs").open('[').text(event.sourceAddress).close(']');
  out.memberUnlessEmpty("userAgent", event.userAgent);
  if (event.attributes && event.attributes->isResource) writeReference(out, event);
  if (!event.status.empty()) {
    out.key("responseStatus").raw(event.status);
  } else if (event.code != 0) {
    out.key("responseStatus").open('{').key("metadata").raw("{}").key("code").number(event.code).close('}');
  }
  if (!event.requestObject.empty()) out.key("requestObject").raw(event.requestObject);
  if (!event.responseObject.empty()) out.key("responseObject").raw(event.responseObject);
  out.member("requestReceivedTimestamp", microTime(event.received)).member("stageTimestamp", microTime(event.now));
  if (!event.annotations.empty()) {
    out.key("annotations").open('{');
    for (const auto& [key, value] : event.annotations) out.member(key, value);
    out.close('}');
  }
  out.close('}');
  return out.take();
}

std::string auditedBody(std::string_view contentType, std::string_view body, bool omitManagedFields) {
  const bool isJson = contentType.empty() || contentType.find("json") != std::string_view::npos;
  const bool isYaml = contentType.find("yaml") != std::string_view::npos;
  if (body.empty() || (!isJson && !isYaml)) return {};
  Result<json::value> value = isYaml ? object::parseYaml(body) : object::parseJson(body);
  if (!value) return {};
  if (omitManagedFields) dropManagedFields(*value);
  return json::serialize(*value);
}

AuditedNames auditedNames(std::string_view object) {
  AuditedNames names;
  Result<json::value> value = object::parseJson(object);
  const json::object* root = value ? value->if_object() : nullptr;
  const json::value* found = root ? root->if_contains("metadata") : nullptr;
  const json::object* metadata = found ? found->if_object() : nullptr;
  if (!metadata) return names;
  const auto text = [&](const char* name) {
    const json::value* member = metadata->if_contains(name);
    return member && member->is_string() ? std::string(member->get_string()) : std::string();
  };
  return {text("name"), text("uid"), text("resourceVersion")};
}

std::string auditedStatus(std::string_view body) {
  Result<json::value> value = object::parseJson(body);
  json::object* status = value ? value->if_object() : nullptr;
  if (!status || !status->contains("code")) return {};
  json::object said;
  if (!status->contains("metadata")) said.emplace("metadata", json::object());
  for (const char* name : {"metadata", "status", "message", "reason", "details", "code"}) {
    if (const json::value* member = status->if_contains(name)) said.emplace(name, *member);
  }
  return json::serialize(said);
}

}  // namespace cleat::api
