#include "pod/status_publisher.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class StatusPublisherTest : public PartTest {
 protected:
  void publish() {
    enter([&] { parts().publisher.publish(); });
  }
  size_t writes() {
    size_t count = 0;
    for (const auto& request : node_.host().requests()) count += request.starts_with("update/status pods") ? 1 : 0;
    return count;
  }
};

TEST_F(StatusPublisherTest, SaysHowThePodIsAndNothingTwice) {
  startPod(podNamed("web"));
  publish();
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(str(node_.pod("web")->getStatus().getPodIP()), "10.244.0.1");
  size_t before = writes();
  publish();
  EXPECT_EQ(writes(), before);
}

TEST_F(StatusPublisherTest, APodThatIsNotInTheApiAnyMoreHasNoStatus) {
  startPod(podNamed("web"));
  parts().pod.removed = true;
  publish();
  EXPECT_EQ(writes(), 0u);
}

TEST_F(StatusPublisherTest, AnEndForTheSakeOfAnotherContainerIsNotSaidForASecond) {
  startPod(podNamed("web"));
  publish();
  enter([&] { parts().publisher.replaced(runtime().find("main")->id); });
  runtime().exit("main", 0);
  look();
  size_t before = writes();
  enter([&] { parts().publisher.publishUnlessReplacing(); });
  EXPECT_EQ(writes(), before);
  node_.host().advance(1s);
  enter([&] { parts().publisher.publishUnlessReplacing(); });
  EXPECT_EQ(writes(), before + 1);
}

}  // namespace
}  // namespace cleat::agent::test
