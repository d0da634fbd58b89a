// Which pods go first when there are too many.
#include <cleat/sdk/pod_ranking.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using core_v1::Pod;

constexpr const char* kNow = "2026-01-02T00:00:00Z";

struct RankCase {
  const char* what;
  std::function<void(Pod::Builder first)> first;
  std::function<void(Pod::Builder second)> second;
};

void ready(Pod::Builder pod, const char* since) {
  setCondition<core_v1::PodCondition>(pod.getStatus(), {"Ready", "True", "", "", since});
}
void restarts(Pod::Builder pod, int count) { pod.getStatus().initContainerStatuses(1)[0].setRestartCount(count); }
void sidecarRestarts(Pod::Builder pod, int count) {
  auto sidecar = pod.getSpec().initInitContainers(1)[0];
  sidecar.setName("log");
  sidecar.setRestartPolicy("Always");
  auto status = pod.getStatus().initInitContainerStatuses(1)[0];
  status.setName("log");
  status.setRestartCount(count);
}
void cost(Pod::Builder pod, const char* text) {
  setAnnotation(pod.getMetadata(), "controller.kubernetes.io/pod-deletion-cost", text);
}
void made(Pod::Builder pod, const char* when) { pod.getMetadata().setCreationTimestamp(when); }

TEST(PodRanking, TheFirstOfTwoGoesFirst) {
  const RankCase cases[] = {
      {"without a node", [](auto pod) { pod.getSpec().setNodeName(""); }, [](auto) {}},
      {"pending", [](auto pod) { pod.getStatus().setPhase("Pending"); }, [](auto) {}},
      {"unknown", [](auto pod) { pod.getStatus().setPhase("Unknown"); }, [](auto) {}},
      {"not ready", [](auto) {}, [](auto pod) { ready(pod, "2026-01-01T00:00:00Z"); }},
      {"cheaper to delete", [](auto pod) { cost(pod, "-5"); }, [](auto pod) { cost(pod, "3"); }},
      {"ready for a shorter time", [](auto pod) { ready(pod, "2026-01-01T23:59:55Z"); },
       [](auto pod) { ready(pod, "2026-01-01T00:00:00Z"); }},
      {"restarted more often", [](auto pod) { restarts(pod, 3); }, [](auto pod) { restarts(pod, 1); }},
      {"with a sidecar that was", [](auto pod) { sidecarRestarts(pod, 2); }, [](auto pod) { sidecarRestarts(pod, 1); }},
      {"younger", [](auto pod) { made(pod, "2026-01-01T23:59:09Z"); },
       [](auto pod) { made(pod, "2026-01-01T00:00:01Z"); }},
      {"not ready comes before cheap", [](auto) {},
       [](auto pod) {
         ready(pod, "2026-01-01T00:00:00Z");
         cost(pod, "-100");
       }},
      {"of like age the uid decides",
       [](auto pod) { made(pod, "2026-01-01T00:00:01Z"), pod.getMetadata().setUid("1"); },
       [](auto pod) { made(pod, "2026-01-01T00:00:09Z"), pod.getMetadata().setUid("2"); }},
  };
  for (const RankCase& each : cases) {
    test::FakeHost host;
    auto make = [&](const char* name, const auto& edit) {
      auto pod = test::makePod(name);
      pod->getSpec().setNodeName(name);
      pod->initStatus().setPhase("Running");
      edit(*pod);
      return std::move(pod).freeze();
    };
    std::vector<Object<Pod>> pods = {make("a", each.second), make("b", each.first)};
    rankForDeletion(pods, pods, *parseTime(std::string_view(kNow)));
    EXPECT_EQ(pods[0].name(), "b") << each.what;
  }
}

TEST(PodRanking, ThinsOutNodesThatHaveSeveralOfTheSameFamily) {
  auto make = [](const std::string& name, const std::string& node) {
    auto pod = test::makePod(name);
    pod->getSpec().setNodeName(node);
    pod->initStatus().setPhase("Running");
    pod.meta().setUid(name);
    return std::move(pod).freeze();
  };
  std::vector<Object<Pod>> pods = {make("alone", "a"), make("x1", "b"), make("x2", "b")};
  rankForDeletion(pods, pods, *parseTime(std::string_view(kNow)));
  EXPECT_EQ(pods.back().name(), "alone");

  // An older generation has two more beside the lonely one.
  std::vector<Object<Pod>> family = pods;
  family.push_back(make("old1", "a"));
  family.push_back(make("old2", "a"));
  rankForDeletion(pods, family, *parseTime(std::string_view(kNow)));
  EXPECT_EQ(pods.front().name(), "alone");
}

}  // namespace
}  // namespace cleat
