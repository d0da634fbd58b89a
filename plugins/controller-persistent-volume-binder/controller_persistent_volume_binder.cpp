// Brings claims and volumes together, and says of both how far they are. One thing at a time, so that no volume is
// promised twice.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/storage_classes.h>

#include <set>

#include "bindings.h"
#include "plan.h"
#include "recycler.h"
#include "volume-common/volume_match.h"

using namespace cleat;
using namespace cleat::volume_binder;
using core_v1::Pod;

namespace {

// Keys of the two kinds of work.
constexpr std::string_view kClaim = "claim/";
constexpr std::string_view kVolume = "volume/";

// Indexes.
constexpr const char* kByVolume = "volume";
constexpr const char* kUnboundByClass = "unbound";
constexpr const char* kByClass = "class";
constexpr const char* kByMeantClaim = "meant";
constexpr const char* kByClaim = "claim";

// How often it is said again why a claim waits.
constexpr Duration kSayAgain = std::chrono::minutes(1);
constexpr Duration kLookForUsers = std::chrono::seconds(15);

// The class in an index: one that is not said is another than none.
std::string classKey(const Object<PersistentVolumeClaim>& claim) {
  const auto name = storageClassOf(*claim);
  return name ? concat("=", *name) : std::string("?");
}

std::vector<std::string> unboundClass(const Object<PersistentVolumeClaim>& claim) {
  if (volumes::isBindingComplete(claim)) return {};
  return {classKey(claim)};
}

std::vector<std::string> meantClaim(const Object<PersistentVolume>& volume) {
  if (!volume->getSpec().hasClaimRef()) return {};
  auto reference = volume->getSpec().getClaimRef();
  return {keyOf(view(reference.getNamespace()), view(reference.getName()))};
}

class VolumeBinder : public ControllerPlugin, private Surroundings {
 public:
  explicit VolumeBinder(Context& context) : ControllerPlugin(context, "persistent-volume-binder", {.workers = 1}) {}

  Result<void> watch() override {
    claims_.addIndex(kByVolume, [](const Object<PersistentVolumeClaim>& claim) {
      const std::string name = str(claim->getSpec().getVolumeName());
      return name.empty() ? std::vector<std::string>() : std::vector{name};
    });
    claims_.addIndex(kUnboundByClass, unboundClass);
    volumes_.addIndex(
        kByClass, [](const Object<PersistentVolume>& volume) { return std::vector{str(volumes::classOf(volume))}; });
    volumes_.addIndex(kByMeantClaim, meantClaim);
    pods_.addIndex(kByClaim, volumeClaimKeysOf);
    controller().watch(claims_, [](const Object<PersistentVolumeClaim>& claim) {
      std::vector<std::string> keys{concat(kClaim, claim.key())};
      if (claim->getSpec().getVolumeName().size() > 0) {
        keys.push_back(concat(kVolume, claim->getSpec().getVolumeName()));
      }
      return keys;
    });
    // A claim that comes or goes is a matter of the volumes that are meant for it, too.
    claims_.onChange([this](const auto& before, const auto& now) {
      if (before && now) return;
      for (const auto& volume : volumes_.byIndex(kByMeantClaim, (now ? now : before).key())) {
        controller().enqueue(concat(kVolume, volume.name()));
      }
    });
    controller().watch(volumes_, [this](const Object<PersistentVolume>& volume) { return concernedBy(volume); });
    controller().watch(recycler_.pods(),
                       [](const Object<Pod>& pod) { return std::vector{concat(kVolume, Recycler::volumeOf(pod))}; });
    controller().watch(classes_, [this](const Object<StorageClass>& storageClass) {
      std::vector<std::string> keys;
      addUnbound(concat("=", storageClass.name()), keys);
      addUnbound("?", keys);
      return keys;
    });
    controller().needs(pods_);
    return {};
  }

 private:
  void addUnbound(const std::string& ofClass, std::vector<std::string>& keys) const {
    for (const auto& claim : claims_.byIndex(kUnboundByClass, ofClass)) keys.push_back(concat(kClaim, claim.key()));
  }

  // The volume, its claim, and where it is free the claims that may want it.
  std::vector<std::string> concernedBy(const Object<PersistentVolume>& volume) const {
    std::vector<std::string> keys{concat(kVolume, volume.name())};
    for (const auto& claim : claims_.byIndex(kByVolume, volume.name())) keys.push_back(concat(kClaim, claim.key()));
    for (const std::string& claim : meantClaim(volume)) keys.push_back(concat(kClaim, claim));
    if (volume->getSpec().hasClaimRef()) return keys;
    const std::string_view name = volumes::classOf(volume);
    addUnbound(concat("=", name), keys);
    if (name.empty()) addUnbound("?", keys);
    return keys;
  }

