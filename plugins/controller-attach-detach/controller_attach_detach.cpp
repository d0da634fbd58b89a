// Has volumes attached to the nodes whose pods want them, by asking their drivers with VolumeAttachments, and detached
// when no pod there wants or uses them any more. A key is a node; one at a time, so that no volume that is for one node
// is promised to two.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>

#include <set>

#include "plan.h"
#include "volume-common/attachment_names.h"
#include "wanted.h"

using namespace cleat;
using namespace cleat::attach_detach;

namespace {

constexpr const char* kByNode = "node";
constexpr const char* kByClaim = "claim";
constexpr const char* kByVolume = "volume";
constexpr Duration kConflictAgain = std::chrono::milliseconds(100);

std::vector<std::string> claimKeys(const Object<Pod>& pod) {
  std::vector<std::string> keys;
  for (const std::string& name : claimsOf(pod)) keys.push_back(keyOf(pod.ns(), name));
  return keys;
}

// The node whose volumes a change of the pod may concern.
std::string nodeOf(const Object<Pod>& pod) {
  return claimsOf(pod).empty() ? std::string() : str(pod->getSpec().getNodeName());
}

class AttachDetachController : public ControllerPlugin, private Surroundings {
 public:
  explicit AttachDetachController(Context& context) : ControllerPlugin(context, "attach-detach", {.workers = 1}) {}

  Result<void> watch() override {
    pods_.addIndex(kByNode, [](const Object<Pod>& pod) {
      const std::string name = nodeOf(pod);
      return name.empty() ? std::vector<std::string>() : std::vector{name};
    });
    pods_.addIndex(kByClaim, claimKeys);
    attachments_.addIndex(
        kByNode, [](const Object<VolumeAttachment>& each) { return std::vector{str(each->getSpec().getNodeName())}; });
    attachments_.addIndex(kByVolume, [](const Object<VolumeAttachment>& each) {
      return std::vector{str(each->getSpec().getSource().getPersistentVolumeName())};
    });
    controller().watch(pods_, nodeOf);
    controller().watch(nodes_);
    controller().watch(claims_, [this](const Object<PersistentVolumeClaim>& claim) {
      std::set<std::string> nodes;
      addUsers(claim.key(), nodes);
      return nodes;
    });
    controller().watch(volumes_, [this](const Object<PersistentVolume>& volume) { return concernedBy(volume); });
    // Those on other nodes may wait for it to go.
    controller().watch(attachments_, [this](const Object<VolumeAttachment>& attachment) {
      std::set<std::string> nodes{str(attachment->getSpec().getNodeName())};
      if (const auto volume = volumes_.get(view(attachment->getSpec().getSource().getPersistentVolumeName()))) {
        nodes.merge(concernedBy(volume));
      }
      return nodes;
    });
    controller().watch(drivers_, [this](const Object<CSIDriver>&) {
      std::set<std::string> all;
      nodes_.forEach([&](const Object<Node>& node) { all.emplace(node.name()); });
      return all;
    });
    return {};
  }

 private:
  void addUsers(std::string_view claimKey, std::set<std::string>& nodes) const {
    for (const auto& pod : pods_.byIndex(kByClaim, claimKey)) {
      if (const std::string node = nodeOf(pod); !node.empty()) nodes.insert(node);
    }
  }
  std::set<std::string> concernedBy(const Object<PersistentVolume>& volume) const {
    std::set<std::string> nodes;
    auto reference = volume->getSpec().getClaimRef();
    addUsers(keyOf(view(reference.getNamespace()), view(reference.getName())), nodes);
    for (const auto& each : attachmentsOf(volume.name())) nodes.insert(str(each->getSpec().getNodeName()));
    return nodes;
  }

  // -- Surroundings --

  Object<Node> node(std::string_view name) const override { return nodes_.get(name); }
  std::vector<Object<Pod>> podsOn(std::string_view node) const override { return pods_.byIndex(kByNode, node); }
  std::vector<Object<Pod>> podsWith(std::string_view ns, std::string_view claim) const override {
    return pods_.byIndex(kByClaim, keyOf(ns, claim));
  }
  Object<PersistentVolumeClaim> claim(std::string_view ns, std::string_view name) const override {
    return claims_.get(ns, name);
  }
  Object<PersistentVolume> volume(std::string_view name) const override { return volumes_.get(name); }
  Object<CSIDriver> driver(std::string_view name) const override { return drivers_.get(name); }
  std::vector<Object<VolumeAttachment>> attachmentsOn(std::string_view node) const override {
    return attachments_.byIndex(kByNode, node);
  }
  std::vector<Object<VolumeAttachment>> attachmentsOf(std::string_view volume) const override {
    return attachments_.byIndex(kByVolume, volume);
  }

