#include "pod/pod_teardown.h"

#include <filesystem>

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class PodTeardownTest : public PartTest {
 protected:
  void startAndEnd() {
    startPod(podNamed("web"));
    runtime().exit("main", 0);
    look();
  }
};

TEST_F(PodTeardownTest, WhileAContainerRunsNothingIsReleased) {
  startPod(podNamed("web"));
  EXPECT_FALSE(ask(parts().teardown.release()));
  EXPECT_EQ(runtime().connected.size(), 1u);
  int before = syncs();
  node_.host().advance(1s);
  EXPECT_EQ(syncs(), before + 1) << "it is to be called again";
}

TEST_F(PodTeardownTest, WhenNoneDoesEverythingIs) {
  startAndEnd();
  EXPECT_TRUE(ask(parts().teardown.release()));
  EXPECT_TRUE(parts().pod.ended);
  EXPECT_TRUE(runtime().connected.empty());
  EXPECT_FALSE(runtime().sandboxes[0].ready);
  EXPECT_FALSE(std::filesystem::exists(parts().pod.folder()));
}

TEST_F(PodTeardownTest, WithoutKnowingWhatRunsNothingIsReleased) {
  startAndEnd();
  runtime().failList = "busy";
  EXPECT_FALSE(ask(parts().teardown.release()));
  EXPECT_EQ(runtime().connected.size(), 1u);
  runtime().failList.reset();
  EXPECT_TRUE(ask(parts().teardown.release()));
}

TEST_F(PodTeardownTest, APodThatEndedByItselfStaysInTheApi) {
  startAndEnd();
  ask(parts().teardown.release());
  EXPECT_FALSE(ask(parts().teardown.remove()));
  EXPECT_EQ(runtime().sandboxes.size(), 1u);
}

TEST_F(PodTeardownTest, ADeletedOneIsRemovedFromTheApiAndThenHere) {
  startAndEnd();
  node_.requestDeletion("web", 30);
  enter([&] { parts().pod.status.update(node_.pod("web")); });
  ask(parts().teardown.release());
  EXPECT_FALSE(ask(parts().teardown.remove())) << "until the API says that it is gone";
  EXPECT_FALSE(node_.pod("web"));
  EXPECT_TRUE(runtime().sandboxes.empty());
  parts().pod.removed = true;
  EXPECT_TRUE(ask(parts().teardown.remove()));
}

}  // namespace
}  // namespace cleat::agent::test
