// Empties namespaces that are being deleted, and lets them go.
#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

using namespace cleat;
using core_v1::Namespace;

namespace {

constexpr uint16_t kKinds = 8;
constexpr std::string_view kFinalizer = "kubernetes";
// How soon to look again for what takes its time to go.
constexpr auto kLookAgain = std::chrono::milliseconds(250);

struct KindName {
  std::string group, version, resource, kind;
};

class NamespaceController : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    controller_.watch(namespaces_);
    co_await namespaces_.waitSynced();
    controller_.run();
    co_return Result<void>();
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) {
    Object<Namespace> ns = namespaces_.get(key);
    if (!ns || !deletionPending(ns.meta())) co_return Reconciled();
    if (!contains(ns->getSpec().getFinalizers(), kFinalizer)) co_return Reconciled();
    Result<std::vector<KindName>> kinds = co_await namespacedKinds();
    if (!kinds) co_return fail(kinds.error());
    bool empty = true;
    for (const KindName& kind : *kinds) {
      Result<bool> gone = co_await emptyOf(kind, key);
      if (!gone) co_return fail(gone.error());
      empty = empty && *gone;
    }
    if (!empty) co_return Reconciled{kLookAgain};
    co_return co_await finalize(ns);
  }

  Task<Result<std::vector<KindName>>> namespacedKinds() {
    auto answer = co_await context().call<wire::KindsResults>(capnp::typeId<wire::Cluster>(), kKinds);
    if (!answer) co_return fail(answer.error());
    std::vector<KindName> kinds;
    for (auto kind : (*answer)->getKinds()) {
      if (!kind.getNamespaced() || !contains(kind.getVerbs(), "delete")) continue;
      // Events are about the end of the others: they go last.
      KindName name{str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()), str(kind.getKind())};
      const bool last = name.resource == "events";
      kinds.insert(last ? kinds.end() : kinds.begin(), std::move(name));
    }
    co_return kinds;
  }

  // Deletes a kind's objects in the namespace; true when there are none left.
  Task<Result<bool>> emptyOf(KindName kind, std::string ns) {
    const Resource resource{kind.group, kind.version, kind.resource, kind.kind, true};
    ListOptions options;
    options.ns = ns;
    options.limit = 1;
    Result<AnyList> before = co_await client_.any().list(resource, options);
    if (!before) co_return fail(before.error());
    if (before->items.empty()) co_return true;
    DeleteOptions deletion;
    deletion.propagationPolicy = "Background";
    Result<AnyRef> removed = co_await client_.any().remove(resource, ns, "", deletion);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    Result<AnyList> after = co_await client_.any().list(resource, options);
    if (!after) co_return fail(after.error());
    co_return after->items.empty();
  }

  Task<Result<Reconciled>> finalize(Object<Namespace> ns) {
    Draft<Namespace> draft(ns);
    std::vector<std::string> others;
    for (auto finalizer : ns->getSpec().getFinalizers()) {
      if (view(finalizer) != kFinalizer) others.push_back(str(finalizer));
    }
    draft->getSpec().adoptFinalizers(textList(orphanageOf(*draft), others));
    draft.meta().setResourceVersion(0);
    auto updated = co_await client_.updateSubresource<Namespace>("", ns.name(), "finalize", std::move(draft));
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    co_return Reconciled();
  }

  Client client_{context()};
  Informer<Namespace> namespaces_{context()};
  Controller controller_{context(), "namespace", [this](std::string key) { return reconcile(std::move(key)); }};
};

}  // namespace

CLEAT_PLUGIN(NamespaceController, .name = "controller-namespace", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants = "- namespaces get,list,watch\n- namespaces/finalize update\n* * list,delete,deletecollection\n");
