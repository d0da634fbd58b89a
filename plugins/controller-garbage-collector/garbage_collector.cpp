// Deletes what belongs to nobody any more.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/any_watch.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <algorithm>
#include <utility>

#include "graph.h"
#include "patches.h"

using namespace cleat;
using namespace cleat::gc;

namespace {

// Nobody tells of a new kind: it is asked for so often, and when an object names an owner of an unknown kind.
constexpr Duration kLookForKinds = std::chrono::seconds(30);

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
  bool inDoubt = false;             // history was lost, and has not been caught up with
  explicit WatchedKind(KindName kind) : name(std::move(kind)), resource(name.anyVersion()) {}
};

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
      lookAgainLater();
    });
  }

  void lookForKinds() {
    if (looking_) return;
    spawn(findKinds(), [this](Result<void> found) {
      if (!found) log().warn("cannot ask for the cluster's kinds: ", found.error());
    });
  }

  // Watches the kinds that are not watched yet. What depends on the whole graph waits until all of them were seen.
  Task<Result<void>> findKinds() {
    looking_ = true;
    auto answer = co_await context().call(wire::cluster::kinds);
    if (!answer) {
      looking_ = false;
      co_return fail(answer.error());
    }
    std::vector<WatchedKind*> served, added;
    for (auto kind : (*answer)->getKinds()) {
      // Events own nothing and nobody waits for them; there are too many to look at.
      if (view(kind.getResource()) == "events" || !contains(kind.getVerbs(), "watch")) continue;
      served.push_back(&kindCalled({str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()),
                                    str(kind.getKind()), kind.getNamespaced()}));
      if (served.back()->watch) continue;
      watch(*served.back());
      added.push_back(served.back());
    }
    dropOthers(served);
    looking_ = false;
    if (!added.empty()) spawn(seen(std::move(added)), [](bool) {});
    co_return Result<void>();
  }

  // What waited for these kinds is looked at again once they have been seen. Nobody else waits for that: with a hundred
  // thousand objects it takes longer than all else that a server does before it is ready.
  Task<bool> seen(std::vector<WatchedKind*> added) {
    for (WatchedKind* kind : added) co_await kind->watch->waitSynced();
    enqueue(graph_.unsettled());
    co_return true;
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
    handlers.gone = [this](const AnyRef& last) { enqueue(graph_.remove(std::string(last.uid()))); };
    handlers.restarted = [this, &kind] {
      kind.inDoubt = true;
      graph_.doubt(kind.name);
    };
    handlers.synced = [this, &kind] {
      if (std::exchange(kind.inDoubt, false)) enqueue(graph_.settle(kind.name));
    };
    kind.watch = std::make_unique<AnyWatch>(context(), kind.resource, WatchOptions(), std::move(handlers));
    kind.watch->start();
  }

  void enqueue(const std::vector<std::string>& uids) {
    for (const std::string& uid : uids) controller_.enqueue(uid);
  }

  // A kind that has been taken back, with its last object, is not asked for again and again. What is known of objects
  // that are left of it stays known: they are there, though nobody can reach them now.
  void dropOthers(const std::vector<WatchedKind*>& served) {
    for (const auto& kind : kinds_) {
      if (!kind->watch || !kind->watch->synced() || graph_.has(kind->name)) continue;
      if (std::ranges::find(served, kind.get()) == served.end()) kind->watch.reset();
    }
  }

  // While a kind has not been seen in whole, a dependent may be missing in the graph.
  bool sawEverything() const {
    return std::ranges::all_of(kinds_, [](const auto& kind) { return !kind->watch || kind->watch->synced(); });
  }

  Task<Result<Reconciled>> reconcile(std::string uid) {
    const Node* found = graph_.find(uid);
    if (found == nullptr) co_return Reconciled();
    const Node node = *found;  // the graph may change while this waits
    if (node.deleting && (node.orphaning || node.foreground) && !sawEverything()) co_return Reconciled();
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
      if (state == OwnerState::unknown) co_return Reconciled();
      if (state == OwnerState::gone) tellIfElsewhere(owner, node, live);
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
    const Resource resource = kind->anyVersion();
    auto live = co_await client_.any().get(resource, ns, owner.name);
    if (!live && !live.error().is(404)) co_return fail(live.error());
    // Nobody brings the kind just now, which says nothing of the object.
    if (!live && live.error().details.name.empty()) co_return OwnerState::unknown;
    if (!live || live->uid() != owner.uid) co_return OwnerState::gone;
    co_return nodeOf(*kind, *live).waitsForDependents() ? OwnerState::waiting : OwnerState::solid;
  }

  const KindName* kindOf(const Owner& owner) const {
    const size_t slash = owner.apiVersion.find('/');
    const std::string group = slash == std::string::npos ? "" : owner.apiVersion.substr(0, slash);
    for (const auto& kind : kinds_) {
      if (kind->name.group == group && kind->name.kind == owner.kind) return &kind->name;
    }
    return nullptr;
  }

  // An owner in another namespace is none: its author should hear of it.
  void tellIfElsewhere(const Owner& owner, const Node& node, const AnyRef& object) {
    const std::string* elsewhere = graph_.namespaceOf(owner.uid);
    if (elsewhere == nullptr || *elsewhere == node.ns || node.ns.empty()) return;
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
  bool looking_ = false;
  Timer nextLook_;
  Controller controller_{context(), "garbage-collector", [this](std::string uid) { return reconcile(std::move(uid)); }};
};

}  // namespace

CLEAT_PLUGIN(GarbageCollector, .name = "controller-garbage-collector", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "* * get,list,watch,patch,delete\n- events create,patch,update\n");
