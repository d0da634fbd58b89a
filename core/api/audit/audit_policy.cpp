#include "core/api/audit/audit_policy.h"

#include <cleat/sdk/text.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/object/codec.h"

namespace cleat::api {
namespace {

namespace json = boost::json;

constexpr AuditLevel kLevels[] = {AuditLevel::none, AuditLevel::metadata, AuditLevel::request,
                                  AuditLevel::requestResponse};
constexpr AuditStage kStages[] = {AuditStage::requestReceived, AuditStage::responseStarted,
                                  AuditStage::responseComplete, AuditStage::panic};

bool has(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

std::unexpected<Status> wrong(std::string_view path, std::string_view why) {
  return fail(Status::badRequest(concat(path, ": ", why)));
}

Result<void> checkMembers(const json::value& value, std::string_view path, std::initializer_list<const char*> known) {
  if (!value.is_object()) return wrong(path.empty() ? "policy" : path, "must be an object");
  for (const auto& member : value.get_object()) {
    const std::string_view name = member.key();
    if (std::ranges::find(known, name) == known.end()) {
      return wrong(concat(path, path.empty() ? "" : ".", name), "is no known field");
    }
  }
  return {};
}

const json::value* memberOf(const json::value& object, std::string_view name) {
  const json::value* found = object.get_object().if_contains(name);
  return found && !found->is_null() ? found : nullptr;
}

Result<std::vector<std::string>> textsIn(const json::value& object, std::string_view name, std::string_view path) {
  std::vector<std::string> texts;
  const json::value* list = memberOf(object, name);
  if (!list) return texts;
  const std::string where = concat(path, path.empty() ? "" : ".", name);
  if (!list->is_array()) return wrong(where, "must be a list of texts");
  for (const json::value& each : list->get_array()) {
    if (!each.is_string()) return wrong(where, "must be a list of texts");
    texts.emplace_back(each.get_string());
  }
  return texts;
}

Result<std::set<AuditStage>> stagesIn(const json::value& object, std::string_view path) {
  CLEAT_TRY(const std::vector<std::string> names, textsIn(object, "omitStages", path));
  std::set<AuditStage> stages;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(kStages, name, [](AuditStage stage) { return nameOf(stage); });
    if (found == std::end(kStages)) {
      return wrong(concat(path, path.empty() ? "" : ".", "omitStages"),
                   concat(inQuotes(name), " is none of RequestReceived, ResponseStarted, ResponseComplete and Panic"));
    }
    stages.insert(*found);
  }
  return stages;
}

Result<std::optional<bool>> flagIn(const json::value& object, std::string_view name, std::string_view path) {
  const json::value* flag = memberOf(object, name);
  if (!flag) return std::optional<bool>();
  if (!flag->is_bool()) return wrong(concat(path, path.empty() ? "" : ".", name), "must be true or false");
  return std::optional<bool>(flag->get_bool());
}

Result<AuditResources> readResources(const json::value& from, const std::string& path) {
  CLEAT_TRY(checkMembers(from, path, {"group", "resources", "resourceNames"}));
  AuditResources read;
  if (const json::value* group = memberOf(from, "group")) {
    if (!group->is_string()) return wrong(path + ".group", "must be a text");
    read.group = std::string(group->get_string());
  }
  CLEAT_TRY(read.resources, textsIn(from, "resources", path));
  CLEAT_TRY(read.names, textsIn(from, "resourceNames", path));
  if (!read.names.empty() && read.resources.empty()) {
    return wrong(path + ".resourceNames", "using resourceNames requires at least one resource");
  }
  return read;
}

Result<AuditLevel> levelIn(const json::value& from, const std::string& path) {
  const json::value* level = memberOf(from, "level");
  const std::string_view name = level && level->is_string() ? std::string_view(level->get_string()) : "";
  const auto found = std::ranges::find(kLevels, name, [](AuditLevel each) { return nameOf(each); });
  if (found != std::end(kLevels)) return *found;
  return wrong(path + ".level", concat(inQuotes(name), " is none of None, Metadata, Request and RequestResponse"));
}

Result<AuditRule> readRule(const json::value& from, const std::string& path) {
  CLEAT_TRY(checkMembers(from, path,
                         {"level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs",
                          "omitStages", "omitManagedFields"}));
  AuditRule rule;
  CLEAT_TRY(rule.level, levelIn(from, path));
  CLEAT_TRY(rule.users, textsIn(from, "users", path));
  CLEAT_TRY(rule.userGroups, textsIn(from, "userGroups", path));
  CLEAT_TRY(rule.verbs, textsIn(from, "verbs", path));
  CLEAT_TRY(rule.namespaces, textsIn(from, "namespaces", path));
  CLEAT_TRY(rule.paths, textsIn(from, "nonResourceURLs", path));
  CLEAT_TRY(rule.omitStages, stagesIn(from, path));
  CLEAT_TRY(rule.omitManagedFields, flagIn(from, "omitManagedFields", path));
  if (const json::value* resources = memberOf(from, "resources")) {
    if (!resources->is_array()) return wrong(path + ".resources", "must be a list");
    for (size_t i = 0; i < resources->get_array().size(); ++i) {
      CLEAT_TRY(AuditResources read, readResources(resources->get_array()[i], concat(path, ".resources[", i, "]")));
      rule.resources.push_back(std::move(read));
    }
  }
  if (!rule.paths.empty() && (!rule.resources.empty() || !rule.namespaces.empty())) {
    return wrong(path + ".nonResourceURLs", "rules cannot apply to both regular resources and non-resource URLs");
  }
  return rule;
}

bool isOf(const AuditResources& wanted, const AuditedAttributes& request) {
  if (wanted.group != request.group) return false;
  if (wanted.resources.empty()) return true;
  if (!wanted.names.empty() && !has(wanted.names, request.name)) return false;
  const std::string whole =
      request.subresource.empty() ? request.resource : concat(request.resource, "/", request.subresource);
  return std::ranges::any_of(wanted.resources, [&](std::string_view each) {
    if (each == "*" || each == whole) return true;
    if (request.subresource.empty()) return false;
    return (each.starts_with("*/") && each.substr(2) == request.subresource) ||
           (each.ends_with("/*") && each.substr(0, each.size() - 2) == request.resource);
  });
}

bool isPath(std::string_view wanted, std::string_view path) {
  if (wanted == path) return true;
  if (!wanted.ends_with('*')) return false;
  wanted.remove_suffix(1);
  return path.starts_with(wanted);
}

}  // namespace

std::string_view nameOf(AuditLevel level) {
  switch (level) {
    case AuditLevel::none: return "None";
    case AuditLevel::metadata: return "Metadata";
    case AuditLevel::request: return "Request";
    case AuditLevel::requestResponse: return "RequestResponse";
  }
  return "";
}

std::string_view nameOf(AuditStage stage) {
  switch (stage) {
    case AuditStage::requestReceived: return "RequestReceived";
    case AuditStage::responseStarted: return "ResponseStarted";
    case AuditStage::responseComplete: return "ResponseComplete";
    case AuditStage::panic: return "Panic";
  }
  return "";
}

bool AuditRule::matches(const AuditedAttributes& request) const {
  if (!users.empty() && !(request.user && has(users, request.user->name))) return false;
  if (!userGroups.empty()) {
    const bool isIn = request.user && std::ranges::any_of(request.user->groups, [&](const std::string& group) {
                        return has(userGroups, group);
                      });
    if (!isIn) return false;
  }
  if (!verbs.empty() && !has(verbs, request.verb) && !has(verbs, "*")) return false;
  if (!namespaces.empty() || !resources.empty()) {
    if (!request.isResource || (!namespaces.empty() && !has(namespaces, request.ns))) return false;
    return resources.empty() ||
           std::ranges::any_of(resources, [&](const AuditResources& each) { return isOf(each, request); });
  }
  if (paths.empty()) return true;
  return !request.isResource &&
         std::ranges::any_of(paths, [&](const std::string& each) { return isPath(each, request.path); });
}

AuditDecision AuditPolicy::decide(const AuditedAttributes& request) const {
  AuditDecision decision;
  for (const AuditRule& rule : rules) {
    if (!rule.matches(request)) continue;
    decision.level = rule.level;
    decision.omitStages = rule.omitStages;
    decision.omitStages.insert(omitStages.begin(), omitStages.end());
    decision.omitManagedFields = rule.omitManagedFields.value_or(omitManagedFields);
    break;
  }
  return decision;
}

Result<AuditPolicy> parseAuditPolicy(std::string_view text) {
  CLEAT_TRY(const json::value root, object::parseYaml(text));
  CLEAT_TRY(checkMembers(root, "", {"apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"}));
  const auto textIn = [&](std::string_view name) {
    const json::value* member = memberOf(root, name);
    return member && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
  };
  if (textIn("kind") != "Policy") return wrong("kind", "must be Policy");
  if (textIn("apiVersion") != "audit.k8s.io/v1") return wrong("apiVersion", "must be audit.k8s.io/v1");
  AuditPolicy policy;
  CLEAT_TRY(policy.omitStages, stagesIn(root, ""));
  CLEAT_TRY(const std::optional<bool> omits, flagIn(root, "omitManagedFields", ""));
  policy.omitManagedFields = omits.value_or(false);
  const json::value* rules = memberOf(root, "rules");
  if (!rules || !rules->is_array() || rules->get_array().empty()) return wrong("rules", "must have at least one rule");
  for (size_t i = 0; i < rules->get_array().size(); ++i) {
    CLEAT_TRY(AuditRule rule, readRule(rules->get_array()[i], concat("rules[", i, "]")));
    policy.rules.push_back(std::move(rule));
  }
  return policy;
}

Result<AuditPolicy> readAuditPolicy(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) return fail(Status::badRequest(concat("cannot read ", file, ": ", std::strerror(errno ? errno : EIO))));
  auto policy = parseAuditPolicy(text);
  if (!policy) return fail(Status::badRequest(concat(file, ": ", policy.error().message)));
  return policy;
}

}  // namespace cleat::api
