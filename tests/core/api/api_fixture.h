// An ApiServer in front of a real gate, bus and store (in memory), with a handful of real kinds and fake plugins behind
// it.
//
// Bearer tokens are user names. "admin" may do anything, "alice" may read configmaps, anybody may read /healthz.
#pragma once

#include <gtest/gtest.h>
#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <string>

#include "core/api/api_server.h"
#include "core/base/asio_executor.h"
#include "core/gate/gate.h"
#include "tests/core/http/test_tls.h"
#include "tests/core/store/memory_engine.h"

namespace cleat::api {

using http::TestClient;
using http::TestKeys;
using http::TestResponse;

class FakePlugins final : public gate::Roles {
 public:
  std::vector<std::string> chain(std::string_view role) const override;
  Ref<const gate::Message> interests(const std::string& plugin) const override;
  Task<gate::RoleAnswer> call(std::string_view plugin, gate::RoleCall call) override;

  // What the plugins "test-http" (role http-handler), "test-audit" (role audit) and "test-flows" (role flow-control)
  // answer, if they are there. Set before the server is made, and asked on any thread.
  using Answers = std::function<gate::RoleAnswer(const gate::RoleCall& call)>;
  Answers httpHandler, auditSink, flowControl;
  std::string connectUrl;               // what a connect goes to
  bool strangers = false;               // whether who answers there is no part of the cluster
  std::atomic<int> authentications{0};  // how often the authenticator was asked
};

// Namespace, Pod, ConfigMap, Deployment, Scale, SubjectAccessReview; all verbs; pods with log, exec, proxy and a
// status.
void describeApiKinds(object::KindRegistry& registry);

// A collection that most tests use.
inline const std::string kMaps = "/api/v1/namespaces/default/configmaps";

class ApiFixture : public testing::Test {
 protected:
  // `options`: what a test wants to be otherwise; port and certificates are the fixture's.
  explicit ApiFixture(ServerOptions options = {}, FakePlugins::Answers httpHandler = {},
                      FakePlugins::Answers auditSink = {}, FakePlugins::Answers flowControl = {});
  ~ApiFixture() override;

  // A request as `user`, its answer's body parsed if it is JSON.
  struct Answer : TestResponse {
    boost::json::value json;
    // "a.b.0.c" in the JSON as text; "" where there is none.
    std::string at(std::string_view path) const;
  };
  Answer call(const std::string& method, const std::string& target, const std::string& body = {},
              std::vector<std::string> headers = {}, const std::string& user = "admin");
  Answer get(const std::string& target, std::vector<std::string> headers = {}) {
    return call("GET", target, {}, std::move(headers));
  }
  Answer create(const std::string& target, const std::string& json) {
    return call("POST", target, json, {"Content-Type: application/json"});
  }
  // A config map with one entry; must succeed.
  void makeConfigMap(const std::string& name, const std::string& label = "");
  uint16_t port() const { return server_->port(); }

  TestKeys keys_;
  base::AsioExecutor executor_;
  object::KindRegistry kinds_;
  store::Disk disk_;
  FakePlugins plugins_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<bus::Hub> hub_;
  std::unique_ptr<gate::Gate> gate_;
  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<TestClient> client_;
};

}  // namespace cleat::api
