// Requests that share a server by what a plugin says: which flow they are in, who waits, who is turned away, and what
// clients and metrics are told of it.
#include "core/api/flow/flow_control.h"

#include <cleat/schema/role/flow_control.methods.h>
#include <gmock/gmock.h>

#include "core/api/flow/request_flow.h"
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

using testing::HasSubstr;
using testing::Not;

void set(capnp::List<capnp::Text>::Builder list, const char* text) { list.set(0, text); }

// Who is called `user` and asks for anything.
void takeAllOf(role::Flow::Builder flow, const char* user) {
  auto rule = flow.initRules(1)[0];
  set(rule.initUsers(1), user);
  auto resources = rule.initResources(1)[0];
  set(resources.initVerbs(1), "*");
  set(resources.initGroups(1), "*");
  set(resources.initResources(1), "*");
  set(resources.initNamespaces(1), "*");
  resources.setClusterScope(true);
  auto paths = rule.initPaths(1)[0];
  set(paths.initVerbs(1), "*");
  set(paths.initPaths(1), "*");
}

void level(role::FlowLevel::Builder level, const char* name, uint32_t seats, uint32_t queues) {
  level.setName(name);
  level.setUid(std::string(name) + "-uid");
  level.setSeats(seats);
  level.setLeastSeats(seats);
  level.setMostSeats(seats);
  level.setQueues(queues);
  level.setHandSize(1);
  level.setQueueLength(1);
}

gate::RoleAnswer flows(uint64_t cursor) {
  gate::RoleAnswer answer;
  answer.message = gate::makeMessage<role::FlowsResults>([&](role::FlowsResults::Builder results) {
    results.setCursor(7);
    if (cursor == 7) return;
    auto levels = results.initLevels(3);
    level(levels[0], "free", 0, 0);
    levels[0].setUnlimited(true);
    levels[0].setMostSeatsOfRequest(3);
    results.setWatchesPerSeat(2);
    results.setTellingMicros(1000);
    auto narrow = results.initNarrowWatches(1)[0];
    narrow.setResource("configmaps");
    narrow.setField("metadata.namespace");
    level(levels[1], "one", 1, 0);
    level(levels[2], "queue", 1, 1);
    const char* const users[] = {"admin", "one", "queue"};
    auto list = results.initFlows(4);
    for (unsigned i = 0; i < 3; ++i) {
      list[i].setName(users[i]);
      list[i].setUid(std::string(users[i]) + "-flow-uid");
      list[i].setLevel(i);
      list[i].setSplit(role::FlowSplit::BY_USER);
      takeAllOf(list[i], users[i]);
    }
    list[3].setName("nowhere");
    list[3].setLevel(9);
  });
  return answer;
}

// There before the server is made.
struct Counted {
  base::Metrics metrics_;
};

class FlowControlTest : protected Counted, public ApiFixture {
 protected:
  static ServerOptions counting(base::Metrics& metrics) {
    ServerOptions options;
    options.requestMetrics = &metrics;
    options.maxInFlight = 2;
    options.longestWait = std::chrono::milliseconds(300);
    return options;
  }
  FlowControlTest()
      : ApiFixture(counting(metrics_), {}, {}, [](const gate::RoleCall& call) {
          return flows(call.params->root<role::FlowsParams>().getCursor());
        }) {
    until("apiserver_flowcontrol_nominal_limit_seats{priority_level=\"one\"} 1");
    for (int i = 0; i < 5000 && get("/healthz").headers["x-kubernetes-pf-flowschema-uid"].empty(); ++i) {
    }
  }

