#include <cleat/sdk/lists.h>

#include <set>

#include "kinds-admissionregistration/registration_kinds.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds::admissionregistration {

namespace {

constexpr size_t kMostConditions = 64;

using Texts = capnp::List<capnp::Text>::Reader;

bool hasWildcard(Texts texts) { return contains(texts, "*"); }

// "*" stands alone.
void checkAlone(Texts texts, const Path& path, std::string_view others, Findings& findings) {
  if (texts.size() > 1 && hasWildcard(texts)) {
    findings.invalid(path, Shown::list(strings(texts)), concat("if '*' is present, must not specify other ", others));
  }
}

void checkOperations(Texts operations, const Path& path, Findings& findings) {
  if (operations.size() == 0) findings.required(path);
  checkAlone(operations, path, "operations", findings);
  for (uint32_t i = 0; i < operations.size(); ++i) {
    checkOneOf(view(operations[i]), path[i], {"*", "CONNECT", "CREATE", "DELETE", "UPDATE"}, findings);
  }
}

// What is wrong with "pods/log" beside what came before it.
class ResourceOverlap {
 public:
  void check(std::string_view text, const Path& path, Findings& findings) {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
      plain_ = text != "*";
      return;
    }
    const std::string_view resource = text.substr(0, slash), subresource = text.substr(slash + 1);
    if (allOf_.contains(resource)) {
      findings.invalid(path, text, concat("if '", resource, "/*' is present, must not specify ", text));
    }
    if (ofAll_.contains(subresource)) {
      findings.invalid(path, text, concat("if '*/", subresource, "' is present, must not specify ", text));
    }
    if (subresource == "*") allOf_.insert(resource);
    if (resource == "*") ofAll_.insert(subresource);
  }
  // Whether the last one without a subresource was no wildcard.
  bool plain() const { return plain_; }

 private:
  std::set<std::string_view> allOf_;  // resources with "/*"
  std::set<std::string_view> ofAll_;  // subresources with "*/"
  bool plain_ = false;
};

void checkResources(Texts resources, const Path& path, Findings& findings) {
  if (resources.size() == 0) findings.required(path);
  ResourceOverlap overlap;
  for (uint32_t i = 0; i < resources.size(); ++i) {
    if (resources[i].size() == 0) {
      findings.required(path[i]);
    } else {
      overlap.check(view(resources[i]), path[i], findings);
    }
  }
  const Shown shown = Shown::list(strings(resources));
  if (resources.size() > 1 && contains(resources, "*/*")) {
    findings.invalid(path, shown, "if '*/*' is present, must not specify other resources");
  }
  if (hasWildcard(resources) && overlap.plain()) {
    findings.invalid(path, shown, "if '*' is present, must not specify other resources without subresources");
  }
}

template <class Rule>
void checkAnyRule(Rule rule, const Path& path, Findings& findings) {
  checkOperations(rule.getOperations(), path / "operations", findings);
  if (rule.getApiGroups().size() == 0) findings.required(path / "apiGroups");
  checkAlone(rule.getApiGroups(), path / "apiGroups", "API groups", findings);
  auto versions = rule.getApiVersions();
  const Path versionsPath = path / "apiVersions";
  if (versions.size() == 0) findings.required(versionsPath);
  checkAlone(versions, versionsPath, "API versions", findings);
  for (uint32_t i = 0; i < versions.size(); ++i) {
    if (versions[i].size() == 0) findings.required(versionsPath[i]);
  }
  checkResources(rule.getResources(), path / "resources", findings);
  if (rule.hasScope()) checkOneOf(view(rule.getScope()), path / "scope", {"*", "Cluster", "Namespaced"}, findings);
}

void checkNamedRule(v1::NamedRuleWithOperations::Reader rule, const Path& path, Findings& findings) {
  std::set<std::string_view> seen;
  auto names = rule.getResourceNames();
  const Path namesPath = path / "resourceNames";
  for (uint32_t i = 0; i < names.size(); ++i) {
    findings.invalidEach(namesPath[i], names[i], wrongPathSegment(view(names[i])));
    if (!seen.insert(view(names[i])).second) findings.duplicate(namesPath[i], names[i]);
  }
  checkAnyRule(rule, path, findings);
}

template <class Builder>
void setAnyScope(Builder rule) {
  if (!rule.hasScope()) rule.setScope("*");
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void setScope(v1::RuleWithOperations::Builder rule) { setAnyScope(rule); }

void setDefaults(v1::MatchResources::Builder match) {
  if (!match.hasMatchPolicy()) match.setMatchPolicy("Equivalent");
  if (!match.hasNamespaceSelector()) match.initNamespaceSelector();
  if (!match.hasObjectSelector()) match.initObjectSelector();
  if (match.hasResourceRules()) {
    for (auto rule : match.getResourceRules()) setAnyScope(rule);
  }
  if (match.hasExcludeResourceRules()) {
    for (auto rule : match.getExcludeResourceRules()) setAnyScope(rule);
  }
}

void checkRule(v1::RuleWithOperations::Reader rule, const Path& path, Findings& findings) {
  checkAnyRule(rule, path, findings);
}

void checkFailurePolicy(std::string_view policy, const Path& path, Findings& findings) {
  checkOneOf(policy, path, {"Fail", "Ignore"}, findings);
}
void checkMatchPolicy(std::string_view policy, const Path& path, Findings& findings) {
  checkOneOf(policy, path, {"Equivalent", "Exact"}, findings);
}

void checkMatchResources(v1::MatchResources::Reader match, const Path& path, Findings& findings) {
  checkMatchPolicy(view(match.getMatchPolicy()), path / "matchPolicy", findings);
  checkLabelSelector(match.getNamespaceSelector(), path / "namespaceSelector", findings);
  checkLabelSelector(match.getObjectSelector(), path / "objectSelector", findings);
  auto rules = match.getResourceRules(), excluded = match.getExcludeResourceRules();
  for (uint32_t i = 0; i < rules.size(); ++i) checkNamedRule(rules[i], (path / "resourceRules")[i], findings);
  for (uint32_t i = 0; i < excluded.size(); ++i) {
    checkNamedRule(excluded[i], (path / "excludeResourceRules")[i], findings);
  }
}

void checkNoDelete(v1::MatchResources::Reader match, const Path& path, Findings& findings) {
  for (auto rule : match.getResourceRules()) {
    for (auto operation : rule.getOperations()) {
      checkOneOf(view(operation), path / "resourceRules" / "operations", {"*", "CONNECT", "CREATE", "UPDATE"},
                 findings);
    }
  }
}

void checkMatchConditions(capnp::List<v1::MatchCondition>::Reader conditions, bool hasParams, const Path& path,
                          Findings& findings) {
  if (conditions.size() > kMostConditions) findings.tooMany(path, conditions.size(), kMostConditions);
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    auto name = conditions[i].getName();
    const Path at = path[i] / "name";
    if (trimmed(view(conditions[i].getExpression())).empty()) {
      findings.required(path[i] / "expression");
    } else {
      checkCondition(view(conditions[i].getExpression()), hasParams, path[i] / "expression", findings);
    }
    if (name.size() == 0) {
      findings.required(at);
      continue;
    }
    findings.invalidEach(at, name, wrongQualifiedName(view(name)));
    if (!seen.insert(view(name)).second) findings.duplicate(at, name);
  }
}

}  // namespace cleat::kinds::admissionregistration
