// The audit log: what a policy says of which request, and what the events say.
#include <cleat/schema/role/audit.methods.h>
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "core/api/audit/audit_event.h"
#include "core/api/audit/audit_policy.h"
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

using testing::HasSubstr;
using testing::Not;

AuditPolicy policyOf(const std::string& rules) {
  auto read = parseAuditPolicy("apiVersion: audit.k8s.io/v1\nkind: Policy\n" + rules);
  if (!read) throw std::runtime_error(read.error().message);
  return *std::move(read);
}

TEST(AuditPolicy, SaysWhatIsWrongWithIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"kind: Policy", "apiVersion: must be audit.k8s.io/v1"},
      {"apiVersion: audit.k8s.io/v1\nkind: Event", "kind: must be Policy"},
      {"apiVersion: audit.k8s.io/v1\nkind: Policy", "rules: must have at least one rule"},
      {"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: All}]", "rules[0].level: \"All\" is none of None, "},
      {"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, omitStages: [Begin]}]",
       "rules[0].omitStages: \"Begin\" is none of RequestReceived"},
      {"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, user: a}]",
       "rules[0].user: is no known field"},
      {"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}]",
       "rules cannot apply to both regular resources and non-resource URLs"},
      {"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, resources: [{resourceNames: [a]}]}]",
       "rules[0].resources[0].resourceNames: using resourceNames requires at least one resource"},
  };
  for (const auto& [text, why] : cases) {
    auto read = parseAuditPolicy(text);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, HasSubstr(why)) << text;
  }
}

AuditedAttributes of(const bus::User& user, const char* verb, const char* resource, const char* subresource = "",
                     const char* ns = "default", const char* group = "") {
  AuditedAttributes request;
  request.user = &user;
  request.verb = verb;
  request.isResource = *resource != '/';
  if (request.isResource) {
    request.resource = resource;
    request.subresource = subresource;
    request.ns = ns;
    request.group = group;
    request.name = "one";
  } else {
    request.path = resource;
  }
  return request;
}

TEST(AuditPolicy, TheFirstRuleThatMatchesDecides) {
  const AuditPolicy policy = policyOf(R"(
omitStages: [RequestReceived]
rules:
- {level: None, users: [quiet], verbs: [watch]}
- {level: Request, userGroups: [ops], resources: [{group: apps}]}
- {level: RequestResponse, resources: [{resources: [secrets, pods/log, "*/scale", "jobs/*"], resourceNames: [one]}], omitStages: [Panic]}
- {level: Metadata, namespaces: [kube-system], verbs: ["*"]}
- {level: Metadata, nonResourceURLs: [/healthz*, /version]}
- {level: None, namespaces: [""]}
)");
  bus::User quiet, ops;
  quiet.name = "quiet";
  ops.name = "olga";
  ops.groups = {"ops"};
  struct Case {
    AuditedAttributes request;
    AuditLevel level;
  };
  const Case cases[] = {
      {of(quiet, "watch", "secrets"), AuditLevel::none},
      {of(quiet, "get", "secrets"), AuditLevel::requestResponse},
      {of(ops, "get", "deployments", "", "default", "apps"), AuditLevel::request},
      {of(quiet, "get", "deployments", "", "default", "apps"), AuditLevel::none},
      {of(quiet, "get", "pods", "log"), AuditLevel::requestResponse},
      {of(quiet, "get", "pods"), AuditLevel::none},
      {of(quiet, "get", "widgets", "scale"), AuditLevel::requestResponse},
      {of(quiet, "get", "jobs", "status"), AuditLevel::requestResponse},
      {of(quiet, "get", "jobs"), AuditLevel::none},
      {of(quiet, "list", "pods", "", "kube-system"), AuditLevel::metadata},
      {of(quiet, "get", "/healthz/etcd"), AuditLevel::metadata},
      {of(quiet, "get", "/version"), AuditLevel::metadata},
      {of(quiet, "get", "/versions"), AuditLevel::none},
      {of(quiet, "get", "nodes", "", ""), AuditLevel::none},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(policy.decide(each.request).level, each.level)
        << each.request.verb << " " << each.request.resource << each.request.path;
  }
  const AuditDecision decision = policy.decide(of(quiet, "get", "secrets"));
  EXPECT_THAT(decision.omitStages, testing::ElementsAre(AuditStage::requestReceived, AuditStage::panic));
}

TEST(AuditEvent, LeavesOutManagedFieldsOnlyWhereThatIsWanted) {
  const char* body = R"({"metadata":{"name":"a","managedFields":[1]},"items":[{"metadata":{"managedFields":[2]}}]})";
  EXPECT_EQ(auditedBody("application/json", body, false), body);
  EXPECT_EQ(auditedBody("application/json", body, true), R"({"metadata":{"name":"a"},"items":[{"metadata":{}}]})");
  EXPECT_EQ(auditedBody("application/yaml", "a: 1", false), R"({"a":1})");
  EXPECT_EQ(auditedBody("application/vnd.kubernetes.protobuf", "k8s", false), "");
  EXPECT_EQ(auditedBody("application/json", "{]", false), "");
}

// What the sink "test-audit" was given.
struct Kept {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> events;
  bool isBroken = false;