  static std::string asking(const std::string& user) {
    return "GET " + kMaps + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + user + "\r\n\r\n";
  }
  void until(const std::string& line) {
    for (int i = 0; i < 5000 && metrics_.text().find(line) == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_THAT(metrics_.text(), HasSubstr(line));
  }
  static std::string of(const std::string& user) {
    return "{priority_level=\"" + user + "\",flow_schema=\"" + user + "\"";
  }
};

TEST_F(FlowControlTest, SaysWhichFlowARequestBelongsTo) {
  for (const char* path : {"/healthz", "/api/v1/namespaces/default/configmaps", "/api/v1/nonsense"}) {
    Answer answer = get(path);
    EXPECT_EQ(answer.headers["x-kubernetes-pf-flowschema-uid"], "admin-flow-uid") << path;
    EXPECT_EQ(answer.headers["x-kubernetes-pf-prioritylevel-uid"], "free-uid") << path;
  }
  EXPECT_EQ(call("GET", kMaps, "", {}, "alice").headers.count("x-kubernetes-pf-flowschema-uid"), 0u);
  EXPECT_EQ(call("GET", kMaps, "", {}, "wrong").headers.count("x-kubernetes-pf-flowschema-uid"), 0u);
}

TEST_F(FlowControlTest, TurnsAwayWhatFindsNoSeat) {
  // It has the seat as long as its body does not come.
  TestClient slow(port());
  slow.send("POST " + kMaps + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
            "Authorization: Bearer one\r\nContent-Length: 2\r\n\r\n");
  until("apiserver_flowcontrol_current_executing_requests{priority_level=\"one\",flow_schema=\"one\"} 1");
  Answer refused = call("GET", kMaps, "", {}, "one");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers["retry-after"], "1");
  EXPECT_EQ(refused.headers["x-kubernetes-pf-flowschema-uid"], "one-flow-uid");
  EXPECT_EQ(refused.at("reason"), "TooManyRequests");
  EXPECT_EQ(refused.at("message"), "Too many requests, please try again later.");
  EXPECT_EQ(refused.at("details.retryAfterSeconds"), "1");
  EXPECT_EQ(get(kMaps).status, 200) << "others are served";
  slow.send("{}");
  EXPECT_EQ(slow.readResponse().status, 403);
  until("apiserver_flowcontrol_current_executing_seats{priority_level=\"one\",flow_schema=\"one\"} 0");
  EXPECT_EQ(call("GET", kMaps, "", {}, "one").status, 403);
  const std::string text = metrics_.text();
  EXPECT_THAT(text,
              HasSubstr("apiserver_flowcontrol_rejected_requests_total{priority_level=\"one\",flow_schema=\"one\","
                        "reason=\"concurrency-limit\"} 1"));
  EXPECT_THAT(text, HasSubstr("apiserver_flowcontrol_nominal_limit_seats{priority_level=\"one\"} 1"));
  EXPECT_THAT(text, HasSubstr("apiserver_request_terminations_total{code=\"429\""));
}

TEST_F(FlowControlTest, WhoWaitsIsServedWhenASeatComesBack) {
  TestClient slow(port()), waiting(port());
  slow.send("POST " + kMaps + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
            "Authorization: Bearer queue\r\nContent-Length: 2\r\n\r\n");
  until("apiserver_flowcontrol_current_executing_requests" + of("queue") + "} 1");
  waiting.send(asking("queue"));
  until("apiserver_flowcontrol_current_inqueue_requests" + of("queue") + "} 1");
  EXPECT_EQ(call("GET", kMaps, "", {}, "queue").status, 429) << "the queue is full";
  slow.send("{}");
  EXPECT_EQ(slow.readResponse().status, 403);
  EXPECT_EQ(waiting.readResponse().status, 403);
  const std::string text = metrics_.text();
  EXPECT_THAT(text,
              HasSubstr("apiserver_flowcontrol_rejected_requests_total" + of("queue") + ",reason=\"queue-full\"} 1"));
  EXPECT_THAT(text, HasSubstr("apiserver_flowcontrol_dispatched_requests_total" + of("queue") + "} 2"));
  EXPECT_THAT(text, HasSubstr("apiserver_flowcontrol_request_queue_length_after_enqueue_count" + of("queue") + "} 1"));
}

TEST_F(FlowControlTest, WhoWaitsForTooLongIsTurnedAway) {
  TestClient slow(port());
  slow.send("POST " + kMaps + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
            "Authorization: Bearer queue\r\nContent-Length: 2\r\n\r\n");
  until("apiserver_flowcontrol_current_executing_requests" + of("queue") + "} 1");
  EXPECT_EQ(call("GET", kMaps, "", {}, "queue").status, 429);
  EXPECT_THAT(metrics_.text(),
              HasSubstr("apiserver_flowcontrol_rejected_requests_total" + of("queue") + ",reason=\"time-out\"} 1"));
}

