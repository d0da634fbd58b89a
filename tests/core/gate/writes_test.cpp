// What a write leaves as it is: the server's metadata, what a subresource does not reach, what an object that is going
// may not have any more. And whose its fields are afterwards.
#include "tests/core/gate/gate_fixture.h"

namespace cleat::gate {
namespace {

using Lines = std::vector<std::string>;

TEST_F(GateTest, AWriteToStatusKeepsMetadataAndNothingElse) {
  create("Pod", R"({"metadata":{"name":"p"},"spec":{"nodeName":"n"}})");
  update("Pod", "p",
         R"({"metadata":{"name":"p","labels":{"l":"1"}},"spec":{"nodeName":"other"},"status":{"phase":"Running"}})",
         "status", "kubelet");
  EXPECT_EQ(member("Pod", "p", "spec.nodeName"), "\"n\"");
  EXPECT_EQ(member("Pod", "p", "status.phase"), "\"Running\"");
  EXPECT_EQ(member("Pod", "p", "metadata.labels"), R"({"l":"1"})");
  EXPECT_EQ(owners("Pod", "p").front(),
            R"(kubelet Update status {"f:metadata":{"f:labels":{".":{},"f:l":{}}},"f:status":{"f:phase":{}}})");
  update("Pod", "p", R"({"metadata":{"name":"p"},"spec":{"nodeName":"n"},"status":{"phase":"Failed"}})");
  EXPECT_EQ(member("Pod", "p", "status.phase"), "\"Running\"");
}

TEST_F(GateTest, ASubresourceLeavesWhatItSaysThatItLeaves) {
  create("Pod", R"({"metadata":{"name":"p","annotations":{"a":"1"}},"spec":{"nodeName":"n"}})");
  update("Pod", "p", R"({"metadata":{"name":"p","annotations":{"a":"1"}},"status":{"phase":"Running"}})", "status");
  update("Pod", "p",
         R"({"metadata":{"name":"p","labels":{"l":"1"},"annotations":{"b":"1"}},"spec":{"nodeName":"other"},)"
         R"("status":{"phase":"Failed","message":"m"}})",
         "labelling", "labeller");
  EXPECT_EQ(member("Pod", "p", "metadata.labels"), R"({"l":"1"})");
  EXPECT_EQ(member("Pod", "p", "metadata.annotations"), R"({"a":"1"})");
  EXPECT_EQ(member("Pod", "p", "spec.nodeName"), "\"n\"");
  EXPECT_EQ(member("Pod", "p", "status"), R"({"phase":"Running","message":"m"})");
  EXPECT_EQ(owners("Pod", "p").at(0),
            R"(labeller Update labelling {"f:metadata":{"f:labels":{".":{},"f:l":{}}},"f:status":{"f:message":{}}})");
}

TEST_F(GateTest, TheServersMetadataIsOverlookedOrRefused) {
  create("ConfigMap", R"({"metadata":{"name":"m"}})");
  const std::string created = member("ConfigMap", "m", "metadata.creationTimestamp");
  update(
      "ConfigMap", "m",
      R"({"metadata":{"name":"m","creationTimestamp":"2001-01-01T00:00:00Z","generation":9,"selfLink":"/x","labels":{"a":"b"}}})");
  EXPECT_EQ(member("ConfigMap", "m", "metadata.creationTimestamp"), created);
  EXPECT_EQ(member("ConfigMap", "m", "metadata.selfLink"), "");
  EXPECT_EQ(member("ConfigMap", "m", "metadata.labels"), R"({"a":"b"})");
  EXPECT_EQ(
      update("ConfigMap", "m", R"({"metadata":{"name":"m","deletionTimestamp":"2001-01-01T00:00:00Z"}})"),
      "422 Invalid: ConfigMap \"m\" is invalid: metadata.deletionTimestamp: Invalid value: \"2001-01-01T00:00:00Z\": "
      "field is immutable");
  EXPECT_EQ(update("ConfigMap", "m", R"({"metadata":{"name":"m","uid":"u"}})").substr(0, 12), "409 Conflict");
}

TEST_F(GateTest, WhatIsGoingGetsNoNewFinalizers) {
  create("Pod", R"({"metadata":{"name":"p","finalizers":["a/b","c/d"]}})");
  remove("Pod", "p", 0);
  EXPECT_EQ(
      patch("Pod", "p", bus::PatchType::merge, R"({"metadata":{"finalizers":["a/b","e/f"]}})"),
      "422 Invalid: Pod \"p\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object "
      "is being deleted, found new finalizers []string{\"e/f\"}");
  patch("Pod", "p", bus::PatchType::merge, R"({"metadata":{"finalizers":["c/d"]}})");
  EXPECT_EQ(member("Pod", "p", "metadata.finalizers"), R"(["c/d"])");
  patch("Pod", "p", bus::PatchType::merge, R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(stored("Pod", "p"), "none");
}

TEST_F(GateTest, ASecondDeleteOnlyBringsTheEndNearer) {
  create("Pod", R"({"metadata":{"name":"p","finalizers":["a/b"]}})");
  remove("Pod", "p", 60);
  const std::string first = stored("Pod", "p");
  remove("Pod", "p", 90);
  EXPECT_EQ(stored("Pod", "p"), first);
  remove("Pod", "p");
  EXPECT_EQ(stored("Pod", "p"), first);
  remove("Pod", "p", 30);
  EXPECT_EQ(member("Pod", "p", "metadata.deletionGracePeriodSeconds"), "30");
  EXPECT_EQ(member("Pod", "p", "metadata.generation"), "2");
}

TEST_F(GateTest, WritersOwnWhatTheyWriteAndTakeItFromEachOther) {
  create("Deployment", R"({"metadata":{"name":"d"},"spec":{"replicas":1,"paused":true}})", "maker");
  patch("Deployment", "d", bus::PatchType::merge, R"({"spec":{"replicas":2}})", "", "scaler");
  EXPECT_EQ(owners("Deployment", "d"),
            (Lines{R"(maker Update {"f:spec":{"f:paused":{}}})", R"(scaler Update {"f:spec":{"f:replicas":{}}})"}));
  const std::string applied =
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":3}})";
  EXPECT_EQ(patch("Deployment", "d", bus::PatchType::apply, applied, "", "site"),
            R"(409 Conflict: Apply failed with 1 conflict: conflict with "scaler" using apps/v1: .spec.replicas)");
}

// From the body to the disk: what was decoded, what the gate made of it, and what is booked in it. The store has one of
// its own here, for a plugin would have to be told of what was admitted if nothing came of it.
TEST_F(GateTest, AWriteCopiesItsObjectThreeTimesBeforeItIsStored) {
  auto copiesOf = [](auto write) {
    const uint64_t before = Message::copies();
    write();
    return Message::copies() - before;
  };
  const char* map = R"({"metadata":{"name":"m"},"data":{"a":"1"}})";
  const char* merge = R"({"data":{"a":"2"}})";
  const char* applied = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"b":"1"}})";
  // Those who may change a new object see one without its identity: the fourth, where anybody is asked.
  EXPECT_EQ(copiesOf([&] { create("ConfigMap", map); }), 5u);
  EXPECT_EQ(copiesOf([&] { patch("ConfigMap", "m", bus::PatchType::merge, merge); }), 4u);
  EXPECT_EQ(copiesOf([&] { update("ConfigMap", "m", R"({"metadata":{"name":"m"},"data":{"a":"3"}})"); }), 4u);
  EXPECT_EQ(member("ConfigMap", "m", "data.a"), R"("3")");
  EXPECT_EQ(copiesOf([&] { patch("ConfigMap", "m", bus::PatchType::apply, applied); }), 5u);
  EXPECT_EQ(member("ConfigMap", "m", "data.b"), R"("1")");
}

TEST_F(GateTest, WhatChangesNothingIsNotWritten) {
  create("ConfigMap", R"({"metadata":{"name":"m"},"data":{"k":"v"}})", "maker");
  const std::string before = stored("ConfigMap", "m");
  update("ConfigMap", "m", R"({"metadata":{"name":"m"},"data":{"k":"v"}})", "", "other");
  patch("ConfigMap", "m", bus::PatchType::merge, R"({"data":{"k":"v"}})", "", "third");
  EXPECT_EQ(stored("ConfigMap", "m"), before);
  const std::string applied = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"n"},"data":{"k":"v"}})";
  patch("ConfigMap", "n", bus::PatchType::apply, applied, "", "site");
  const std::string once = stored("ConfigMap", "n");
  EXPECT_EQ(owners("ConfigMap", "n"), Lines{R"(site Apply {"f:data":{"f:k":{}}})"});
  patch("ConfigMap", "n", bus::PatchType::apply, applied, "", "site");
  EXPECT_EQ(stored("ConfigMap", "n"), once);
}

}  // namespace
}  // namespace cleat::gate
