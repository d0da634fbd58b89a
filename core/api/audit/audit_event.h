// The text of an Event of audit.k8s.io/v1, as kube-apiserver writes it: one line of JSON.
#pragma once

#include <string>
#include <string_view>

#include "core/api/audit/audit_policy.h"
#include "core/bus/request_notes.h"

namespace cleat::api {

struct AuditEvent {
  AuditLevel level = AuditLevel::metadata;
  AuditStage stage = AuditStage::requestReceived;
  std::string_view id, uri, verb, sourceAddress, userAgent;
  const bus::User *user = nullptr, *impersonated = nullptr;  // may be null
  const AuditedAttributes* attributes = nullptr;
  std::string_view version;        // of the resource's group
  std::string_view uid, revision;  // of the object that was sent; empty: it says none
  int code = 0;                    // 0: there is no answer yet
  std::string_view status;         // of an error: the Status that was answered, in JSON; empty: only the code is known
  std::string_view requestObject, responseObject;  // JSON; empty: none
  int64_t received = 0, now = 0;                   // wall clock
  bus::RequestNotes::Annotations annotations;
};
std::string auditEventJson(const AuditEvent& event);

// A body as the log has it, in JSON on one line: without metadata.managedFields, if that is wanted. Empty for what is
// no JSON or YAML.
std::string auditedBody(std::string_view contentType, std::string_view body, bool omitManagedFields);
// What an object in JSON says of itself.
struct AuditedNames {
  std::string name, uid, revision;
};
AuditedNames auditedNames(std::string_view object);
// What an error's Status says, without what is not said in an event (its kind and version).
std::string auditedStatus(std::string_view body);

}  // namespace cleat::api
