#include "tests/core/api/api_fixture.h"

#include <capnp/message.h>
#include <boost/json/parse.hpp>

#include "core/object/json/json_text.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::api {
namespace {

template <class T, class F>
Ref<const object::Message> messageOf(F fill) {
  capnp::MallocMessageBuilder builder;
  fill(builder.initRoot<T>());
  return object::Message::copy(builder.getRoot<capnp::AnyStruct>().asReader());
}

gate::RoleAnswer notMine() {
  gate::RoleAnswer answer;
  answer.status = CLEAT_NOT_MINE;
  answer.error = Status::internal("not mine");
  return answer;
}

gate::RoleAnswer authenticate(role::Credentials::Reader credentials) {
  std::string name = credentials.getBearerToken().cStr();
  for (auto der : credentials.getClientCertificates()) {
    std::string_view bytes(reinterpret_cast<const char*>(der.begin()), der.size());
    if (bytes.find("alice") != std::string_view::npos) name = "alice";
  }
  if (name.empty() || name == "wrong") return notMine();
  gate::RoleAnswer answer;
  answer.message = messageOf<role::AuthenticateResults>(
      [&](role::AuthenticateResults::Builder results) { results.initUser().setName(name); });
  return answer;
}

gate::RoleAnswer authorize(role::Attributes::Reader attributes) {
  std::string_view user = attributes.getUser().getName().cStr(), resource = attributes.getResource().cStr();
  std::string_view verb = attributes.getVerb().cStr(), path = attributes.getPath().cStr();
  bool reads = verb == "get" || verb == "list" || verb == "watch";
  bool allowed = user == "admin" || (user == "alice" && reads && resource == "configmaps") || path == "/healthz" ||
                 (user == "alice" && verb == "impersonate" && attributes.getName() == "bob");
  gate::RoleAnswer answer;
  answer.message = messageOf<role::AuthorizeResults>([&](role::AuthorizeResults::Builder results) {
    results.setDecision(allowed ? role::Decision::ALLOW : role::Decision::NO_OPINION);
  });
  return answer;
}

gate::RoleAnswer rows(const gate::Arguments& objects) {
  gate::RoleAnswer answer;
  answer.message = messageOf<role::RowsResults>([&](role::RowsResults::Builder results) {
    auto rows = results.initRows(static_cast<unsigned>(objects.size()));
    for (unsigned i = 0; i < objects.size(); ++i) {
      auto cells = rows[i].initCells(3);
      cells[0].setText(objects[i].message->meta().getName());
      cells[1].setInteger(7);
      cells[2].setNone();
    }
  });
  return answer;
}

const std::vector<test::KindNames> kKinds = {
    {"", "v1", "Namespace", "namespaces", false, "core_v1"},
    {"", "v1", "Pod", "pods", true, "core_v1"},
    {"", "v1", "ConfigMap", "configmaps", true, "core_v1"},
    {"apps", "v1", "Deployment", "deployments", true, "apps_v1"},
    {"autoscaling", "v1", "Scale", "", true, "autoscaling_v1"},
    {"authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false, "authorization_v1"},
};

void setTexts(capnp::List<capnp::Text>::Builder list, std::initializer_list<const char*> texts) {
  unsigned i = 0;
  for (const char* text : texts) list.set(i++, text);
}

void completeKind(role::Kind::Builder kind) {
  std::string_view name = kind.getKind().cStr();
  if (name == "Scale") {
    kind.initVerbs(0);
    return;
  }
  if (name == "SubjectAccessReview") {
    kind.setVirtual(true);
    setTexts(kind.initVerbs(1), {"create"});
    return;
  }
  setTexts(kind.initVerbs(8), {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"});
  kind.setHasStatus(name != "ConfigMap");
  if (name == "ConfigMap") setTexts(kind.initShortNames(1), {"cm"});
  if (name != "Pod") return;
  setTexts(kind.initShortNames(1), {"po"});
  setTexts(kind.initCategories(1), {"all"});
  kind.setGracefulDelete(true);
  auto columns = kind.initColumns(3);
  const char* const names[] = {"Name", "Restarts", "Nominated"};
  const char* const types[] = {"string", "integer", "string"};
  for (unsigned i = 0; i < 3; ++i) {
    columns[i].setName(names[i]);
    columns[i].setType(types[i]);
    columns[i].setPriority(i == 2 ? 1 : 0);
  }
  columns[0].setFormat("name");
  setTexts(kind.initBehaviours(1), {"rows"});
}

void addSubresource(role::Subresource::Builder sub, const char* group, const char* resource, const char* name,
                    const char* style, const char* bodyKind, std::initializer_list<const char*> verbs) {
  sub.setGroup(group);
  sub.setVersion("v1");
  sub.setResource(resource);
  sub.setName(name);
  sub.setStyle(style);
  if (bodyKind) {
    sub.setBodyGroup(std::string_view(bodyKind) == "Scale" ? "autoscaling" : group);
    sub.setBodyVersion("v1");
    sub.setBodyKind(bodyKind);
  }
  setTexts(sub.initVerbs(static_cast<unsigned>(verbs.size())), verbs);
}

}  // namespace

std::vector<std::string> FakePlugins::chain(std::string_view role) const {
  if (role == "authenticator") return {"test-authn"};
  if (role == "authorizer") return {"test-authz"};
  if (role == "http-handler" && httpHandler) return {"test-http"};
  if (role == "audit" && auditSink) return {"test-audit"};
  if (role == "flow-control" && flowControl) return {"test-flows"};
  return {};
}

Ref<const gate::Message> FakePlugins::interests(const std::string&) const { return {}; }

Task<gate::RoleAnswer> FakePlugins::call(std::string_view plugin, gate::RoleCall call) {
  if (plugin == "test-http") co_return httpHandler(call);
  if (plugin == "test-audit") co_return auditSink(call);
  if (plugin == "test-flows") co_return flowControl(call);
  if (call.method == role::authenticator::authenticate) {
    ++authentications;
    co_return authenticate(call.params->root<role::Credentials>());
  }
  if (call.method == role::authorizer::authorize) co_return authorize(call.params->root<role::Attributes>());
  if (call.method == role::kinds::rows) co_return rows(call.objects);
  if (call.method == role::kinds::connect) {
    auto connect = call.params->root<role::ConnectParams>();
    std::string url = connectUrl + std::string(connect.getPath().cStr()) + "?" + connect.getQuery().cStr();
    gate::RoleAnswer answer;
    const bool proxied = view(connect.getRef().getSubresource()) == "proxy";
    answer.message = messageOf<role::ConnectResults>([&](role::ConnectResults::Builder results) {
      results.setUrl(url);
      results.setProxied(proxied);
      results.setStranger(strangers);
    });
    co_return answer;
  }
  co_return notMine();
}

void describeApiKinds(object::KindRegistry& registry) {
  capnp::MallocMessageBuilder message;
  auto description = message.initRoot<role::KindsDescription>();
  test::describe(description, test::schemaBytes(), kKinds);
  for (auto kind : description.getKinds()) completeKind(kind);
  auto subs = description.initSubresources(6);
  addSubresource(subs[0], "", "pods", "status", "status", "Pod", {"get", "patch", "update"});
  addSubresource(subs[1], "", "pods", "log", "connect", nullptr, {"get"});
  addSubresource(subs[2], "", "pods", "exec", "connect", nullptr, {"create", "get"});
  addSubresource(subs[3], "", "pods", "proxy", "connect", nullptr, {"create", "get"});
  addSubresource(subs[4], "apps", "deployments", "status", "status", "Deployment", {"get", "patch", "update"});
  addSubresource(subs[5], "apps", "deployments", "scale", "transform", "Scale", {"get", "patch", "update"});
  Result<void> added = registry.add("test-kinds", description.asReader());
  if (!added) throw std::runtime_error(added.error().message);
}

ApiFixture::ApiFixture(ServerOptions options, FakePlugins::Answers httpHandler, FakePlugins::Answers auditSink,
                       FakePlugins::Answers flowControl) {
  plugins_.httpHandler = std::move(httpHandler);
  plugins_.auditSink = std::move(auditSink);
  plugins_.flowControl = std::move(flowControl);
  keys_.make("server");
  keys_.make("alice");
  describeApiKinds(kinds_);
  store_ = std::move(*store::Store::open(kinds_, std::make_unique<store::MemoryEngine>(disk_)));
  hub_ = bus::Hub::make(*store_);
  gate_ = std::make_unique<gate::Gate>(executor_, kinds_, *store_, *hub_, plugins_);
  options.port = 0;
  options.certFile = options.clientCertFile = keys_.cert("server");
  options.keyFile = options.clientKeyFile = keys_.key("server");
  auto made = ApiServer::make(executor_, *gate_, std::move(options));
  if (!made) throw std::runtime_error(made.error().message);
  server_ = std::move(*made);
  client_ = std::make_unique<TestClient>(server_->port());
  for (const char* name : {"default", "other"}) {
    create("/api/v1/namespaces",
           R"({"kind":"Namespace","apiVersion":"v1","metadata":{"name":")" + std::string(name) + R"("}})");
  }
}

ApiFixture::~ApiFixture() {
  client_.reset();
  server_->stop();
  store_->close();
}

std::string ApiFixture::Answer::at(std::string_view path) const {
  const boost::json::value* value = &json;
  while (!path.empty() && value) {
    std::string step(path.substr(0, path.find('.')));
    path.remove_prefix(std::min(path.size(), step.size() + 1));
    if (value->is_array()) {
      size_t index = std::stoul(step);
      value = index < value->get_array().size() ? &value->get_array()[index] : nullptr;
    } else {
      value = value->is_object() ? value->get_object().if_contains(step) : nullptr;
    }
  }
  if (!value) return "";
  return value->is_string() ? std::string(value->get_string()) : object::jsonText(*value);
}

ApiFixture::Answer ApiFixture::call(const std::string& method, const std::string& target, const std::string& body,
                                    std::vector<std::string> headers, const std::string& user) {
  if (!user.empty()) headers.push_back("Authorization: Bearer " + user);
  Answer answer;
  static_cast<TestResponse&>(answer) = client_->request(method, target, body, headers);
  boost::system::error_code ignored;
  answer.json = boost::json::parse(answer.body, ignored);
  return answer;
}

void ApiFixture::makeConfigMap(const std::string& name, const std::string& label) {
  std::string labels = label.empty() ? "" : R"(,"labels":{"app":")" + label + R"("})";
  Answer made =
      create("/api/v1/namespaces/default/configmaps", R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":")" +
                                                          name + "\"" + labels + R"(},"data":{"k":"v"}})");
  ASSERT_EQ(made.status, 201) << made.body;
}

}  // namespace cleat::api
