#include "state/pod_class.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

#include "state/class_key.h"

namespace cleat::scheduling {
namespace {

// What a container without requests is taken to need when nodes are scored, so that such pods spread as well.
constexpr int64_t kAssumedMilliCpu = 100;
constexpr int64_t kAssumedMemory = 200 << 20;

// The pod as if every container that does not ask for cpu or memory asked for what is assumed.
ResourceAmounts scoredRequestOf(core_v1::PodSpec::Reader spec) {
  capnp::MallocMessageBuilder message;
  message.setRoot(spec);
  auto copy = message.getRoot<core_v1::PodSpec>();
  auto fill = [](core_v1::Container::Builder container) {
    auto resources = container.getResources();
    auto assume = [&](const char* name, const char* amount) {
      auto reader = resources.asReader();
      if (lookup(reader.getRequests(), name) || lookup(reader.getLimits(), name)) return;
      resources.adoptRequests(withEntry(reader.getRequests(), orphanageOf(resources), name, amount));
    };
    assume("cpu", "100m");
    assume("memory", "200Mi");
  };
  for (auto container : copy.getContainers()) fill(container);
  for (auto container : copy.getInitContainers()) fill(container);
  return requestOf(copy.asReader());
}

bool asksForCpuAndMemory(capnp::List<core_v1::Container>::Reader containers) {
  for (auto container : containers) {
    auto requests = container.getResources().getRequests();
    if (!lookup(requests, "cpu") || !lookup(requests, "memory")) return false;
  }
  return true;
}

void readVolumes(PodClass& read) {
  for (auto volume : read.spec().getVolumes()) {
    if (volume.hasPersistentVolumeClaim()) {
      read.claims.push_back({str(volume.getPersistentVolumeClaim().getClaimName()), false});
    } else if (volume.hasEphemeral()) {
      read.claims.push_back({concat(read.sample.name(), "-", view(volume.getName())), true});
    } else if (volume.hasGcePersistentDisk()) {
      auto disk = volume.getGcePersistentDisk();
      read.disks.push_back({concat("gce ", view(disk.getPdName())), disk.getReadOnly(), true});
    } else if (volume.hasAwsElasticBlockStore()) {
      auto disk = volume.getAwsElasticBlockStore();
      read.disks.push_back({concat("aws ", view(disk.getVolumeID())), disk.getReadOnly(), false});
    } else if (volume.hasIscsi()) {
      read.disks.push_back({concat("iscsi ", view(volume.getIscsi().getIqn())), volume.getIscsi().getReadOnly(), true});
    } else if (volume.hasRbd()) {
      auto disk = volume.getRbd();
      for (auto monitor : disk.getMonitors()) {
        read.disks.push_back({concat("rbd ", view(monitor), " ", view(disk.getPool()), " ", view(disk.getImage())),
                              disk.getReadOnly(), true});
      }
    }
  }
}

bool isSpreadByDefault(const Object<Pod>& pod) {
  auto owner = controllerOf(pod.meta());
  if (!owner) return false;
  const std::string_view kind = view(owner->getKind());
  return kind == "ReplicaSet" || kind == "StatefulSet" || kind == "ReplicationController";
}

}  // namespace

std::string imageName(std::string_view image) {
  const size_t slash = image.rfind('/');
  const size_t from = slash == std::string_view::npos ? 0 : slash;
  if (image.find(':', from) == std::string_view::npos && image.find('@') == std::string_view::npos) {
    return concat(image, ":latest");
  }
  return std::string(image);
}

ClassRef PodClasses::of(const Object<Pod>& pod) {
  const bool whole = !toldApart_.empty() && toldApart_.contains(view(pod->getSpec().getSchedulerName()));
  std::string key = classKeyOf(pod, whole ? ClassKey::whole : ClassKey::own);
  auto& known = classes_[key];
  if (ClassRef found = known.lock()) return found;
  ClassRef made = read(pod);
  known = made;
  if (classes_.size() > sweepAt_) sweep();
  return made;
}

void PodClasses::sweep() {
  std::erase_if(classes_, [](const auto& entry) { return entry.second.expired(); });
  sweepAt_ = std::max<size_t>(1024, 2 * classes_.size());
}

std::shared_ptr<PodClass> PodClasses::read(const Object<Pod>& pod) {
  auto spec = pod->getSpec();
  auto made = std::make_shared<PodClass>();
  made->id = nextId_++;
  made->sample = pod;
  made->ns = str(pod.ns());
  if (auto owner = controllerOf(pod.meta())) made->owner = str(owner->getUid());
  made->priority = valueOr(spec.getPriority(), 0);
  made->preempts = view(spec.getPreemptionPolicy()) != "Never";
  const ResourceAmounts request = requestOf(spec);
  made->requests = resources_.read(request);
  const bool complete = asksForCpuAndMemory(spec.getContainers()) && asksForCpuAndMemory(spec.getInitContainers());
  const ResourceAmounts scored = complete ? request : scoredRequestOf(spec);
  made->scoredCpu = spec.getContainers().size() == 0 ? kAssumedMilliCpu : scored.milliCpu;
  made->scoredMemory = spec.getContainers().size() == 0 ? kAssumedMemory : scored.memory;
  made->ports = takenHostPorts(spec);
  made->terms = podTermsOf(pod);
  made->spread = spreadConstraintsOf(pod);
  if (made->spread.empty() && isSpreadByDefault(pod)) {
    made->spreadByDefault = true;
    made->spread = defaultSpread(made->owner);
  }
  for (auto container : spec.getContainers()) made->images.push_back(images_.id(imageName(view(container.getImage()))));
  for (auto container : spec.getInitContainers()) {
    made->images.push_back(images_.id(imageName(view(container.getImage()))));
  }
  readVolumes(*made);
  made->wantsDevices = spec.getResourceClaims().size() > 0;
  made->features = featuresNeededBy(spec);
  made->selectsNodes = spec.getNodeSelector().size() > 0 || spec.getAffinity().hasNodeAffinity();
  return made;
}

}  // namespace cleat::scheduling
