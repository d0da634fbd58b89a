// kinds-rbac: rbac.authorization.k8s.io/v1, roles and what binds them to subjects.
#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

constexpr const char* kGroup = "rbac.authorization.k8s.io";
constexpr const char* kSchemaFile = "kinds/rbac_v1.capnp";

template <class Binding>
void setBindingDefaults(typename Binding::Builder binding, const Change<Binding>&) {
  auto role = binding.getRoleRef();
  if (role.getApiGroup().size() == 0) role.setApiGroup(kGroup);
  if (!binding.hasSubjects()) return;
  for (auto subject : binding.getSubjects()) {
    std::string_view kind = view(subject.getKind().asReader());
    if (subject.getApiGroup().size() == 0 && (kind == "User" || kind == "Group")) subject.setApiGroup(kGroup);
  }
}

void checkRule(rbac_v1::PolicyRule::Reader rule, bool namespaced, const Path& path, Findings& findings) {
  if (rule.getNonResourceURLs().size() > 0) {
    if (namespaced) {
      findings.invalid(path / "nonResourceURLs", Shown::list(strings(rule.getNonResourceURLs())),
                       "namespaced rules cannot apply to non-resource URLs");
    }
    if (rule.getApiGroups().size() > 0 || rule.getResources().size() > 0 || rule.getResourceNames().size() > 0) {
      findings.invalid(path / "nonResourceURLs", Shown::list(strings(rule.getNonResourceURLs())),
                       "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (rule.getApiGroups().size() == 0) {
    findings.required(path / "apiGroups", "resource rules must supply at least one api group");
  }
  if (rule.getResources().size() == 0) {
    findings.required(path / "resources", "resource rules must supply at least one resource");
  }
}

void checkAggregation(rbac_v1::AggregationRule::Reader rule, Findings& findings) {
  auto selectors = rule.getClusterRoleSelectors();
  const Path path = Path("aggregationRule") / "clusterRoleSelectors";
  if (selectors.size() == 0)
    findings.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
  for (uint32_t i = 0; i < selectors.size(); ++i) {
    const size_t found = findings.causes().size();
    checkLabelSelector(selectors[i], path[i], findings);
    if (findings.causes().size() > found) findings.invalid(path[i], Shown::null(), "invalid label selector.");
  }
}

template <class RoleKind>
void validateRole(const Change<RoleKind>& change, Findings& findings) {
  constexpr bool kNamespaced = KindOf<RoleKind>::resource.namespaced;
  auto rules = change.object.getRules();
  for (uint32_t i = 0; i < rules.size(); ++i) checkRule(rules[i], kNamespaced, Path("rules")[i], findings);
  if constexpr (!kNamespaced) {
    if (change.object.hasAggregationRule()) checkAggregation(change.object.getAggregationRule(), findings);
  }
  // What must be there is told last, as Kubernetes does.
  for (uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].getVerbs().size() == 0) findings.required(Path("rules")[i] / "verbs");
  }
}

void checkSubject(rbac_v1::Subject::Reader subject, bool namespaced, const Path& path, Findings& findings) {
  std::string_view kind = view(subject.getKind());
  if (kind == "ServiceAccount") {
    Wrongs wrongs = wrongDns1123Subdomain(view(subject.getName()));
    if (subject.getName().size() > 0 && !wrongs.empty()) {
      findings.invalid(path / "name", subject.getName(), wrongs.front());
    }
    if (subject.getApiGroup().size() > 0) findings.notSupported(path / "apiGroup", subject.getApiGroup(), {""});
    if (!namespaced && subject.getNamespace().size() == 0) findings.required(path / "namespace");
  } else if (kind == "User" || kind == "Group") {
    checkOneOf(view(subject.getApiGroup()), path / "apiGroup", {kGroup}, findings);
  } else {
    findings.notSupported(path / "kind", kind, {"ServiceAccount", "User", "Group"});
  }
}

