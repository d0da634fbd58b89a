// Deletes what belongs to nobody any more.
#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include "graph.h"

using namespace cleat;
using namespace cleat::gc;

namespace {

constexpr uint16_t kKinds = 8;

class GarbageCollector : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    auto answer = co_await context().call<wire::KindsResults>(capnp::typeId<wire::Cluster>(), kKinds);
    if (!answer) co_return fail(answer.error());
    for (auto kind : (*answer)->getKinds()) {
      // Events own nothing and nobody waits for them; there are too many to look at.
      if (view(kind.getResource()) == "events" || !contains(kind.getVerbs(), "watch")) continue;
      addKind({str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()), str(kind.getKind()),
               kind.getNamespaced()});
    }
    for (auto& informer : informers_) co_await informer->waitSynced();
    controller_.run();
    co_return Result<void>();
  }

 private:
  void addKind(KindName name) {
    kinds_.push_back(std::make_unique<KindName>(std::move(name)));
    const KindName* kind = kinds_.back().get();
    resources_.push_back(std::make_unique<Resource>(kind->asResource()));
    informers_.push_back(std::make_unique<AnyInformer>(context(), *resources_.back()));
    informers_.back()->onChange([this, kind](const AnyRef& before, const AnyRef& now) {
      auto touched = now ? graph_.put(*kind, now) : graph_.remove(std::string(before.uid()));
      for (const std::string& uid : touched) controller_.enqueue(uid);
    });
    informers_.back()->start();
  }

  Task<Result<Reconciled>> reconcile(std::string uid) {
    const Node* found = graph_.find(uid);
    if (found == nullptr) co_return Reconciled();
    const Node node = *found;  // the graph may change while this waits
    if (node.deleting && node.orphaning) co_return co_await orphan(uid, node);
    if (node.deleting && node.foreground) co_return co_await deleteDependents(uid, node);
    if (node.deleting || node.owners.empty()) co_return Reconciled();
    bool waitingOwner = false;
    for (const Owner& owner : node.owners) {
      Result<bool> there = co_await ownerLives(owner, node);
      if (!there) co_return fail(there.error());
      if (!*there) continue;
      const Node* state = graph_.find(owner.uid);
      if (state == nullptr || !(state->deleting && state->foreground)) co_return Reconciled();
      waitingOwner = true;
    }
    // What is left are owners that have gone, or that wait for this object to go.
    co_return co_await removeObject(uid, node, waitingOwner ? "Foreground" : node.orphaning ? "Orphan" : "Background");
  }

  // The graph may be behind; before anything is deleted the owner itself is asked for.
  Task<Result<bool>> ownerLives(Owner owner, Node dependent) {
    if (graph_.find(owner.uid) != nullptr) co_return true;
    const KindName* kind = kindOf(owner);
    if (kind == nullptr) co_return true;  // of a kind that is not known here: better leave it
    if (kind->namespaced && dependent.ns.empty()) co_return true;  // no such owner can exist: a mistake, not garbage
    const std::string ns = kind->namespaced ? dependent.ns : std::string();
    const Resource resource = kind->asResource();
    auto live = co_await client_.any().get(resource, ns, owner.name);
    if (live) co_return live->uid() == owner.uid;
    if (live.error().is(404)) co_return false;
    co_return fail(live.error());
  }

  const KindName* kindOf(const Owner& owner) const {
    const size_t slash = owner.apiVersion.find('/');
    const std::string group = slash == std::string::npos ? "" : owner.apiVersion.substr(0, slash);
    for (const auto& kind : kinds_) {
      if (kind->group == group && kind->kind == owner.kind) return kind.get();
    }
    return nullptr;
  }

  Task<Result<Reconciled>> removeObject(std::string uid, Node node, std::string policy) {
    DeleteOptions options;
    options.preconditionUid = uid;
    options.propagationPolicy = policy;
    auto removed = co_await client_.any().remove(node.kind->asResource(), node.ns, node.name, options);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
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
    for (const std::string& dependentUid : graph_.dependents(uid)) {
      const Node* dependent = graph_.find(dependentUid);
      if (dependent == nullptr) continue;
      const Node copy = *dependent;
      for (size_t i = 0; i < copy.owners.size(); ++i) {
        if (copy.owners[i].uid != uid) continue;
        const std::string path = concat("/metadata/ownerReferences/", i);
        const std::string patch = concat("[{\"op\":\"test\",\"path\":\"", path, "/uid\",\"value\":\"", uid,
                                         "\"},{\"op\":\"remove\",\"path\":\"", path, "\"}]");
        auto patched = co_await client_.any().patch(copy.kind->asResource(), copy.ns, copy.name, PatchType::kJson, patch);
        if (!patched && !patched.error().is(404)) co_return fail(patched.error());
      }
    }
    co_return co_await dropFinalizer(uid, node, "orphan");
  }

  Task<Result<Reconciled>> dropFinalizer(std::string uid, Node node, std::string finalizer) {
    auto live = co_await client_.any().get(node.kind->asResource(), node.ns, node.name);
    if (!live && live.error().is(404)) co_return Reconciled();
    if (!live) co_return fail(live.error());
    if (live->uid() != uid) co_return Reconciled();
    auto finalizers = live->meta().getFinalizers();
    for (uint32_t i = 0; i < finalizers.size(); ++i) {
      if (view(finalizers[i]) != finalizer) continue;
      const std::string path = concat("/metadata/finalizers/", i);
      const std::string patch = concat("[{\"op\":\"test\",\"path\":\"", path, "\",\"value\":\"", finalizer,
                                       "\"},{\"op\":\"remove\",\"path\":\"", path, "\"}]");
      auto patched = co_await client_.any().patch(node.kind->asResource(), node.ns, node.name, PatchType::kJson, patch);
      if (!patched && !patched.error().is(404)) co_return fail(patched.error());
      break;
    }
    co_return Reconciled();
  }

  Client client_{context()};
  Graph graph_;
  std::vector<std::unique_ptr<KindName>> kinds_;
  std::vector<std::unique_ptr<Resource>> resources_;
  std::vector<std::unique_ptr<AnyInformer>> informers_;
  Controller controller_{context(), "garbage-collector", [this](std::string uid) { return reconcile(std::move(uid)); }};
};

}  // namespace

CLEAT_PLUGIN(GarbageCollector, .name = "controller-garbage-collector", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "* * get,list,watch,patch,delete\n");
