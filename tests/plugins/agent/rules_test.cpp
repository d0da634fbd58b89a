// The small rules: back-off, image names, quality of service, restart policies, probe thresholds.
#include <cleat/sdk/pod_qos.h>

#include "backoff.h"
#include "image-common/image_name.h"
#include "images/credentials.h"
#include "node_fixture.h"
#include "pod/resources.h"
#include "probes/probe_judge.h"

namespace cleat::agent::test {
namespace {

TEST(BackoffRule, DoublesUpToItsLimitAndForgetsAfterTwiceThat) {
  Backoff backoff(10s, 5min);
  Instant now{};
  EXPECT_EQ(backoff.remaining("a", now, now), 0s);
  for (auto expected : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    backoff.next("a", now);
    EXPECT_EQ(backoff.delayOf("a"), expected);
    EXPECT_EQ(backoff.remaining("a", now, now + 1s), expected - 1s);
    EXPECT_EQ(backoff.remaining("a", now, now + expected), 0s);
  }
  now += 10min + 1s;
  EXPECT_EQ(backoff.remaining("a", now, now), 0s);
  backoff.next("a", now);
  EXPECT_EQ(backoff.delayOf("a"), 10s);
}

TEST(PullSecrets, GiveTheCredentialOfTheLongestMatchingRegistry) {
  Draft<core_v1::Secret> secret;
  auto data = secret->initData(1);
  data[0].setKey(".dockerconfigjson");
  data[0].setValue(
      dataOf(R"({"auths":{"registry.example":{"auth":"YTpi"},"registry.example/team":{"username":"u","password":"p"},
                              "https://index.docker.io/v1/":{"auth":"aHViOnB3"}}})"));
  auto team = credentialFor(secret.reader(), *parseImageName("registry.example/team/app"));
  EXPECT_EQ(team->username, "u");
  auto other = credentialFor(secret.reader(), *parseImageName("registry.example/other"));
  EXPECT_EQ(other->username + "/" + other->password, "a/b");
  EXPECT_EQ(credentialFor(secret.reader(), *parseImageName("busybox"))->username, "hub");
  auto another = credentialFor(secret.reader(), *parseImageName("index.docker.io/library/busybox"));
  ASSERT_TRUE(another) << "it is Docker Hub by another name";
  EXPECT_EQ(another->username, "hub");
  EXPECT_FALSE(credentialFor(secret.reader(), *parseImageName("elsewhere.example/a")));
}

void setResources(Draft<Pod>& pod, std::initializer_list<std::pair<const char*, const char*>> requests,
                  std::initializer_list<std::pair<const char*, const char*>> limits) {
  auto resources = pod->getSpec().getContainers()[0].initResources();
  auto fill = [](auto list, const auto& values) {
    uint32_t at = 0;
    for (const auto& [key, value] : values) {
      list[at].setKey(key);
      list[at++].setValue(value);
    }
  };
  fill(resources.initRequests(static_cast<uint32_t>(requests.size())), requests);
  fill(resources.initLimits(static_cast<uint32_t>(limits.size())), limits);
}

TEST(QualityOfService, DecidesTheCgroupAndTheOomScore) {
  constexpr int64_t kMemory = int64_t{4} << 30;
  Draft<Pod> pod = podNamed("web");
  pod.meta().setUid("u1");
  EXPECT_EQ(cgroupParentOf(pod.reader(), {}), "/cleat/besteffort/podu1");
  setResources(pod, {{"memory", "1Gi"}}, {});
  EXPECT_EQ(qosClassName(qosClassOf(pod.reader().getSpec())), "Burstable");
  EXPECT_EQ(cgroupParentOf(pod.reader(), {.root = "/other", .limit = {}}), "/other/burstable/podu1");
  Draft<role::Resources> resources;
  auto container = containersOf(pod.reader().getSpec())[0];
  setContainerResources(pod.reader().getSpec(), container, kMemory, *resources);
  EXPECT_EQ(resources->getOomScoreAdj(), 750);
  EXPECT_EQ(resources->getCpuShares(), 2u);
  setResources(pod, {}, {{"cpu", "500m"}, {"memory", "64Mi"}});
  EXPECT_EQ(cgroupParentOf(pod.reader(), {}), "/cleat/podu1");
  Draft<role::Resources> limited;
  container = containersOf(pod.reader().getSpec())[0];
  setContainerResources(pod.reader().getSpec(), container, kMemory, *limited);
  EXPECT_EQ(limited->getOomScoreAdj(), -997);
  EXPECT_EQ(limited->getCpuShares(), 512u);
  EXPECT_EQ(limited->getCpuQuotaUs(), 50000);
  EXPECT_EQ(limited->getMemoryLimitBytes(), 64u << 20);
}

TEST(RestartRule, OfAContainerGoesBeforeThatOfThePod) {
  Draft<Pod> pod = podNamed("web", "Never");
  auto rule = pod->getSpec().getContainers()[0].initRestartPolicyRules(1)[0];
  rule.setAction("Restart");
  rule.initExitCodes().setOperator("In");
  rule.getExitCodes().initValues(1).set(0, 42);
  auto container = containersOf(pod.reader().getSpec())[0];
  EXPECT_TRUE(shouldRestart(pod.reader().getSpec(), container, 42));
  EXPECT_FALSE(shouldRestart(pod.reader().getSpec(), container, 1));
}

TEST(ProbeThresholds, CountResultsInARow) {
  using Verdict = ProbeJudge::Verdict;
  ProbeJudge judge(2, 3);
  EXPECT_EQ(judge.count(true), Verdict::undecided);
  EXPECT_EQ(judge.count(true), Verdict::passed);
  EXPECT_EQ(judge.count(false), Verdict::undecided);
  EXPECT_EQ(judge.count(false), Verdict::undecided);
  EXPECT_EQ(judge.count(true), Verdict::undecided) << "one success interrupts the row";
  EXPECT_EQ(judge.count(false), Verdict::undecided);
  EXPECT_EQ(judge.count(false), Verdict::undecided);
  EXPECT_EQ(judge.count(false), Verdict::failed);
}

}  // namespace
}  // namespace cleat::agent::test