TEST_F(FlowControlTest, AWatchHasASeatUntilItHasBegun) {
  TestClient watcher(port());
  watcher.send("GET " + kMaps + "?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n");
  until("apiserver_longrunning_requests");
  until("apiserver_flowcontrol_current_executing_requests{priority_level=\"free\",flow_schema=\"admin\"} 0");
}

TEST_F(FlowControlTest, AChangeHasASeatForEachSoManyWatchesThatAreToldOfIt) {
  std::vector<std::unique_ptr<TestClient>> watchers;
  auto watch = [&](const std::string& path) {
    watchers.push_back(std::make_unique<TestClient>(port()));
    watchers.back()->send("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n");
    EXPECT_EQ(watchers.back()->readHead().status, 200);
  };
  for (int i = 0; i < 2; ++i) watch(kMaps + "?watch=1");
  watch("/api/v1/configmaps?watch=1");
  for (int i = 0; i < 4; ++i) {
    watch("/api/v1/namespaces/other/configmaps?watch=1");
    watch("/api/v1/configmaps?watch=1&fieldSelector=metadata.namespace%3Ddefault");
  }
  TestClient slow(port());
  slow.send("POST " + kMaps + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
            "Authorization: Bearer admin\r\nContent-Length: 2\r\n\r\n");
  until("apiserver_flowcontrol_current_executing_seats{priority_level=\"free\",flow_schema=\"admin\"} 2");
  slow.send("{}");
  slow.readResponse();
  watchers.clear();
  until("apiserver_flowcontrol_current_executing_seats{priority_level=\"free\",flow_schema=\"admin\"} 0");
}

TEST_F(FlowControlTest, WhatIsReadCountsByHowManyObjectsAreLookedAt) {
  for (const char* name : {"a", "b", "c", "d", "e"}) makeConfigMap(name);
  const object::KindRef kind = kinds_.find("", "v1", "configmaps");
  const bus::User user;
  auto objects = [&](std::string_view verb, const std::string& query) {
    http::Request request;
    request.target = kMaps + query;
    const FlowQuestion question{.user = user, .verb = verb, .isResource = true};
    return objectsAsked(request, question, kind.get(), *store_->snapshot());
  };
  EXPECT_EQ(objects("list", ""), 5u);
  EXPECT_EQ(objects("list", "?limit=2"), 2u);
  EXPECT_EQ(objects("list", "?limit=2&labelSelector=a"), 5u);
  EXPECT_EQ(objects("list", "?fieldSelector=metadata.name%3Da"), 1u);
  EXPECT_EQ(objects("watch", "?watch=1"), 5u) << "it begins with all of them";
  EXPECT_EQ(objects("watch", "?watch=1&resourceVersion=0"), 5u);
  EXPECT_EQ(objects("watch", "?watch=1&resourceVersion=7&sendInitialEvents=true"), 5u);
  EXPECT_EQ(objects("watch", "?watch=1&resourceVersion=7"), 1u);
  EXPECT_EQ(objects("watch", "?watch=1&fieldSelector=metadata.name%3Da"), 1u);
  EXPECT_EQ(objects("deletecollection", "?limit=2"), 5u);
}

TEST_F(FlowControlTest, WhatIsInNoFlowCountsAgainstAllAlone) {
  std::vector<std::unique_ptr<TestClient>> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(std::make_unique<TestClient>(port()));
    held.back()->send("POST " + kMaps + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
                      "Authorization: Bearer alice\r\nContent-Length: 2\r\n\r\n");
  }
  until("apiserver_current_inflight_requests{request_kind=\"mutating\"} 2");
  EXPECT_EQ(call("GET", kMaps, "", {}, "alice").status, 429);
  EXPECT_EQ(get(kMaps).status, 200) << "a flow has its own seats";
}

}  // namespace
}  // namespace cleat::api