  // -- Surroundings --

  Object<PersistentVolume> volume(std::string_view name) const override { return volumes_.get(name); }
  Object<PersistentVolumeClaim> claim(std::string_view ns, std::string_view name) const override {
    return claims_.get(ns, name);
  }
  Object<StorageClass> storageClass(std::string_view name) const override { return classes_.get(name); }
  Object<StorageClass> defaultClass() const override { return defaultClassAmong(classes_.list()); }
  std::vector<Object<PersistentVolume>> candidates(const Object<PersistentVolumeClaim>& claim) const override {
    auto found = volumes_.byIndex(kByMeantClaim, claim.key());
    for (auto& each : volumes_.byIndex(kByClass, storageClassOf(*claim).value_or(""))) found.push_back(each);
    return found;
  }
  std::string unscheduledUser(const Object<PersistentVolumeClaim>& claim) const override {
    for (const auto& pod : pods_.byIndex(kByClaim, claim.key())) {
      if (pod->getSpec().getNodeName().size() == 0 && !deletionPending(pod.meta())) return str(pod.name());
    }
    return {};
  }

  // -- Work --

  Task<Result<Reconciled>> reconcile(std::string key) override {
    const bool ofClaim = key.starts_with(kClaim);
    std::string name = key.substr(ofClaim ? kClaim.size() : kVolume.size());
    auto work = ofClaim ? reconcileClaim(std::move(name)) : reconcileVolume(std::move(name));
    Result<Reconciled> done = co_await std::move(work);
    // What somebody else has written meanwhile brings the next look.
    if (!done && (done.error().is(404) || done.error().is(409))) co_return Reconciled();
    co_return done;
  }

  Task<Result<Reconciled>> reconcileClaim(std::string key) {
    const Object<PersistentVolumeClaim> claim = claims_.get(key);
    if (!claim) co_return Reconciled();
    const ClaimPlan plan = planClaim(claim, *this);
    switch (plan.action) {
      case ClaimPlan::Action::nothing: break;
      case ClaimPlan::Action::adoptClass:
        CLEAT_CO_TRY(co_await bindings_.setClass(claim, str(plan.storageClass.name())));
        break;
      case ClaimPlan::Action::bind: CLEAT_CO_TRY(co_await bindings_.bind(claim, plan.volume)); break;
      case ClaimPlan::Action::lose: co_return co_await lose(claim, *plan.note);
      case ClaimPlan::Action::wait:
      case ClaimPlan::Action::provision: co_return co_await wait(claim, plan);
    }
    co_return Reconciled();
  }

  Task<Result<Reconciled>> wait(Object<PersistentVolumeClaim> claim, ClaimPlan plan) {
    if (plan.note) tell(claim, *plan.note);
    CLEAT_CO_TRY(co_await bindings_.setPhase(claim, "Pending"));
    if (plan.action == ClaimPlan::Action::provision) {
      const Object<PersistentVolumeClaim> now = claims_.get(claim.key());
      if (!now) co_return Reconciled();
      CLEAT_CO_TRY(co_await bindings_.askProvisioner(now, str(plan.storageClass->getProvisioner())));
    }
    co_return plan.note ? Reconciled{.requeueAfter = kSayAgain} : Reconciled();
  }

  // The server knows whether the volume is gone, or has merely not been heard of.
  Task<Result<Reconciled>> lose(Object<PersistentVolumeClaim> claim, Note note) {
    const std::string name = str(claim->getSpec().getVolumeName());
    if (!name.empty() && !volumes_.get(name)) {
      auto live = co_await client_.get<PersistentVolume>(name);
      if (live) co_return Reconciled();
      if (!live.error().is(404)) co_return fail(live.error());
    }
    CLEAT_CO_TRY(const bool changed, co_await bindings_.setPhase(claim, "Lost"));
    if (changed) tell(claim, note);
    co_return Reconciled();
  }

