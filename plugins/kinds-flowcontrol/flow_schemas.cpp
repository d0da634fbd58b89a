#include <cleat/sdk/lists.h>

#include <algorithm>
#include <array>

#include "flowcontrol-common/defaults.h"
#include "kinds-common/names.h"
#include "kinds-flowcontrol/flow_kinds.h"

namespace cleat::kinds::flowcontrol {

namespace {

constexpr int32_t kDefaultPrecedence = 1000, kMostPrecedence = 10000;
constexpr std::array<std::string_view, 9> kVerbs{"create", "delete", "deletecollection", "get",  "list",
                                                 "patch",  "proxy",  "update",           "watch"};

using Texts = capnp::List<capnp::Text>::Reader;

bool hasWildcard(Texts texts) { return contains(texts, "*"); }

void setSchemaDefaults(FlowSchema::Builder schema, const Change<FlowSchema>&) {
  auto spec = schema.getSpec();
  if (spec.getMatchingPrecedence() == 0) spec.setMatchingPrecedence(kDefaultPrecedence);
}

void checkName(capnp::Text::Reader name, const Path& path, Findings& findings) {
  if (name.size() == 0) findings.required(path);
}

void checkAccount(flowcontrol_v1::ServiceAccountSubject::Reader account, const Path& path, Findings& findings) {
  const std::string_view name = view(account.getName()), ns = view(account.getNamespace());
  if (name.empty()) {
    findings.required(path / "name");
  } else if (name != "*") {
    findings.invalidEach(path / "name", name, wrongDns1123Subdomain(name));
  }
  if (ns.empty()) return findings.required(path / "namespace", "must specify namespace for service account");
  findings.invalidEach(path / "namespace", ns, wrongDns1123Label(ns));
}

// The member that each kind of subject has.
struct Member {
  std::string_view kind;
  const char* field;
  bool present;
};

void checkSubject(flowcontrol_v1::Subject::Reader subject, const Path& path, Findings& findings) {
  const std::string_view kind = view(subject.getKind());
  const std::array<Member, 3> members{{{"ServiceAccount", "serviceAccount", subject.hasServiceAccount()},
                                       {"User", "user", subject.hasUser()},
                                       {"Group", "group", subject.hasGroup()}}};
  if (std::ranges::find(members, kind, &Member::kind) == members.end()) {
    return findings.notSupported(path / "kind", kind, {"Group", "ServiceAccount", "User"});
  }
  for (const Member& member : members) {
    const Path at = path / member.field;
    if (member.kind == kind && !member.present) {
      findings.required(at, concat(member.field, " is required when subject kind is '", kind, "'"));
    } else if (member.kind != kind && member.present) {
      findings.forbidden(at, concat(member.field, " is forbidden when subject kind is not '", member.kind, "'"));
    }
  }
  if (kind == "User" && subject.hasUser()) checkName(subject.getUser().getName(), path / "user" / "name", findings);
  if (kind == "Group" && subject.hasGroup()) checkName(subject.getGroup().getName(), path / "group" / "name", findings);
  if (kind == "ServiceAccount" && subject.hasServiceAccount()) {
    checkAccount(subject.getServiceAccount(), path / "serviceAccount", findings);
  }
}

void checkVerbs(Texts verbs, const Path& path, Findings& findings) {
  const Shown shown = Shown::list(strings(verbs));
  if (verbs.size() == 0) return findings.required(path, "verbs must contain at least one value");
  if (hasWildcard(verbs)) {
    if (verbs.size() > 1) findings.invalid(path, shown, "if '*' is present, must not specify other verbs");
    return;
  }
  for (auto verb : verbs) {
    if (std::ranges::find(kVerbs, view(verb)) == kVerbs.end()) return findings.notSupported(path, shown, kVerbs);
  }
}

// "*" stands alone; `none` is what is said when there is nothing.
void checkList(Texts texts, const Path& path, std::string_view none, std::string_view others, Findings& findings) {
  if (texts.size() == 0) return findings.required(path, none);
  if (texts.size() > 1 && hasWildcard(texts)) {
    findings.invalid(path, Shown::list(strings(texts)), concat("if '*' is present, must not specify other ", others));
  }
}

void checkResourceRule(flowcontrol_v1::ResourcePolicyRule::Reader rule, const Path& path, Findings& findings) {
  checkVerbs(rule.getVerbs(), path / "verbs", findings);
  checkList(rule.getApiGroups(), path / "apiGroups", "resource rules must supply at least one api group", "api groups",
            findings);
  checkList(rule.getResources(), path / "resources", "resource rules must supply at least one resource", "resources",
            findings);
  auto namespaces = rule.getNamespaces();
  if (namespaces.size() == 0 && rule.getClusterScope()) return;
  const Path at = path / "namespaces";
  checkList(namespaces, at, "resource rules that are not cluster scoped must supply at least one namespace",
            "namespaces", findings);
  if (hasWildcard(namespaces)) return;
  for (uint32_t i = 0; i < namespaces.size(); ++i) {
    for (const std::string& wrong : wrongDns1123Label(view(namespaces[i]))) {
      findings.invalid(at[i], namespaces[i],
                       concat("each member of this list must be '*' or a DNS-1123 label; ", wrong));
    }
  }
}

// What is wrong with a path that a rule names; null when it is right.
const char* wrongUrl(std::string_view url) {
  if (url.empty()) return "must not be empty";
  if (url == "/") return nullptr;
  if (!url.starts_with('/')) return "must start with slash";
  if (url.find(' ') != std::string_view::npos) return "must not contain white-space";
  if (url.find("//") != std::string_view::npos) return "must not contain double slash";
  const size_t star = url.find('*');
  const bool suffix = star + 1 == url.size() && url.ends_with("/*");
  return star == std::string_view::npos || suffix ? nullptr : "wildcard can only do suffix matching";
}

void checkUrlRule(flowcontrol_v1::NonResourcePolicyRule::Reader rule, const Path& path, Findings& findings) {
  checkVerbs(rule.getVerbs(), path / "verbs", findings);
  auto urls = rule.getNonResourceURLs();
  const Path at = path / "nonResourceURLs";
  checkList(urls, at, "nonResourceURLs must contain at least one value", "non-resource URLs", findings);
  if (hasWildcard(urls)) return;
  for (uint32_t i = 0; i < urls.size(); ++i) {
    if (const char* wrong = wrongUrl(view(urls[i]))) findings.invalid(at[i], urls[i], wrong);
  }
}

void checkPolicy(flowcontrol_v1::PolicyRulesWithSubjects::Reader policy, const Path& path, Findings& findings) {
  auto subjects = policy.getSubjects();
  if (subjects.size() == 0) findings.required(path / "subjects", "subjects must contain at least one value");
  for (uint32_t i = 0; i < subjects.size(); ++i) checkSubject(subjects[i], (path / "subjects")[i], findings);
  auto resources = policy.getResourceRules();
  auto urls = policy.getNonResourceRules();
  if (resources.size() == 0 && urls.size() == 0) {
    findings.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
  }
  for (uint32_t i = 0; i < resources.size(); ++i) {
    checkResourceRule(resources[i], (path / "resourceRules")[i], findings);
  }
  for (uint32_t i = 0; i < urls.size(); ++i) checkUrlRule(urls[i], (path / "nonResourceRules")[i], findings);
}

void checkPrecedence(int32_t precedence, std::string_view name, Findings& findings) {
  const Path path = Path("spec") / "matchingPrecedence";
  if (precedence <= 0) findings.invalid(path, precedence, "must be a positive value");
  if (precedence > kMostPrecedence) {
    findings.invalid(path, precedence, concat("must not be greater than ", kMostPrecedence));
  }
  if (precedence == 1 && name != cleat::flowcontrol::kExempt) {
    findings.invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  }
}

void validateSchema(const Change<FlowSchema>& change, Findings& findings) {
  if (change.isStatus()) return checkConditionTypes(change.object.getStatus().getConditions(), findings);
  const Path path("spec");
  auto spec = change.object.getSpec();
  const std::string_view name = view(change.object.getMetadata().getName());
  checkPrecedence(spec.getMatchingPrecedence(), name, findings);
  if (spec.hasDistinguisherMethod()) {
    const std::string_view type = view(spec.getDistinguisherMethod().getType());
    if (type != "ByNamespace" && type != "ByUser") {
      findings.notSupported(path / "distinguisherMethod" / "type",
                            Shown::plain(concat("{\"Type\":", jsonText(type), "}")), {"ByNamespace", "ByUser"});
    }
  }
  auto level = spec.getPriorityLevelConfiguration().getName();
  const Path levelPath = path / "priorityLevelConfiguration" / "name";
  if (level.size() == 0) findings.required(levelPath, "must reference a priority level");
  if (level.size() > 0) findings.invalidEach(levelPath, level, wrongDns1123Subdomain(view(level)));
  auto rules = spec.getRules();
  for (uint32_t i = 0; i < rules.size(); ++i) checkPolicy(rules[i], (path / "rules")[i], findings);
  const Object<FlowSchema>* fixed = cleat::flowcontrol::mandatory(cleat::flowcontrol::defaultSchemas(), name);
  if (fixed != nullptr && !sameStruct((*fixed)->getSpec(), spec)) {
    findings.invalid(path, Shown::plain("{}"), concat("spec of '", name, "' must equal the fixed value"));
  }
}

void printSchema(FlowSchema::Reader schema, Cells& cells) {
  auto spec = schema.getSpec();
  auto dangling = findCondition(schema.getStatus().getConditions(), "Dangling");
  cells.text(schema.getMetadata().getName());
  cells.text(spec.getPriorityLevelConfiguration().getName());
  cells.integer(spec.getMatchingPrecedence());
  cells.text(spec.hasDistinguisherMethod() ? view(spec.getDistinguisherMethod().getType()) : "<none>");
  cells.age(schema.getMetadata().getCreationTimestamp());
  cells.text(dangling ? view(dangling->getStatus()) : "?");
}

}  // namespace

void addFlowSchemas(KindTable& table) {
  table.add<FlowSchema>({.structFile = kSchemaFile,
                         .columns = {nameColumn(),
                                     {"PriorityLevel", "string", "The level that its requests are served at."},
                                     {"MatchingPrecedence", "string", "Which schema goes first; a lower number does."},
                                     {"DistinguisherMethod", "string", "How its requests are told apart into flows."},
                                     ageColumn(),
                                     {"MissingPL", "string", "Whether its level does not exist."}},
                         .hasStatus = true,
                         .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"}},
                        {setSchemaDefaults, validateSchema, printSchema});
  table.addStatus<FlowSchema>();
}

}  // namespace cleat::kinds::flowcontrol
