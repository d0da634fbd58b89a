// The kinds of sdk/schema/kinds as a registry for tests, without any plugin: names and schema, no behaviour. For all
// tests that need real kinds; the schema is compiled once in a process by the same tool that the build uses.
#pragma once

#include <capnp/message.h>
#include <cleat/schema/role/kinds.capnp.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cleat_folders.h"
#include "core/object/catalogue.h"

namespace cleat::test {

struct KindNames {
  const char* group;
  const char* version;
  const char* kind;
  const char* plural;
  bool namespaced;
  const char* file;
};

inline constexpr const char* kRbacName = "rbac.authorization.k8s.io";
inline constexpr const char* kAuthzName = "authorization.k8s.io";
inline constexpr const char* kFlowName = "flowcontrol.apiserver.k8s.io";
inline constexpr const char* kHooksName = "admissionregistration.k8s.io";
inline constexpr const char* kRegistrationName = "admissionregistration_v1";
inline constexpr const char* kStorageName = "storage.k8s.io";

inline const std::vector<KindNames> kAllKinds = {
    {"", "v1", "Namespace", "namespaces", false, "core_v1"},
    {"", "v1", "Node", "nodes", false, "core_v1"},
    {"", "v1", "Pod", "pods", true, "core_v1"},
    {"", "v1", "Service", "services", true, "core_v1"},
    {"", "v1", "Endpoints", "endpoints", true, "core_v1"},
    {"", "v1", "ConfigMap", "configmaps", true, "core_v1"},
    {"", "v1", "Secret", "secrets", true, "core_v1"},
    {"", "v1", "ServiceAccount", "serviceaccounts", true, "core_v1"},
    {"", "v1", "Event", "events", true, "core_v1"},
    {"events.k8s.io", "v1", "Event", "events", true, "events_v1"},
    {"", "v1", "Binding", "bindings", true, "core_v1"},
    {"", "v1", "ComponentStatus", "componentstatuses", false, "core_v1_component"},
    {"", "v1", "PersistentVolume", "persistentvolumes", false, "core_v1_storage"},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, "core_v1_storage"},
    {"", "v1", "LimitRange", "limitranges", true, "core_v1_quota"},
    {"", "v1", "ResourceQuota", "resourcequotas", true, "core_v1_quota"},
    {"apps", "v1", "ReplicaSet", "replicasets", true, "apps_v1"},
    {"apps", "v1", "Deployment", "deployments", true, "apps_v1"},
    {"apps", "v1", "StatefulSet", "statefulsets", true, "apps_v1"},
    {"apps", "v1", "DaemonSet", "daemonsets", true, "apps_v1"},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", true, "apps_v1"},
    {"", "v1", "ReplicationController", "replicationcontrollers", true, "core_v1_replication"},
    {"", "v1", "PodTemplate", "podtemplates", true, "core_v1_replication"},
    {"batch", "v1", "Job", "jobs", true, "batch_v1"},
    {"batch", "v1", "CronJob", "cronjobs", true, "batch_v1"},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, "policy_v1"},
    {"policy", "v1", "Eviction", "evictions", true, "policy_v1"},
    {"autoscaling", "v1", "Scale", "", true, "autoscaling_v1"},
    {"autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, "autoscaling_v1"},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, "autoscaling_v2"},
    {kRbacName, "v1", "Role", "roles", true, "rbac_v1"},
    {kRbacName, "v1", "RoleBinding", "rolebindings", true, "rbac_v1"},
    {kRbacName, "v1", "ClusterRole", "clusterroles", false, "rbac_v1"},
    {kRbacName, "v1", "ClusterRoleBinding", "clusterrolebindings", false, "rbac_v1"},
    {"authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false, "authentication_v1"},
    {"authentication.k8s.io", "v1", "TokenRequest", "", true, "authentication_v1"},
    {"authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", false, "authentication_v1"},
    {kAuthzName, "v1", "SubjectAccessReview", "subjectaccessreviews", false, "authorization_v1"},
    {kAuthzName, "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", true, "authorization_v1"},
    {kAuthzName, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", false, "authorization_v1"},
    {kAuthzName, "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", false, "authorization_v1"},
    {"coordination.k8s.io", "v1", "Lease", "leases", true, "coordination_v1"},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true, "discovery_v1"},
    {"networking.k8s.io", "v1", "Ingress", "ingresses", true, "networking_v1"},
    {"networking.k8s.io", "v1", "IngressClass", "ingressclasses", false, "networking_v1"},
    {"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true, "networking_v1"},
    {"networking.k8s.io", "v1", "IPAddress", "ipaddresses", false, "networking_v1"},
    {"networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", false, "networking_v1"},
    {"node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", false, "node_v1"},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false, "scheduling_v1"},
    {kHooksName, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false, kRegistrationName},
    {kHooksName, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false, kRegistrationName},
    {kHooksName, "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false, kRegistrationName},
    {kHooksName, "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", false,
     kRegistrationName},
    {kHooksName, "v1", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", false, kRegistrationName},
    {kHooksName, "v1", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", false, kRegistrationName},
    {"apiregistration.k8s.io", "v1", "APIService", "apiservices", false, "apiregistration_v1"},
    {kFlowName, "v1", "FlowSchema", "flowschemas", false, "flowcontrol_v1"},
    {kFlowName, "v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", false, "flowcontrol_v1"},
    {"storagemigration.k8s.io", "v1", "StorageVersionMigration", "storageversionmigrations", false,
     "storagemigration_v1"},
    {kStorageName, "v1", "StorageClass", "storageclasses", false, "storage_v1"},
    {kStorageName, "v1", "CSIDriver", "csidrivers", false, "storage_v1"},
    {kStorageName, "v1", "CSINode", "csinodes", false, "storage_v1"},
    {kStorageName, "v1", "CSIStorageCapacity", "csistoragecapacities", true, "storage_v1"},
    {kStorageName, "v1", "VolumeAttachment", "volumeattachments", false, "storage_v1"},
    {kStorageName, "v1", "VolumeAttributesClass", "volumeattributesclasses", false, "storage_v1"},
    {"certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false, "certificates_v1"},
    {"certificates.k8s.io", "v1", "ClusterTrustBundle", "clustertrustbundles", false, "certificates_v1"},
    {"certificates.k8s.io", "v1", "PodCertificateRequest", "podcertificaterequests", true, "certificates_v1"},
    {"resource.k8s.io", "v1", "DeviceClass", "deviceclasses", false, "resource_v1"},
    {"resource.k8s.io", "v1", "ResourceClaim", "resourceclaims", true, "resource_v1"},
    {"resource.k8s.io", "v1", "ResourceClaimTemplate", "resourceclaimtemplates", true, "resource_v1"},
    {"resource.k8s.io", "v1", "ResourceSlice", "resourceslices", false, "resource_v1"},
    {"resource.k8s.io", "v1", "DeviceTaintRule", "devicetaintrules", false, "resource_v1"},
    {"metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", false, "metrics_v1beta1"},
    {"metrics.k8s.io", "v1beta1", "PodMetrics", "pods", true, "metrics_v1beta1"},
};

inline const std::vector<KindNames>& kindNames() { return kAllKinds; }

// The CodeGeneratorRequest of the schema files, as cleat_embed_schema puts it into a plugin.
inline std::string compileSchema(const std::vector<std::string>& files) {
  std::string command = "capnp compile -o- --src-prefix=" CLEAT_SOURCE_DIR "/sdk/schema";
  for (const std::string& file : files) command += " " CLEAT_SOURCE_DIR "/sdk/schema/kinds/" + file + ".capnp";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run capnp");
  std::string out;
  char chunk[65536];
  while (size_t size = std::fread(chunk, 1, sizeof(chunk), pipe)) out.append(chunk, size);
  if (::pclose(pipe) != 0) throw std::runtime_error("capnp failed: " + command);
  return out;
}

// Of all schema files.
inline const std::string& schemaBytes() {
  static const std::string bytes = [] {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(CLEAT_SOURCE_DIR "/sdk/schema/kinds")) {
      files.push_back(entry.path().stem());
    }
    return compileSchema(files);
  }();
  return bytes;
}

inline void describe(role::KindsDescription::Builder description, const std::string& schema,
                     const std::vector<KindNames>& names) {
  description.setSchema(kj::arrayPtr(reinterpret_cast<const kj::byte*>(schema.data()), schema.size()));
  auto kinds = description.initKinds(static_cast<unsigned>(names.size()));
  for (unsigned i = 0; i < names.size(); ++i) {
    const KindNames& said = names[i];
    auto kind = kinds[i];
    kind.setGroup(said.group);
    kind.setVersion(said.version);
    kind.setKind(said.kind);
    kind.setPlural(said.plural);
    kind.setNamespaced(said.namespaced);
    kind.setStructName(said.kind);
    kind.setStructFile("kinds/" + std::string(said.file) + ".capnp");
    auto verbs = kind.initVerbs(4);
    const char* const verbNames[] = {"create", "get", "list", "watch"};
    for (unsigned v = 0; v < 4; ++v) verbs.set(v, verbNames[v]);
    if (std::string(said.kind) == "Namespace") kind.initBehaviours(1).set(0, "namespace");
    if (std::string(said.kind) == "Pod") {
      auto fields = kind.initSelectableFields(2);
      fields.set(0, "spec.nodeName");
      fields.set(1, "status.phase");
    }
  }
}

// All of them, made once.
inline object::KindRegistry& kinds() {
  static object::KindRegistry registry;
  static const bool filled = [] {
    capnp::MallocMessageBuilder message;
    auto description = message.initRoot<role::KindsDescription>();
    describe(description, schemaBytes(), kindNames());
    Result<void> added = registry.add("test-kinds", description.asReader());
    if (!added) throw std::runtime_error(added.error().message);
    return true;
  }();
  (void)filled;
  return registry;
}

// By its name: the first one of it.
inline const object::Kind& kind(const std::string& name) {
  const object::CatalogueRef catalogue = kinds().latest();
  for (const object::KindRef& candidate : catalogue->served()) {
    if (candidate->name == name) return *candidate;
  }
  throw std::runtime_error("no kind " + name);
}

}  // namespace cleat::test
