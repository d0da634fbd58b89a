// A host in memory for tests of plugins: objects with revisions and watches, a clock that moves only when told to, and
// the other side of role calls. Deterministic and single-threaded; nothing sleeps.
//
//   test::FakeHost host;
//   host.put(makeNode("a"));
//   auto plugin = host.start<MyPlugin>({{"greeting", "hi"}});
//   host.put(makePod("default", "web"));
//   host.settle();                                  // until nothing is left to do at this point in time
//   EXPECT_EQ(view(host.get<Pod>("default", "web")->getSpec().getNodeName()), "a");
//   host.advance(std::chrono::seconds(30));         // timers fire in order; settles before and after each
//
// Writes behave as the API's: uid, revision, creationTimestamp, generateName, conflicts by resourceVersion, status only
// through "status", generation, finalizers, dry runs. There is no defaulting, validation, authorization or garbage
// collection, and a patch fails with 415. The kinds of the cluster are those that the test knows. Blocking work runs in
// `settle`. Start plugins after `know<K>()` or `put` of the kinds whose status or field selectors matter.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/call.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/streams.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace cleat::test {

using Settings = std::map<std::string, std::string>;

// A call that the plugin made to a role, as recorded.
struct RecordedCall {
  MethodId method;
  AnyAnswer message;                    // the parameters and objects
  std::shared_ptr<Stream> stream = {};  // the test's end, where the call was made with one
  template <class Params>
  typename Params::Reader params() const {
    return message.as<Params>();
  }
};

// What a plugin's role answered.
template <class Results>
struct Outcome {
  int32_t outcome = CLEAT_FAILED;  // CLEAT_OK, CLEAT_NOT_MINE, …
  Status status;                   // why, unless CLEAT_OK
  Answer<Results> answer{AnyAnswer()};
  bool ok() const { return outcome == CLEAT_OK; }
};

namespace detail {
struct AnyOutcome {
  int32_t outcome = CLEAT_FAILED;
  Status status;
  AnyAnswer answer;
};
struct Instance;
class Host;
}  // namespace detail

// A started plugin; stops it when destroyed, before its FakeHost.
class AnyStarted {
 public:
  explicit AnyStarted(std::shared_ptr<detail::Instance> instance);
  AnyStarted(AnyStarted&&) noexcept = default;
  AnyStarted& operator=(AnyStarted&&) = delete;
  ~AnyStarted() { stop(); }

  void stop();
  bool running() const;
  bool ready() const;              // start ended well
  std::string readyError() const;  // why not; empty while it is not decided

  // Calls one of the plugin's roles and settles until it is answered (or nothing is left to do: see `answered`).
  template <class P, class R, class Build>
    requires std::invocable<Build&, typename P::Builder>
  Outcome<R> call(Method<P, R> method, Build build, std::vector<AnyRef> objects = {}) {
    Draft<P> params;
    build(*params);
    return typed<R>(callAny({method, std::move(params), std::move(objects), {}}));
  }
  template <class P, class R>
  Outcome<R> call(Method<P, R> method, std::vector<AnyRef> objects = {}) {
    CallRequest request{method};
    request.objects = std::move(objects);
    return typed<R>(callAny(std::move(request)));
  }

  // For calls that take the clock to move: a handle for `outcome` and `cancelCall`.
  template <class P, class R, class Build>
  uint64_t begin(Method<P, R> method, Build build, std::vector<AnyRef> objects = {}) {
    Draft<P> params;
    build(*params);
    return beginCall({method, std::move(params), std::move(objects), {}});
  }
  // The same with a stream (cleat/sdk/streams.h), whose other end the test has: what it sends is there when the plugin
  // reads, whose work that blocks runs in `settle`: to its end, so what it waits for has to have been sent.
  struct Opened {
    uint64_t call = 0;
    std::shared_ptr<Stream> stream;
  };
  template <class P, class R, class Build>
  Opened open(Method<P, R> method, Build build, std::vector<AnyRef> objects = {}) {
    Draft<P> params;
    build(*params);
    return beginStream({method, std::move(params), std::move(objects), {}});
  }
  template <class R>
  Opened open(Method<void, R> method) {
    return beginStream(CallRequest{method});
  }
  bool answered(uint64_t call) const;
  template <class Results>
  Outcome<Results> outcome(uint64_t call) {
    return typed<Results>(takeOutcome(call));
  }
  void cancelCall(uint64_t call);