  gate::RoleAnswer write(const gate::RoleCall& call) {
    std::lock_guard lock(mutex);
    gate::RoleAnswer answer;
    if (isBroken) {
      answer.status = CLEAT_FAILED;
      answer.error = Status::internal("the disk is full");
      return answer;
    }
    for (auto event : call.params->root<role::WriteAuditParams>().getEvents()) events.push_back(event.cStr());
    changed.notify_all();
    answer.message = gate::makeMessage<role::WriteAuditParams>([](role::WriteAuditParams::Builder) {});
    return answer;
  }
  // The first that has all of these in it; waits for it.
  std::string find(std::initializer_list<const char*> parts) {
    std::unique_lock lock(mutex);
    std::string found;
    changed.wait_for(lock, std::chrono::seconds(10), [&] {
      for (const std::string& event : events) {
        const bool all = std::ranges::all_of(parts, [&](const char* part) { return event.find(part) != event.npos; });
        if (all) found = event;
      }
      return !found.empty();
    });
    return found;
  }
};

ServerOptions auditing(const std::string& rules, bool strict) {
  ServerOptions options;
  options.audit = AuditOptions{policyOf(rules), strict, nullptr};
  return options;
}

// There before the server, and after it.
struct KeepsEvents {
  Kept kept;
};

class AuditTest : protected KeepsEvents, public ApiFixture {
 protected:
  explicit AuditTest(const std::string& rules = "rules: [{level: RequestResponse}]", bool strict = false)
      : ApiFixture(auditing(rules, strict), {}, [this](const gate::RoleCall& call) { return kept.write(call); }) {}
};

TEST_F(AuditTest, TellsARequestFromItsBeginningToItsEnd) {
  Answer answer =
      call("POST", kMaps, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"b":"c"}})",
           {"Content-Type: application/json", "User-Agent: test/1", "Audit-ID: mine"});
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.headers["audit-id"], "mine");
  const std::string begun = kept.find({"mine", "RequestReceived"});
  EXPECT_THAT(begun, testing::StartsWith(
                         R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"mine",)"
                         R"("stage":"RequestReceived","requestURI":"/api/v1/namespaces/default/configmaps",)"
                         R"("verb":"create","user":{"username":"admin","groups":["system:authenticated"]},)"
                         R"("sourceIPs":["127.0.0.1"],"userAgent":"test/1",)"
                         R"("objectRef":{"resource":"configmaps","namespace":"default","apiVersion":"v1"},)"
                         R"("requestReceivedTimestamp":"20)"));
  const std::string ended = kept.find({"mine", "ResponseComplete"});
  EXPECT_THAT(ended, HasSubstr(R"("responseStatus":{"metadata":{},"code":201})"));
  EXPECT_THAT(ended, HasSubstr(R"("requestObject":{"apiVersion":"v1","kind":"ConfigMap")"));
  EXPECT_THAT(ended, HasSubstr(R"("responseObject":{"apiVersion":"v1")"));
  EXPECT_THAT(ended,
              HasSubstr(R"("annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":)"));
}

TEST_F(AuditTest, TellsRefusalsAndWhoActsAsWhom) {
  call("GET", "/api/v1/namespaces/default/pods/x", "", {"Audit-ID: denied"}, "alice");
  EXPECT_THAT(kept.find({"denied", "ResponseComplete"}), HasSubstr(R"("authorization.k8s.io/decision":"forbid")"));
  EXPECT_THAT(kept.find({"denied", "ResponseComplete"}), HasSubstr(R"("reason":"Forbidden")"));
  call("GET", kMaps, "", {"Audit-ID: acting", "Impersonate-User: bob"}, "alice");
  const std::string acting = kept.find({"acting", "ResponseComplete"});
  EXPECT_THAT(acting, HasSubstr(R"("user":{"username":"alice")"));
  EXPECT_THAT(acting, HasSubstr(R"("impersonatedUser":{"username":"bob")"));
  call("GET", kMaps, "", {"Audit-ID: stranger"}, "wrong");
  EXPECT_THAT(kept.find({"stranger"}), HasSubstr(R"("stage":"ResponseStarted")"));
  EXPECT_THAT(kept.find({"stranger"}), HasSubstr(R"("user":{})"));
  EXPECT_THAT(kept.find({"stranger"}), HasSubstr(R"("code":401)"));
}

class QuietAuditTest : public AuditTest {
 protected:
  QuietAuditTest()
      : AuditTest("omitStages: [RequestReceived]\nrules: [{level: None, verbs: [get]}, {level: Metadata}]") {}
};

TEST_F(QuietAuditTest, SaysNoMoreThanThePolicyWants) {
  EXPECT_EQ(get("/healthz").headers.count("audit-id"), 1u);
  call("GET", kMaps + "?limit=1", "", {"Audit-ID: listed"});
  const std::string listed = kept.find({"listed"});
  EXPECT_THAT(listed, HasSubstr(R"("stage":"ResponseComplete")"));
  EXPECT_THAT(listed, Not(HasSubstr("responseObject")));
  std::lock_guard lock(kept.mutex);
  for (const std::string& event : kept.events) EXPECT_THAT(event, Not(HasSubstr(R"("verb":"get")")));
}

class StrictAuditTest : public AuditTest {
 protected:
  StrictAuditTest() : AuditTest("rules: [{level: Metadata}]", true) {}
};

TEST_F(StrictAuditTest, ARequestThatCannotBeKeptFails) {
  EXPECT_EQ(get(kMaps).status, 200);
  {
    std::lock_guard lock(kept.mutex);
    kept.isBroken = true;
  }
  Answer refused = get(kMaps);
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.at("message"), "Internal error occurred: the audit log cannot be kept: the disk is full");
  EXPECT_THAT(server_->auditTrouble(), HasSubstr("test-audit: the disk is full"));
  {
    std::lock_guard lock(kept.mutex);
    kept.isBroken = false;
  }
  EXPECT_EQ(get(kMaps).status, 200);
}

}  // namespace
}  // namespace cleat::api
