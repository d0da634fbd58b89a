#include "state/class_key.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include "device-common/pod_claims.h"
#include "state/node_features.h"

namespace cleat::scheduling {
namespace {

// Texts are told apart by their lengths, parts by a mark.
class KeyWriter {
 public:
  void text(std::string_view text) {
    number(static_cast<int64_t>(text.size()));
    key_ += text;
  }
  void number(int64_t value) { key_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void map(TextMapReader map) {
    number(map.size());
    for (auto entry : map) {
      text(view(entry.getKey()));
      text(view(entry.getValue()));
    }
  }
  template <class Reader>
  void part(Reader reader) {
    auto words = capnp::canonicalize(reader);
    auto bytes = words.asBytes();
    number(static_cast<int64_t>(bytes.size()));
    key_.append(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  }
  template <class List>
  void parts(List list) {
    number(list.size());
    for (auto each : list) part(each);
  }
  std::string take() { return std::move(key_); }

 private:
  std::string key_;
};

// Every pod has two: not worth a canonical copy of each.
void writeTolerations(KeyWriter& key, capnp::List<core_v1::Toleration>::Reader tolerations) {
  key.number(tolerations.size());
  for (auto toleration : tolerations) {
    key.text(view(toleration.getKey()));
    key.text(view(toleration.getOperator()));
    key.text(view(toleration.getValue()));
    key.text(view(toleration.getEffect()));
    key.number(isSet(toleration.getTolerationSeconds()));
    key.number(valueOr(toleration.getTolerationSeconds(), 0));
  }
}

void writeContainers(KeyWriter& key, capnp::List<core_v1::Container>::Reader containers) {
  key.number(containers.size());
  for (auto container : containers) {
    key.text(view(container.getImage()));
    key.text(view(container.getRestartPolicy()));
    auto resources = container.getResources();
    key.map(resources.getRequests());
    key.map(resources.getLimits());
    for (auto port : container.getPorts()) {
      if (port.getHostPort() <= 0) continue;
      key.number(port.getHostPort());
      key.text(view(port.getProtocol()));
      key.text(view(port.getHostIP()));
    }
  }
}

void writeVolumes(KeyWriter& key, const Object<core_v1::Pod>& pod) {
  for (auto volume : pod->getSpec().getVolumes()) {
    if (volume.hasPersistentVolumeClaim()) {
      key.text(view(volume.getPersistentVolumeClaim().getClaimName()));
    } else if (volume.hasEphemeral()) {
      key.text(concat(pod.name(), "-", view(volume.getName()), "/"));
    } else if (volume.hasGcePersistentDisk() || volume.hasAwsElasticBlockStore() || volume.hasIscsi() ||
               volume.hasRbd()) {
      key.part(volume);
    }
  }
}

// What was made for one pod is nobody else's.
void writeDeviceClaims(KeyWriter& key, const Object<core_v1::Pod>& pod) {
  const auto claims = devices::podClaimsOf(pod);
  key.number(static_cast<int64_t>(claims.size()));
  bool own = false;
  for (const devices::PodClaim& claim : claims) {
    key.text(claim.claim);
    key.number(static_cast<int64_t>(claim.state));
    own = own || !claim.fromTemplate.empty();
  }
  if (own) key.text(pod.uid());
}

}  // namespace

std::string classKeyOf(const Object<core_v1::Pod>& pod, ClassKey which) {
  auto spec = pod->getSpec();
  KeyWriter key;
  key.text(pod.ns());
  key.text(view(spec.getSchedulerName()));
  key.number(valueOr(spec.getPriority(), 0));
  key.number(view(spec.getPreemptionPolicy()) == "Never");
  auto owner = controllerOf(pod.meta());
  key.text(owner ? view(owner->getUid()) : std::string_view());
  key.map(pod.meta().getLabels());
  key.map(spec.getNodeSelector());
  if (spec.hasAffinity()) key.part(spec.getAffinity());
  writeTolerations(key, spec.getTolerations());
  key.parts(spec.getTopologySpreadConstraints());
  writeContainers(key, spec.getContainers());
  writeContainers(key, spec.getInitContainers());
  if (spec.hasResources()) key.part(spec.getResources());
  key.map(spec.getOverhead());
  key.number(featuresNeededBy(spec));
  writeDeviceClaims(key, pod);
  writeVolumes(key, pod);
  if (which == ClassKey::own) return key.take();
  // Nothing that changes when a pod is bound.
  key.map(pod.meta().getAnnotations());
  key.text(view(spec.getServiceAccountName()));
  key.text(view(spec.getRuntimeClassName()));
  key.text(view(spec.getPriorityClassName()));
  key.parts(spec.getContainers());
  key.parts(spec.getInitContainers());
  return key.take();
}

}  // namespace cleat::scheduling
