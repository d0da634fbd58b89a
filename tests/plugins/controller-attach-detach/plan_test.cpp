// What is done about the volumes of a node, situation by situation.
#include <gtest/gtest.h>

#include "controller-attach-detach/plan.h"
#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"
#include "volume-common/attachment_names.h"

namespace cleat::attach_detach {
namespace {

using namespace std::chrono_literals;
using test::makeClaim;
using test::makeVolume;

// A node that wants a volume, or has it; each situation says what is different.
struct Situation {
  const char* name;
  bool nodeIsThere = true, nodeIsReady = true, nodeIsOurs = true, isOutOfService = false, isInUse = false;
  // "": there is no pod. Otherwise its phase; "ending": being deleted, and nothing of it runs.
  const char* pod = "Running";
  bool isBound = true;
  const char* attachRequired = "";  // of the CSIDriver; "": there is none
  const char* mode = "ReadWriteOnce";
  // Attachments here and on another node: "none", "asked", "attached", "failed", "going".
  const char *here = "none", *elsewhere = "none";
  bool isForeign = false;  // the attachment here is one that somebody else has asked for
  Duration later{};        // looked at again after so long
  const char* expected;    // "attach", "detach", "attached", and the reasons of events
};

const Situation kSituations[] = {
    {.name = "a pod wants a volume that is nowhere", .expected = "attach"},
    {.name = "its claim is not bound", .isBound = false, .expected = ""},
    {.name = "no pod", .pod = "", .expected = ""},
    {.name = "the pod has ended", .pod = "Succeeded", .expected = ""},
    {.name = "the pod is being deleted and nothing of it runs", .pod = "ending", .expected = ""},
    {.name = "the driver attaches nothing", .attachRequired = "false", .expected = ""},
    {.name = "the driver attaches", .attachRequired = "true", .expected = "attach"},
    {.name = "a node that sees to it itself", .nodeIsOurs = false, .expected = ""},
    {.name = "a node that is not there", .nodeIsThere = false, .expected = ""},
    {.name = "it has been asked for", .here = "asked", .expected = ""},
    {.name = "it has been asked for long ago", .here = "asked", .later = 2min, .expected = "FailedAttachVolume"},
    {.name = "the driver has refused", .here = "failed", .expected = "FailedAttachVolume"},
    {.name = "it is attached", .here = "attached", .expected = "attached"},
    {.name = "it is being detached", .here = "going", .expected = ""},
    {.name = "it is for one node, and attached to another", .elsewhere = "attached", .expected = "FailedAttachVolume"},
    {.name = "it is still asked for on another", .elsewhere = "asked", .expected = "FailedAttachVolume"},
    {.name = "it is for many nodes", .mode = "ReadWriteMany", .elsewhere = "attached", .expected = "attach"},
    {.name = "it is read by many nodes", .mode = "ReadOnlyMany", .elsewhere = "attached", .expected = "attach"},
    {.name = "nobody wants it any more", .pod = "", .here = "attached", .expected = "detach"},
    {.name = "nobody wants it, and it was never attached", .pod = "", .here = "asked", .expected = "detach"},
    {.name = "it goes already", .pod = "", .here = "going", .expected = ""},
    {.name = "it is somebody else's", .pod = "", .here = "attached", .isForeign = true, .expected = ""},
    {.name = "the node still has it mounted", .isInUse = true, .pod = "", .here = "attached", .expected = "attached"},
    {.name = "a healthy node keeps what it has mounted",
     .isInUse = true,
     .pod = "",
     .here = "attached",
     .later = 1h,
     .expected = "attached"},
    {.name = "one that is not ready keeps it for a time",
     .nodeIsReady = false,
     .isInUse = true,
     .pod = "",
     .here = "attached",
     .later = 5min,
     .expected = "attached"},
    {.name = "and then it is taken away",
     .nodeIsReady = false,
     .isInUse = true,
     .pod = "",
     .here = "attached",
     .later = 6min,
     .expected = "detach"},
    {.name = "from one that is out of service at once",
     .nodeIsReady = false,
     .isOutOfService = true,
     .isInUse = true,
     .pod = "",
     .here = "attached",
     .expected = "detach"},
    {.name = "but not while its pods are there",
     .nodeIsReady = false,
     .isOutOfService = true,
     .isInUse = true,
     .here = "attached",
     .expected = "attached"},
    {.name = "from a node that is gone after a time",
     .nodeIsThere = false,
     .pod = "",
     .here = "attached",
     .later = 6min,
     .expected = "detach"},
    {.name = "and not before", .nodeIsThere = false, .pod = "", .here = "attached", .expected = "attached"},
};

const std::string kUnique = "kubernetes.io/csi/disks.example^d-1";

class Staged : public Surroundings {
 public:
  explicit Staged(const Situation& it) {
    auto claim = makeClaim("data");
    claim->getStatus().setPhase(it.isBound ? "Bound" : "Pending");
    claim->getSpec().setVolumeName("disk");
    claim_ = std::move(claim).freeze();
    auto volume = makeVolume("disk");
    auto spec = volume->getSpec();
    spec.disownHostPath();
    spec.initAccessModes(1).set(0, it.mode);
    spec.initCsi().setDriver("disks.example");
    spec.getCsi().setVolumeHandle("d-1");
    test::setClaimRef(*volume, "data", "uid-data");
    volume_ = std::move(volume).freeze();
    if (std::string_view(it.attachRequired) != "") {
      auto driver = test::named<CSIDriver>("", "disks.example");
      driver->initSpec().initAttachRequired().setValue(std::string_view(it.attachRequired) == "true");
      driver_ = std::move(driver).freeze();
    }
    putNode(it);
    putPod(it);
    putAttachment("here", it.here, it.isForeign ? "somebody" : "");
    putAttachment("elsewhere", it.elsewhere, "");
  }

