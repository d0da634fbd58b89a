// Rows: what `kubectl get -o wide` prints.
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>

#include "kinds-common/cells.h"
#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Event;
using core_v1::Node;
using core_v1::Pod;
using core_v1::Service;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

class Rows : public KindsFixture {
 protected:
  Rows() : KindsFixture("kinds-core") {}

  std::string statusOf(std::string_view pod) { return row<Pod>(pod)[2]; }
  std::string podWith(std::string_view status, std::string_view spec = R"("containers":[{"name":"c"}])",
                      std::string_view meta = "") {
    return concat(R"({"metadata":{"name":"web")", meta, R"(},"spec":{)", spec, R"(},"status":{)", status, "}}");
  }
};

TEST_F(Rows, ShowARunningPod) {
  EXPECT_THAT(
      row<Pod>(concat(
          R"({"metadata":{"name":"web","creationTimestamp":")", ago(5min),
          R"("},"spec":{"nodeName":"n1","containers":[{"name":"a"},{"name":"b"}]},)",
          R"("status":{"phase":"Running","podIPs":[{"ip":"10.0.0.7"}],"containerStatuses":[)",
          R"({"name":"a","ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":")",
          ago(70s), R"("}}},)", R"({"name":"b","state":{"running":{}}}]}})")),
      ElementsAre("web", "1/2", "Running", "2 (70s ago)", "5m", "10.0.0.7", "n1", "<none>", "<none>"));
}

TEST_F(Rows, SayInOneWordWhatKeepsAPod) {
  EXPECT_EQ(statusOf(podWith(R"("phase":"Pending")")), "Pending");
  EXPECT_EQ(
      statusOf(podWith(
          R"("phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ContainerCreating"}}}])")),
      "ContainerCreating");
  EXPECT_EQ(
      statusOf(podWith(
          R"("phase":"Running","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}}}])")),
      "CrashLoopBackOff");
  EXPECT_EQ(
      statusOf(podWith(
          R"("phase":"Succeeded","containerStatuses":[{"name":"c","state":{"terminated":{"reason":"Completed"}}}])")),
      "Completed");
  EXPECT_EQ(
      statusOf(podWith(R"("phase":"Failed","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":3}}}])")),
      "ExitCode:3");
  EXPECT_EQ(statusOf(podWith(R"("phase":"Failed","reason":"Evicted")")), "Evicted");
  EXPECT_EQ(statusOf(podWith(R"("phase":"Running")", R"("containers":[{"name":"c"}])",
                             R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")")),
            "Terminating");
  const char* kInit = R"("initContainers":[{"name":"i"},{"name":"j"}],"containers":[{"name":"c"}])";
  EXPECT_EQ(
      statusOf(podWith(
          R"("phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"running":{}}}])",
          kInit)),
      "Init:1/2");
  EXPECT_EQ(
      statusOf(podWith(
          R"("phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}])",
          kInit)),
      "Init:Error");
  EXPECT_EQ(
      statusOf(podWith(
          R"("phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"ImagePullBackOff"}}}])",
          kInit)),
      "Init:ImagePullBackOff");
}

TEST_F(Rows, ShowNodes) {
  EXPECT_THAT(
      row<Node>(concat(
          R"({"metadata":{"name":"n1","creationTimestamp":")", ago(49h),
          R"(","labels":[{"key":"node-role.kubernetes.io/control-plane","value":""}]},"spec":{"unschedulable":true},)",
          R"("status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"192.0.2.1"}],)",
          R"("nodeInfo":{"kubeletVersion":"v1.2.3","osImage":"Debian","kernelVersion":"6.1","containerRuntimeVersion":"runc://1.1"}}})")),
      ElementsAre("n1", "Ready,SchedulingDisabled", "control-plane", "2d1h", "v1.2.3", "192.0.2.1", "<none>", "Debian",
                  "6.1", "runc://1.1"));
}

TEST_F(Rows, ShowServices) {
  EXPECT_THAT(
      row<Service>(concat(
          R"({"metadata":{"name":"web","creationTimestamp":")", ago(30s),
          R"("},"spec":{"type":"NodePort","clusterIP":"10.96.0.9","clusterIPs":["10.96.0.9"],)",
          R"("ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"selector":[{"key":"app","value":"web"}]}})")),
      ElementsAre("web", "NodePort", "10.96.0.9", "<none>", "80:30080/TCP,53/UDP", "30s", "app=web"));
  EXPECT_EQ(row<Service>(R"({"spec":{"type":"LoadBalancer"}})")[3], "<pending>");
  EXPECT_EQ(row<Service>(R"({"spec":{"type":"ExternalName","externalName":"example.com"}})")[3], "example.com");
}

TEST_F(Rows, ShowEvents) {
  EXPECT_THAT(
      row<Event>(concat(
          R"({"metadata":{"name":"web.1"},"involvedObject":{"kind":"Pod","name":"web","fieldPath":"spec.containers{c}"},)",
          R"("reason":"Started","message":" Started \n","type":"Normal","source":{"component":"kubelet","host":"n1"},"count":3,)",
          R"("firstTimestamp":")", ago(1h), R"(","lastTimestamp":")", ago(10s), R"("})")),
      ElementsAre("10s", "Normal", "Started", "pod/web", "spec.containers{c}", "kubelet, n1", "Started", "60m", "3",
                  "web.1"));
}

TEST(Ages, AreAsPreciseAsAReaderWants) {
  for (auto [duration, text] : std::vector<std::pair<Duration, std::string>>{{-5s, "<invalid>"},
                                                                             {-1s, "0s"},
                                                                             {119s, "119s"},
                                                                             {120s, "2m"},
                                                                             {200s, "3m20s"},
                                                                             {10min, "10m"},
                                                                             {179min, "179m"},
                                                                             {3h, "3h"},
                                                                             {200min, "3h20m"},
                                                                             {47h, "47h"},
                                                                             {50h, "2d2h"},
                                                                             {9 * 24h, "9d"},
                                                                             {800 * 24h, "2y70d"},
                                                                             {9 * 365 * 24h, "9y"}}) {
    EXPECT_EQ(kinds::humanDuration(duration), text);
  }
}

}  // namespace
}  // namespace cleat::test
