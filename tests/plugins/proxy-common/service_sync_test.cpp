// The loop that both proxies follow the services with: nothing is applied without need, nothing is lost.
#include "plugins/proxy-common/service_sync.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/plugins/proxy-common/service_objects.h"

namespace cleat::proxy {
namespace {

using namespace test;
using namespace std::chrono_literals;

// What the proxy was told, and what it does when it is told.
struct Told {
  std::vector<std::vector<ServicePort>> tables;
  std::function<Result<void>()> answer = [] { return Result<void>(); };
  // The same of IPv6.
  std::vector<std::vector<ServicePort>> ipv6Tables;
  Result<void> ipv6Answer;
};
Told* told = nullptr;

class SyncingPlugin : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override { return sync_.start(); }

 private:
  ServiceSync sync_{context(), 100ms, [](Family family, const std::vector<ServicePort>& table) {
                      if (family == Family::ipv6) {
                        told->ipv6Tables.push_back(table);
                        return told->ipv6Answer;
                      }
                      told->tables.push_back(table);
                      auto answer = told->answer;  // it may put another in its place
                      return answer();
                    }};
};

class ServiceSyncTest : public testing::Test {
 protected:
  ServiceSyncTest() {
    told = &record;
    host.know<Service>();
    host.know<EndpointSlice>();
  }
  void add(const std::string& name) { host.put(makeService(name, "10.96.0." + std::to_string(++address), {{"", 80}})); }
  size_t rounds() const { return record.tables.size(); }
  size_t servicesOfLast() const { return record.tables.back().size(); }

