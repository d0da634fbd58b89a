#include "recycler.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>

#include "volume-common/binding_names.h"

namespace cleat::volume_binder {
namespace {

using core_v1::PersistentVolume;
using core_v1::Pod;

constexpr std::string_view kNamespace = "default";
constexpr std::string_view kNamePrefix = "recycler-for-";
// What one that has failed is tried again after, and how often a pod's events are looked at.
constexpr Duration kRetry = std::chrono::seconds(15), kLook = std::chrono::seconds(5);
// How long a pod may take: so much for each GiB, and so much at least.
constexpr int64_t kSecondsPerGi = 30, kLeastSeconds = 60, kLeastSecondsOfNfs = 300;
// Not `find -delete`, which busybox need not have.
constexpr const char* kScrub =
    "test -e /scrub && find /scrub -mindepth 1 -maxdepth 1 -exec rm -rf {} + && test -z \"$(ls -A /scrub)\" || exit 1";

std::string podNameOf(const Object<PersistentVolume>& volume) { return concat(kNamePrefix, volume.name()); }

int64_t secondsFor(const Object<PersistentVolume>& volume) {
  const int64_t least = volume->getSpec().hasNfs() ? kLeastSecondsOfNfs : kLeastSeconds;
  return std::max(least, (volumes::sizeOf(volume).value() >> 30) * kSecondsPerGi);
}

}  // namespace

Recycler::Recycler(Context& context, EventRecorder& events, std::string image)
    : context_(context), client_(context), events_(events), image_(std::move(image)),
      pods_(context, {.ns = str(kNamespace),
                      .only = [](const AnyRef& pod) { return Object<Pod>(pod).name().starts_with(kNamePrefix); }}) {}

std::string Recycler::volumeOf(const Object<Pod>& pod) { return str(pod.name().substr(kNamePrefix.size())); }

Draft<Pod> Recycler::podFor(const Object<PersistentVolume>& volume) const {
  Draft<Pod> draft;
  draft.meta().setName(podNameOf(volume));
  draft.meta().setNamespace(str(kNamespace));
  auto spec = draft->initSpec();
  spec.setRestartPolicy("Never");
  spec.initActiveDeadlineSeconds().setValue(secondsFor(volume));
  auto mounted = spec.initVolumes(1)[0];
  mounted.setName("vol");
  auto source = volume->getSpec();
  if (source.hasNfs()) {
    mounted.initNfs().setServer(source.getNfs().getServer());
    mounted.getNfs().setPath(source.getNfs().getPath());
  } else {
    mounted.initHostPath().setPath(source.getHostPath().getPath());
  }
  auto container = spec.initContainers(1)[0];
  container.setName("pv-recycler");
  container.setImage(image_);
  container.adoptCommand(textList(orphanageOf(container), {"/bin/sh"}));
  container.adoptArgs(textList(orphanageOf(container), {"-c", kScrub}));
  auto mount = container.initVolumeMounts(1)[0];
  mount.setName("vol");
  mount.setMountPath("/scrub");
  // What is emptied on another node than the volume's is somebody else's.
  if (source.getNodeAffinity().hasRequired()) {
    spec.initAffinity().initNodeAffinity().setRequiredDuringSchedulingIgnoredDuringExecution(
        source.getNodeAffinity().getRequired());
  }
  return draft;
}

Recycler::Progress Recycler::failed(const Object<PersistentVolume>& volume, std::string message) {
  attempts_[str(volume.name())] = {str(volume.uid()), {}, context_.now() + kRetry};
  return {Progress::State::failed, std::move(message), kRetry};
}

// A pod that was not made by this attempt says nothing of the volume: it may be an older one, or anybody's.
Task<Result<Recycler::Progress>> Recycler::begin(Object<PersistentVolume> volume) {
  auto created = co_await client_.create(podFor(volume));
  if (created) {
    attempts_[str(volume.name())] = {str(volume.uid()), str(created->uid())};
    (void)co_await pods_.waitFor(created->revision());
    co_return Progress{.again = kLook};
  }
  if (created.error().reason != "AlreadyExists") {
    co_return failed(volume, concat("unexpected error creating recycler pod:  ", created.error().message));
  }
  const std::string name = podNameOf(volume);
  auto removed = co_await client_.remove<Pod>(kNamespace, name);
  if (!removed && !removed.error().is(404)) {
    co_return failed(volume,
                     concat("failed to delete old recycler pod ", kNamespace, '/', name, ": ", removed.error()));
  }
  co_return failed(volume, "old recycler pod found, will retry later");
}

// `wrong`: what was wrong with its pod; empty: nothing.
Task<Result<Recycler::Progress>> Recycler::end(Object<PersistentVolume> volume, std::string wrong) {
  const std::string uid = attempts_[str(volume.name())].pod, name = podNameOf(volume);
  const DeleteOptions exactly{.preconditionUid = uid};
  auto removed = co_await client_.remove<Pod>(kNamespace, name, exactly);
  if (!wrong.empty()) co_return failed(volume, concat("failed to recycle volume: ", wrong));
  if (!removed && !removed.error().is(404) && !removed.error().is(409)) {
    co_return failed(volume, concat("failed to delete recycler pod: ", removed.error()));
  }
  attempts_.erase(str(volume.name()));
  co_return Progress{.state = Progress::State::done};
}

Task<Result<Recycler::Progress>> Recycler::empty(Object<PersistentVolume> volume) {
  const auto known = attempts_.find(volume.name());
  const bool isOurs = known != attempts_.end() && known->second.volume == volume.uid();
  if (isOurs && known->second.pod.empty() && known->second.notBefore > context_.now()) {
    co_return Progress{.again = known->second.notBefore - context_.now()};
  }
  if (!isOurs || known->second.pod.empty()) co_return co_await begin(volume);
  const std::string uid = known->second.pod;
  co_await tellOfPod(volume);
  const Object<Pod> pod = pods_.get(kNamespace, podNameOf(volume));
  if (!pod || pod.uid() != uid) co_return co_await end(volume, "recycler pod was deleted");
  const std::string_view phase = view(pod->getStatus().getPhase());
  if (phase == "Succeeded") co_return co_await end(volume, "");
  if (phase == "Failed") {
    const std::string why = str(pod->getStatus().getMessage());
    co_return co_await end(volume, why.empty() ? "pod failed, pod.Status.Message unknown" : why);
  }
  co_return Progress{.again = kLook};
}

Task<void> Recycler::tellOfPod(Object<PersistentVolume> volume) {
  const std::string ofPod = concat("involvedObject.uid=", attempts_[str(volume.name())].pod);
  ListOptions options;
  options.ns = kNamespace;
  options.fieldSelector = ofPod;
  auto listed = co_await client_.list<core_v1::Event>(options);
  auto attempt = attempts_.find(volume.name());
  if (!listed || attempt == attempts_.end()) co_return;
  for (const Object<core_v1::Event>& event : listed->items) {
    if (!attempt->second.told.insert(str(event.uid())).second) continue;
    const std::string message = concat("Recycler pod: ", event->getMessage());
    if (view(event->getType()) == "Warning") {
      events_.warning(volume, "RecyclerPod", message);
    } else {
      events_.normal(volume, "RecyclerPod", message);
    }
  }
}

Task<void> Recycler::abandon(std::string volume) {
  auto known = attempts_.find(volume);
  if (known == attempts_.end()) co_return;
  const std::string pod = known->second.pod;
  attempts_.erase(known);
  if (pod.empty()) co_return;
  const std::string name = concat(kNamePrefix, volume);
  const DeleteOptions exactly{.preconditionUid = pod};
  (void)co_await client_.remove<Pod>(kNamespace, name, exactly);
}

}  // namespace cleat::volume_binder
