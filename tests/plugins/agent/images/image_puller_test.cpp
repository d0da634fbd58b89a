// Which pod gets an image that is there already, and which has to show a credential for it.
#include "images/image_puller.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

constexpr const char* kPrivate = "registry.example/team/app:1";

class ImagePullerTest : public PartTest {
 protected:
  void SetUp() override {
    PartTest::SetUp();
    runtime().pullable = {kPrivate, "registry.example/open:1"};
    runtime().passwords[kPrivate] = "secret";
  }
  Object<core_v1::Secret> secret(const std::string& ns, const std::string& name, const std::string& password) {
    Draft<core_v1::Secret> draft;
    auto meta = draft->initMetadata();
    meta.setName(name);
    meta.setNamespace(ns);
    auto data = draft->initData(1);
    data[0].setKey(".dockerconfigjson");
    std::string config =
        concat(R"({"auths":{"registry.example":{"username":"reader","password":")", password, R"("}}})");
    data[0].setValue(dataOf(config));
    return node_.host().put(std::move(draft));
  }
  ImageOutcome ensure(const std::string& image, const std::string& policy,
                      std::vector<Object<core_v1::Secret>> secrets = {}) {
    ImageRequest request{
        image, policy, concat("pod", ++pods_), {.apiVersion = "v1", .kind = "Pod", .ns = "default"}, {}};
    request.secrets = std::move(secrets);
    return plugin_->await(plugin().node.images.ensure(std::move(request)));
  }
  void setPolicy(const char* name) { plugin().node.images.setVerification(*VerificationPolicy::parse(name, {})); }
  // As after a restart of the agent.
  void restart() {
    plugin_.reset();
    plugin_.emplace(node_.host().start<PartsPlugin>());
    node_.settle();
    ASSERT_TRUE(plugin_->ready()) << plugin_->readyError();
  }
  int pulls() { return runtime().count(concat("pull ", kPrivate)); }
  int pods_ = 0;
};

TEST_F(ImagePullerTest, AnImageThatTookACredentialIsNotForAPodWithoutOne) {
  ASSERT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("default", "reader", "secret")}).present);
  ImageOutcome other = ensure(kPrivate, "IfNotPresent");
  EXPECT_FALSE(other.present);
  EXPECT_EQ(other.why.reason, "ErrImagePull");
  EXPECT_EQ(other.why.message, "unauthorized") << "the registry says so, not this node";
  other = ensure(kPrivate, "IfNotPresent", {secret("other", "wrong", "guess")});
  EXPECT_EQ(other.why.message, "unauthorized");
}

TEST_F(ImagePullerTest, NeverDoesNotStartWhatItsPodMayNotHave) {
  ASSERT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("default", "reader", "secret")}).present);
  ImageOutcome other = ensure(kPrivate, "Never");
  EXPECT_FALSE(other.present);
  EXPECT_EQ(other.why.reason, "ErrImageNeverPull");
  EXPECT_EQ(other.why.message,
            concat("Container image \"", kPrivate,
                   "\" is present with pull policy of Never but does not have the proper auth (image secret) that was "
                   "used to pull the image"));
  EXPECT_TRUE(node_.hasEvent("ErrImageNeverPull", "does not have the proper auth"));
  EXPECT_TRUE(ensure(kPrivate, "Never", {secret("other", "same", "secret")}).present);
}

TEST_F(ImagePullerTest, TheSameSecretOrTheSameCredentialNeedsNoRegistry) {
  auto first = secret("default", "reader", "secret");
  ASSERT_TRUE(ensure(kPrivate, "IfNotPresent", {first}).present);
  EXPECT_TRUE(ensure(kPrivate, "IfNotPresent", {first}).present);
  EXPECT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("other", "copy", "secret")}).present);
  Draft<core_v1::Secret> rotated(first);
  rotated->getData()[0].setValue(
      dataOf(R"({"auths":{"registry.example":{"username":"reader","password":"rotated"}}})"));
  EXPECT_TRUE(ensure(kPrivate, "IfNotPresent", {node_.host().put(std::move(rotated))}).present);
  EXPECT_EQ(pulls(), 1);
  EXPECT_TRUE(node_.hasEvent("Pulled", "already present on machine and can be accessed by the pod"));
}

