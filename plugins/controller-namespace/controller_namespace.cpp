// Empties namespaces that are being deleted, and lets them go.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "conditions.h"
#include "contents.h"

using namespace cleat;
using namespace cleat::namespaces;
using core_v1::Namespace;

namespace {

constexpr std::string_view kFinalizer = "kubernetes";
// By this the API says of a finalization which objects are in the way that nobody can list or delete.
constexpr std::string_view kKindMissing = "KindMissing";
// The end of what remains is watched for; this is for what ended before the watch began.
constexpr Duration kLookAgain = std::chrono::seconds(5);

// Tells when objects of one kind leave the namespace.
struct Departures {
  KindName kind;
  Resource resource;
  AnyInformer informer;
  Departures(Context& context, KindName name, const std::string& ns)
      : kind(std::move(name)), resource(kind.asResource()),
        informer(context, resource, {.ns = ns, .labelSelector = "", .fieldSelector = ""}) {}
};

class NamespaceController : public ControllerPlugin {
 public:
  explicit NamespaceController(Context& context) : ControllerPlugin(context, "namespace") {}

  Result<void> watch() override {
    controller().watch(namespaces_);
    return {};
  }

 private:
  // Also where somebody else's finalizer is the last one: nothing is to be left in it when that goes.
  static bool toBeEmptied(const Object<Namespace>& ns) {
    return ns && deletionPending(ns.meta()) && ns->getSpec().getFinalizers().size() > 0;
  }
  static bool isOurs(const Object<Namespace>& ns) { return contains(ns->getSpec().getFinalizers(), kFinalizer); }
  // Whether somebody else keeps it when it has been emptied.
  static bool isKept(const Object<Namespace>& ns) {
    return ns.meta().getFinalizers().size() > 0 || ns->getSpec().getFinalizers().size() > (isOurs(ns) ? 1 : 0);
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    if (!toBeEmptied(namespaces_.get(key))) {
      departures_.erase(key);
      held_.erase(key);
      co_return Reconciled();
    }
    // A new namespace of the same name may be there already: only the API knows.
    Result<Object<Namespace>> live = co_await client_.get<Namespace>(key);
    if (!live && live.error().is(404)) co_return Reconciled();
    CLEAT_CO_TRY(live);
    if (!toBeEmptied(*live)) co_return Reconciled();
    const Remains remains = co_await emptyNamespace(context(), key);
    // What it says of itself stays until somebody has seen to what nobody sees here.
    if (remains.none() && held_.contains(key)) co_return co_await finalize(*live);
    Result<Object<Namespace>> told = co_await tell(*live, remains);
    if (!told && told.error().is(404)) co_return Reconciled();
    CLEAT_CO_TRY(told);
    if (remains.none()) co_return co_await finalize(*told);
    for (const auto& [kind, count] : remains.objects) watchDepartures(key, kind);
    if (!remains.failed()) co_return Reconciled{kLookAgain};
    co_return fail(Status::unavailable(remains.failures.empty() ? remains.discoveryFailure : remains.failures.front()));
  }

  void watchDepartures(const std::string& ns, const KindName& kind) {
    auto& watched = departures_[ns][kind];
    if (watched) return;
    watched = std::make_unique<Departures>(context(), kind, ns);
    watched->informer.onChange([this, ns](const AnyRef& before, const AnyRef& now) {
      const bool freed = before && now && now.meta().getFinalizers().size() < before.meta().getFinalizers().size();
      if (!now || freed) controller().enqueue(ns);
    });
    watched->informer.start();
  }

  // Nothing is written of a namespace that was empty from the start and goes at once.
  Task<Result<Object<Namespace>>> tell(Object<Namespace> ns, const Remains& remains) {
    if (remains.none() && ns->getStatus().getConditions().size() == 0 && !isKept(ns)) co_return ns;
    Draft<Namespace> draft(ns);
    if (!setConditions(draft->getStatus(), remains, formatTime(context().wallNow()))) co_return ns;
    co_return co_await client_.updateStatus<Namespace>(std::move(draft));
  }

  Task<Result<Reconciled>> finalize(Object<Namespace> ns) {
    if (!isOurs(ns)) co_return Reconciled();
    Draft<Namespace> draft(ns);
    std::vector<std::string> others;
    for (auto finalizer : ns->getSpec().getFinalizers()) {
      if (view(finalizer) != kFinalizer) others.push_back(str(finalizer));
    }
    draft->getSpec().adoptFinalizers(textList(orphanageOf(*draft), others));
    auto updated = co_await client_.updateSubresource<Namespace>("", ns.name(), "finalize", std::move(draft));
    if (updated || updated.error().is(404)) co_return Reconciled();
    Remains remains;
    for (const StatusCause& cause : updated.error().details.causes) {
      if (cause.reason == kKindMissing) remains.kindless.emplace(cause.field, cause.message);
    }
    if (remains.none()) co_return fail(updated.error());
    held_.emplace(ns.name());
    Result<Object<Namespace>> told = co_await tell(ns, remains);
    if (!told && !told.error().is(404)) co_return fail(told.error());
    co_return Reconciled{kLookAgain};
  }

  Client client_{context()};
  Informer<Namespace> namespaces_{context()};
  // By namespace, of those that are being emptied.
  std::map<std::string, std::map<KindName, std::unique_ptr<Departures>>> departures_;
  std::set<std::string> held_;  // by objects whose kinds nobody brings
};

}  // namespace

CLEAT_PLUGIN(NamespaceController, .name = "controller-namespace", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- namespaces get,list,watch\n- namespaces/finalize,namespaces/status update\n"
                 "* * list,watch,delete,deletecollection\n");
