// Makes volumes out of folders on the nodes' own disks, and keeps the class that they are asked for by.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

#include "growth.h"
#include "provision.h"
#include "volume-common/binding_names.h"
#include "volume-common/local_path_names.h"

using namespace cleat;
using namespace cleat::local_path;

namespace {

// Keys of the three kinds of work.
constexpr std::string_view kClaim = "claim/";
constexpr std::string_view kVolume = "volume/";
constexpr const char* kClass = "class";

constexpr const char* kByNode = "node";
constexpr const char* kDefaultClass = "storageclass.kubernetes.io/is-default-class";

class LocalPathProvisioner : public ControllerPlugin {
 public:
  explicit LocalPathProvisioner(Context& context) : ControllerPlugin(context, "local-path-provisioner") {}

  Result<void> watch() override {
    volumes_.addIndex(kByNode, [](const Object<PersistentVolume>& volume) {
      return isOwn(volume) ? std::vector{str(nodeOf(volume))} : std::vector<std::string>();
    });
    controller().watch(claims_, [](const Object<PersistentVolumeClaim>& claim) { return concat(kClaim, claim.key()); });
    controller().watch(volumes_, [](const Object<PersistentVolume>& volume) {
      std::vector<std::string> keys;
      if (!isOwn(volume)) return keys;
      keys.push_back(concat(kVolume, volume.name()));
      auto claim = volume->getSpec().getClaimRef();
      keys.push_back(concat(kClaim, keyOf(view(claim.getNamespace()), view(claim.getName()))));
      return keys;
    });
    controller().watch(classes_, [this](const Object<StorageClass>& storageClass) {
      std::vector<std::string> keys{kClass};
      if (view(storageClass->getProvisioner()) != kProvisioner) return keys;
      claims_.forEach([&](const Object<PersistentVolumeClaim>& claim) {
        if (isAskedFor(claim)) keys.push_back(concat(kClaim, claim.key()));
      });
      return keys;
    });
    controller().watch(nodes_, [this](const Object<Node>& node) {
      std::vector<std::string> keys;
      if (nodes_.get(node.name())) return keys;
      for (const auto& volume : volumes_.byIndex(kByNode, node.name())) {
        keys.push_back(concat(kVolume, volume.name()));
      }
      return keys;
    });
    controller().enqueueAfter(kClass, Duration(0));
    return {};
  }

 private:
  static std::string_view nodeOf(const Object<PersistentVolume>& volume) {
    return label(volume.meta(), kNode).value_or("");
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Result<void> done;
    if (key == kClass) {
      done = co_await keepClass();
    } else if (key.starts_with(kClaim)) {
      done = co_await reconcileClaim(key.substr(kClaim.size()));
    } else {
      done = co_await reconcileVolume(key.substr(kVolume.size()));
    }
    // What somebody else has written meanwhile brings the next look.
    if (!done && !done.error().is(404) && !done.error().is(409)) co_return fail(done.error());
    co_return Reconciled();
  }

  // One that is there stays as it is.
  Task<Result<void>> keepClass() {
    const std::string name = config().string("storage_class");
    if (name.empty() || classes_.get(name)) co_return Result<void>();
    Draft<StorageClass> draft;
    draft->initMetadata().setName(name);
    if (config().boolean("default_class")) setAnnotation(draft.meta(), kDefaultClass, "true");
    draft->setProvisioner(kProvisioner);
    draft->setReclaimPolicy("Delete");
    draft->setVolumeBindingMode("WaitForFirstConsumer");
    draft->initAllowVolumeExpansion().setValue(true);
    auto pending = client_.create<StorageClass>(std::move(draft));
    auto made = co_await std::move(pending);
    if (!made && made.error().reason != "AlreadyExists") co_return fail(made.error());
    co_return Result<void>();
  }

  Task<Result<void>> reconcileClaim(std::string key) {
    const Object<PersistentVolumeClaim> claim = claims_.get(key);
    if (!claim) co_return Result<void>();
    if (isAskedFor(claim)) co_return co_await provision(claim);
    const Object<PersistentVolume> volume = volumes_.get(view(claim->getSpec().getVolumeName()));
    if (volume && isToGrow(claim, volume)) co_return co_await growth_.grow(claim, volume);
    co_return Result<void>();
  }

