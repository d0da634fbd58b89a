// Deletes what belongs to nobody any more.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/any_watch.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "graph.h"
#include "patches.h"

using namespace cleat;
using namespace cleat::gc;

namespace {

// Nobody tells of a new kind: it is asked for so often, and when an object names an owner of an unknown kind.
constexpr Duration kLookForKinds = std::chrono::seconds(30);
// Before what depends on all of the graph they are asked for too, but no more often than this: what belongs to the
// object may be of a kind that has come just before.
constexpr Duration kKindsAreNew = std::chrono::seconds(1);
// So long a kind whose objects cannot be had is waited for. Objects of others are not to be held up by it for ever.
constexpr Duration kPatience = std::chrono::seconds(30);

constexpr std::string_view kEvents = "events.k8s.io";

enum class OwnerState {
  solid,    // it is there
  gone,     // or never was
  waiting,  // it is being deleted, and waits for its dependents to go first
  unknown,  // it cannot be looked up: better leave what names it
};

// A kind that is watched; the parts refer to one another.
struct WatchedKind {
  KindName name;
  Resource resource;
  std::unique_ptr<AnyWatch> watch;  // none while nobody brings the kind
  Instant since{};                  // of the watch
  bool seen = false;                // all that there was when the watch began
  bool inDoubt = false;             // history was lost, and has not been caught up with
  explicit WatchedKind(KindName kind) : name(std::move(kind)), resource(name.anyVersion()) {}

