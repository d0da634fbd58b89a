#include "component_roles.h"

#include <cleat/sdk/text.h>

namespace cleat::rbac {
namespace {

// Whether the role may write events besides, as nearly all may.
enum class Events { no, yes };

struct Entry {
  const char* name;
  Events events;
  const char* rules;
};

constexpr const char* kWriteEvents = "- events create,patch,update\nevents.k8s.io events create,patch,update\n";
constexpr const char* kSystem = "kube-system";
constexpr const char* kPublic = "kube-public";
constexpr const char* kManager = "kube-controller-manager";
constexpr const char* kScheduler = "kube-scheduler";

// Of components, and of those that are given a task of theirs.
constexpr Entry kComponents[] = {
    {"system:auth-delegator", Events::no,
     "authentication.k8s.io tokenreviews create\nauthorization.k8s.io subjectaccessreviews create\n"},
    {"system:certificates.k8s.io:certificatesigningrequests:nodeclient", Events::no,
     "certificates.k8s.io certificatesigningrequests/nodeclient create\n"},
    {"system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", Events::no,
     "certificates.k8s.io certificatesigningrequests/selfnodeclient create\n"},
    {"system:certificates.k8s.io:kube-apiserver-client-approver", Events::no,
     "certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client\n"},
    {"system:certificates.k8s.io:kube-apiserver-client-kubelet-approver", Events::no,
     "certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet\n"},
    {"system:certificates.k8s.io:kubelet-serving-approver", Events::no,
     "certificates.k8s.io signers approve kubernetes.io/kubelet-serving\n"},
    {"system:certificates.k8s.io:legacy-unknown-approver", Events::no,
     "certificates.k8s.io signers approve kubernetes.io/legacy-unknown\n"},
    {"system:heapster", Events::no,
     "- events,namespaces,nodes,pods get,list,watch\nextensions deployments get,list,watch\n"},
    {"system:kube-aggregator", Events::no, "- endpoints,services get,list,watch\n"},
    {"system:kube-controller-manager", Events::yes,
     "coordination.k8s.io leases create\ncoordination.k8s.io leases get,update kube-controller-manager\n"
     "- secrets,serviceaccounts,serviceaccounts/token create\n- secrets delete\n"
     "- configmaps,namespaces,secrets,serviceaccounts get\n- secrets,serviceaccounts update\n"
     "authentication.k8s.io tokenreviews create\nauthorization.k8s.io subjectaccessreviews create\n"
     "* * list,watch\n"},
    {"system:kube-dns", Events::no, "- endpoints,services list,watch\n"},
    {"system:kube-scheduler", Events::yes,
     "coordination.k8s.io leases create\ncoordination.k8s.io leases get,list,update,watch kube-scheduler\n"
     "coordination.k8s.io leasecandidates create,delete,deletecollection,get,list,patch,update,watch\n"
     "- namespaces,nodes,persistentvolumeclaims,persistentvolumes,replicationcontrollers,services get,list,watch\n"
     "- pods delete,get,list,watch\n- bindings,pods/binding create\n- pods/status patch,update\n"
     "apps replicasets,statefulsets get,list,watch\nextensions replicasets get,list,watch\n"
     "policy poddisruptionbudgets get,list,watch\nauthentication.k8s.io tokenreviews create\n"
     "authorization.k8s.io subjectaccessreviews create\n"
     "storage.k8s.io csidrivers,csinodes,csistoragecapacities,volumeattachments get,list,watch\n"
     "resource.k8s.io deviceclasses,devicetaintrules,resourceslices get,list,watch\n"
     "resource.k8s.io resourceclaims,resourceclaims/status get,list,patch,update,watch\n- pods/finalizers update\n"
     "resource.k8s.io resourceclaims create,delete\nresource.k8s.io resourceclaims/binding patch,update\n"},
    {"system:kubelet-api-admin", Events::no,
     "- nodes get,list,watch\n- nodes proxy\n"
     "- nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/stats *\n"},
    {"system:monitoring", Events::no,
     "url /flagz,/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*,/statusz get\n"
     "- nodes/metrics get\n"},
    {"system:node-problem-detector", Events::yes, "- nodes get\n- nodes/status patch\n"},
};

// Of the controllers in Kubernetes' controller manager; without what all the names begin with.
constexpr Entry kControllers[] = {
    {"attachdetach-controller", Events::yes,
     "- persistentvolumeclaims,persistentvolumes,pods list,watch\n- nodes get,list,watch\n"
     "- nodes/status patch,update\nstorage.k8s.io volumeattachments create,delete,get,list,watch\n"
     "storage.k8s.io csidrivers,csinodes get,list,watch\n"},
    {"certificate-controller", Events::yes,
     "certificates.k8s.io certificatesigningrequests delete,get,list,watch\n"
     "certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status update\n"
     "certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet\n"
     "certificates.k8s.io signers sign kubernetes.io/kube-apiserver-client,"
     "kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown\n"
     "authorization.k8s.io subjectaccessreviews create\n"},
    {"clusterrole-aggregation-controller", Events::no,
     "rbac.authorization.k8s.io clusterroles escalate,get,list,patch,update,watch\n"},
    {"cronjob-controller", Events::yes,
     "batch cronjobs get,list,update,watch\nbatch jobs create,delete,get,list,patch,update,watch\n"
     "batch cronjobs/finalizers,cronjobs/status update\n- pods delete,list,watch\n"},
    {"daemon-set-controller", Events::yes,
     "apps daemonsets get,list,watch\nextensions daemonsets get,list,watch\n"
     "apps daemonsets/finalizers,daemonsets/status update\n"
     "extensions daemonsets/finalizers,daemonsets/status update\n- nodes list,watch\n"
     "- pods create,delete,list,patch,watch\n- pods/binding create\n"
     "apps controllerrevisions create,delete,get,list,patch,update,watch\n"},
    {"deployment-controller", Events::yes,
     "apps deployments get,list,update,watch\nextensions deployments get,list,update,watch\n"
     "apps deployments/finalizers,deployments/status update\n"
     "extensions deployments/finalizers,deployments/status update\n"
     "apps replicasets create,delete,get,list,patch,update,watch\n"
     "extensions replicasets create,delete,get,list,patch,update,watch\n- pods get,list,update,watch\n"},
    {"device-taint-eviction-controller", Events::yes,
     "- pods delete,get,list,watch\n- pods/status patch,update\n"
     "resource.k8s.io deviceclasses,devicetaintrules,resourceclaims,resourceslices get,list,watch\n"
     "resource.k8s.io devicetaintrules/status patch,update\n"},
    {"disruption-controller", Events::yes,
     "apps deployments,replicasets,statefulsets get,list,watch\n"
     "extensions deployments,replicasets get,list,watch\n- replicationcontrollers get,list,watch\n"
     "policy poddisruptionbudgets get,list,watch\npolicy poddisruptionbudgets/status update\n"
     "- pods/status patch,update\n* */scale get\n"},
    {"endpoint-controller", Events::yes,
     "- pods,services get,list,watch\n- endpoints create,delete,get,list,update,watch\n"
     "- endpoints/restricted create\n"},
    {"endpointslice-controller", Events::yes,
     "- nodes,pods,services get,list,watch\n- services/finalizers update\n"
     "discovery.k8s.io endpointslices create,delete,get,list,update,watch\n"},
    {"endpointslicemirroring-controller", Events::yes,
     "- endpoints,services get,list,watch\n- endpoints/finalizers,services/finalizers update\n"
     "discovery.k8s.io endpointslices create,delete,get,list,update,watch\n"},
    {"ephemeral-volume-controller", Events::yes,
     "- pods get,list,watch\n- pods/finalizers update\n- persistentvolumeclaims create,get,list,watch\n"},
    {"expand-controller", Events::yes,
     "- persistentvolumes get,list,patch,update,watch\n- persistentvolumeclaims/status patch,update\n"
     "- persistentvolumeclaims get,list,watch\n"},
    {"generic-garbage-collector", Events::yes, "* * delete,get,list,patch,update,watch\n"},
    {"horizontal-pod-autoscaler", Events::yes,
     "autoscaling horizontalpodautoscalers get,list,watch\nautoscaling horizontalpodautoscalers/status update\n"
     "* */scale get,update\n- pods list,watch\nmetrics.k8s.io pods list,watch\n"
     "custom.metrics.k8s.io * get,list,watch\nexternal.metrics.k8s.io * get,list,watch\n"},
    {"job-controller", Events::yes,
     "batch jobs get,list,patch,update,watch\nbatch jobs/finalizers,jobs/status update\n"
     "- pods create,delete,list,patch,watch\n"},
    {"kube-apiserver-serving-clustertrustbundle-publisher", Events::yes,
     "certificates.k8s.io signers attest kubernetes.io/kube-apiserver-serving\n"
     "certificates.k8s.io clustertrustbundles create,delete,list,update,watch\n"},
    {"legacy-service-account-token-cleaner", Events::no,
     "- configmaps get kube-apiserver-legacy-service-account-token-tracking\n- secrets delete,patch\n"},
    {"namespace-controller", Events::no,
     "- namespaces delete,get,list,watch\n- namespaces/finalize,namespaces/status update\n"
     "* * delete,deletecollection,get,list,watch\n"},
    {"node-controller", Events::yes,
     "- nodes delete,get,list,patch,update,watch\n- nodes/status,pods/status patch,update\n"
     "- pods delete,get,list,watch\ncoordination.k8s.io leases get,list,watch\n"},
    {"persistent-volume-binder", Events::yes,
     "- persistentvolumes create,delete,get,list,update,watch\n"
     "- persistentvolumeclaims/status,persistentvolumes/status update\n"
     "- persistentvolumeclaims get,list,update,watch\n- pods create,delete,get,list,watch\n"
     "storage.k8s.io storageclasses get,list,watch\n- nodes list,watch\n- events watch\n"},
    {"pod-garbage-collector", Events::no, "- pods delete,list,watch\n- nodes get,list,watch\n- pods/status patch\n"},
    {"podcertificaterequestcleaner", Events::no, "certificates.k8s.io podcertificaterequests delete,get,list,watch\n"},
    {"pv-protection-controller", Events::yes, "- persistentvolumes get,list,update,watch\n"},
    {"pvc-protection-controller", Events::yes,
     "- persistentvolumeclaims get,list,update,watch\n- persistentvolumeclaims/status update\n"
     "- pods get,list,watch\n"},
    {"replicaset-controller", Events::yes,
     "apps replicasets get,list,update,watch\nextensions replicasets get,list,update,watch\n"
     "apps replicasets/finalizers,replicasets/status update\n"
     "extensions replicasets/finalizers,replicasets/status update\n- pods create,delete,list,patch,watch\n"},
    {"replication-controller", Events::yes,
     "- replicationcontrollers get,list,update,watch\n"
     "- replicationcontrollers/finalizers,replicationcontrollers/status update\n"
     "- pods create,delete,list,patch,watch\n"},
    {"resource-claim-controller", Events::yes,
     "- pods get,list,watch\n- pods/finalizers update\n"
     "resource.k8s.io resourceclaims create,delete,get,list,watch\n"
     "resource.k8s.io resourceclaims,resourceclaims/binding,resourceclaims/status patch,update\n"
     "- pods/status patch,update\n"},
    {"resourcequota-controller", Events::yes, "* * list,watch\n- resourcequotas/status update\n"},
    {"root-ca-cert-publisher", Events::yes, "- configmaps create,update\n"},
    {"route-controller", Events::yes, "- nodes list,watch\n- nodes/status patch\n"},
    {"selinux-warning-controller", Events::yes,
     "- persistentvolumeclaims,persistentvolumes,pods get,list,watch\nstorage.k8s.io csidrivers get,list,watch\n"},
    {"service-account-controller", Events::yes, "- serviceaccounts create\n"},
    {"service-cidrs-controller", Events::yes,
     "networking.k8s.io servicecidrs get,list,patch,update,watch\n"
     "networking.k8s.io servicecidrs/finalizers,servicecidrs/status patch,update\n"
     "networking.k8s.io ipaddresses get,list,watch\n"},
    {"service-controller", Events::yes,
     "- services get,list,watch\n- services/status patch,update\n- nodes list,watch\n"},
    {"statefulset-controller", Events::yes,
     "- pods list,watch\napps statefulsets get,list,watch\n"
     "apps statefulsets/finalizers,statefulsets/status update\n- pods create,delete,get,patch,update\n"
     "apps controllerrevisions create,delete,get,list,patch,update,watch\n"
     "- persistentvolumeclaims create,get,list,watch\n- persistentvolumeclaims delete,update\n"
     "- pods/finalizers update\n"},
    {"storage-version-migrator-controller", Events::no,
     "* * list,patch\napiextensions.k8s.io customresourcedefinitions get\n"
     "apiextensions.k8s.io customresourcedefinitions/status patch\n"
     "storagemigration.k8s.io storageversionmigrations/status update\n"},
    {"ttl-after-finished-controller", Events::yes, "batch jobs delete,get,list,watch\n"},
    {"ttl-controller", Events::yes, "- nodes list,patch,update,watch\n"},
    {"validatingadmissionpolicy-status-controller", Events::yes,
     "admissionregistration.k8s.io validatingadmissionpolicies get,list,watch\n"
     "admissionregistration.k8s.io validatingadmissionpolicies/status get,patch,update\n"},
    {"volumeattributesclass-protection-controller", Events::yes,
     "- persistentvolumeclaims,persistentvolumes get,list,watch\n"
     "storage.k8s.io volumeattributesclasses get,list,update,watch\n"},
};

constexpr const char* kLeases =
    "coordination.k8s.io leases create,get,list,update,watch\n"
    "coordination.k8s.io leasecandidates create,get,list,update,watch\n";

std::string rulesOf(const Entry& entry) { return concat(entry.rules, entry.events == Events::yes ? kWriteEvents : ""); }

std::string controllerName(std::string_view name) { return concat("system:controller:", name); }

BootstrapSubject user(std::string name) { return {"User", concat("system:", name)}; }
BootstrapSubject account(std::string name) { return {"ServiceAccount", std::move(name), kSystem}; }

BootstrapBinding inNamespace(const char* ns, std::string name, std::string role, std::vector<BootstrapSubject> to) {
  return {std::move(name), std::move(role), std::move(to), ns};
}

}  // namespace

std::vector<BootstrapRole> componentRoles() {
  std::vector<BootstrapRole> roles;
  for (const Entry& entry : kComponents) roles.push_back({entry.name, rulesOf(entry)});
  for (const Entry& entry : kControllers) roles.push_back({controllerName(entry.name), rulesOf(entry)});
  return roles;
}

std::vector<BootstrapBinding> componentBindings() {
  std::vector<BootstrapBinding> bindings = {
      {concat("system:", kManager), concat("system:", kManager), {user(kManager)}},
      {concat("system:", kScheduler), concat("system:", kScheduler), {user(kScheduler)}},
      {"system:kube-dns", "system:kube-dns", {account("kube-dns")}},
      {"system:monitoring", "system:monitoring", {{"Group", "system:monitoring"}}},
  };
  for (const Entry& entry : kControllers) {
    bindings.push_back({controllerName(entry.name), controllerName(entry.name), {account(entry.name)}});
  }
  return bindings;
}

std::vector<BootstrapRole> namespaceRoles() {
  const std::string readSecrets = "- secrets get,list,watch\n";
  const std::string clusterInfo = "- configmaps get,list,watch\n- configmaps update cluster-info\n";
  const std::string authentication = "- configmaps get,list,watch extension-apiserver-authentication\n";
  std::vector<BootstrapRole> roles = {
      {controllerName("bootstrap-signer"), clusterInfo + kWriteEvents, {}, false, kPublic},
      {"extension-apiserver-authentication-reader", authentication, {}, false, kSystem},
      {controllerName("bootstrap-signer"), readSecrets, {}, false, kSystem},
      {controllerName("cloud-provider"), "- configmaps create,get,list,watch\n", {}, false, kSystem},
      {controllerName("token-cleaner"), concat("- secrets delete,get,list,watch\n", kWriteEvents), {}, false, kSystem},
  };
  for (const char* leader : {kManager, kScheduler}) {
    roles.push_back({concat("system::leader-locking-", leader), kLeases, {}, false, kSystem});
  }
  return roles;
}

std::vector<BootstrapBinding> namespaceBindings() {
  const std::string reader = "extension-apiserver-authentication-reader";
  const std::string ofManager = concat("system::leader-locking-", kManager);
  const std::string ofScheduler = concat("system::leader-locking-", kScheduler);
  std::vector<BootstrapBinding> bindings = {
      inNamespace(kPublic, controllerName("bootstrap-signer"), controllerName("bootstrap-signer"),
                  {account("bootstrap-signer")}),
      inNamespace(kSystem, concat("system::", reader), reader, {user(kManager), user(kScheduler)}),
      inNamespace(kSystem, ofManager, ofManager,
                  {user(kManager), account(kManager), account("leader-election-controller")}),
      inNamespace(kSystem, ofScheduler, ofScheduler, {user(kScheduler), account(kScheduler)}),
  };
  for (const char* one : {"bootstrap-signer", "cloud-provider", "token-cleaner"}) {
    bindings.push_back(inNamespace(kSystem, controllerName(one), controllerName(one), {account(one)}));
  }
  return bindings;
}

}  // namespace cleat::rbac