  Task<Result<Reconciled>> reconcileVolume(std::string name) {
    const Object<PersistentVolume> volume = volumes_.get(name);
    const VolumePlan plan = volume ? planVolume(volume, *this) : VolumePlan();
    if (plan.action != VolumePlan::Action::recycle) co_await recycler_.abandon(name);
    if (plan.withoutClaim) {
      CLEAT_CO_TRY(const bool there, co_await claimIsThere(volume));
      if (there) co_return Reconciled();
    }
    switch (plan.action) {
      case VolumePlan::Action::nothing: break;
      case VolumePlan::Action::recycle: co_return co_await recycle(volume);
      case VolumePlan::Action::lookAtClaim: lookAtClaimOf(volume); break;
      case VolumePlan::Action::unbind: CLEAT_CO_TRY(co_await bindings_.unbind(volume)); break;
      case VolumePlan::Action::setPhase: {
        const std::string message = plan.note ? plan.note->message : std::string();
        CLEAT_CO_TRY(co_await bindings_.setPhase(volume, plan.phase, message));
        if (plan.note) tell(volume, *plan.note);
      }
    }
    co_return Reconciled();
  }

  Task<Result<Reconciled>> recycle(Object<PersistentVolume> volume) {
    if (const std::string users = usersOf(volume); !users.empty()) {
      tell(volume, {false, "VolumeFailedRecycle", concat("Volume is used by pods: ", users)});
      co_return Reconciled{.requeueAfter = kLookForUsers};
    }
    CLEAT_CO_TRY(const Recycler::Progress progress, co_await recycler_.empty(volume));
    if (progress.state == Recycler::Progress::State::done) {
      tell(volume, {false, "VolumeRecycled", "Volume recycled"});
      CLEAT_CO_TRY(co_await bindings_.unbind(volume));
      co_return Reconciled();
    }
    // That it has failed once is enough to be said.
    if (progress.state == Recycler::Progress::State::failed && view(volume->getStatus().getPhase()) != "Failed") {
      const std::string message = concat("Recycle failed: ", progress.message);
      CLEAT_CO_TRY(co_await bindings_.setPhase(volume, "Failed", message));
      tell(volume, {true, "VolumeFailedRecycle", message});
    }
    co_return Reconciled{.requeueAfter = progress.again};
  }

  // Pods that still have the volume, "a/b,a/c", unless the claim that they have is another one of its name.
  std::string usersOf(const Object<PersistentVolume>& volume) const {
    const std::string claim = meantClaim(volume).front();
    if (claims_.get(claim)) return {};
    std::set<std::string> users;
    for (const Object<Pod>& pod : pods_.byIndex(kByClaim, claim)) {
      if (!isTerminal(pod)) users.insert(pod.key());
    }
    return joined(users, ",");
  }

  Task<Result<bool>> claimIsThere(Object<PersistentVolume> volume) {
    auto reference = volume->getSpec().getClaimRef();
    auto live = co_await client_.get<PersistentVolumeClaim>(view(reference.getNamespace()), view(reference.getName()));
    if (live) co_return live->uid() == view(reference.getUid());
    if (live.error().is(404)) co_return false;
    co_return fail(live.error());
  }

  void lookAtClaimOf(const Object<PersistentVolume>& volume) {
    for (const std::string& claim : meantClaim(volume)) controller().enqueueAfter(concat(kClaim, claim), Duration(0));
  }

  template <class K>
  void tell(const Object<K>& about, const Note& note) {
    if (note.warning) {
      events_.warning(about, note.reason, note.message);
    } else {
      events_.normal(about, note.reason, note.message);
    }
  }

  Client client_{context()};
  EventRecorder events_{context(), "persistentvolume-controller"};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
  Informer<StorageClass> classes_{context()};
  Informer<Pod> pods_{context(), {.only = [](const AnyRef& pod) { return refersToClaims(*Object<Pod>(pod)); }}};
  Bindings bindings_{context(), volumes_, claims_};
  Recycler recycler_{context(), events_, config().string("recycler_image")};
};

}  // namespace

CLEAT_PLUGIN(VolumeBinder, .name = "controller-persistent-volume-binder", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- persistentvolumeclaims,persistentvolumes get,list,watch,update\n"
                 "- persistentvolumeclaims/status,persistentvolumes/status update\n"
                 "- pods create,delete,get,list,watch\n"
                 "storage.k8s.io storageclasses get,list,watch\n"
                 "- events create,list,patch,update\n",
             .configSchema =
                 "recycler_image string registry.k8s.io/build-image/debian-base:bookworm-v1.0.6 # of pods that empty "
                 "volumes: it has sh, find and ls\n");