  bool unseen() const { return watch && !seen; }
};

// Kubernetes' own two kinds of events: they own nothing and nobody waits for them, and there are too many to look at.
bool areEvents(wire::KindName::Reader kind) {
  return view(kind.getResource()) == "events" && (view(kind.getGroup()).empty() || view(kind.getGroup()) == kEvents);
}

class GarbageCollector : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    CLEAT_CO_TRY(co_await findKinds());
    controller_.run();
    lookAgainLater();
    co_return Result<void>();
  }

 private:
  void lookAgainLater() {
    nextLook_ = context().after(kLookForKinds, [this] {
      lookForKinds();
      tellOfUnseen();
      lookAgainLater();
    });
  }

  // A kind whose objects cannot be had (whoever converts them is gone) is tried again and again. What depends on the
  // whole graph goes on without it, and somebody should know.
  void tellOfUnseen() {
    std::vector<std::string> names;
    for (const auto& kind : kinds_) {
      if (kind->unseen() && isOverdue(*kind)) names.push_back(kind->resource.qualified());
    }
    std::ranges::sort(names);
    if (names != unseen_) {
      context().report(names.empty() ? std::string()
                                     : concat("cannot see any ", joined(names, ", "),
                                              ": what belongs to them, or they to, may stay or go without them"));
    }
    if (!names.empty() && std::exchange(heldUp_, false)) enqueue(graph_.unsettled());
    unseen_ = std::move(names);
  }

  bool isOverdue(const WatchedKind& kind) { return context().now() - kind.since >= kPatience; }

  void lookForKinds() {
    if (looking_) return;
    spawn(findKinds(), [this](Result<void> found) {
      if (!found) log().warn("cannot ask for the cluster's kinds: ", found.error());
    });
  }

  // Watches the kinds that are not watched yet. What depends on the whole graph waits until all of them were seen.
  Task<Result<void>> findKinds() {
    looking_ = true;
    const Instant looked = context().now();
    auto answer = co_await context().call(wire::cluster::kinds);
    if (!answer) {
      looking_ = false;
      co_return fail(answer.error());
    }
    std::vector<WatchedKind*> served;
    for (auto kind : (*answer)->getKinds()) {
      if (areEvents(kind) || !contains(kind.getVerbs(), "watch")) continue;
      served.push_back(&kindCalled({str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()),
                                    str(kind.getKind()), kind.getNamespaced()}));
      if (!served.back()->watch) watch(*served.back());
    }
    dropOthers(served);
    looking_ = false;
    looked_ = looked;
    // What names an owner by a version that was none until now is looked at again.
    if (auto versions = versionsIn(**answer); versions != versions_) {
      versions_ = std::move(versions);
      enqueue(graph_.unsettled());
    }
    co_return Result<void>();
  }

  static std::set<std::string> versionsIn(wire::KindsResults::Reader kinds) {
    std::set<std::string> versions;
    for (auto one : kinds.getGroupVersions()) {
      versions.insert(one.getGroup().size() == 0 ? str(one.getVersion())
                                                 : concat(view(one.getGroup()), "/", view(one.getVersion())));
    }
    return versions;
  }

  WatchedKind& kindCalled(KindName name) {
    for (const auto& kind : kinds_) {
      if (kind->name.group == name.group && kind->name.resource == name.resource) return *kind;
    }
    return *kinds_.emplace_back(std::make_unique<WatchedKind>(std::move(name)));
  }

  void watch(WatchedKind& kind) {
    AnyWatch::Handlers handlers;
    handlers.put = [this, &kind](const AnyRef& object) { enqueue(graph_.put(kind.name, object)); };
    handlers.gone = [this](const AnyRef& last) {
      told_.erase(std::string(last.uid()));
      enqueue(graph_.remove(std::string(last.uid())));
    };
    handlers.restarted = [this, &kind] {
      kind.inDoubt = true;
      graph_.doubt(kind.name);
    };
    handlers.synced = [this, &kind] {
      if (std::exchange(kind.inDoubt, false)) enqueue(graph_.settle(kind.name));
      // What waited for the last kind is looked at again. Nobody else waits for that: with a hundred thousand objects
      // it takes longer than all else that a server does before it is ready.
      if (!std::exchange(kind.seen, true) && sawEverything()) enqueue(graph_.unsettled());
    };
    kind.watch = std::make_unique<AnyWatch>(context(), kind.resource, WatchOptions(), std::move(handlers));
    kind.since = context().now();
    kind.watch->start();
  }

  void enqueue(const std::vector<std::string>& uids) {
    for (const std::string& uid : uids) controller_.enqueue(uid);
  }

  // A kind that has been taken back, with its last object, is not asked for again and again. What is known of objects
  // that are left of it stays known: they are there, though nobody can reach them now.
  void dropOthers(const std::vector<WatchedKind*>& served) {
    for (const auto& kind : kinds_) {
      if (!kind->watch || graph_.has(kind->name)) continue;
      if (std::ranges::find(served, kind.get()) != served.end()) continue;
      kind->watch.reset();
      kind->seen = false;
    }
  }

  // While a kind has not been seen in whole, a dependent may be missing in the graph.
  bool sawEverything() {
    return std::ranges::all_of(kinds_, [this](const auto& kind) { return !kind->unseen() || isOverdue(*kind); });
  }

  Task<Result<Reconciled>> reconcile(std::string uid) {
    const Node* found = graph_.find(uid);
    if (found == nullptr) co_return Reconciled();
    const Node node = *found;  // the graph may change while this waits
    const bool all = node.deleting && (node.orphaning || node.foreground);
    if (all && context().now() - looked_ >= kKindsAreNew) CLEAT_CO_TRY(co_await findKinds());
    if (all && !sawEverything()) {
      heldUp_ = true;
      co_return Reconciled();
    }
    if (node.deleting && node.orphaning) co_return co_await orphan(uid, node);
    if (node.waitsForDependents()) co_return co_await deleteDependents(uid, node);
    if (node.deleting || node.owners.empty()) co_return Reconciled();
    // The graph may be behind; what is deleted is deleted for what the object itself says now.
    CLEAT_CO_TRY(AnyRef live, co_await liveOf(uid, node));
    if (!live || deletionPending(live.meta())) co_return Reconciled();
    co_return co_await judge(uid, nodeOf(*node.kind, live), live);
  }

  Task<Result<Reconciled>> judge(std::string uid, Node node, AnyRef live) {
    bool solid = false, waiting = false;
    std::vector<std::string> others;  // owners that have gone, or that wait for this object to go
    for (const Owner& owner : node.owners) {
      CLEAT_CO_TRY(OwnerState state, co_await stateOf(owner, node));
      if (state != OwnerState::solid) tellIfElsewhere(owner, node, live);
      if (state == OwnerState::unknown) co_return Reconciled();
      solid |= state == OwnerState::solid;
      waiting |= state == OwnerState::waiting;
      if (state != OwnerState::solid) others.push_back(owner.uid);
    }
    if (node.owners.empty() || (solid && others.empty())) co_return Reconciled();
    // Whoever has one owner left stays, and nobody else waits for it.
    if (solid) co_return co_await apply(node, withoutOwners(live, others));
    const std::vector<std::string> dependents = graph_.dependents(uid);
    if (!waiting || dependents.empty()) {
      co_return co_await removeObject(live, node,
                                      node.orphaning    ? "Orphan"
                                      : node.foreground ? "Foreground"
                                                        : "Background");
    }
    // In a circle of objects that wait for one another somebody has to give in.
    const bool circle = std::ranges::any_of(dependents, [this](const std::string& dependent) {
      const Node* state = graph_.find(dependent);
      return state != nullptr && state->waitsForDependents();
    });
    const std::string unblocked = circle ? withoutBlocking(live) : std::string();
    if (!unblocked.empty()) co_return co_await apply(node, unblocked);
    co_return co_await removeObject(live, node, "Foreground");
  }

  // Refers to nothing when that very object has gone.
  Task<Result<AnyRef>> liveOf(std::string uid, Node node) {
    const Resource resource = node.kind->anyVersion();
    auto live = co_await client_.any().get(resource, node.ns, node.name);
    if (!live && !live.error().is(404)) co_return fail(live.error());
    if (!live || live->uid() != uid) co_return AnyRef();
    co_return live;
  }

  Task<Result<OwnerState>> stateOf(Owner owner, Node dependent) {
    const KindName* kind = kindOf(owner);
    if (kind == nullptr) {
      lookForKinds();
      co_return OwnerState::unknown;
    }
    if (kind->namespaced && dependent.ns.empty()) co_return OwnerState::unknown;  // a mistake, not garbage
    const std::string ns = kind->namespaced ? dependent.ns : std::string();
    const Node* node = graph_.find(owner.uid);
    if (node != nullptr && node->kind == kind && node->ns == ns && node->name == owner.name) {
      co_return node->waitsForDependents() ? OwnerState::waiting : OwnerState::solid;
    }
    // By the version that the reference names: where that is none of the kind's, nobody knows what is meant.
    const std::string version = owner.apiVersion.substr(owner.apiVersion.find('/') + 1);
    const Resource resource{kind->group, version, kind->resource, kind->kind, kind->namespaced};
    auto live = co_await client_.any().get(resource, ns, owner.name);
    if (!live && !live.error().is(404)) co_return fail(live.error());
    // Nobody brings the kind just now, which says nothing of the object.
    if (!live && live.error().details.name.empty()) co_return OwnerState::unknown;
    if (!live || live->uid() != owner.uid) co_return OwnerState::gone;
    co_return nodeOf(*kind, *live).waitsForDependents() ? OwnerState::waiting : OwnerState::solid;
  }

  const KindName* kindOf(const Owner& owner) const {
    if (!versions_.contains(owner.apiVersion)) return nullptr;
    const size_t slash = owner.apiVersion.find('/');
    const std::string group = slash == std::string::npos ? "" : owner.apiVersion.substr(0, slash);
    for (const auto& kind : kinds_) {
      if (kind->name.group == group && kind->name.kind == owner.kind) return &kind->name;
    }
    return nullptr;
  }

  // An owner in another namespace is none, and neither is one in any for what is in none: its author should hear of it.
  void tellIfElsewhere(const Owner& owner, const Node& node, const AnyRef& object) {
    const std::string* elsewhere = graph_.namespaceOf(owner.uid);
    if (elsewhere == nullptr || elsewhere->empty() || *elsewhere == node.ns) return;
    if (!told_[std::string(object.uid())].insert(owner.uid).second) return;
    events_.record(referenceTo(node.kind->asResource(), object), "Warning", "OwnerRefInvalidNamespace",
                   concat("ownerRef [", owner.apiVersion, "/", owner.kind, ", namespace: ", node.ns, ", name: ",
                          owner.name, ", uid: ", owner.uid, "] does not exist in namespace \"", node.ns, "\""));
  }

  Task<Result<Reconciled>> removeObject(AnyRef live, Node node, std::string policy) {
    DeleteOptions options;
    options.preconditionUid = live.uid();
    options.preconditionRevision = live.revision();
    options.propagationPolicy = policy;
    const Resource resource = node.kind->anyVersion();
    auto removed = co_await client_.any().remove(resource, node.ns, node.name, options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    co_return Reconciled();
  }

  Task<Result<Reconciled>> deleteDependents(std::string uid, Node node) {
    bool blocked = false;
    for (const std::string& dependentUid : graph_.dependents(uid)) {
      const Node* dependent = graph_.find(dependentUid);
      if (dependent == nullptr) continue;
      for (const Owner& owner : dependent->owners) blocked = blocked || (owner.uid == uid && owner.blocks);
      controller_.enqueue(dependentUid);
    }
    if (blocked) co_return Reconciled();  // their end brings this one's turn again
    co_return co_await dropFinalizer(uid, node, "foregroundDeletion");
  }

  Task<Result<Reconciled>> orphan(std::string uid, Node node) {
    const std::vector<std::string> owner(1, uid);
    for (const std::string& dependentUid : graph_.dependents(uid)) {
      const Node* found = graph_.find(dependentUid);
      if (found == nullptr) continue;
      const Node dependent = *found;
      CLEAT_CO_TRY(AnyRef live, co_await liveOf(dependentUid, dependent));
      if (!live) continue;
      CLEAT_CO_TRY(co_await apply(dependent, withoutOwners(live, owner)));
    }
    co_return co_await dropFinalizer(uid, node, "orphan");
  }

  Task<Result<Reconciled>> dropFinalizer(std::string uid, Node node, std::string finalizer) {
    CLEAT_CO_TRY(AnyRef live, co_await liveOf(uid, node));
    if (!live) co_return Reconciled();
    co_return co_await apply(node, withoutFinalizer(live, finalizer));
  }

  Task<Result<Reconciled>> apply(Node node, std::string patch) {
    if (patch.empty()) co_return Reconciled();
    const Resource resource = node.kind->anyVersion();
    auto patched = co_await client_.any().patch(resource, node.ns, node.name, PatchType::json, patch);
    if (!patched && !patched.error().is(404)) co_return fail(patched.error());
    co_return Reconciled();
  }

  Client client_{context()};
  EventRecorder events_{context(), "garbage-collector-controller"};
  Graph graph_;
  std::vector<std::unique_ptr<WatchedKind>> kinds_;
  std::set<std::string> versions_;                     // that are served: "v1", "apps/v1"
  std::vector<std::string> unseen_;                    // kinds that have been waited for long enough
  std::map<std::string, std::set<std::string>> told_;  // of whose owners elsewhere, by uid
  Instant looked_{};                                   // when all kinds were known last
  bool looking_ = false;
  bool heldUp_ = false;  // something waits until all kinds have been seen
  Timer nextLook_;
  // An owner whose kind somebody has to convert may be waited for for long: others are not to wait for it.
  Controller controller_{context(), "garbage-collector", [this](std::string uid) { return reconcile(std::move(uid)); },
                         ControllerOptions{.workers = 20}};
};

}  // namespace

CLEAT_PLUGIN(GarbageCollector, .name = "controller-garbage-collector", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "* * get,list,watch,patch,delete\n- events create,patch,update\n");
