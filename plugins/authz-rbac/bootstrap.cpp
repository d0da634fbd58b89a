#include "bootstrap.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "coverage.h"

namespace cleat::rbac {
namespace {

constexpr const char* kBootstrapping = "kubernetes.io/bootstrapping";
constexpr const char* kAggregateTo = "rbac.authorization.k8s.io/aggregate-to-";

void setMeta(meta_v1::ObjectMeta::Builder meta, const std::string& ns, const std::string& name) {
  meta.setName(name);
  if (!ns.empty()) meta.setNamespace(ns);
  setLabel(meta, kBootstrapping, "rbac-defaults");
  setAnnotation(meta, kAutoUpdate, "true");
}

template <class K>
constexpr bool kIsCluster = std::is_same_v<K, rbac_v1::ClusterRole> || std::is_same_v<K, rbac_v1::ClusterRoleBinding>;

}  // namespace

template <class K>
Draft<K> makeRole(const BootstrapRole& role) {
  Draft<K> draft;
  setMeta(draft.meta(), role.ns, role.name);
  for (const std::string& to : role.aggregatesTo) setLabel(draft.meta(), kAggregateTo + to, "true");
  if constexpr (kIsCluster<K>) {
    if (role.aggregated) {
      auto selector = draft->initAggregationRule().initClusterRoleSelectors(1)[0].initMatchLabels(1)[0];
      selector.setKey(kAggregateTo + role.name);
      selector.setValue("true");
    }
  }
  draft->adoptRules(writeRules(orphanageOf(*draft), role.rules));
  return draft;
}

template <class K>
Draft<K> makeBinding(const BootstrapBinding& binding) {
  Draft<K> draft;
  setMeta(draft.meta(), binding.ns, binding.name);
  auto role = draft->initRoleRef();
  role.setApiGroup(kGroup);
  role.setKind(kIsCluster<K> ? "ClusterRole" : "Role");
  role.setName(binding.role);
  auto subjects = draft->initSubjects(static_cast<uint32_t>(binding.subjects.size()));
  for (uint32_t i = 0; i < binding.subjects.size(); ++i) {
    const BootstrapSubject& from = binding.subjects[i];
    subjects[i].setKind(from.kind);
    subjects[i].setName(from.name);
    if (from.kind == "ServiceAccount") {
      subjects[i].setNamespace(from.ns);
    } else {
      subjects[i].setApiGroup(kGroup);
    }
  }
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

template <class K>
std::optional<Draft<K>> mendedRole(const Object<K>& have, Draft<K>& want, Extra extra) {
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
  bool aggregates = true;
  if constexpr (kIsCluster<K>) aggregates = !want.reader().hasAggregationRule() || have->hasAggregationRule();
  if (aggregates && rules == readRules(have->getRules()) && sameMeta(have.meta(), want.meta().asReader())) {
    return std::nullopt;
  }
  Draft<K> draft(have);
  mendMeta(draft.meta(), want.meta().asReader());
  draft->adoptRules(writeRules(orphanageOf(*draft), rules));
  if constexpr (kIsCluster<K>) {
    if (!aggregates) draft->setAggregationRule(want.reader().getAggregationRule());
  }
  return draft;
}

template <class K>
std::optional<Draft<K>> mendedBinding(const Object<K>& have, Draft<K>& want, Extra extra) {
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
  Draft<K> draft(have);
  mendMeta(draft.meta(), want.meta().asReader());
  draft->adoptSubjects(listOf<rbac_v1::Subject>(orphanageOf(*draft), subjects));
  return draft;
}

template Draft<rbac_v1::Role> makeRole(const BootstrapRole&);
template Draft<rbac_v1::ClusterRole> makeRole(const BootstrapRole&);
template Draft<rbac_v1::RoleBinding> makeBinding(const BootstrapBinding&);
template Draft<rbac_v1::ClusterRoleBinding> makeBinding(const BootstrapBinding&);
template std::optional<Draft<rbac_v1::Role>> mendedRole(const Object<rbac_v1::Role>&, Draft<rbac_v1::Role>&, Extra);
template std::optional<Draft<rbac_v1::ClusterRole>> mendedRole(const Object<rbac_v1::ClusterRole>&,
                                                               Draft<rbac_v1::ClusterRole>&, Extra);
template std::optional<Draft<rbac_v1::RoleBinding>> mendedBinding(const Object<rbac_v1::RoleBinding>&,
                                                                  Draft<rbac_v1::RoleBinding>&, Extra);
template std::optional<Draft<rbac_v1::ClusterRoleBinding>> mendedBinding(const Object<rbac_v1::ClusterRoleBinding>&,
                                                                         Draft<rbac_v1::ClusterRoleBinding>&, Extra);

}  // namespace cleat::rbac
