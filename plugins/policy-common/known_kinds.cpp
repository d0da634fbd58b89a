#include "policy-common/known_kinds.h"

#include <capnp/any.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/apiregistration_v1.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/authorization_v1.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>
#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/kinds/core_v1_replication.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/kinds/events_v1.h>
#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/kinds/node_v1.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/kinds/storagemigration_v1.h>

#include <cleat/sdk/text.h>

#include <functional>
#include <unordered_map>

namespace cleat::policy {

namespace {

struct HashOfKind {
  size_t operator()(const KindKey& key) const {
    constexpr std::hash<std::string_view> kHash;
    return (kHash(key.group) * 31 + kHash(key.version)) * 31 + kHash(key.kind);
  }
};
using Kinds = std::unordered_map<KindKey, KnownKind, HashOfKind>;

template <class K>
void addOne(Kinds& kinds) {
  const capnp::StructSchema schema = capnp::Schema::from<K>();
  const auto& resource = KindOf<K>::resource;
  const KindKey key{resource.group, resource.version, resource.kind};
  const std::string_view slash = key.group.empty() ? "" : "/";
  kinds.emplace(key, KnownKind{schema, LazyLayout(schema), concat(key.group, slash, key.version), key.kind});
}

template <class... K>
void add(Kinds& kinds) {
  (addOne<K>(kinds), ...);
}

const Kinds& allKinds() {
  static const Kinds kKinds = [] {
    Kinds all;
    {
      using namespace core_v1;
      add<Namespace, Node, Pod, Service, Endpoints, ConfigMap, Secret, ServiceAccount, Event, Binding, LimitRange,
          ResourceQuota, ReplicationController, PodTemplate, PersistentVolume, PersistentVolumeClaim>(all);
    }
    {
      using namespace admissionregistration_v1;
      add<ValidatingWebhookConfiguration, MutatingWebhookConfiguration, ValidatingAdmissionPolicy,
          ValidatingAdmissionPolicyBinding, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>(all);
    }
    add<apiextensions_v1::CustomResourceDefinition, apiregistration_v1::APIService, apps_v1::ReplicaSet,
        apps_v1::Deployment, apps_v1::StatefulSet, apps_v1::DaemonSet, apps_v1::ControllerRevision>(all);
    add<authentication_v1::TokenReview, authentication_v1::TokenRequest, authentication_v1::SelfSubjectReview,
        authorization_v1::SubjectAccessReview, authorization_v1::LocalSubjectAccessReview,
        authorization_v1::SelfSubjectAccessReview, authorization_v1::SelfSubjectRulesReview, autoscaling_v1::Scale,
        autoscaling_v1::HorizontalPodAutoscaler, autoscaling_v2::HorizontalPodAutoscaler, batch_v1::Job,
        batch_v1::CronJob>(all);
    add<certificates_v1::CertificateSigningRequest, certificates_v1::ClusterTrustBundle,
        certificates_v1::PodCertificateRequest, coordination_v1::Lease, discovery_v1::EndpointSlice, events_v1::Event,
        flowcontrol_v1::FlowSchema, flowcontrol_v1::PriorityLevelConfiguration>(all);
    add<networking_v1::Ingress, networking_v1::IngressClass, networking_v1::NetworkPolicy, networking_v1::IPAddress,
        networking_v1::ServiceCIDR, node_v1::RuntimeClass, policy_v1::PodDisruptionBudget, policy_v1::Eviction>(all);
    add<rbac_v1::Role, rbac_v1::RoleBinding, rbac_v1::ClusterRole, rbac_v1::ClusterRoleBinding,
        resource_v1::DeviceClass, resource_v1::ResourceClaim, resource_v1::ResourceClaimTemplate,
        resource_v1::ResourceSlice, resource_v1::DeviceTaintRule, scheduling_v1::PriorityClass,
        scheduling_v1beta1::PodGroup, scheduling_v1beta1::Workload, storage_v1::StorageClass, storage_v1::CSIDriver,
        storage_v1::CSINode, storage_v1::CSIStorageCapacity, storage_v1::VolumeAttachment,
        storage_v1::VolumeAttributesClass, storagemigration_v1::StorageVersionMigration>(all);
    return all;
  }();
  return kKinds;
}

}  // namespace

const KnownKind* knownKind(const KindKey& kind) {
  auto found = allKinds().find(kind);
  return found == allKinds().end() ? nullptr : &found->second;
}

std::optional<capnp::StructSchema> structOf(const KindKey& kind) {
  const KnownKind* known = knownKind(kind);
  return known == nullptr ? std::nullopt : std::optional(known->schema);
}

capnp::DynamicStruct::Reader readAs(const AnyRef& object, capnp::StructSchema schema) {
  return object.as<capnp::AnyStruct>().as<capnp::DynamicStruct>(schema);
}

}  // namespace cleat::policy