TEST_F(ImagePullerTest, WhatTheRegistryGivesToEverybodyIsForEverybody) {
  ASSERT_TRUE(ensure("registry.example/open:1", "IfNotPresent").present);
  EXPECT_TRUE(ensure("registry.example/open:1", "Never").present);
  EXPECT_EQ(runtime().count("pull registry.example/open:1"), 1);
}

TEST_F(ImagePullerTest, WhoMayIsRememberedOverARestart) {
  ASSERT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("default", "reader", "secret")}).present);
  restart();
  EXPECT_FALSE(ensure(kPrivate, "Never").present);
  EXPECT_TRUE(ensure(kPrivate, "Never", {secret("other", "copy", "secret")}).present);
  EXPECT_EQ(pulls(), 1);
}

TEST_F(ImagePullerTest, ARecordThatCannotBeReadIsNobodysLeave) {
  ASSERT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("default", "reader", "secret")}).present);
  std::string folder = node_.host().dataDir() + "/image_manager/pulled";
  auto files = *listFolder(folder);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_TRUE(files[0].starts_with("sha256-"));
  ASSERT_TRUE(writeFile(folder + "/" + files[0], "{\"kind\":"));
  restart();
  EXPECT_FALSE(ensure(kPrivate, "Never").present);
  EXPECT_FALSE(ensure(kPrivate, "Never", {secret("other", "copy", "secret")}).present);
  EXPECT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("other", "copy2", "secret")}).present);
  EXPECT_EQ(pulls(), 2);
}

TEST_F(ImagePullerTest, AnImageThatWasHereBeforeIsForEverybodyUnlessThePolicySaysOtherwise) {
  runtime().images.insert(kPrivate);
  EXPECT_TRUE(ensure(kPrivate, "Never").present);
  setPolicy("AlwaysVerify");
  EXPECT_FALSE(ensure(kPrivate, "Never").present);
  EXPECT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("default", "reader", "secret")}).present);
  setPolicy("NeverVerify");
  EXPECT_TRUE(ensure(kPrivate, "Never").present);
}

TEST_F(ImagePullerTest, AnImageOfAPullThatNobodySawEndIsNotForEverybody) {
  runtime().failPull = Status::timeout("no answer in time");
  EXPECT_FALSE(ensure(kPrivate, "IfNotPresent", {secret("default", "reader", "secret")}).present);
  runtime().failPull.reset();
  runtime().images.insert(kPrivate);  // it has come after all
  EXPECT_FALSE(ensure(kPrivate, "Never").present);
  restart();
  EXPECT_FALSE(ensure(kPrivate, "Never").present);
  EXPECT_EQ(plugin().node.pullRecords.abandoned(), std::vector<std::string>{kPrivate});
  run(plugin().node.pullRecords.settle(kPrivate, FakeRuntime::idOf(kPrivate)));
  EXPECT_TRUE(plugin().node.pullRecords.abandoned().empty());
  EXPECT_FALSE(ensure(kPrivate, "Never").present) << "it is known by its id now";
  EXPECT_TRUE(ensure(kPrivate, "IfNotPresent", {secret("other", "copy", "secret")}).present);
}

TEST_F(ImagePullerTest, APullThatFailsLeavesAnImageThatWasHereAsItWas) {
  runtime().images.insert(kPrivate);
  EXPECT_FALSE(ensure(kPrivate, "Always").present);
  EXPECT_TRUE(ensure(kPrivate, "Never").present);
  EXPECT_TRUE(listFolder(node_.host().dataDir() + "/image_manager/pulling")->empty());
}

}  // namespace
}  // namespace cleat::agent::test