  Object<Node> node(std::string_view) const override { return node_; }
  std::vector<Object<Pod>> podsOn(std::string_view) const override { return pods_; }
  std::vector<Object<Pod>> podsWith(std::string_view, std::string_view) const override { return pods_; }
  Object<PersistentVolumeClaim> claim(std::string_view, std::string_view) const override { return claim_; }
  Object<PersistentVolume> volume(std::string_view) const override { return volume_; }
  Object<CSIDriver> driver(std::string_view) const override { return driver_; }
  std::vector<Object<VolumeAttachment>> attachmentsOn(std::string_view node) const override {
    std::vector<Object<VolumeAttachment>> found;
    for (const auto& each : attachments_) {
      if (view(each->getSpec().getNodeName()) == node) found.push_back(each);
    }
    return found;
  }
  std::vector<Object<VolumeAttachment>> attachmentsOf(std::string_view) const override { return attachments_; }

 private:
  void putNode(const Situation& it) {
    if (!it.nodeIsThere) return;
    auto node = test::makeNode("here", {});
    if (it.nodeIsOurs) setAnnotation(node.meta(), volumes::kAttachesFromOutside, "true");
    setCondition<core_v1::NodeCondition>(node->getStatus(), {"Ready", it.nodeIsReady ? "True" : "Unknown", "", "", ""});
    if (it.isOutOfService) node->initSpec().initTaints(1)[0].setKey("node.kubernetes.io/out-of-service");
    if (it.isInUse) node->getStatus().initVolumesInUse(1).set(0, kUnique);
    node_ = std::move(node).freeze();
  }
  void putPod(const Situation& it) {
    const std::string_view phase = it.pod;
    if (phase.empty()) return;
    auto pod = test::makePod("web");
    pod->getSpec().setNodeName("here");
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    volume.initPersistentVolumeClaim().setClaimName("data");
    pod->initStatus().setPhase(phase == "ending" ? "Running" : str(capnp::Text::Reader(it.pod)));
    if (phase == "ending") {
      pod.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
      pod->getStatus().initContainerStatuses(1)[0].initState().initTerminated();
    }
    pods_.push_back(std::move(pod).freeze());
  }
  void putAttachment(const char* node, std::string_view state, std::string_view name) {
    if (state == "none") return;
    auto made = test::named<VolumeAttachment>(
        "", name.empty() ? volumes::attachmentName("disks.example", "d-1", node) : std::string(name));
    made->initSpec().setNodeName(node);
    made->getSpec().setAttacher("disks.example");
    made->getSpec().initSource().setPersistentVolumeName("disk");
    made->initStatus().setAttached(state == "attached" || state == "going");
    if (state == "going") made.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
    if (state == "failed") made->getStatus().initAttachError().setMessage("no such disk");
    attachments_.push_back(std::move(made).freeze());
  }

