// When agents are read, how often, and who waits for whom.
#include <gmock/gmock.h>

#include <cleat/sdk/testkit.h>
#include <cleat/sdk/text.h>

#include "kinds-metrics/collector.h"

namespace cleat::metrics {
namespace {

using core_v1::Node;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Draft<Node> nodeAt(std::string_view name, std::string_view address, int32_t port = 10250) {
  Draft<Node> node;
  node->initMetadata().setName(std::string(name));
  auto status = node->initStatus();
  if (!address.empty()) {
    auto addresses = status.initAddresses(1);
    addresses[0].setType("InternalIP");
    addresses[0].setAddress(std::string(address));
  }
  status.initDaemonEndpoints().initKubeletEndpoint().setPort(port);
  return node;
}

// Every agent has used a second of processor time for each second of the clock, unless it is one that hangs or is
// broken.
class CollectorTest : public testing::Test {
 protected:
  CollectorTest() {
    host_.know<Node>();
    plugin_.emplace(host_.start<test::EmptyPlugin>());
    plugin_->enter([&] {
      Context& context = (*plugin_)->context();
      collector_.emplace(
          context,
          [this, &context](HttpsGet request, Duration timeout) { return answer(context, std::move(request), timeout); },
          seconds(15));
    });
  }
  ~CollectorTest() override {
    plugin_->enter([&] { collector_.reset(); });
  }

  Task<HttpsAnswer> answer(Context& context, HttpsGet request, Duration timeout) {
    asked_.push_back(concat(request.host, ":", request.port, request.target));
    if (request.host == hangs_) {
      co_await context.sleep(timeout);
      co_return HttpsAnswer{"no answer in time"};
    }
    if (request.host == broken_) co_return HttpsAnswer{{}, 500, "trouble"};
    const int64_t now = std::chrono::duration_cast<seconds>(context.wallNow().time_since_epoch()).count();
    co_return HttpsAnswer{
        {}, 200, concat("node_cpu_usage_seconds_total ", now, " ", now, "000\nnode_memory_working_set_bytes 5\n")};
  }

  void ask() {
    plugin_->enter([&] { spawn(question()); });
    host_.settle();
  }
  Task<void> question() {
    co_await collector_->current();
    ++answered_;
  }
  std::optional<Use> use(const std::string& node) { return collector_->table().ofNode(node, host_.wallNow()); }

  test::FakeHost host_;
  std::optional<test::Started<test::EmptyPlugin>> plugin_;
  std::optional<Collector> collector_;
  std::vector<std::string> asked_;
  std::string hangs_, broken_;
  int answered_ = 0;
};

TEST_F(CollectorTest, NobodyIsReadBeforeSomebodyAsks) {
  host_.put(nodeAt("a", "192.0.2.1"));
  host_.advance(minutes(10));
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(CollectorTest, AFirstQuestionTakesTwoReadingsASecondApart) {
  host_.put(nodeAt("a", "192.0.2.1", 10255));
  ask();
  EXPECT_EQ(answered_, 0);
  EXPECT_THAT(asked_, ElementsAre("192.0.2.1:10255/metrics/resource"));
  host_.advance(seconds(1));
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(asked_.size(), 2u);
  ASSERT_TRUE(use("a"));
  EXPECT_EQ(use("a")->cpuNano, 1'000'000'000u);
  ask();
  EXPECT_EQ(answered_, 2) << "what was read is told at once";
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(CollectorTest, GoesOnWhileAnybodyAsksAndEndsThen) {
  host_.put(nodeAt("a", "192.0.2.1"));
  ask();
  host_.advance(seconds(1));
  host_.advance(minutes(1));
  EXPECT_EQ(asked_.size(), 6u);
  EXPECT_EQ(use("a")->window, seconds(15));
  ask();
  host_.advance(minutes(6));
  const size_t until = asked_.size();
  host_.advance(minutes(10));
  EXPECT_EQ(asked_.size(), until);
  EXPECT_FALSE(use("a"));
}

TEST_F(CollectorTest, ANodeThatHangsHoldsNobodyElse) {
  host_.put(nodeAt("a", "192.0.2.1"));
  host_.put(nodeAt("b", "192.0.2.2"));
  hangs_ = "192.0.2.1";
  ask();
  host_.advance(seconds(2));
  host_.advance(seconds(1));
  host_.advance(seconds(2));
  EXPECT_EQ(answered_, 1);
  EXPECT_FALSE(use("a"));
  EXPECT_TRUE(use("b"));
  asked_.clear();
  host_.advance(seconds(30));
  EXPECT_EQ(std::ranges::count(asked_, "192.0.2.2:10250/metrics/resource"), 2);
  ASSERT_TRUE(use("b"));
  EXPECT_EQ(use("b")->window, seconds(15));
}

TEST_F(CollectorTest, ANodeThatAnswersWithAnErrorIsComplainedAboutOnce) {
  host_.put(nodeAt("a", "192.0.2.1"));
  broken_ = "192.0.2.1";
  ask();
  host_.advance(minutes(1));
  EXPECT_FALSE(use("a"));
  EXPECT_EQ(std::ranges::count_if(host_.logLines(),
                                  [](const std::string& line) { return line.contains("the agent answered 500"); }),
            1);
}

TEST_F(CollectorTest, WithoutNodesTheAnswerComesAllTheSame) {
  host_.put(nodeAt("a", ""));
  ask();
  host_.advance(seconds(1));
  EXPECT_EQ(answered_, 1);
  EXPECT_THAT(asked_, IsEmpty());
}

}  // namespace
}  // namespace cleat::metrics
