// What the gate itself costs a request, with plugins that answer at once: a pass of authorization, admission and
// validation without the commit (a dry run), writes into a store in memory, and who owns what of them.
#include <benchmark/benchmark.h>
#include <capnp/message.h>
#include <cleat/sdk/text.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <new>

#include "core/base/asio_executor.h"
#include "core/gate/admission_pass.h"
#include "core/gate/calls.h"
#include "core/gate/gate.h"
#include "core/object/apply/apply.h"
#include "core/object/codec.h"
#include "tests/bench/sample_objects.h"
#include "tests/core/object/test_kinds.h"
#include "tests/core/store/memory_engine.h"

namespace {
std::atomic<uint64_t> allocations{0};
}

// Not inlined: g++ would take the pair of them for new and free.
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size);
  return memory != nullptr ? memory : throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace cleat::gate {
namespace {

// Six admission plugins that want to see every pod, as there are by default, and change nothing.
class QuickRoles final : public Roles {
 public:
  QuickRoles() {
    interests_ = object::makeMessage<role::Interests>([](role::Interests::Builder interests) {
      auto rule = interests.initRules(1)[0];
      rule.setGroup("*");
      rule.setResource("pods");
      rule.setMutates(true);
      rule.setValidates(true);
    });
    allowed_ = object::makeMessage<role::AuthorizeResults>(
        [](role::AuthorizeResults::Builder results) { results.setDecision(role::Decision::ALLOW); });
  }
  std::vector<std::string> chain(std::string_view role) const override {
    if (role == "authorizer") return {"authz-rbac"};
    if (role != "admission") return {};
    return {"admission-namespace-lifecycle", "admission-service-account",
            "admission-node-restriction",    "admission-priority",
            "admission-pod-security-std",    "admission-always-pull-images"};
  }
  Ref<const Message> interests(const std::string&) const override { return interests_; }
  uint64_t generation() const override { return 1; }
  Task<RoleAnswer> call(std::string_view, RoleCall call) override {
    RoleAnswer answer;
    answer.message = call.method == role::authorizer::authorize ? allowed_ : empty_;
    co_return answer;
  }

 private:
  Ref<const Message> interests_, allowed_, empty_ = Message::make(1);
};

struct Cluster {
  Cluster() {
    capnp::MallocMessageBuilder message;
    auto description = message.initRoot<role::KindsDescription>();
    test::describe(description, test::schemaBytes(), test::kindNames());
    for (auto kind : description.getKinds()) {
      auto behaviours = kind.initBehaviours(2);
      behaviours.set(0, "default");
      behaviours.set(1, "validate");
    }
    if (auto added = kinds.add("bench", description.asReader()); !added)
      throw std::runtime_error(added.error().message);
    store = std::move(*store::Store::open(kinds, std::make_unique<store::MemoryEngine>(disk)));
    hub = bus::Hub::make(*store);
    gate = std::make_unique<Gate>(executor, kinds, *store, *hub, roles);
  }
  ~Cluster() { store->close(); }

  bus::Target target(const char* kindName, std::string name, const char* group = "", const char* ns = "default") const {
    bus::Target out;
    out.kind = kinds.findByKind(group, "v1", kindName);
    out.ns = ns;
    out.name = std::move(name);
    return out;
  }

  base::AsioExecutor executor;
  object::KindRegistry kinds;
  store::Disk disk;
  QuickRoles roles;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<bus::Hub> hub;
  std::unique_ptr<Gate> gate;
};

template <class T>
T wait(Task<T> task) {
  std::promise<T> promise;
  spawn(std::move(task), [&promise](T value) { promise.set_value(std::move(value)); });
  return promise.get_future().get();
}

constexpr const char* kPod =
    R"({"metadata":{"name":"NAME","labels":{"app":"shop","tier":"web"}},"spec":{"containers":[{"name":"web",)"
    R"("image":"registry.example.com/shop:v1","ports":[{"name":"http","containerPort":80,"protocol":"TCP"}],)"
    R"("env":[{"name":"MODE","value":"production"}],"resources":{"limits":{"cpu":"500m","memory":"256Mi"},)"
    R"("requests":{"cpu":"500m","memory":"256Mi"}},"volumeMounts":[{"name":"c","mountPath":"/etc/shop"}]}],)"
    R"("volumes":[{"name":"c","configMap":{"name":"shop"}}],"restartPolicy":"Always","nodeSelector":{"disk":"ssd"}}})";

Ref<Message> decoded(const object::Kind& kind, std::string text, const std::string& name) {
  if (const size_t at = text.find("NAME"); at != std::string::npos) text.replace(at, 4, name);
  return object::decodeJson(kind, text, object::FieldValidation::ignore)->message;
}

bus::User somebody() {
  bus::User user;
  user.name = "system:serviceaccount:shop:deployer";
  user.groups = {"system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"};
  return user;
}

// How many copies of whole messages a write takes, beside what it costs.
class CountedCopies {
 public:
  explicit CountedCopies(benchmark::State& state) : state_(state), before_(Message::copies()) {}
  ~CountedCopies() {
    state_.counters["copies"] =
        static_cast<double>(Message::copies() - before_) / static_cast<double>(state_.iterations());
  }
  CountedCopies(const CountedCopies&) = delete;

 private:
  benchmark::State& state_;
  uint64_t before_;
};

// How often memory is asked for.
class CountedAllocations {
 public:
  explicit CountedAllocations(benchmark::State& state) : state_(state), before_(allocations) {}
  ~CountedAllocations() {
    state_.counters["allocations"] =
        static_cast<double>(allocations - before_) / static_cast<double>(state_.iterations());
  }
  CountedAllocations(const CountedAllocations&) = delete;

 private:
  benchmark::State& state_;
  uint64_t before_;
};

// One pass after the other on this thread, as requests come that wait for nothing: what is counted is the host's alone.
Task<Result<void>> judgeMany(benchmark::State& state, Cluster& cluster, ChangeRequest& request,
                             Ref<const Message> pod) {
  const Chains chains(cluster.roles);
  for (auto _ : state) {
    request.told = nullptr;
    CLEAT_CO_TRY(co_await cluster.gate->authorizeFor(request.user, request.target, "create"));
    CLEAT_CO_TRY(Ref<const Message> mutated, co_await admit(chains, request, pod, AdmissionPass::mutate));
    CLEAT_CO_TRY(Verdict verdict, co_await checkObject(cluster.roles, request, mutated));
    CLEAT_CO_TRY(co_await admit(chains, request, mutated, AdmissionPass::validate));
  }
  co_return Result<void>();
}

// Authorization, admission and validation alone: what the host takes for fourteen calls that say nothing.
void judgeAPod(benchmark::State& state) {
  Cluster cluster;
  const bus::Target target = cluster.target("Pod", "frontend-5d9c7b6f4d-x2x7q", "", "team-payments-production");
  const Ref<const Message> pod = decoded(*target.kind, kPod, target.name);
  ChangeRequest request{.user = somebody(), .target = target};
  const CountedAllocations counted(state);
  if (!wait(judgeMany(state, cluster, request, pod))) state.SkipWithError("refused");
}
BENCHMARK(judgeAPod);

void passForAPod(benchmark::State& state) {
  Cluster cluster;
  const bus::Target target = cluster.target("Pod", "");
  const Ref<Message> pod = decoded(*target.kind, kPod, "p");
  bus::WriteOptions options;
  options.dryRun = true;
  options.fieldManager = "bench";
  const bus::UserRef user = somebody();
  for (auto _ : state) benchmark::DoNotOptimize(wait(cluster.gate->create(user, target, pod, options)));
}
BENCHMARK(passForAPod);

void createConfigMaps(benchmark::State& state) {
  Cluster cluster;
  const bus::Target target = cluster.target("ConfigMap", "");
  const std::string text = R"({"metadata":{"name":"NAME"},"data":{"k":")" + std::string(1000, 'x') + "\"}}";
  bus::WriteOptions options;
  options.fieldManager = "bench";
  const bus::UserRef user = somebody();
  const CountedCopies copies(state);
  for (int64_t i = 0; auto _ : state) {
    benchmark::DoNotOptimize(
        wait(cluster.gate->create(user, target, decoded(*target.kind, text, "c" + std::to_string(i++)), options)));
  }
}
BENCHMARK(createConfigMaps)->Iterations(20'000);

// A server-side apply of what is there, which writes nothing.
void applyUnchanged(benchmark::State& state) {
  Cluster cluster;
  const bus::Target target = cluster.target("Pod", "p");
  std::string text = std::string(R"({"apiVersion":"v1","kind":"Pod",)") + (kPod + 1);
  text.replace(text.find("NAME"), 4, "p");
  bus::WriteOptions options;
  options.fieldManager = "bench";
  const bus::UserRef user = somebody();
  for (auto _ : state) {
    benchmark::DoNotOptimize(wait(cluster.gate->patch(user, target, bus::PatchType::apply, text, options, false)));
  }
}
BENCHMARK(applyUnchanged);

// The same of a Deployment; with another image each time, which is stored.
void applyDeployment(benchmark::State& state, bool changes) {
  Cluster cluster;
  const bus::Target target = cluster.target("Deployment", "frontend", "apps", "shop");
  const std::string texts[] = {bench::deploymentJson(), bench::deploymentJson(changes ? "v1.43.0" : "v1.42.0")};
  bus::WriteOptions options;
  options.fieldManager = "bench";
  const bus::UserRef user = somebody();
  const CountedCopies copies(state);
  for (size_t i = 0; auto _ : state) {
    const std::string& text = texts[i++ % 2];
    auto applied = wait(cluster.gate->patch(user, target, bus::PatchType::apply, text, options, false));
    if (!applied) state.SkipWithError(applied.error().message.c_str());
  }
}
void applyUnchangedDeployment(benchmark::State& state) { applyDeployment(state, false); }
BENCHMARK(applyUnchangedDeployment);
void applyChangedDeployment(benchmark::State& state) { applyDeployment(state, true); }
BENCHMARK(applyChangedDeployment);

// A merge patch of one field, to another number each time.
void patchDeployments(benchmark::State& state) {
  Cluster cluster;
  const bus::Target target = cluster.target("Deployment", "frontend", "apps", "shop");
  bus::WriteOptions options;
  options.fieldManager = "bench";
  const bus::UserRef user = somebody();
  (void)wait(cluster.gate->create(user, target, decoded(*target.kind, bench::deploymentJson(), ""), options));
  const CountedCopies copies(state);
  for (int64_t i = 0; auto _ : state) {
    const std::string patch = R"({"spec":{"replicas":)" + std::to_string(1 + i++ % 2) + "}}";
    auto patched = wait(cluster.gate->patch(user, target, bus::PatchType::merge, patch, options, false));
    if (!patched) state.SkipWithError(patched.error().message.c_str());
  }
}
BENCHMARK(patchDeployments);

void bookCreate(benchmark::State& state, const char* kindName, const std::string& text) {
  const object::Kind& kind = test::kind(kindName);
  const Ref<const Message> made = decoded(kind, text, "p");
  const object::FieldWriter writer{"bench", {}, 1'700'000'000'000'000'000};
  for (auto _ : state) benchmark::DoNotOptimize(object::trackUpdate(kind, nullptr, made, writer));
}
void bookACreatedPod(benchmark::State& state) { bookCreate(state, "Pod", kPod); }
BENCHMARK(bookACreatedPod);
void bookACreatedConfigMap(benchmark::State& state) {
  bookCreate(state, "ConfigMap", R"({"metadata":{"name":"NAME"},"data":{"k":")" + std::string(1000, 'x') + "\"}}");
}
BENCHMARK(bookACreatedConfigMap);

// One label of a pod changes, which its writer owns already.
void bookAnUpdatedPod(benchmark::State& state) {
  const object::Kind& kind = test::kind("Pod");
  const object::FieldWriter writer{"bench", {}, 1'700'000'000'000'000'000};
  const Ref<const Message> live = object::trackUpdate(kind, nullptr, decoded(kind, kPod, "p"), writer);
  std::string text = object::encodeJson(kind, live->words());
  text.replace(text.find("\"web\""), 5, "\"app\"");
  const Ref<const Message> updated = object::decodeJson(kind, text, object::FieldValidation::ignore)->message;
  for (auto _ : state) benchmark::DoNotOptimize(object::trackUpdate(kind, live.get(), updated, writer));
}
BENCHMARK(bookAnUpdatedPod);

}  // namespace
}  // namespace cleat::gate
