#include "core/app/attach/leader_lease.h"

#include <cleat/sdk/text.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/app/attach/fenced_client.h"
#include "core/base/log.h"
#include "core/base/manual_executor.h"
#include "tests/core/bus/fake_server.h"

namespace cleat::app {
namespace {

using namespace std::chrono_literals;
using bus::FakeServer;

// A server with one lease, and two processes that reach it each in its own way.
struct LeaseTest : ::testing::Test {
  base::LogCapture quiet{[this](base::LogLevel, std::string_view, std::string_view line) { log.append(line) += "\n"; }};
  std::string log;
  base::ManualExecutor executor;
  boost::json::value lease;  // null: there is none
  int revision = 0;

  struct Process {
    std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();  // the same one, by a way of its own
    enum class Way { open, cut, silent } way = Way::open;
    std::shared_ptr<FencedClient> fence;
    std::unique_ptr<LeaderLease> lease;
    std::string did;
  };
  Process one = make("one"), two = make("two");

  ~LeaseTest() override {
    one.lease->stop();
    two.lease->stop();
    serve();
    one.server->endAll();
    two.server->endAll();
  }

  Process make(const std::string& identity) {
    Process process;
    process.fence = std::make_shared<FencedClient>(executor, process.server, identity + " does not lead");
    LeaderLeaseOptions options{.ns = "kube-system", .name = "it", .identity = identity};
    FencedClient* fence = process.fence.get();
    process.lease = std::make_unique<LeaderLease>(executor, process.server, options, [fence](int64_t began) {
      fence->open({began + std::chrono::nanoseconds(10s).count(), began + std::chrono::nanoseconds(15s).count()});
    });
    return process;
  }
  static Task<void> run(Process& process) {
    while (true) {
      const bool acquired = co_await process.lease->acquire();
      if (!acquired) break;
      process.did += "leads ";
      co_await process.lease->hold();
      process.did += "stops ";
      process.fence->close();
      co_await process.lease->release();
    }
    process.did += "ends";
  }

