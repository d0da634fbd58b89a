// Calls with streams from one plugin to another, each in a process of its own: that they go through, and what becomes
// of them where one of the two does not keep to it.
#include "tests/core/host/fixtures/streams.h"

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

size_t descriptorsOf(const std::string& process) {
  size_t count = 0;
  std::error_code ignored;
  for (const auto& each : std::filesystem::directory_iterator("/proc/" + process + "/fd", ignored)) {
    count += !each.path().empty();
  }
  return count;
}

class PluginStreams : public HostTest {
 protected:
  // In this process, which has one thread in these tests, work that blocks would wait for itself.
  void begin() {
    ASSERT_TRUE(load("stream-called", true));
    ASSERT_TRUE(load("stream-caller", true));
  }
  void start(MethodId method) {
    answer.reset();
    spawn(host->call("stream-caller", {method, textMessage(""), {}, nanoseconds(1min).count()}),
          [this](RoleAnswer given) { answer.emplace(std::move(given)); });
  }
  std::string told() {
    EXPECT_TRUE(executor.runUntil([&] { return answer.has_value(); })) << lines.all();
    if (!answer) return "nothing came";
    return answer->status == CLEAT_OK ? textIn(*answer->message) : answer->error->message;
  }
  std::string asks(MethodId method) {
    start(method);
    return told();
  }
  bool says(const std::string& line) {
    return executor.runUntil([&] { return lines.have(line); });
  }
  std::string processOf(size_t plugin) const { return std::to_string(host->health().at(plugin).processId); }

  std::optional<RoleAnswer> answer;
};

constexpr const char* kAllOfIt = "4194304 came back, with a file; 4194304 bytes";

TEST_F(PluginStreams, GoBothWaysWithFiles) {
  begin();
  EXPECT_EQ(asks(kTalks), kAllOfIt);
}

TEST_F(PluginStreams, WhoNeverReadsHoldsUpNobodyButItsCaller) {
  begin();
  start(kFillsWhoNeverReads);
  ASSERT_TRUE(says("stream-called: is called, and does not read"));
  executor.advance(2s);
  EXPECT_EQ(told(), "little was taken until that ended; the call was not answered before its deadline");
  EXPECT_TRUE(says("stream-called: nobody waits any more"));
}

TEST_F(PluginStreams, WhoFloodsIsEndedWithItsCaller) {
  begin();
  EXPECT_EQ(asks(kLeavesTheFlood), std::string(16, 'x'));
  EXPECT_TRUE(says("stream-called: at its stream: whoever made the call ")) << lines.all();
  EXPECT_EQ(asks(kTalks), kAllOfIt) << "it goes on";
}

TEST_F(PluginStreams, TheDeathOfWhoIsCalledIsToldToTheCaller) {
  begin();
  // At the stream that is an end, or the same reason: whichever comes first.
  const std::string how = asks(kCallsWhoDies);
  EXPECT_TRUE(how.ends_with("; ended: plugin stream-called has crashed: its process ended with status 3")) << how;
}

TEST_F(PluginStreams, TheDeathOfTheCallerIsToldToWhoIsCalled) {
  begin();
  EXPECT_EQ(asks(kDiesItself), "plugin stream-caller has crashed: its process ended with status 4");
  EXPECT_TRUE(says("stream-called: at its stream: whoever made the call ")) << lines.all();
}

TEST_F(PluginStreams, OnePluginHasSoManyAtOnce) {
  begin();
  EXPECT_EQ(asks(kOpensMany), "plugin stream-caller has 128 calls with streams in progress, the limit");
  EXPECT_EQ(asks(kTalks), kAllOfIt);
}

TEST_F(PluginStreams, LeaveNothingBehind) {
  begin();
  const auto all = [this] {
    EXPECT_EQ(asks(kTalks), kAllOfIt);
    asks(kLeavesTheFlood);
    asks(kOpensMany);
  };
  const auto open = [this] {
    return descriptorsOf("self") + descriptorsOf(processOf(0)) + descriptorsOf(processOf(1));
  };
  all();  // what is made once is made then
  const size_t few = 128;
  ASSERT_TRUE(executor.runUntil([&] { return open() < few; })) << open();
  const size_t before = open();
  for (int i = 0; i < 5; ++i) all();
  EXPECT_TRUE(executor.runUntil([&] { return open() <= before; })) << open() << " of " << before;
}

TEST_F(PluginStreams, ACallWithoutOneHasNone) {
  begin();
  auto plain = finish(executor, host->call("stream-called", {kEchoes, textMessage(""), {}, 0}));
  EXPECT_EQ(plain.error->message, "there is no stream");
}

}  // namespace
}  // namespace cleat::host
