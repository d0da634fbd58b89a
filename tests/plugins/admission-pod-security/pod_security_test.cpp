#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "plugins/admission-pod-security/policy.h"
#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Namespace;
using core_v1::Pod;
using role::Operation;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kEnforce = "pod-security.kubernetes.io/enforce";
constexpr const char* kPrivileged = "privileged (container \"main\" must not set securityContext.privileged=true)";

class PodSecurityTest : public testing::Test {
 protected:
  void start(const test::Settings& settings = {}) {
    host.know<Pod>();
    host.know<Namespace>();
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    host.settle();
    ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  }
  void label(const test::Pairs& labels) {
    host.put(test::named<Namespace>("", "shop", labels));
    host.settle();
  }

  struct Told {
    std::string refusal;
    std::vector<std::string> warnings;
  };
  template <class K>
  Told ask(test::AdmissionRequest request, const Object<K>& now, const Object<K>& old = {}) {
    if (request.ns.empty() && KindOf<K>::resource.namespaced) request.ns = "shop";
    if (request.name.empty()) request.name = str(now.name());
    auto outcome = test::admit<K>(*plugin, test::Pass::validate, request, now, old);
    if (!outcome.ok()) return {outcome.status.message, {}};
    return {{}, strings(outcome.answer->getWarnings())};
  }
  static Draft<Pod> makePod(bool privileged, const char* image = "a") {
    auto pod = test::makePod("web");
    pod->getSpec().getContainers()[0].setImage(image);
    if (privileged) pod->getSpec().getContainers()[0].initSecurityContext().initPrivileged().setValue(true);
    return pod;
  }
  static Object<Pod> privilegedPod() { return makePod(true).freeze(); }
  Told relabel(const test::Pairs& before, const test::Pairs& after) {
    return ask<Namespace>({.operation = Operation::UPDATE}, test::named<Namespace>("", "shop", after).freeze(),
                          test::named<Namespace>("", "shop", before).freeze());
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(PodSecurityTest, WithoutLabelsNothingIsAskedFor) {
  start();
  label({});
  auto told = ask<Pod>({}, privilegedPod());
  EXPECT_EQ(told.refusal, "");
  EXPECT_THAT(told.warnings, IsEmpty());
}

TEST_F(PodSecurityTest, WhatIsEnforcedIsRefused) {
  start();
  label({{kEnforce, "baseline"}});
  EXPECT_EQ(ask<Pod>({}, privilegedPod()).refusal,
            std::string("pods \"web\" is forbidden: violates PodSecurity \"baseline:latest\": ") + kPrivileged);
  EXPECT_EQ(ask<Pod>({}, makePod(false).freeze()).refusal, "");
  label({{kEnforce, "baseline"}, {"pod-security.kubernetes.io/enforce-version", "v1.30"}});
  EXPECT_EQ(ask<Pod>({}, privilegedPod()).refusal,
            std::string("pods \"web\" is forbidden: violates PodSecurity \"baseline:v1.30\": ") + kPrivileged);
}

TEST_F(PodSecurityTest, WhatIsWarnedOfIsLetThrough) {
  start();
  label({{"pod-security.kubernetes.io/warn", "baseline"}, {"pod-security.kubernetes.io/audit", "baseline"}});
  auto told = ask<Pod>({}, privilegedPod());
  EXPECT_EQ(told.refusal, "");
  EXPECT_THAT(told.warnings, ElementsAre(std::string("would violate PodSecurity \"baseline:latest\": ") + kPrivileged));
  EXPECT_THAT(host.logLines(), testing::Contains(testing::HasSubstr("would violate PodSecurity")));
}

TEST_F(PodSecurityTest, OfAWorkloadTheTemplateIsSpokenOf) {
  start();
  label({{kEnforce, "baseline"}});
  auto deployment = test::named<apps_v1::Deployment>("shop", "web");
  deployment->initSpec().initTemplate().setSpec(privilegedPod()->getSpec());
  auto told = ask<apps_v1::Deployment>({}, std::move(deployment).freeze());
  EXPECT_EQ(told.refusal, "");
  EXPECT_THAT(told.warnings, ElementsAre(std::string("would violate PodSecurity \"baseline:latest\": ") + kPrivileged));
}

TEST_F(PodSecurityTest, AnUpdateIsLookedAtForItsImage) {
  start();
  label({{kEnforce, "baseline"}});
  const test::AdmissionRequest update{.operation = Operation::UPDATE};
  EXPECT_NE(ask<Pod>(update, makePod(true, "b").freeze(), makePod(true, "a").freeze()).refusal, "");
  auto labelled = makePod(true);
  setLabel(labelled.meta(), "a", "b");
  EXPECT_EQ(ask<Pod>(update, std::move(labelled).freeze(), privilegedPod()).refusal, "")
      << "it was there before the namespace was labelled";
}

TEST_F(PodSecurityTest, AnEphemeralContainerIsLookedAtInThePodThatThereIs) {
  start();
  label({{kEnforce, "restricted"}});
  auto pod = makePod(false);
  Draft<Pod> body(pod.reader());
  // The body lies about the pod: nothing of it but the ephemeral containers would be taken over.
  body->getSpec().initSecurityContext().initRunAsNonRoot().setValue(true);
  body->getSpec().initContainers(0);
  auto debugger = body->getSpec().initEphemeralContainers(1)[0];
  debugger.setName("debugger");
  debugger.initSecurityContext().initPrivileged().setValue(true);
  const std::string refusal = ask<Pod>({.operation = Operation::UPDATE, .subresource = "ephemeralcontainers"},
                                       std::move(body).freeze(), std::move(pod).freeze())
                                  .refusal;
  EXPECT_THAT(refusal, testing::HasSubstr("privileged (container \"debugger\" must not"));
  EXPECT_THAT(refusal,
              testing::HasSubstr("pod or containers \"main\", \"debugger\" must set securityContext.runAsNonRoot"));
}

TEST_F(PodSecurityTest, TheStatusIsNotSeen) {
  start();
  for (const std::string& interest : test::interestsOf(*plugin)) EXPECT_EQ(interest.find("status"), std::string::npos);
}

TEST_F(PodSecurityTest, SomeAreExempt) {
  start({{"enforce", "baseline"},
         {"exempt_users", "root"},
         {"exempt_runtime_classes", "kata"},
         {"exempt_namespaces", "kube-system"}});
  label({});
  host.put(test::named<Namespace>("", "kube-system"));
  EXPECT_NE(ask<Pod>({}, privilegedPod()).refusal, "") << "the default";
  EXPECT_EQ(ask<Pod>({.user = "root"}, privilegedPod()).refusal, "");
  EXPECT_EQ(ask<Pod>({.ns = "kube-system"}, privilegedPod()).refusal, "");
  auto pod = makePod(true);
  pod->getSpec().setRuntimeClassName("kata");
  EXPECT_EQ(ask<Pod>({}, std::move(pod).freeze()).refusal, "");
}

TEST_F(PodSecurityTest, WrongSettingsAreRefused) {
  plugin.emplace(host.start(cleat_plugin_v1(), {{"enforce", "strict"}}));
  host.settle();
  EXPECT_EQ(plugin->readyError(), "enforce: \"strict\" must be one of privileged, baseline, restricted");
}

TEST_F(PodSecurityTest, WrongLabelsAreRefused) {
  start();
  EXPECT_EQ(ask<Namespace>({}, test::named<Namespace>("", "shop", {{kEnforce, "strict"}}).freeze()).refusal,
            "Namespace \"shop\" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "
            "\"strict\": must be one of privileged, baseline, restricted");
  EXPECT_EQ(relabel({}, {{"pod-security.kubernetes.io/warn-version", "1.30"}}).refusal,
            "Namespace \"shop\" is invalid: metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "
            "\"1.30\": must be \"latest\" or \"v1.x\"");
  EXPECT_EQ(relabel({{kEnforce, "strict"}}, {{kEnforce, "strict"}, {"a", "b"}}).refusal, "")
      << "they were there before";
}

TEST_F(PodSecurityTest, WrongLabelsCountAsTheStrictest) {
  start();
  label({{kEnforce, "strict"}});
  EXPECT_THAT(ask<Pod>({}, makePod(false).freeze()).refusal,
              testing::HasSubstr("violates PodSecurity \"restricted:latest\""));
}

TEST_F(PodSecurityTest, ALabelCountsAtOnce) {
  start();
  label({});
  relabel({}, {{kEnforce, "baseline"}});
  host.put(test::named<Namespace>("", "shop", {{kEnforce, "baseline"}}));
  EXPECT_NE(ask<Pod>({}, privilegedPod()).refusal, "") << "though no watch has told of it yet";
}

TEST_F(PodSecurityTest, PodsThatAreThereAreNamedWhenMoreIsEnforced) {
  start();
  for (const char* name : {"a", "b", "c"}) {
    auto pod = makePod(true);
    pod.meta().setName(name);
    pod.meta().setNamespace("shop");
    host.put(std::move(pod));
  }
  auto hostNetwork = makePod(false);
  hostNetwork.meta().setName("net");
  hostNetwork.meta().setNamespace("shop");
  hostNetwork->getSpec().setHostNetwork(true);
  host.put(std::move(hostNetwork));
  EXPECT_THAT(
      relabel({}, {{kEnforce, "baseline"}}).warnings,
      ElementsAre("existing pods in namespace \"shop\" violate the new PodSecurity enforce level \"baseline:latest\"",
                  "a (and 2 other pods): privileged", "net: host namespaces"));
  EXPECT_THAT(relabel({{kEnforce, "restricted"}}, {{kEnforce, "baseline"}}).warnings, IsEmpty()) << "it is less";
  EXPECT_THAT(relabel({{kEnforce, "baseline"}}, {{kEnforce, "baseline"}}).warnings, IsEmpty());
}

TEST_F(PodSecurityTest, LabelsOfAnExemptNamespaceAreInVain) {
  start({{"exempt_namespaces", "shop"}});
  EXPECT_THAT(
      relabel({}, {{kEnforce, "baseline"}}).warnings,
      ElementsAre("namespace \"shop\" is exempt from Pod Security, and the policy (enforce=baseline:latest) will be "
                  "ignored"));
}

TEST(PodSecurityPolicy, SaysOfEachModeWhatTheLabelsSay) {
  using namespace pod_security;
  auto policy = [](const test::Pairs& labels, const Policy& defaults = {}) {
    const Object<Namespace> ns = test::named<Namespace>("", "shop", labels).freeze();
    const Policy found = policyOf(ns.meta().getLabels(), defaults).policy;
    return concat(text(found.enforce), " ", text(found.audit), " ", text(found.warn));
  };
  EXPECT_EQ(policy({}), "privileged:latest privileged:latest privileged:latest");
  EXPECT_EQ(policy({{kEnforce, "restricted"}}), "restricted:latest privileged:latest restricted:latest")
      << "what is enforced is warned of";
  EXPECT_EQ(policy({{kEnforce, "restricted"}, {"pod-security.kubernetes.io/warn", "privileged"}}),
            "restricted:latest privileged:latest privileged:latest");
  EXPECT_EQ(
      policy({{"pod-security.kubernetes.io/audit", "baseline"}, {"pod-security.kubernetes.io/audit-version", "v1.9"}}),
      "privileged:latest baseline:v1.9 privileged:latest");
  EXPECT_EQ(policy({{"pod-security.kubernetes.io/audit", "x"}, {"pod-security.kubernetes.io/warn", "x"}}),
            "privileged:latest privileged:latest privileged:latest");
  EXPECT_EQ(policy({}, {{Level::baseline}, {Level::restricted}, {Level::restricted, 30}}),
            "baseline:latest restricted:latest restricted:v1.30");
}

TEST(PodSecurityPolicy, KnowsVersions) {
  using pod_security::parseVersion;
  EXPECT_EQ(parseVersion("v1.0"), 0);
  EXPECT_EQ(parseVersion("v1.37"), 37);
  EXPECT_EQ(parseVersion("latest"), pod_security::LevelVersion::kLatest);
  for (const char* wrong : {"", "1.30", "v1", "v1.", "v1.01", "v1.-1", "v2.0", "v1.3x", "v1.99999999999"}) {
    EXPECT_EQ(parseVersion(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace cleat