  Told record;
  cleat::test::FakeHost host;
  int address = 0;
};

TEST_F(ServiceSyncTest, TheFirstTableIsWholeAndThePluginIsReadyAfterIt) {
  add("a");
  add("b");
  auto plugin = host.start<SyncingPlugin>();
  EXPECT_TRUE(plugin.ready());
  EXPECT_EQ(rounds(), 1u);
  EXPECT_EQ(servicesOfLast(), 2u);
}

TEST_F(ServiceSyncTest, AFirstFailureFailsTheStart) {
  record.answer = [] { return fail(Status::internal("no netfilter here")); };
  auto plugin = host.start<SyncingPlugin>();
  EXPECT_FALSE(plugin.ready());
  EXPECT_EQ(plugin.readyError(), "no netfilter here");
}

TEST_F(ServiceSyncTest, OneChangeIsAppliedAtOnceAndThoseThatFollowCloselyTogether) {
  auto plugin = host.start<SyncingPlugin>();
  host.advance(1s);
  ASSERT_EQ(rounds(), 1u);
  add("a");
  host.settle();
  EXPECT_EQ(rounds(), 2u) << "it waited though it had been idle";
  for (const char* name : {"b", "c", "d"}) {
    add(name);
    host.settle();
  }
  EXPECT_EQ(rounds(), 2u);
  host.advance(99ms);
  EXPECT_EQ(rounds(), 2u);
  host.advance(1ms);
  EXPECT_EQ(rounds(), 3u);
  EXPECT_EQ(servicesOfLast(), 4u);
  host.advance(1h);
  EXPECT_EQ(rounds(), 3u);
}

TEST_F(ServiceSyncTest, AChangeThatDoesNotConcernTheTableIsNotApplied) {
  add("a");
  host.put(makeSlice("a", "a-1", {{"", 8080}}, {{"10.0.0.1", "here", true}}));
  auto plugin = host.start<SyncingPlugin>();
  host.change<Service>("default", "a", [](auto service) { service.getSpec().setPublishNotReadyAddresses(true); });
  host.put(makeSlice("nobody", "n-1", {{"", 8080}}, {{"10.0.0.1", "here", true}}));
  host.advance(1s);
  EXPECT_EQ(rounds(), 1u);
  host.change<EndpointSlice>("default", "a-1",
                             [](auto slice) { slice.getEndpoints()[0].getAddresses().set(0, "10.0.0.2"); });
  host.advance(1s);
  EXPECT_EQ(rounds(), 2u);
}

TEST_F(ServiceSyncTest, WhatChangesDuringARoundComesInTheNext) {
  auto plugin = host.start<SyncingPlugin>();
  host.advance(1s);
  record.answer = [this] {
    record.answer = [] { return Result<void>(); };
    add("meanwhile");
    return Result<void>();
  };
  add("a");
  host.settle();
  EXPECT_EQ(servicesOfLast(), 1u);
  host.advance(100ms);
  EXPECT_EQ(rounds(), 3u);
  EXPECT_EQ(servicesOfLast(), 2u);
}

TEST_F(ServiceSyncTest, WhatChangesDuringTheFirstRoundIsNotLost) {
  record.answer = [this] {
    record.answer = [] { return Result<void>(); };
    add("meanwhile");
    return Result<void>();
  };
  auto plugin = host.start<SyncingPlugin>();
  host.advance(1s);
  EXPECT_EQ(rounds(), 2u);
  EXPECT_EQ(servicesOfLast(), 1u);
}

TEST_F(ServiceSyncTest, AFailureIsLoggedAndTriedAgainWithWhatIsTrueThen) {
  auto plugin = host.start<SyncingPlugin>();
  host.advance(1s);
  record.answer = [] { return fail(Status::internal("the lock is held")); };
  add("a");
  host.settle();
  ASSERT_EQ(rounds(), 2u);
  ASSERT_FALSE(host.logLines().empty());
  EXPECT_EQ(host.logLines().back(), "ERROR cannot follow the services of IPv4: the lock is held");
  add("b");
  host.advance(4999ms);
  EXPECT_EQ(rounds(), 2u);
  record.answer = [] { return Result<void>(); };
  host.advance(1ms);
  EXPECT_EQ(rounds(), 3u);
  EXPECT_EQ(servicesOfLast(), 2u);
  host.advance(1h);
  EXPECT_EQ(rounds(), 3u);
}

TEST_F(ServiceSyncTest, AfterAFailureEvenTheOldTableIsAppliedAgain) {
  auto plugin = host.start<SyncingPlugin>();
  host.advance(1s);
  record.answer = [] { return fail(Status::internal("half done")); };
  add("a");
  host.settle();
  host.remove<Service>("default", "a");
  record.answer = [] { return Result<void>(); };
  host.advance(5s);
  EXPECT_EQ(rounds(), 3u);
  EXPECT_EQ(servicesOfLast(), 0u);
}

TEST_F(ServiceSyncTest, AnExceptionIsAFailureLikeOthers) {
  auto plugin = host.start<SyncingPlugin>();
  host.advance(1s);
  record.answer = []() -> Result<void> { throw std::runtime_error("out of threads"); };
  add("a");
  host.settle();
  EXPECT_EQ(host.logLines().back(), "ERROR cannot follow the services of IPv4: out of threads");
  record.answer = [] { return Result<void>(); };
  host.advance(5s);
  EXPECT_EQ(rounds(), 3u);
}

TEST_F(ServiceSyncTest, AServiceThatWentWhileHistoryWasLostIsGone) {
  add("a");
  add("b");
  auto plugin = host.start<SyncingPlugin>();
  host.remove<Service>("default", "a");
  host.loseHistory();
  host.advance(1s);
  EXPECT_EQ(servicesOfLast(), 1u);
}

TEST_F(ServiceSyncTest, EachFamilyIsAppliedByItselfAndNeitherWaitsForTheOther) {
  add("a");
  record.ipv6Answer = fail(Status::internal("no room"));
  auto plugin = host.start<SyncingPlugin>();
  EXPECT_TRUE(plugin.ready()) << "IPv4 is in effect";
  EXPECT_EQ(rounds(), 1u);
  host.advance(100ms);
  const size_t failed = record.ipv6Tables.size();
  host.put(makeService("six", "fd00::5", {{"", 80}}));
  add("b");
  host.advance(100ms);
  EXPECT_EQ(rounds(), 2u);
  EXPECT_EQ(record.ipv6Tables.size(), failed) << "it has its own time";
  record.ipv6Answer = {};
  host.advance(ServiceSync::kRetryAfter);
  EXPECT_EQ(record.ipv6Tables.size(), failed + 1);
  EXPECT_EQ(record.ipv6Tables.back().size(), 1u);
  EXPECT_EQ(rounds(), 2u) << "what came through is not written again";
}

TEST_F(ServiceSyncTest, WhereNoFamilyIsInEffectThePluginIsNotReady) {
  record.ipv6Answer = fail(Status::internal("no room"));
  record.answer = [] { return fail(Status::internal("none at all")); };
  auto plugin = host.start<SyncingPlugin>();
  EXPECT_FALSE(plugin.ready());
}

}  // namespace
}  // namespace cleat::proxy
