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
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/kinds/storagemigration_v1.h>

#include <map>
#include <tuple>

namespace cleat::policy {

namespace {

using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
using Schemas = std::map<Key, capnp::StructSchema>;

template <class... K>
void add(Schemas& schemas) {
  (schemas.emplace(Key{KindOf<K>::resource.group, KindOf<K>::resource.version, KindOf<K>::resource.kind},
                   capnp::Schema::from<K>()),
   ...);
}

const Schemas& allSchemas() {
  static const Schemas kSchemas = [] {
    Schemas all;
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
    add<authentication_v1::TokenReview, authentication_v1::TokenRequest, authorization_v1::SubjectAccessReview,
        authorization_v1::LocalSubjectAccessReview, authorization_v1::SelfSubjectAccessReview,
        authorization_v1::SelfSubjectRulesReview, autoscaling_v1::Scale, autoscaling_v1::HorizontalPodAutoscaler,
        autoscaling_v2::HorizontalPodAutoscaler, batch_v1::Job, batch_v1::CronJob>(all);
    add<certificates_v1::CertificateSigningRequest, certificates_v1::ClusterTrustBundle,
        certificates_v1::PodCertificateRequest, coordination_v1::Lease, discovery_v1::EndpointSlice, events_v1::Event,
        flowcontrol_v1::FlowSchema, flowcontrol_v1::PriorityLevelConfiguration>(all);
    add<networking_v1::Ingress, networking_v1::IngressClass, networking_v1::NetworkPolicy, networking_v1::IPAddress,
        networking_v1::ServiceCIDR, node_v1::RuntimeClass, policy_v1::PodDisruptionBudget, policy_v1::Eviction>(all);
    add<rbac_v1::Role, rbac_v1::RoleBinding, rbac_v1::ClusterRole, rbac_v1::ClusterRoleBinding,
        resource_v1::DeviceClass, resource_v1::ResourceClaim, resource_v1::ResourceClaimTemplate,
        resource_v1::ResourceSlice, resource_v1::DeviceTaintRule, scheduling_v1::PriorityClass,
        storage_v1::StorageClass, storage_v1::CSIDriver, storage_v1::CSINode, storage_v1::CSIStorageCapacity,
        storage_v1::VolumeAttachment, storage_v1::VolumeAttributesClass, storagemigration_v1::StorageVersionMigration>(
        all);
    return all;
  }();
  return kSchemas;
}

}  // namespace

std::optional<capnp::StructSchema> structOf(const KindKey& kind) {
  auto found = allSchemas().find({kind.group, kind.version, kind.kind});
  return found == allSchemas().end() ? std::nullopt : std::optional(found->second);
}

capnp::DynamicStruct::Reader readAs(const AnyRef& object, capnp::StructSchema schema) {
  return object.as<capnp::AnyStruct>().as<capnp::DynamicStruct>(schema);
}

}  // namespace cleat::policy