  // -- Work --

  Task<Result<Reconciled>> reconcile(std::string node) override {
    const NodePlan plan = planNode(node, *this, watched_[node], context().now());
    if (watched_[node].empty()) watched_.erase(node);
    for (const Note& note : plan.notes) tell(note);
    auto writing = writeAttached(node, plan.attached);
    const Result<void> written = co_await std::move(writing);
    // Nothing is taken from a node that still says that it has it.
    if (!written) {
      if (written.error().is(409)) co_return Reconciled{.requeueAfter = kConflictAgain};
      co_return fail(written.error());
    }
    for (const Object<VolumeAttachment>& attachment : plan.detach) {
      auto detaching = detach(attachment);
      CLEAT_CO_TRY(co_await std::move(detaching));
    }
    for (const Wanted& wanted : plan.attach) {
      auto attaching = attach(wanted, node);
      CLEAT_CO_TRY(co_await std::move(attaching));
    }
    co_return Reconciled{.requeueAfter = plan.lookAgain};
  }

  void tell(const Note& note) {
    for (const Object<Pod>& pod : note.pods) {
      if (note.isWarning) {
        events_.warning(pod, note.reason, note.message);
      } else {
        events_.normal(pod, note.reason, note.message);
      }
    }
  }

  // Its agent waits for what stands there. What somebody else has attached stays.
  Task<Result<void>> writeAttached(std::string name, std::vector<std::string> attached) {
    const Object<Node> node = nodes_.get(name);
    if (!node) co_return Result<void>();
    std::vector<std::string> before;
    std::vector<std::pair<std::string, std::string>> all;
    for (auto volume : node->getStatus().getVolumesAttached()) {
      if (view(volume.getName()).starts_with(volumes::kUniqueCsiPrefix)) {
        before.push_back(str(volume.getName()));
      } else {
        all.emplace_back(str(volume.getName()), str(volume.getDevicePath()));
      }
    }
    if (before == attached) co_return Result<void>();
    for (const std::string& volume : attached) all.emplace_back(volume, "");
    Draft<Node> draft(node);
    auto list = draft->getStatus().initVolumesAttached(static_cast<uint32_t>(all.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setName(all[i].first);
      list[i].setDevicePath(all[i].second);
    }
    auto updated = co_await client_.updateStatus<Node>(std::move(draft));
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    co_return Result<void>();
  }

  Task<Result<void>> attach(Wanted wanted, std::string node) {
    Draft<VolumeAttachment> draft;
    draft->initMetadata().setName(wanted.attachment);
    auto spec = draft->initSpec();
    spec.setAttacher(wanted.driver);
    spec.setNodeName(node);
    spec.initSource().setPersistentVolumeName(str(wanted.volume.name()));
    auto created = co_await client_.create<VolumeAttachment>(std::move(draft));
    if (!created) {
      if (created.error().is(409)) co_return Result<void>();
      co_return fail(created.error());
    }
    log().info("volume ", wanted.volume.name(), " is to be attached to ", node);
    // Whoever is looked at next has to see it.
    (void)co_await attachments_.waitFor(created->revision());
    co_return Result<void>();
  }

  Task<Result<void>> detach(Object<VolumeAttachment> attachment) {
    DeleteOptions only;
    only.preconditionUid = attachment.uid();
    auto removed = co_await client_.remove<VolumeAttachment>("", attachment.name(), only);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
    log().info("volume ", attachment->getSpec().getSource().getPersistentVolumeName(), " is to be detached from ",
               attachment->getSpec().getNodeName());
    co_return Result<void>();
  }

  Client client_{context()};
  EventRecorder events_{context(), "attachdetach-controller"};
  Informer<Pod> pods_{context(), {.only = [](const AnyRef& pod) { return refersToClaims(*Object<Pod>(pod)); }}};
  Informer<Node> nodes_{context()};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
  Informer<CSIDriver> drivers_{context()};
  Informer<VolumeAttachment> attachments_{context()};
  std::map<std::string, WatchedAttachments> watched_;  // by node
};

}  // namespace

CLEAT_PLUGIN(AttachDetachController, .name = "controller-attach-detach", .version = "0.1.0", .maturity = "alpha",
             .roles = "controller",
             .grants =
                 "- nodes get,list,watch\n"
                 "- nodes/status update\n"
                 "- pods,persistentvolumeclaims,persistentvolumes get,list,watch\n"
                 "storage.k8s.io csidrivers get,list,watch\n"
                 "storage.k8s.io volumeattachments get,list,watch,create,delete\n"
                 "- events create,patch,update\n");
