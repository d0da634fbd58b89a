#include "pod/field_support.h"

#include <capnp/dynamic.h>
#include <cleat/sdk/text.h>

#include <map>
#include <utility>

namespace cleat::agent {
namespace {

struct Row {
  std::string_view type;
  std::string_view fields;  // their names, with a blank between two
  FieldSupport support;
};

constexpr FieldSupport kDone{.support = Support::done};
constexpr FieldSupport harmless(std::string_view why) { return {.support = Support::harmless, .why = why}; }
constexpr FieldSupport refused(std::string_view why, std::string_view allowed = {}) {
  return {.support = Support::refused, .why = why, .allowed = allowed};
}

constexpr FieldSupport kScheduling = harmless("is for the scheduler, which has bound the pod here");
constexpr FieldSupport kNoVolume = refused("this node does not mount volumes of this type");
constexpr FieldSupport kNoOwner = refused("this node does not give single files an owner");
constexpr FieldSupport kSelinux =
    harmless("means nothing where SELinux is off, and where it is on the pod is refused before this is asked");

constexpr Row kRows[] = {
    {"PodSpec",
     "volumes containers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy "
     "serviceAccountName nodeName hostNetwork hostPID hostIPC securityContext imagePullSecrets hostname subdomain "
     "initContainers hostAliases dnsConfig shareProcessNamespace readinessGates enableServiceLinks overhead "
     "ephemeralContainers setHostnameAsFQDN os hostUsers resources hostnameOverride nodeSelector affinity "
     "tolerations",
     kDone},
    {"PodSpec", "schedulerName topologySpreadConstraints schedulingGates schedulingGroup preemptionPolicy",
     kScheduling},
    {"PodSpec", "priorityClassName priority",
     harmless("orders pods before they are bound; this node evicts none by it")},
    {"PodSpec", "serviceAccount", harmless("is an older name of serviceAccountName, which has the same value")},
    {"PodSpec", "automountServiceAccountToken", harmless("has been made into a volume by admission")},
    {"PodSpec", "evictionResponders", harmless("names who is asked when somebody wants the pod evicted")},
    {"PodSpec", "runtimeClassName", refused("this node's runtime has no handler but its default one")},
    {"PodSpec", "resourceClaims", kDone},
    {"PodResourceClaim", "name resourceClaimName resourceClaimTemplateName", kDone},

    {"Affinity", "nodeAffinity", kDone},
    {"Affinity", "podAffinity podAntiAffinity", kScheduling},
    {"NodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", kDone},
    {"NodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution", kScheduling},
    {"NodeSelector", "nodeSelectorTerms", kDone},
    {"NodeSelectorTerm", "matchExpressions matchFields", kDone},
    {"NodeSelectorRequirement", "key operator values", kDone},
    {"Toleration", "key operator value effect", kDone},
    {"Toleration", "tolerationSeconds", harmless("is for who evicts pods by taints")},

    {"LocalObjectReference", "name", kDone},
    {"HostAlias", "ip hostnames", kDone},
    {"PodDNSConfig", "nameservers searches options", kDone},
    {"PodDNSConfigOption", "name value", kDone},
    {"PodReadinessGate", "conditionType", kDone},
    {"PodOS", "name", kDone},
    {"ResourceRequirements", "limits requests claims", kDone},
    {"ResourceClaim", "name request", kDone},

    {"PodSecurityContext",
     "runAsUser runAsNonRoot supplementalGroups fsGroup runAsGroup sysctls seccompProfile appArmorProfile "
     "supplementalGroupsPolicy fsGroupChangePolicy",
     kDone},
    {"PodSecurityContext", "seLinuxOptions seLinuxChangePolicy", kSelinux},
    {"PodSecurityContext", "windowsOptions", harmless("is for Windows, and this node refuses pods for Windows")},
    {"Sysctl", "name value", kDone},
    {"SeccompProfile", "type localhostProfile", kDone},
    {"AppArmorProfile", "type localhostProfile", kDone},

    {"Container",
     "name image command args workingDir ports env resources volumeMounts livenessProbe readinessProbe lifecycle "
     "terminationMessagePath imagePullPolicy securityContext stdin stdinOnce tty envFrom terminationMessagePolicy "
     "startupProbe resizePolicy restartPolicy restartPolicyRules",
     kDone},
    {"Container", "volumeDevices", kDone},
    {"VolumeDevice", "name devicePath", kDone},
    {"EphemeralContainer", "targetContainerName", kDone},
    {"ContainerPort", "name hostPort containerPort protocol hostIP", kDone},
    {"EnvVar", "name value valueFrom", kDone},
    {"EnvVarSource", "fieldRef resourceFieldRef configMapKeyRef secretKeyRef", kDone},
    {"EnvVarSource", "fileKeyRef", refused("this node does not take variables from files of volumes")},
    {"EnvFromSource", "prefix configMapRef secretRef", kDone},
    {"ConfigMapEnvSource", "name optional", kDone},
    {"SecretEnvSource", "name optional", kDone},
    {"ConfigMapKeySelector", "name key optional", kDone},
    {"SecretKeySelector", "name key optional", kDone},
    {"ObjectFieldSelector", "fieldPath", kDone},
    {"ObjectFieldSelector", "apiVersion", harmless("can only be v1")},
    {"ResourceFieldSelector", "containerName resource divisor", kDone},
    {"VolumeMount", "name readOnly mountPath subPath mountPropagation subPathExpr recursiveReadOnly", kDone},
    {"VolumeMount", "bindMountOptions", refused("this node's runtime has no options for single mounts")},
    {"ContainerResizePolicy", "resourceName restartPolicy", kDone},
    {"ContainerRestartRule", "exitCodes", kDone},
    {"ContainerRestartRule", "action", refused("this node restarts single containers only", "Restart")},
    {"ContainerRestartRuleOnExitCodes", "operator values", kDone},

    {"SecurityContext",
     "capabilities privileged runAsUser runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation runAsGroup "
     "procMount seccompProfile appArmorProfile",
     kDone},
    {"SecurityContext", "seLinuxOptions", kSelinux},
    {"SecurityContext", "windowsOptions", harmless("is for Windows, and this node refuses pods for Windows")},
    {"Capabilities", "add drop", kDone},

    {"Probe",
     "exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold "
     "terminationGracePeriodSeconds",
     kDone},
    {"Lifecycle", "postStart preStop stopSignal", kDone},
    // A hook with tcpSocket fails when it is run, as it does in Kubernetes.
    {"LifecycleHandler", "exec httpGet sleep tcpSocket", kDone},
    {"ExecAction", "command", kDone},
    {"HTTPGetAction", "path port host scheme httpHeaders", kDone},
    {"HTTPGetAction", "protocol", refused("this node asks over HTTP/1.1", "HTTP/1.1")},
    {"HTTPHeader", "name value", kDone},
    {"TCPSocketAction", "port host", kDone},
    {"GRPCAction", "port service", kDone},
    {"GRPCAction", "mode", refused("this node asks without TLS", "Plaintext")},
    {"SleepAction", "seconds", kDone},

    {"Volume",
     "name hostPath emptyDir secret downwardAPI configMap projected image persistentVolumeClaim ephemeral csi "
     "flexVolume",
     kDone},
    {"Volume",
     "gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd cinder cephfs flocker fc "
     "azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos",
     kNoVolume},
    // By the plugin that has the driver; without one the volume cannot be mounted, as in Kubernetes.
    {"CSIVolumeSource", "driver readOnly fsType volumeAttributes nodePublishSecretRef", kDone},
    {"FlexVolumeSource", "driver fsType readOnly options secretRef", kDone},
    {"PersistentVolumeClaimVolumeSource", "claimName readOnly", kDone},
    {"EphemeralVolumeSource", "volumeClaimTemplate", harmless("has been made into a claim, which the node mounts")},
    {"HostPathVolumeSource", "path type", kDone},
    {"EmptyDirVolumeSource", "medium sizeLimit", kDone},
    {"EmptyDirVolumeSource", "mode", refused("this node makes empty folders with the mode 0777")},
    {"SecretVolumeSource", "secretName items defaultMode optional", kDone},
    {"SecretVolumeSource", "defaultUser", kNoOwner},
    {"ConfigMapVolumeSource", "name items defaultMode optional", kDone},
    {"ConfigMapVolumeSource", "defaultUser", kNoOwner},
    {"DownwardAPIVolumeSource", "items defaultMode", kDone},
    {"DownwardAPIVolumeSource", "defaultUser", kNoOwner},
    {"ProjectedVolumeSource", "sources defaultMode", kDone},
    {"ProjectedVolumeSource", "defaultUser", kNoOwner},
    {"ImageVolumeSource", "reference pullPolicy", kDone},
    {"KeyToPath", "key path mode", kDone},
    {"KeyToPath", "user", kNoOwner},
    {"DownwardAPIVolumeFile", "path fieldRef resourceFieldRef mode", kDone},
    {"DownwardAPIVolumeFile", "user", kNoOwner},
    {"VolumeProjection", "secret downwardAPI configMap serviceAccountToken clusterTrustBundle podCertificate", kDone},
    {"SecretProjection", "name items optional", kDone},
    {"ConfigMapProjection", "name items optional", kDone},
    {"DownwardAPIProjection", "items", kDone},
    {"ServiceAccountTokenProjection", "audience expirationSeconds path", kDone},
    {"ServiceAccountTokenProjection", "user", kNoOwner},
    {"ClusterTrustBundleProjection", "name signerName labelSelector path optional", kDone},
    {"ClusterTrustBundleProjection", "user", kNoOwner},
    {"PodCertificateProjection",
     "signerName keyType maxExpirationSeconds credentialBundlePath keyPath certificateChainPath userAnnotations",
     kDone},
    {"PodCertificateProjection", "user", kNoOwner},
};

using Key = std::pair<std::string_view, std::string_view>;

const std::map<Key, FieldSupport>& table() {
  static const std::map<Key, FieldSupport> byField = [] {
    std::map<Key, FieldSupport> all;
    for (const Row& row : kRows) {
      for (std::string_view rest = row.fields; !rest.empty();) {
        size_t end = std::min(rest.find(' '), rest.size());
        all.emplace(Key{row.type, rest.substr(0, end)}, row.support);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    return all;
  }();
  return byField;
}

// "schema/kinds/core_v1.capnp:PodSpec": what follows the colon, of the kinds that pods are made of; empty of others,
// which are numbers in a box, pairs of texts and the like.
std::string_view typeName(capnp::StructSchema schema) {
  std::string_view name = view(schema.getProto().getDisplayName());
  size_t colon = name.rfind(':');
  bool ours = colon != std::string_view::npos && name.substr(0, colon).ends_with("core_v1.capnp");
  return ours ? name.substr(colon + 1) : std::string_view();
}

bool isPresent(capnp::DynamicStruct::Reader value, capnp::StructSchema::Field field) {
  if (!value.has(field)) return false;
  auto member = value.get(field);
  switch (member.getType()) {
    case capnp::DynamicValue::BOOL: return member.as<bool>();
    case capnp::DynamicValue::INT:
    case capnp::DynamicValue::UINT: return member.as<int64_t>() != 0;
    case capnp::DynamicValue::TEXT: return member.as<capnp::Text>().size() != 0;
    case capnp::DynamicValue::LIST: return member.as<capnp::DynamicList>().size() != 0;
    default: return true;
  }
}

std::optional<std::string> firstRefused(capnp::DynamicStruct::Reader value, const std::string& path);

std::optional<std::string> firstRefusedBelow(capnp::DynamicValue::Reader value, const std::string& path) {
  if (value.getType() == capnp::DynamicValue::STRUCT) return firstRefused(value.as<capnp::DynamicStruct>(), path);
  if (value.getType() != capnp::DynamicValue::LIST) return std::nullopt;
  auto list = value.as<capnp::DynamicList>();
  for (unsigned i = 0; i < list.size(); ++i) {
    auto found = firstRefusedBelow(list[i], concat(path, "[", i, "]"));
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<std::string> firstRefused(capnp::DynamicStruct::Reader value, const std::string& path) {
  std::string_view type = typeName(value.getSchema());
  if (type.empty()) return std::nullopt;
  for (auto field : value.getSchema().getFields()) {
    if (!isPresent(value, field)) continue;
    std::string_view name = view(field.getProto().getName());
    std::string at = concat(path, ".", name);
    auto support = supportOf(type, name);
    if (!support) return concat(at, ": this node does not know what to do about it");
    if (support->support == Support::harmless) continue;
    auto member = value.get(field);
    if (support->support == Support::done) {
      if (auto found = firstRefusedBelow(member, at)) return found;
      continue;
    }
    bool asksForNothing = !support->allowed.empty() && member.getType() == capnp::DynamicValue::TEXT &&
                          view(member.as<capnp::Text>()) == support->allowed;
    if (!asksForNothing) return concat(at, ": ", support->why);
  }
  return std::nullopt;
}

}  // namespace

std::optional<FieldSupport> supportOf(std::string_view type, std::string_view field) {
  auto found = table().find(Key{type, field});
  if (found == table().end() && type == "EphemeralContainer") found = table().find(Key{"Container", field});
  if (found == table().end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> unsupportedField(core_v1::PodSpec::Reader spec) {
  return firstRefused(capnp::toDynamic(spec), "spec");
}

std::optional<std::string> unsupportedField(core_v1::Container::Reader container, std::string_view path) {
  return firstRefused(capnp::toDynamic(container), std::string(path));
}

}  // namespace cleat::agent