  Task<Result<void>> provision(Object<PersistentVolumeClaim> claim) {
    if (volumes_.get(volumeName(claim))) co_return Result<void>();
    const Object<StorageClass> storageClass = classes_.get(storageClassOf(*claim).value_or(""));
    const std::string chosen = str(selectedNode(claim));
    const Object<Node> node = chosen.empty() ? Object<Node>() : nodes_.get(chosen);
    const ProvisionPlan plan = planProvision(claim, storageClass, node);
    if (plan.action == ProvisionPlan::Action::nothing) co_return Result<void>();
    events_.normal(claim, "Provisioning",
                   concat("External provisioner is provisioning volume for claim ", inQuotes(claim.key())));
    if (plan.action != ProvisionPlan::Action::make) co_return co_await refuse(claim, plan);
    auto pending = client_.create<PersistentVolume>(volumeFor(claim, storageClass, node));
    auto made = co_await std::move(pending);
    if (!made && made.error().reason != "AlreadyExists") {
      sayFailed(claim, made.error().message);
      co_return fail(made.error());
    }
    if (made) (void)co_await volumes_.waitFor(made->revision());
    events_.normal(claim, "ProvisioningSucceeded", concat("Successfully provisioned volume ", volumeName(claim)));
    co_return Result<void>();
  }

  void sayFailed(const Object<PersistentVolumeClaim>& claim, std::string_view why) {
    events_.warning(claim, "ProvisioningFailed",
                    concat("failed to provision volume with StorageClass ",
                           inQuotes(storageClassOf(*claim).value_or("")), ": ", why));
  }

  // The scheduler chooses another node once the claim names none.
  Task<Result<void>> refuse(Object<PersistentVolumeClaim> claim, ProvisionPlan plan) {
    sayFailed(claim, plan.why);
    if (plan.action != ProvisionPlan::Action::reschedule) co_return Result<void>();
    Draft<PersistentVolumeClaim> draft(claim);
    setAnnotation(draft.meta(), volumes::kSelectedNode, std::nullopt);
    auto pending = client_.update<PersistentVolumeClaim>(std::move(draft));
    auto written = co_await std::move(pending);
    if (!written) co_return fail(written.error());
    co_return Result<void>();
  }

  Task<Result<void>> reconcileVolume(std::string name) {
    const Object<PersistentVolume> volume = volumes_.get(name);
    if (!volume) co_return Result<void>();
    const std::string node = str(nodeOf(volume));
    const bool known = !node.empty() && nodes_.get(node);
    switch (planVolume(volume, known)) {
      case VolumeAction::nothing: break;
      case VolumeAction::remove: {
        const std::string uid = str(volume.uid());
        auto removed = co_await client_.remove<PersistentVolume>("", name, {.preconditionUid = uid});
        if (!removed) co_return fail(removed.error());
        break;
      }
      case VolumeAction::abandon: co_return co_await abandon(volume, node);
    }
    co_return Result<void>();
  }

  // Before a node is given up the server is asked: it may have come back.
  Task<Result<void>> abandon(Object<PersistentVolume> volume, std::string node) {
    if (!node.empty()) {
      auto live = co_await client_.get<Node>(node);
      if (live) co_return Result<void>();
      if (!live.error().is(404)) co_return fail(live.error());
    }
    events_.warning(volume, "VolumeFailedDelete",
                    concat("node ", inQuotes(node), " is gone: what the volume held is where the node's disk is"));
    Draft<PersistentVolume> draft(volume);
    removeFinalizer(draft.meta(), kFinalizer);
    auto pending = client_.update<PersistentVolume>(std::move(draft));
    auto written = co_await std::move(pending);
    if (!written) co_return fail(written.error());
    co_return Result<void>();
  }

  Client client_{context()};
  EventRecorder events_{context(), kProvisioner};
  Growth growth_{context(), events_};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
  Informer<StorageClass> classes_{context()};
  Informer<Node> nodes_{context()};
};

}  // namespace

CLEAT_PLUGIN(LocalPathProvisioner, .name = "provisioner-local-path", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- persistentvolumes create,delete,get,list,update,watch\n"
                 "- persistentvolumeclaims get,list,update,watch\n"
                 "- persistentvolumeclaims/status update\n"
                 "- nodes get,list,watch\n"
                 "storage.k8s.io storageclasses create,get,list,watch\n"
                 "- events create,patch,update\n",
             .configSchema =
                 "storage_class string local-path # the class that is kept; empty: none\n"
                 "default_class bool true # claims that name no class get that one\n");