  // Runs `function` as an event of the plugin: whatever a test does with a plugin's own objects belongs in here.
  void enter(const std::function<void()>& function);
  // Runs a task to its end, as far as `settle` takes it; throws if it waits for more.
  template <class T>
  T await(Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    enter([&] { spawn(std::move(task), [result](T value) { result->emplace(std::move(value)); }); });
    settle();
    if (!*result) throw std::logic_error("the task waits for something that does not come without more time");
    return std::move(**result);
  }

 protected:
  void* instance() const;

 private:
  template <class Results>
  static Outcome<Results> typed(detail::AnyOutcome any) {
    return {any.outcome, std::move(any.status), Answer<Results>(std::move(any.answer))};
  }
  void settle();
  detail::AnyOutcome callAny(CallRequest request);
  uint64_t beginCall(CallRequest request);
  Opened beginStream(CallRequest request);
  detail::AnyOutcome takeOutcome(uint64_t call);

  std::shared_ptr<detail::Instance> instance_;
};

template <class P>
class Started : public AnyStarted {
 public:
  using AnyStarted::AnyStarted;
  P* operator->() { return &static_cast<P&>(cleat::detail::pluginOf(instance())); }
  P& operator*() { return *operator->(); }
};

// For tests of the SDK's parts, which need a Context and no plugin.
class EmptyPlugin : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override { co_return {}; }
};

class FakeHost {
 public:
  FakeHost();
  ~FakeHost();

  // -- The plugin --
  template <class P>
  Started<P> start(const Settings& settings = {}, std::string_view configSchema = {}) {
    return Started<P>(startInstance(nullptr, &cleat::detail::makePlugin<P>, settings, configSchema));
  }
  // A plugin by its exported table. Settings with commas are lists where the manifest says so.
  AnyStarted start(const cleat_plugin* table, const Settings& settings = {}) {
    return AnyStarted(startInstance(table, nullptr, settings, {}));
  }
  // What the next plugin's Config says.
  ServerConfig& serverConfig();
  std::string& nodeName();
  std::string& dataDir();

  // -- Time --
  // Runs everything that is due now. Fails the process after a million steps: something spins.
  void settle();
  void advance(Duration by);
  Instant now() const;
  WallTime wallNow() const;

  // -- Objects, as another client would see and change them. Watches are told at the next `settle`. --
  template <class K>
  void know() {
    knowKind(KindOf<K>::resource, capnp::Schema::from<K>());
  }
  // A graceful delete only sets deletionTimestamp, as for Pods, until a delete with grace period 0.
  template <class K>
  void deletesGracefully() {
    know<K>();
    setGraceful(KindOf<K>::resource);
  }
  // Creates or replaces, status and all, whatever its resourceVersion. Returns it as stored.
  template <class K>
  Object<K> put(Draft<K> draft) {
    know<K>();
    return Object<K>(putAny(KindOf<K>::resource, std::move(draft).freezeAny()));
  }
  template <class K>
  Object<K> get(std::string_view ns, std::string_view name) {
    know<K>();
    return Object<K>(getAny(KindOf<K>::resource, keyOf(ns, name)));
  }
  template <class K>
  Object<K> get(std::string_view name) {
    return get<K>("", name);
  }
  template <class K>
  std::vector<Object<K>> list(std::string_view ns = {}) {
    know<K>();
    std::vector<Object<K>> found;
    for (AnyRef& object : listAny(KindOf<K>::resource, ns)) found.emplace_back(std::move(object));
    return found;
  }
  // Changes it in place: host.change<Pod>("default", "web", [](auto pod) { … }).
  template <class K, class F>
  Object<K> change(std::string_view ns, std::string_view name, F edit) {
    Draft<K> draft(get<K>(ns, name));
    edit(*draft);
    return put(std::move(draft));
  }
  // Removes it at once.
  template <class K>
  void remove(std::string_view ns, std::string_view name) {
    removeAny(KindOf<K>::resource, keyOf(ns, name));
  }