  void serve() {
    for (Process* each : {&one, &two}) {
      while (each->way == Process::Way::open && !each->server->isIdle()) {
        auto exchange = each->server->next();
        if (!exchange->ended()) answer(*exchange);
      }
      if (each->way == Process::Way::cut) each->server->endAll();
    }
  }
  void answer(FakeServer::Exchange& exchange) {
    const http::ClientRequest& asked = exchange.request;
    if (asked.method == "GET") {
      if (lease.is_null()) return exchange.answer(404, R"({"kind":"Status","apiVersion":"v1","code":404})");
      return exchange.answer(200, boost::json::serialize(lease));
    }
    boost::json::value given = boost::json::parse(asked.body);
    if (asked.method == "POST" ? !lease.is_null() : given.at("metadata").at("resourceVersion") != now()) {
      return exchange.answer(409, R"({"kind":"Status","apiVersion":"v1","code":409})");
    }
    lease = std::move(given);
    ++revision;
    lease.at("metadata").as_object()["resourceVersion"] = now();
    exchange.answer(200, boost::json::serialize(lease));
  }
  boost::json::value now() const { return boost::json::value(std::to_string(revision)); }
  std::string holder() const {
    const boost::json::value* holder = lease.at("spec").as_object().if_contains("holderIdentity");
    return holder == nullptr ? "" : std::string(holder->as_string());
  }
  void pass(std::chrono::seconds time) {
    for (auto gone = 0s; gone < time; gone += 1s) {
      serve();
      executor.advance(1s);
    }
    serve();
  }
};

TEST_F(LeaseTest, OneOfTwoLeadsAndRenews) {
  spawn(run(one));
  serve();
  spawn(run(two));
  pass(60s);
  EXPECT_EQ(one.did, "leads ");
  EXPECT_EQ(two.did, "");
  EXPECT_EQ(holder(), "one");
  EXPECT_GT(revision, 20);
  EXPECT_EQ(two.lease->holder(), "one");
  EXPECT_TRUE(one.fence->isOpen());
  EXPECT_FALSE(two.fence->isOpen());
  EXPECT_EQ(lease.at("spec").at("leaseTransitions").as_int64(), 0);
}

TEST_F(LeaseTest, WhoStopsGivesItBackAndTheOtherNeedNotWait) {
  spawn(run(one));
  serve();
  spawn(run(two));
  pass(10s);
  one.lease->stop();
  serve();
  EXPECT_EQ(one.did, "leads stops ends");
  EXPECT_FALSE(one.fence->isOpen());
  EXPECT_EQ(holder(), "");
  pass(3s);
  EXPECT_EQ(two.did, "leads ");
  EXPECT_EQ(holder(), "two");
  EXPECT_EQ(lease.at("spec").at("leaseTransitions").as_int64(), 1);
}

TEST_F(LeaseTest, WhoCannotRenewStopsBeforeAnybodyElseBegins) {
  spawn(run(one));
  serve();
  spawn(run(two));
  pass(10s);
  one.way = Process::Way::cut;
  bool both = false;
  for (int i = 0; i < 40; ++i) {
    pass(1s);
    both = both || (one.fence->isOpen() && two.fence->isOpen());
  }
  EXPECT_FALSE(both);
  EXPECT_EQ(one.did, "leads stops ");
  EXPECT_EQ(two.did, "leads ");
  one.way = Process::Way::open;
  pass(10s);
  EXPECT_EQ(one.did, "leads stops ");
}

TEST_F(LeaseTest, ASilentServerEndsLeadershipInTime) {
  spawn(run(one));
  pass(5s);
  one.way = Process::Way::silent;
  executor.advance(7s);
  EXPECT_EQ(one.did, "leads ");
  // What hangs is broken off by its deadline, as the client does it.
  for (int i = 0; i < 6; ++i) {
    one.server->endAll();
    executor.advance(1s);
  }
  EXPECT_EQ(one.did, "leads stops ");
  EXPECT_FALSE(one.fence->isOpen());
  one.way = Process::Way::open;
  pass(5s);
  EXPECT_EQ(one.did, "leads stops leads ") << "it is still its own";
}

TEST_F(LeaseTest, OneThatWasTakenIsLostAtOnce) {
  spawn(run(one));
  pass(5s);
  lease.at("spec").as_object()["holderIdentity"] = "somebody";
  ++revision;
  lease.at("metadata").as_object()["resourceVersion"] = now();
  pass(4s);
  EXPECT_EQ(one.did, "leads stops ");
  EXPECT_EQ(one.lease->holder(), "somebody");
  pass(20s);
  EXPECT_EQ(one.did, "leads stops leads ") << "nobody renewed it";
}

TEST_F(LeaseTest, WhatOthersWroteIntoItStays) {
  spawn(run(one));
  pass(5s);
  lease.at("metadata").as_object()["annotations"] = {{"note", "mine"}};
  ++revision;
  lease.at("metadata").as_object()["resourceVersion"] = now();
  pass(5s);
  EXPECT_EQ(one.did, "leads ");
  EXPECT_EQ(lease.at("metadata").at("annotations").at("note"), "mine");
}

TEST_F(LeaseTest, NothingPassesAClosedFenceAndWhatPassedIsBoundByTheTerm) {
  std::optional<int> code;
  auto ask = [&] {
    code.reset();
    spawn(one.fence->send({.target = "/x"}),
          [&](Result<http::ClientResponse> answer) { code = answer ? answer->head.status : answer.error().code; });
  };
  ask();
  EXPECT_EQ(code, 503);
  EXPECT_TRUE(one.server->isIdle());
  const int64_t began = executor.now();
  one.fence->open({began + std::chrono::nanoseconds(10s).count(), began + std::chrono::nanoseconds(15s).count()});
  executor.advance(9s);
  ask();
  auto passed = one.server->next();
  EXPECT_EQ(passed->request.timeout, 6s);
  passed->answer(200, "{}");
  EXPECT_EQ(code, 200);
  executor.advance(1s);
  ask();
  EXPECT_EQ(code, 503);
}

}  // namespace
}  // namespace cleat::app
