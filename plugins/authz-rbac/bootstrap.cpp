#include "bootstrap.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "coverage.h"
#include "rule.h"

namespace cleat::rbac {
namespace {

constexpr const char* kBootstrapping = "kubernetes.io/bootstrapping";
constexpr const char* kAggregateTo = "rbac.authorization.k8s.io/aggregate-to-";

constexpr const char* kRead = "get,list,watch";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// Resources whose names are `names`, each line of which is a group and what of it.
std::string rulesFor(const char* names, const char* verbs) {
  std::string rules;
  for (const std::string& line : split(names, '\n')) rules += line + " " + verbs + "\n";
  return rules;
}

std::string viewRules() {
  return rulesFor(
      "- bindings,configmaps,endpoints,events,limitranges,namespaces,namespaces/status,persistentvolumeclaims,"
      "persistentvolumeclaims/status,pods,pods/log,pods/status,replicationcontrollers,replicationcontrollers/scale,"
      "replicationcontrollers/status,resourcequotas,resourcequotas/status,serviceaccounts,services,services/status\n"
      "apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,"
      "replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status\n"
      "autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status\n"
      "batch cronjobs,cronjobs/status,jobs,jobs/status\n"
      "discovery.k8s.io endpointslices\n"
      "networking.k8s.io ingresses,ingresses/status,networkpolicies\n"
      "policy poddisruptionbudgets,poddisruptionbudgets/status\n"
      "resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates\n",
      kRead);
}

// Endpoints are to be read only: whoever writes them sends other namespaces' traffic anywhere (CVE-2021-25740).
std::string editRules() {
  return "- pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy get,list,watch,create,delete,"
         "deletecollection,patch,update\n"
         "- serviceaccounts impersonate\n"
         "- pods/eviction create\n"
         "- serviceaccounts/token create\n"
         "coordination.k8s.io leases create,delete,deletecollection,get,list,patch,update,watch\n" +
         rulesFor(
             "- configmaps,events,persistentvolumeclaims,pods,replicationcontrollers,replicationcontrollers/scale,"
             "serviceaccounts,services\n"
             "apps daemonsets,deployments,deployments/scale,replicasets,replicasets/scale,statefulsets,"
             "statefulsets/scale\n"
             "autoscaling horizontalpodautoscalers\n"
             "batch cronjobs,jobs\n"
             "networking.k8s.io ingresses,networkpolicies\n"
             "policy poddisruptionbudgets\n"
             "resource.k8s.io resourceclaims,resourceclaimtemplates\n",
             "create,delete,deletecollection,patch,update");
}

std::string adminRules() {
  return std::string("authorization.k8s.io localsubjectaccessreviews create\n") + kGroup +
         " roles,rolebindings create,delete,deletecollection,get,list,patch,update,watch\n";
}

}  // namespace

const std::vector<BootstrapRole>& bootstrapRoles() {
  static const std::vector<BootstrapRole> roles = {
      {"cluster-admin", "* * *\nurl * *\n"},
      {"admin", "", {}, true},
      {"edit", "", {"admin"}, true},
      {"view", "", {"edit"}, true},
      {"system:aggregate-to-admin", adminRules(), {"admin"}},
      {"system:aggregate-to-edit", editRules(), {"edit"}},
      {"system:aggregate-to-view", viewRules(), {"view"}},
      {"system:discovery",
       "url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/ get\n"},
      {"system:public-info-viewer", "url /healthz,/livez,/readyz,/version,/version/ get\n"},
      {"system:basic-user",
       "authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews create\n"
       "authentication.k8s.io selfsubjectreviews create\n"},
      {"system:node",
       "authentication.k8s.io tokenreviews create\n"
       "authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews create\n"
       "- services,configmaps,secrets,serviceaccounts get,list,watch\n"
       "- persistentvolumeclaims,persistentvolumes get\n- persistentvolumeclaims/status get,patch,update\n"
       "storage.k8s.io volumeattachments get\nstorage.k8s.io csidrivers get,list,watch\n"
       "storage.k8s.io csinodes create,delete,get,patch,update\n"
       "- nodes create,get,list,watch,delete,patch,update\n"
       "- nodes/status patch,update\n"
       "- events create,patch,update\n"
       "events.k8s.io events create,patch,update\n"
       "- pods get,list,watch,create,delete\n"
       "- pods/status patch,update\n"
       "- pods/eviction create\n"
       "- serviceaccounts/token create\n"
       "certificates.k8s.io certificatesigningrequests create,get,list,watch\n"
       "certificates.k8s.io clustertrustbundles get,list,watch\n"
       "certificates.k8s.io podcertificaterequests create,get,list,watch\n"
       "resource.k8s.io resourceclaims get\n"
       "resource.k8s.io resourceslices deletecollection\n"
       "coordination.k8s.io leases create,delete,get,patch,update\n"},
      {"system:auth-delegator",
       "authentication.k8s.io tokenreviews create\nauthorization.k8s.io subjectaccessreviews create\n"},
      {"system:cluster-trust-bundle-discovery", "certificates.k8s.io clustertrustbundles get,list,watch\n"},
      {"system:service-account-issuer-discovery",
       "url /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/ get\n"},
      {"system:node-bootstrapper", "certificates.k8s.io certificatesigningrequests create,get,list,watch\n"},
      {"system:node-proxier",
       "- endpoints,services list,watch\n- nodes get,list,watch\n- events create,patch,update\n"
       "events.k8s.io events create,patch,update\n"
       "discovery.k8s.io endpointslices list,watch\nnetworking.k8s.io servicecidrs list,watch\n"},
      {"system:persistent-volume-provisioner",
       "- persistentvolumes create,delete,get,list,watch\n- persistentvolumeclaims get,list,update,watch\n"
       "storage.k8s.io storageclasses get,list,watch\n- events watch\n- events create,patch,update\n"
       "events.k8s.io events create,patch,update\n"},
      {"system:volume-scheduler",
       "- persistentvolumes get,list,patch,update,watch\nstorage.k8s.io storageclasses get,list,watch\n"
       "- persistentvolumeclaims get,list,patch,update,watch\n"},
  };
  return roles;
}

const std::vector<BootstrapBinding>& bootstrapBindings() {
  static const std::vector<BootstrapBinding> bindings = {
      {"cluster-admin", "cluster-admin", "Group", "system:masters"},
      {"system:discovery", "system:discovery", "Group", "system:authenticated"},
      {"system:public-info-viewer", "system:public-info-viewer", "Group", "system:unauthenticated"},
      {"system:basic-user", "system:basic-user", "Group", "system:authenticated"},
      // Nobody's: what nodes may is for authz-node to say, which knows their pods.
      {"system:node", "system:node", "", ""},
      {"system:cluster-trust-bundle-discovery", "system:cluster-trust-bundle-discovery", "Group",
       "system:serviceaccounts"},
      {"system:service-account-issuer-discovery", "system:service-account-issuer-discovery", "Group",
       "system:serviceaccounts"},
      {"system:node-bootstrapper", "system:node-bootstrapper", "Group", "system:bootstrappers"},
      {"system:node-proxier", "system:node-proxier", "User", "system:kube-proxy"},
      {"system:volume-scheduler", "system:volume-scheduler", "User", "system:kube-scheduler"},
  };
  return bindings;
}

Draft<rbac_v1::ClusterRole> makeRole(const BootstrapRole& role) {
  Draft<rbac_v1::ClusterRole> draft;
  draft.meta().setName(role.name);
  setLabel(draft.meta(), kBootstrapping, "rbac-defaults");
  setAnnotation(draft.meta(), kAutoUpdate, "true");
  for (const std::string& to : role.aggregatesTo) setLabel(draft.meta(), kAggregateTo + to, "true");
  if (role.aggregated) {
    auto selector = draft->initAggregationRule().initClusterRoleSelectors(1)[0].initMatchLabels(1)[0];
    selector.setKey(kAggregateTo + role.name);
    selector.setValue("true");
  }
  const std::vector<std::string> lines = split(role.rules, '\n');
  auto rules = draft->initRules(lines.size());
  for (uint32_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> words = split(lines[i], ' ');
    words.resize(3);
    const std::vector<std::string> verbs = split(words[2], ',');
    rules[i].adoptVerbs(textList(orphanageOf(*draft), verbs));
    const std::vector<std::string> middle = split(words[1], ',');
    if (words[0] == "url") {
      rules[i].adoptNonResourceURLs(textList(orphanageOf(*draft), middle));
    } else {
      const std::vector<std::string> groups = {words[0] == "-" ? "" : words[0]};
      rules[i].adoptApiGroups(textList(orphanageOf(*draft), groups));
      rules[i].adoptResources(textList(orphanageOf(*draft), middle));
    }
  }
  return draft;
}

Draft<rbac_v1::ClusterRoleBinding> makeBinding(const BootstrapBinding& binding) {
  Draft<rbac_v1::ClusterRoleBinding> draft;
  draft.meta().setName(binding.name);
  setLabel(draft.meta(), kBootstrapping, "rbac-defaults");
  setAnnotation(draft.meta(), kAutoUpdate, "true");
  auto role = draft->initRoleRef();
  role.setApiGroup(kGroup);
  role.setKind("ClusterRole");
  role.setName(binding.role);
  if (binding.subjectKind.empty()) return draft;
  auto subject = draft->initSubjects(1)[0];
  subject.setApiGroup(kGroup);
  subject.setKind(binding.subjectKind);
  subject.setName(binding.subject);
  return draft;
}

namespace {

bool isProtected(const AnyRef& object) { return annotation(object.meta(), kAutoUpdate) == "false"; }

bool hasAll(TextMapReader have, TextMapReader want) {
  for (auto entry : want) {
    if (!lookup(have, view(entry.getKey()))) return false;
  }
  return true;
}
bool sameMeta(meta_v1::ObjectMeta::Reader have, meta_v1::ObjectMeta::Reader want) {
  return hasAll(have.getLabels(), want.getLabels()) && hasAll(have.getAnnotations(), want.getAnnotations());
}

// What is there already has precedence: an operator may have set it.
void mendMeta(meta_v1::ObjectMeta::Builder meta, meta_v1::ObjectMeta::Reader want) {
  for (auto entry : want.getLabels()) {
    if (!label(meta.asReader(), view(entry.getKey()))) setLabel(meta, view(entry.getKey()), view(entry.getValue()));
  }
  for (auto entry : want.getAnnotations()) {
    if (annotation(meta.asReader(), view(entry.getKey()))) continue;
    setAnnotation(meta, view(entry.getKey()), view(entry.getValue()));
  }
}

// What a cluster that was begun before nodes had an authorizer of their own gave all of them: the rights over every
// pod.
bool isWithdrawn(std::string_view binding, rbac_v1::Subject::Reader subject) {
  return (binding == "system:node" || binding == "system:node-proxier") && view(subject.getKind()) == "Group" &&
         view(subject.getName()) == "system:nodes";
}

bool sameSubject(rbac_v1::Subject::Reader a, rbac_v1::Subject::Reader b) {
  return view(a.getKind()) == view(b.getKind()) && view(a.getName()) == view(b.getName()) &&
         view(a.getNamespace()) == view(b.getNamespace());
}

}  // namespace

std::optional<Draft<rbac_v1::ClusterRole>> mended(const Object<rbac_v1::ClusterRole>& have,
                                                  Draft<rbac_v1::ClusterRole>& want, Extra extra) {
  if (isProtected(have)) return std::nullopt;
  const Rules wanted = readRules(want.reader().getRules());
  Rules rules = readRules(have->getRules());
  if (extra == Extra::remove) {
    rules = wanted;
  } else {
    // Bootstrap rules are few: they never combine to more than can be looked at.
    Rules missing = uncovered(rules, wanted).value_or(Rules());
    rules.insert(rules.end(), missing.begin(), missing.end());
  }
  const bool aggregates = !want.reader().hasAggregationRule() || have->hasAggregationRule();
  if (aggregates && rules == readRules(have->getRules()) && sameMeta(have.meta(), want.meta().asReader())) {
    return std::nullopt;
  }
  Draft<rbac_v1::ClusterRole> draft(have);
  mendMeta(draft.meta(), want.meta().asReader());
  draft->adoptRules(writeRules(orphanageOf(*draft), rules));
  if (!aggregates) draft->setAggregationRule(want.reader().getAggregationRule());
  return draft;
}

std::optional<Draft<rbac_v1::ClusterRoleBinding>> mended(const Object<rbac_v1::ClusterRoleBinding>& have,
                                                         Draft<rbac_v1::ClusterRoleBinding>& want, Extra extra) {
  if (isProtected(have)) return std::nullopt;
  std::vector<rbac_v1::Subject::Reader> had, subjects;
  for (auto subject : have->getSubjects()) had.push_back(subject);
  if (extra == Extra::keep) {
    std::ranges::copy_if(had, std::back_inserter(subjects),
                         [&](const auto& subject) { return !isWithdrawn(have.name(), subject); });
  }
  for (auto subject : want.reader().getSubjects()) {
    auto same = [&](rbac_v1::Subject::Reader one) { return sameSubject(one, subject); };
    if (std::ranges::none_of(subjects, same)) subjects.push_back(subject);
  }
  if (std::ranges::equal(subjects, had, sameSubject) && sameMeta(have.meta(), want.meta().asReader())) {
    return std::nullopt;
  }
  Draft<rbac_v1::ClusterRoleBinding> draft(have);
  mendMeta(draft.meta(), want.meta().asReader());
  draft->adoptSubjects(listOf<rbac_v1::Subject>(orphanageOf(*draft), subjects));
  return draft;
}

}  // namespace cleat::rbac