  // What a write to a subresource does to its parent: apply(K::Builder parent, Body::Reader body) -> Result<void>.
  // "status" and the "binding" of a Pod are built in.
  template <class K, class Body, class F>
  void onSubresource(std::string name, F apply) {
    know<K>();
    setSubresource(KindOf<K>::resource, std::move(name),
                   [apply = std::move(apply)](AnyDraft& parent, const AnyRef& body) mutable -> Result<void> {
                     return apply(parent.message().getRoot<K>(), body.as<Body>());
                   });
  }

  // -- Faults --
  // Every open watch loses history: RESTARTED, what exists, SYNCED.
  void loseHistory();
  // Asked before each request of the plugin to Cluster; an error is its answer. `verb` is "get", "list", "watch",
  // "create", "update", "patch" or "delete", with "/SUBRESOURCE" behind where there is one.
  using Fault = std::function<Result<void>(std::string_view verb, std::string_view resource, std::string_view key)>;
  void onRequest(Fault fault);
  // The requests to Cluster so far: "update/status pods default/web".
  const std::vector<std::string>& requests() const;

  // -- The roles that the plugin calls --
  // reply(Params::Reader, Results::Builder) -> Result<void>, without what the method does not take or give. `objects`
  // of an AnyReply are the call's, and may be replaced by the results'.
  template <class P, class R, class F>
  void onCall(Method<P, R> method, F reply) {
    setReply(method,
             [reply = std::move(reply)](const AnyAnswer& params, AnyDraft& results, std::vector<AnyRef>&) mutable {
               return invoke<P, R>(reply, params, results);
             });
  }
  // Called first where the plugin makes the call with a stream, with the test's end of it: what it sends into it the
  // plugin finds there. The call is answered when the plugin has nothing else to do.
  void onStream(MethodId method, std::function<void(Stream& stream)> talk);
  using AnyReply =
      std::function<Result<void>(const AnyAnswer& params, AnyDraft& results, std::vector<AnyRef>& objects)>;
  void setReply(MethodId method, AnyReply reply);
  const std::vector<RecordedCall>& calls() const;
  std::vector<RecordedCall> calls(MethodId method) const;

  const std::vector<std::string>& logLines() const;  // "WARN …"
  // What plugins have said of themselves by Context::report.
  const std::vector<std::string>& reports() const;
  // Objects that plugins hold: 0 when all of them were let go.
  size_t heldObjects() const;

 private:
  template <class Params, class Results, class F>
  static Result<void> invoke(F& reply, const AnyAnswer& params, AnyDraft& results) {
    if constexpr (std::is_void_v<Params> && std::is_void_v<Results>) {
      return reply();
    } else if constexpr (std::is_void_v<Params>) {
      return reply(results.message().initRoot<Results>());
    } else if constexpr (std::is_void_v<Results>) {
      return reply(params.template as<Params>());
    } else {
      return reply(params.template as<Params>(), results.message().initRoot<Results>());
    }
  }

  std::shared_ptr<detail::Instance> startInstance(const cleat_plugin* table, cleat::detail::PluginFactory factory,
                                                  const Settings& settings, std::string_view configSchema);
  void knowKind(const Resource& of, capnp::StructSchema schema);
  void setGraceful(const Resource& of);
  using Subresource = std::function<Result<void>(AnyDraft& parent, const AnyRef& body)>;
  void setSubresource(const Resource& of, std::string name, Subresource apply);
  AnyRef putAny(const Resource& of, AnyRef object);
  AnyRef getAny(const Resource& of, const std::string& key) const;
  std::vector<AnyRef> listAny(const Resource& of, std::string_view ns) const;
  void removeAny(const Resource& of, const std::string& key);

  std::unique_ptr<detail::Host> host_;
};

}  // namespace cleat::test
