// AuditPolicy: what the audit log says of which request: a Policy of audit.k8s.io/v1, as kube-apiserver reads it from
// its --audit-policy-file. The first rule that a request matches decides; where none does, nothing is said.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/bus/cluster.h"

namespace cleat::api {

enum class AuditLevel { none, metadata, request, requestResponse };
std::string_view nameOf(AuditLevel level);

enum class AuditStage { requestReceived, responseStarted, responseComplete, panic };
std::string_view nameOf(AuditStage stage);

// What rules look at.
struct AuditedAttributes {
  const bus::User* user = nullptr;  // null: nobody knows who it is
  std::string verb;
  bool isResource = false;
  std::string group, resource, subresource, ns, name;
  std::string path;
};

struct AuditResources {
  std::string group;
  std::vector<std::string> resources, names;
};

struct AuditRule {
  AuditLevel level = AuditLevel::none;
  std::vector<std::string> users, userGroups, verbs, namespaces, paths;
  std::vector<AuditResources> resources;
  std::set<AuditStage> omitStages;
  std::optional<bool> omitManagedFields;

  bool matches(const AuditedAttributes& request) const;
};

struct AuditDecision {
  AuditLevel level = AuditLevel::none;
  std::set<AuditStage> omitStages;
  bool omitManagedFields = false;
};

struct AuditPolicy {
  std::vector<AuditRule> rules;
  std::set<AuditStage> omitStages;
  bool omitManagedFields = false;

  AuditDecision decide(const AuditedAttributes& request) const;
};

// Of a text in YAML or JSON. An error names the field: `rules[1].level: …`.
Result<AuditPolicy> parseAuditPolicy(std::string_view text);
Result<AuditPolicy> readAuditPolicy(const std::string& file);

}  // namespace cleat::api