  Object<Node> node_;
  std::vector<Object<Pod>> pods_;
  Object<PersistentVolumeClaim> claim_;
  Object<PersistentVolume> volume_;
  Object<CSIDriver> driver_;
  std::vector<Object<VolumeAttachment>> attachments_;
};

std::string told(const NodePlan& plan) {
  std::string all;
  auto add = [&](std::string_view what) { all += concat(all.empty() ? "" : " ", what); };
  for (const auto& wanted : plan.attach) {
    EXPECT_EQ(wanted.attachment, volumes::attachmentName("disks.example", "d-1", "here"));
    add("attach");
  }
  for (size_t i = 0; i < plan.detach.size(); ++i) add("detach");
  for (const std::string& name : plan.attached) {
    EXPECT_EQ(name, kUnique);
    add("attached");
  }
  for (const Note& note : plan.notes) add(note.reason);
  return all;
}

TEST(AttachDetachPlan, DoesInEachSituationWhatItTakes) {
  for (const Situation& it : kSituations) {
    const Staged around(it);
    WatchedAttachments watched;
    const Instant now{};
    NodePlan plan = planNode("here", around, watched, now);
    if (it.later > Duration::zero()) plan = planNode("here", around, watched, now + it.later);
    EXPECT_EQ(told(plan), it.expected) << it.name;
  }
}

TEST(AttachDetachPlan, PodsAreToldOnceAndWhenItIsAttached) {
  WatchedAttachments watched;
  const Staged failed({.name = "", .here = "failed", .expected = ""});
  NodePlan plan = planNode("here", failed, watched, Instant());
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_EQ(plan.notes[0].message, "AttachVolume.Attach failed for volume \"disk\" : no such disk");
  EXPECT_TRUE(planNode("here", failed, watched, Instant()).notes.empty());
  const Staged attached({.name = "", .here = "attached", .expected = ""});
  plan = planNode("here", attached, watched, Instant());
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_EQ(plan.notes[0].reason, "SuccessfulAttachVolume");
  EXPECT_EQ(plan.notes[0].message, "AttachVolume.Attach succeeded for volume \"disk\" ");
  EXPECT_TRUE(planNode("here", attached, watched, Instant()).notes.empty());
}

TEST(AttachDetachPlan, WhoWaitsForAnotherNodeIsToldOnce) {
  WatchedAttachments watched;
  const Staged elsewhere({.name = "", .elsewhere = "attached", .expected = ""});
  const NodePlan plan = planNode("here", elsewhere, watched, Instant());
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_EQ(
      plan.notes[0].message,
      "Waiting for detach for volume \"disk\" Volume is already exclusively attached to one node, waiting on detach "
      "before it can be attached to another node");
  EXPECT_TRUE(planNode("here", elsewhere, watched, Instant()).notes.empty());
}

TEST(AttachmentNames, AreThoseOfKubernetes) {
  EXPECT_EQ(volumes::attachmentName("testDriver", "testVol", "testNode"),
            "csi-69e213eb648cfba512a3c0ba7c1b34d5524804a8016b5bcdd3003abe464bf474");
  EXPECT_TRUE(volumes::isAttachmentName(volumes::attachmentName("a", "b", "c")));
  EXPECT_FALSE(volumes::isAttachmentName("csi-mine"));
}

}  // namespace
}  // namespace cleat::attach_detach
