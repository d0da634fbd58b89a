#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Pod;
using core_v1::ServiceAccount;
using testing::ElementsAre;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

class ServiceAccountTest : public testing::Test {
 protected:
  ServiceAccountTest() {
    host.put(test::named<ServiceAccount>("default", "default"));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  test::Outcome<role::AdmissionResults> admit(Draft<Pod> pod) {
    return test::admit<Pod>(*plugin, test::Pass::mutate, {.ns = "default", .name = "web"}, std::move(pod).freeze());
  }
  Object<Pod> admitted(Draft<Pod> pod) {
    auto outcome = admit(std::move(pod));
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return outcome.answer.object<Pod>();
  }
  void expectRefused(Draft<Pod> pod, const std::string& why) {
    auto outcome = admit(std::move(pod));
    EXPECT_EQ(outcome.outcome, CLEAT_DENIED) << why;
    EXPECT_EQ(outcome.status.code, 403);
    EXPECT_EQ(outcome.status.message, "pods \"web\" is forbidden: " + why);
    EXPECT_EQ(outcome.status.details.kind, "pods");
    EXPECT_EQ(outcome.status.details.name, "web");
  }
  static Draft<Pod> makePod(const char* account = "") {
    auto pod = test::makePod("web");
    pod->getSpec().setServiceAccountName(account);
    return pod;
  }
  static Draft<Pod> makeMirror() {
    auto pod = test::makePod("web");
    setAnnotation(pod.meta(), "kubernetes.io/config.mirror", "abc");
    return pod;
  }
  template <class Containers>
  static std::vector<std::string> mounts(Containers containers) {
    std::vector<std::string> all;
    for (auto container : containers) {
      for (auto mount : container.getVolumeMounts()) {
        all.push_back(concat(mount.getMountPath(), mount.getReadOnly() ? " ro" : ""));
      }
    }
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ServiceAccountTest, ItSeesPodsThatAreCreated) {
  EXPECT_THAT(test::interestsOf(*plugin),
              ElementsAre("mutate validate create pods", "validate update pods/ephemeralcontainers"));
}

TEST_F(ServiceAccountTest, APodWithoutAnAccountGetsTheDefaultOne) {
  auto pod = admitted(makePod());
  EXPECT_EQ(view(pod->getSpec().getServiceAccountName()), "default");
  EXPECT_EQ(view(pod->getSpec().getServiceAccount()), "default") << "the field's old name says the same";
}

TEST_F(ServiceAccountTest, TheOldNameOfTheFieldIsHonoured) {
  host.put(test::named<ServiceAccount>("default", "robot"));
  auto pod = makePod();
  pod->getSpec().setServiceAccount("robot");
  EXPECT_EQ(view(admitted(std::move(pod))->getSpec().getServiceAccountName()), "robot");
  auto both = makePod("robot");
  both->getSpec().setServiceAccount("default");
  auto known = admitted(std::move(both));
  EXPECT_EQ(view(known->getSpec().getServiceAccountName()), "robot");
  EXPECT_EQ(view(known->getSpec().getServiceAccount()), "robot");
}

TEST_F(ServiceAccountTest, AnAccountThatIsNotThereIsNamed) {
  const size_t before = host.requests().size();
  expectRefused(makePod("robot"), "error looking up service account default/robot: serviceaccount \"robot\" not found");
  EXPECT_EQ(host.requests().size(), before + 1) << "it is looked up once";
}

TEST_F(ServiceAccountTest, ADefaultAccountThatIsOnItsWayIsWaitedFor) {
  host.remove<ServiceAccount>("default", "default");
  host.settle();
  auto pending = plugin->begin(role::admission::mutate,
                               [](role::AdmissionParams::Builder params) {
                                 params.initRef().setNamespace("default");
                                 params.getRef().setResource("pods");
                               },
                               {makePod().freeze()});
  host.settle();
  EXPECT_FALSE(plugin->answered(pending));
  host.put(test::named<ServiceAccount>("default", "default"));
  host.advance(100ms);
  ASSERT_TRUE(plugin->answered(pending));
  EXPECT_TRUE(plugin->outcome<role::AdmissionResults>(pending).ok());
}

TEST_F(ServiceAccountTest, ADefaultAccountThatDoesNotComeIsNotWaitedForLong) {
  host.remove<ServiceAccount>("default", "default");
  host.settle();
  auto pending = plugin->begin(role::admission::mutate,
                               [](role::AdmissionParams::Builder params) {
                                 params.initRef().setNamespace("default");
                                 params.getRef().setResource("pods");
                               },
                               {makePod().freeze()});
  host.advance(2s);
  ASSERT_TRUE(plugin->answered(pending));
  auto outcome = plugin->outcome<role::AdmissionResults>(pending);
  EXPECT_EQ(outcome.outcome, CLEAT_DENIED);
  EXPECT_EQ(
      outcome.status.message,
      "pods \"web\" is forbidden: error looking up service account default/default: serviceaccount \"default\" not "
      "found");
}

TEST_F(ServiceAccountTest, EachContainerSeesTheTokenTheAuthorityAndTheNamespace) {
  auto draft = makePod();
  draft->getSpec().initInitContainers(1)[0].setName("first");
  auto pod = admitted(std::move(draft));
  EXPECT_THAT(mounts(pod->getSpec().getContainers()), ElementsAre(concat(kMountPath, " ro")));
  EXPECT_THAT(mounts(pod->getSpec().getInitContainers()), ElementsAre(concat(kMountPath, " ro")));
  ASSERT_THAT(pod->getSpec().getVolumes(), SizeIs(1));
  auto volume = pod->getSpec().getVolumes()[0];
  EXPECT_THAT(str(volume.getName()), testing::MatchesRegex("kube-api-access-[a-z0-9]{5}"));
  EXPECT_EQ(view(pod->getSpec().getContainers()[0].getVolumeMounts()[0].getName()), view(volume.getName()));
  auto projected = volume.getProjected();
  EXPECT_EQ(projected.getDefaultMode().getValue(), 0644);
  ASSERT_EQ(projected.getSources().size(), 3u);
  EXPECT_EQ(view(projected.getSources()[0].getServiceAccountToken().getPath()), "token");
  EXPECT_EQ(projected.getSources()[0].getServiceAccountToken().getExpirationSeconds().getValue(), 3607);
  EXPECT_EQ(view(projected.getSources()[1].getConfigMap().getName()), "kube-root-ca.crt");
  EXPECT_EQ(view(projected.getSources()[1].getConfigMap().getItems()[0].getKey()), "ca.crt");
  auto file = projected.getSources()[2].getDownwardAPI().getItems()[0];
  EXPECT_EQ(view(file.getPath()), "namespace");
  EXPECT_EQ(view(file.getFieldRef().getFieldPath()), "metadata.namespace");
}

TEST_F(ServiceAccountTest, WhoeverMountsSomethingThereKeepsIt) {
  auto draft = makePod();
  auto containers = draft->getSpec().initContainers(2);
  containers[0].setName("own");
  containers[0].initVolumeMounts(1)[0].setMountPath(kMountPath);
  containers[0].getVolumeMounts()[0].setName("mine");
  containers[1].setName("other");
  auto pod = admitted(std::move(draft));
  EXPECT_EQ(view(pod->getSpec().getContainers()[0].getVolumeMounts()[0].getName()), "mine");
  EXPECT_THAT(pod->getSpec().getContainers()[0].getVolumeMounts(), SizeIs(1));
  EXPECT_THAT(str(pod->getSpec().getContainers()[1].getVolumeMounts()[0].getName()), StartsWith("kube-api-access-"));
}

TEST_F(ServiceAccountTest, AVolumeIsAddedOnlyWhereSomebodyNeedsIt) {
  auto draft = makePod();
  draft->getSpec().getContainers()[0].initVolumeMounts(1)[0].setMountPath(kMountPath);
  EXPECT_THAT(admitted(std::move(draft))->getSpec().getVolumes(), SizeIs(0));
}

TEST_F(ServiceAccountTest, AVolumeThatACopiedPodBringsIsUsed) {
  auto draft = makePod();
  draft->getSpec().initVolumes(1)[0].setName("kube-api-access-abcde");
  auto pod = admitted(std::move(draft));
  EXPECT_THAT(pod->getSpec().getVolumes(), SizeIs(1));
  EXPECT_EQ(view(pod->getSpec().getContainers()[0].getVolumeMounts()[0].getName()), "kube-api-access-abcde");
}

TEST_F(ServiceAccountTest, ThePodThenTheAccountSayWhetherTheTokenIsMounted) {
  struct Case {
    std::optional<bool> pod, account;
    bool mounted;
  };
  for (const Case& one : {Case{{}, {}, true}, Case{{}, false, false}, Case{{}, true, true}, Case{false, {}, false},
                          Case{false, true, false}, Case{true, false, true}}) {
    auto account = test::named<ServiceAccount>("default", "robot");
    if (one.account) account->initAutomountServiceAccountToken().setValue(*one.account);
    host.put(std::move(account));
    host.settle();
    auto pod = makePod("robot");
    if (one.pod) pod->getSpec().initAutomountServiceAccountToken().setValue(*one.pod);
    auto known = admitted(std::move(pod));
    EXPECT_THAT(known->getSpec().getVolumes(), SizeIs(one.mounted ? 1 : 0));
    EXPECT_EQ(view(known->getSpec().getServiceAccountName()), "robot");
  }
}

TEST_F(ServiceAccountTest, ImagePullSecretsAreTheAccountsWhereThePodNamesNone) {
  auto account = test::named<ServiceAccount>("default", "robot");
  auto secrets = account->initImagePullSecrets(2);
  secrets[0].setName("one");
  secrets[1].setName("two");
  host.put(std::move(account));
  host.settle();
  auto names = [](const Object<Pod>& pod) {
    std::vector<std::string> all;
    for (auto secret : pod->getSpec().getImagePullSecrets()) all.push_back(str(secret.getName()));
    return all;
  };
  EXPECT_THAT(names(admitted(makePod("robot"))), ElementsAre("one", "two"));
  auto own = makePod("robot");
  own->getSpec().initImagePullSecrets(1)[0].setName("mine");
  EXPECT_THAT(names(admitted(std::move(own))), ElementsAre("mine"));
}

TEST_F(ServiceAccountTest, AMirrorOfANodesOwnPodStaysAsItIs) {
  auto outcome = admit(makeMirror());
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  EXPECT_TRUE(outcome.answer.objects().empty());
}

TEST_F(ServiceAccountTest, AMirrorRefersToNothingThatNeedsAnAccount) {
  auto with = [](auto change) {
    auto pod = makeMirror();
    change(pod->getSpec());
    return pod;
  };
  expectRefused(with([](auto spec) { spec.setServiceAccountName("default"); }),
                "a mirror pod may not reference service accounts");
  const std::string secrets = "a mirror pod may not reference secrets";
  expectRefused(with([](auto spec) { spec.initVolumes(1)[0].initSecret().setSecretName("s"); }), secrets);
  expectRefused(with([](auto spec) { spec.initVolumes(1)[0].initProjected().initSources(1)[0].initSecret(); }),
                secrets);
  expectRefused(with([](auto spec) { spec.initImagePullSecrets(1)[0].setName("s"); }), secrets);
  expectRefused(with([](auto spec) { spec.getContainers()[0].initEnvFrom(1)[0].initSecretRef().setName("s"); }),
                secrets);
  expectRefused(with([](auto spec) {
                  spec.initInitContainers(1)[0].initEnv(1)[0].initValueFrom().initSecretKeyRef().setKey("k");
                }),
                secrets);
  expectRefused(
      with([](auto spec) { spec.initVolumes(1)[0].initProjected().initSources(1)[0].initServiceAccountToken(); }),
      "a mirror pod may not use ServiceAccountToken volume projections");
}

TEST_F(ServiceAccountTest, WhenTheClusterDoesNotAnswerThePodIsNotLetThrough) {
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> {
    return fail(Status::unavailable("later"));
  });
  EXPECT_EQ(admit(makePod("robot")).outcome, CLEAT_RETRY);
}

class MountableSecretsTest : public ServiceAccountTest {
 protected:
  MountableSecretsTest() {
    auto account = test::named<ServiceAccount>("default", "strict");
    setAnnotation(account.meta(), "kubernetes.io/enforce-mountable-secrets", "true");
    account->initSecrets(1)[0].setName("own");
    host.put(std::move(account));
    host.settle();
  }
  std::string refusal(Draft<Pod> pod) {
    return test::admit<Pod>(*plugin, test::Pass::validate, {.ns = "default", .name = "web"}, std::move(pod).freeze())
        .status.message;
  }
  static void setVariable(Draft<Pod>& pod, const char* secret) {
    auto variable = pod->getSpec().getContainers()[0].initEnv(1)[0];
    variable.setName("A");
    variable.initValueFrom().initSecretKeyRef().setName(secret);
  }
};

TEST_F(MountableSecretsTest, PodsUseWhatTheirAccountLists) {
  auto pod = makePod("strict");
  setVariable(pod, "own");
  EXPECT_EQ(refusal(std::move(pod)), "");
}

TEST_F(MountableSecretsTest, AndNothingElse) {
  auto variable = makePod("strict");
  setVariable(variable, "other");
  const std::string container(view(variable->getSpec().getContainers()[0].asReader().getName()));
  EXPECT_EQ(
      refusal(std::move(variable)),
      concat("pods \"web\" is forbidden: container ", container,
             " with envVar A referencing secret.secretName=\"other\" is not allowed because service account strict "
             "does not reference that secret"));
  auto volume = makePod("strict");
  volume->getSpec().initVolumes(1)[0].initSecret().setSecretName("other");
  EXPECT_EQ(refusal(std::move(volume)),
            "pods \"web\" is forbidden: volume with secret.secretName=\"other\" is not allowed because service account "
            "strict does not reference that secret");
  auto pull = makePod("strict");
  pull->getSpec().initImagePullSecrets(1)[0].setName("own");
  EXPECT_EQ(
      refusal(std::move(pull)),
      "pods \"web\" is forbidden: imagePullSecrets[0].name=\"own\" is not allowed because service account strict does "
      "not reference that imagePullSecret");
}

TEST_F(MountableSecretsTest, OtherAccountsAreNotAsked) {
  auto pod = makePod("default");
  setVariable(pod, "other");
  EXPECT_EQ(refusal(std::move(pod)), "");
}

}  // namespace
}  // namespace cleat
