// Methods as constants, and the bases that fill roles with virtual functions.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using core_v1::ConfigMap;
using core_v1::Pod;

// A pair of method and handler, or of method and parameters, that do not belong together is no program.
template <class M, class F>
concept Serves = requires(Context& context, M method, F handler) { context.serve(method, handler); };
template <class M, class F>
concept Calls = requires(Context& context, M method, F build) { context.call(method, build); };
using Setup = std::remove_cv_t<decltype(role::network::setup)>;
using NetworkState = std::remove_cv_t<decltype(role::network::status)>;
static_assert(Serves<Setup, Result<void> (*)(role::NetworkParams::Reader, Call<role::SetupResults>&)>);
static_assert(!Serves<Setup, Result<void> (*)(role::NetworkParams::Reader, Call<role::NetworkStatus>&)>);
static_assert(!Serves<Setup, Result<void> (*)(role::CollectParams::Reader, Call<role::SetupResults>&)>);
static_assert(!Serves<Setup, Result<void> (*)(Call<role::SetupResults>&)>);
static_assert(Serves<NetworkState, Task<Result<void>> (*)(Call<role::NetworkStatus>&)>);
static_assert(Calls<Setup, void (*)(role::NetworkParams::Builder)>);
static_assert(!Calls<Setup, void (*)(role::CollectParams::Builder)>);

TEST(Methods, AreNumberedAsTheirSchemasSay) {
  auto methods = capnp::Schema::from<role::Runtime>().getMethods();
  EXPECT_EQ(methods[role::runtime::status.ordinal].getProto().getName(), "status");
  EXPECT_EQ(methods[role::runtime::updateSandbox.ordinal].getProto().getName(), "updateSandbox");
  EXPECT_EQ(role::runtime::stats.interfaceId, capnp::typeId<role::Runtime>());
  EXPECT_NE(MethodId(role::kinds::validate), MethodId(role::admission::validate));
}

class OnlyTeardown : public NetworkPlugin {
 public:
  using NetworkPlugin::NetworkPlugin;
  Task<Result<void>> teardown(role::NetworkParams::Reader params, Call<void>&) override {
    gone.push_back(str(params.getSandboxId()));
    co_return {};
  }
  std::vector<std::string> gone;
};

TEST(RolePlugins, FillWhatTheyOverrideAndRefuseTheRest) {
  test::FakeHost host;
  auto plugin = host.start<OnlyTeardown>();
  EXPECT_TRUE(plugin.call(role::network::teardown, [](auto params) { params.setSandboxId("a"); }).ok());
  EXPECT_EQ(plugin->gone, std::vector<std::string>{"a"});
  auto absent = plugin.call(role::network::status);
  EXPECT_EQ(absent.outcome, CLEAT_FAILED);
  EXPECT_EQ(absent.status.code, 405);
}

class Careful : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;
  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "pods", .operations = {role::Operation::CREATE}, .mutates = true, .validates = true}};
  }
  Task<Result<void>> mutate(AdmissionRequest& request) override {
    Draft<Pod> pod(request.object<Pod>());
    pod->getSpec().setNodeName("n");
    request.replace(std::move(pod));
    co_return {};
  }
  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (request.name() == "later") co_return request.retry(Status::unavailable("not now"));
    if (request.object<Pod>()->getSpec().getHostNetwork()) co_return request.forbid("it wants the host's network");
    co_return {};
  }
};

Object<Pod> podOf(bool hostNetwork) {
  Draft<Pod> pod;
  pod->initMetadata().setGenerateName("web-");
  pod->initSpec().setHostNetwork(hostNetwork);
  return Object<Pod>(std::move(pod).freezeAny());
}

TEST(AdmissionPlugins, SayWhatTheyWantChangeAndRefuse) {
  test::FakeHost host;
  auto plugin = host.start<Careful>();
  auto rules = plugin.call(role::admission::interests).answer;
  ASSERT_EQ(rules->getRules().size(), 1u);
  EXPECT_EQ(view(rules->getRules()[0].getResource()), "pods");
  EXPECT_TRUE(rules->getRules()[0].getMutates());
  EXPECT_EQ(rules->getRules()[0].getOperations()[0], role::Operation::CREATE);

  std::string name;
  auto about = [&](role::AdmissionParams::Builder params) {
    params.initRef().setResource("pods");
    params.getRef().setName(name);
  };
  auto changed = plugin.call(role::admission::mutate, about, {podOf(false)});
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(view(changed.answer.object<Pod>()->getSpec().getNodeName()), "n");
  EXPECT_TRUE(plugin.call(role::admission::validate, about, {podOf(false)}).ok());
  auto refused = plugin.call(role::admission::validate, about, {podOf(true)});
  EXPECT_EQ(refused.outcome, CLEAT_DENIED);
  EXPECT_EQ(refused.status.code, 403);
  EXPECT_EQ(refused.status.message, "pods \"web-\" is forbidden: it wants the host's network");
  EXPECT_EQ(refused.status.details.kind, "pods");
  name = "later";
  EXPECT_EQ(plugin.call(role::admission::validate, about, {podOf(true)}).outcome, CLEAT_RETRY);
}

class Counting : public ControllerPlugin {
 public:
  explicit Counting(Context& context) : ControllerPlugin(context, "counting") {}
  std::vector<std::string> seen;

 private:
  Result<void> watch() override {
    if (config().string("fails") == "yes") return fail(Status::badRequest("told to fail"));
    controller().watch(maps_);
    controller().needs(pods_);
    return {};
  }
  Task<Result<Reconciled>> reconcile(std::string key) override {
    seen.push_back(concat(key, " beside ", pods_.size()));
    co_return Reconciled();
  }
  Informer<ConfigMap> maps_{context()};
  Informer<Pod> pods_{context()};
};

TEST(ControllerPlugins, WorkWhenAllThatTheyReadIsKnown) {
  test::FakeHost host;
  Draft<ConfigMap> map;
  map->initMetadata().setName("m");
  map->getMetadata().setNamespace("default");
  Draft<Pod> pod;
  pod->initMetadata().setName("p");
  pod->getMetadata().setNamespace("default");
  host.put(std::move(map));
  host.put(std::move(pod));
  auto plugin = host.start<Counting>({}, "fails string no # whether it does\n");
  host.settle();
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  EXPECT_EQ(plugin->seen, std::vector<std::string>{"default/m beside 1"});
}

TEST(ControllerPlugins, DoNotStartWhenTheyCannotWatch) {
  test::FakeHost host;
  auto plugin = host.start<Counting>({{"fails", "yes"}}, "fails string no # whether it does\n");
  host.settle();
  EXPECT_EQ(plugin.readyError(), "told to fail");
}

}  // namespace
}  // namespace cleat