template <class Binding>
void validateBinding(const Change<Binding>& change, Findings& findings) {
  constexpr bool kNamespaced = KindOf<Binding>::resource.namespaced;
  auto role = change.object.getRoleRef();
  const Path path("roleRef");
  checkOneOf(view(role.getApiGroup()), path / "apiGroup", {kGroup}, findings);
  if (kNamespaced) {
    checkOneOf(view(role.getKind()), path / "kind", {"Role", "ClusterRole"}, findings);
  } else {
    checkOneOf(view(role.getKind()), path / "kind", {"ClusterRole"}, findings);
  }
  if (role.getName().size() > 0) {
    Wrongs wrongs = wrongPathSegment(view(role.getName()));
    if (!wrongs.empty()) findings.invalidEach(path / "name", role.getName(), wrongs);
  }
  auto subjects = change.object.getSubjects();
  for (uint32_t i = 0; i < subjects.size(); ++i) checkSubject(subjects[i], kNamespaced, Path("subjects")[i], findings);
  // What must be there is told behind what is wrong, as Kubernetes does.
  for (uint32_t i = 0; i < subjects.size(); ++i) {
    if (subjects[i].getName().size() == 0) findings.required(Path("subjects")[i] / "name");
  }
  if (role.getName().size() == 0) findings.required(path / "name");
  if (change.old && !sameStruct(change.old->getRoleRef(), role)) {
    findings.invalid(path,
                     Shown::plain(concat("{\"APIGroup\":", jsonText(view(role.getApiGroup())),
                                         ",\"Kind\":", jsonText(view(role.getKind())),
                                         ",\"Name\":", jsonText(view(role.getName())), "}")),
                     kImmutable);
  }
}

// Roles show when they were made, not how long ago.
template <class RoleKind>
void printRole(typename RoleKind::Reader role, Cells& cells) {
  cells.text(role.getMetadata().getName());
  cells.text(role.getMetadata().getCreationTimestamp());
}

template <class Binding>
void printBinding(typename Binding::Reader binding, Cells& cells) {
  cells.text(binding.getMetadata().getName());
  cells.text(concat(view(binding.getRoleRef().getKind()), "/", view(binding.getRoleRef().getName())));
  cells.age(binding.getMetadata().getCreationTimestamp());
  for (std::string_view kind : {"User", "Group", "ServiceAccount"}) {
    std::vector<std::string> names;
    for (auto subject : binding.getSubjects()) {
      if (view(subject.getKind()) != kind) continue;
      names.push_back(kind == "ServiceAccount" ? concat(view(subject.getNamespace()), "/", view(subject.getName()))
                                               : str(subject.getName()));
    }
    cells.text(joined(names, ", "));
  }
}

}  // namespace

class RbacKinds : public KindsPlugin {
 public:
  explicit RbacKinds(Context& context) : KindsPlugin(context) {
    addRole<rbac_v1::Role>();
    addRole<rbac_v1::ClusterRole>();
    addBinding<rbac_v1::RoleBinding>();
    addBinding<rbac_v1::ClusterRoleBinding>();
  }

 private:
  template <class RoleKind>
  void addRole() {
    table().add<RoleKind>({.structFile = kSchemaFile,
                           .columns = {nameColumn(), {"Created At", "date", "When the role was made."}},
                           .nameRule = "path-segment",
                           .keepsGeneration = true,
                           .createsOnUpdate = true},
                          {nullptr, validateRole<RoleKind>, printRole<RoleKind>});
  }
  template <class Binding>
  void addBinding() {
    table().add<Binding>({.structFile = kSchemaFile,
                          .columns = {nameColumn(),
                                      {"Role", "string", "The role that is given."},
                                      ageColumn(),
                                      wide({"Users", "string", "The users who have it."}),
                                      wide({"Groups", "string", "The groups that have it."}),
                                      wide({"ServiceAccounts", "string", "The service accounts that have it."})},
                          .nameRule = "path-segment",
                          .keepsGeneration = true,
                          .createsOnUpdate = true},
                         {setBindingDefaults<Binding>, validateBinding<Binding>, printBinding<Binding>});
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::RbacKinds, .name = "kinds-rbac", .version = "0.1.0", .maturity = "alpha", .roles = "kinds",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
