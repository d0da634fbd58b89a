// Keeps the APIServices of what the server serves, and says of them that they are served.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/apiregistration_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <set>

#include "priorities.h"

using namespace cleat;
using apiextensions_v1::CustomResourceDefinition;
using apiregistration::Priority;
using apiregistration_v1::APIService;

namespace {

constexpr const char* kAutomanaged = "kube-aggregator.kubernetes.io/automanaged";
constexpr std::string_view kOnStart = "onstart", kAlways = "true";
// Plugins that bring kinds may come later than this one.
constexpr std::chrono::seconds kLooksAgain{10};

// What an APIService is to be.
struct Wanted {
  std::string group, version;
  Priority priority;
  bool builtIn = false;

  std::string_view label() const { return builtIn ? kOnStart : kAlways; }
};

bool isAsWanted(apiregistration_v1::APIServiceSpec::Reader spec, const Wanted& wanted) {
  return view(spec.getGroup()) == wanted.group && view(spec.getVersion()) == wanted.version && !spec.hasService() &&
         spec.getGroupPriorityMinimum() == wanted.priority.group &&
         spec.getVersionPriority() == wanted.priority.version;
}

void fillIn(apiregistration_v1::APIServiceSpec::Builder spec, const Wanted& wanted) {
  spec.setGroup(wanted.group);
  spec.setVersion(wanted.version);
  spec.setGroupPriorityMinimum(wanted.priority.group);
  spec.setVersionPriority(wanted.priority.version);
}

class ApiRegistrationController : public ControllerPlugin {
 public:
  explicit ApiRegistrationController(Context& context) : ControllerPlugin(context, "apiregistration") {}

  Result<void> watch() override {
    controller().watch(services_);
    // What a definition brings is served when its status says so.
    definitions_.onChange(
        [this](const Object<CustomResourceDefinition>&, const Object<CustomResourceDefinition>&) { look(); });
    definitions_.start();
    look();
    lookLater();
    return {};
  }

 private:
  void lookLater() {
    nextLook_ = context().after(kLooksAgain, [this] {
      settled_ = true;
      look();
      lookLater();
    });
  }

  void look() {
    lookAgain_ = looking_;
    if (looking_) return;
    looking_ = true;
    spawn(findServed(), [this](Result<void> found) {
      looking_ = false;
      if (!found) log().warn("cannot ask for the cluster's kinds: ", found.error());
      if (lookAgain_) look();
    });
  }

  Task<Result<void>> findServed() {
    CLEAT_CO_TRY(auto answer, co_await context().call(wire::cluster::kinds));
    std::map<std::string, Wanted> served;
    for (auto each : answer->getGroupVersions()) {
      Wanted wanted{str(each.getGroup()), str(each.getVersion()), apiregistration::kCustom, false};
      if (auto priority = apiregistration::builtInPriority(wanted.group, wanted.version)) {
        wanted.priority = *priority;
        wanted.builtIn = true;
      }
      const std::string name = concat(wanted.version, ".", wanted.group);
      served.emplace(name, std::move(wanted));
    }
    for (const auto& [name, wanted] : served_) {
      if (served.contains(name)) continue;
      gone_.insert(name);
      made_.erase(name);
    }
    for (const auto& [name, wanted] : served) gone_.erase(name);
    served_.swap(served);
    for (const auto& [name, wanted] : served_) controller().enqueue(name);
    for (const std::string& name : gone_) controller().enqueue(name);
    if (settled_) services_.forEach([this](const Object<APIService>& service) { controller().enqueue(service.key()); });
    co_return Result<void>();
  }

  Task<Result<Reconciled>> reconcile(std::string name) override {
    const Object<APIService> there = services_.get(name);
    const auto found = served_.find(name);
    if (found == served_.end()) {
      if (there && isSpurious(there)) co_return co_await remove(there);
    } else {
      const Wanted wanted = found->second;
      // Those of the server's own groups are nobody's but the administrator's once they were made.
      if (!wanted.builtIn || !made_.contains(name)) {
        CLEAT_CO_TRY(co_await keep(wanted, name, there));
        made_.insert(name);
      }
    }
    co_return co_await sayWhetherAvailable(there);
  }

  // One that this plugin made of what is not served any more. While the server starts it may not be served yet.
  bool isSpurious(const Object<APIService>& service) const {
    auto managed = label(service.meta(), kAutomanaged);
    return (managed == kOnStart || managed == kAlways) && (settled_ || gone_.contains(std::string(service.name())));
  }

  Task<Result<Reconciled>> remove(Object<APIService> service) {
    DeleteOptions only;
    only.preconditionUid = view(service.meta().getUid());
    auto removed = co_await client_.remove<APIService>("", service.name(), only);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
    co_return Reconciled();
  }

  Task<Result<void>> keep(Wanted wanted, std::string name, Object<APIService> there) {
    if (!there) {
      Draft<APIService> draft;
      draft.meta().setName(name);
      setLabel(draft.meta(), kAutomanaged, wanted.label());
      fillIn(draft->initSpec(), wanted);
      auto created = co_await client_.create(std::move(draft));
      if (created || created.error().reason == "AlreadyExists") co_return Result<void>();
      co_return fail(created.error());
    }
    const bool managed = label(there.meta(), kAutomanaged) == wanted.label();
    if (!managed || isAsWanted(there->getSpec(), wanted)) co_return Result<void>();
    Draft<APIService> draft(there);
    fillIn(draft->initSpec(), wanted);
    CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    co_return Result<void>();
  }

  Task<Result<Reconciled>> sayWhetherAvailable(Object<APIService> service) {
    // Of another server it is said by whoever asks that one.
    if (!service || service->getSpec().hasService()) co_return Reconciled();
    const ConditionUpdate condition{.type = "Available",
                                    .status = "True",
                                    .reason = "Local",
                                    .message = "Local APIServices are always available",
                                    .lastTransitionTime = formatTime(context().wallNow())};
    Draft<APIService> draft(service);
    if (!setCondition<apiregistration_v1::APIServiceCondition>(draft->getStatus(), condition)) co_return Reconciled();
    auto updated = co_await client_.updateStatus(std::move(draft));
    if (updated || updated.error().is(404) || updated.error().is(409)) co_return Reconciled();
    co_return fail(updated.error());
  }

  Client client_{context()};
  Informer<APIService> services_{context()};
  Informer<CustomResourceDefinition> definitions_{context()};
  std::map<std::string, Wanted> served_;  // by the names of their APIServices
  std::set<std::string> gone_;            // served once since the start, and not now
  std::set<std::string> made_;            // those whose APIService was made, or was there, since the start
  bool settled_ = false;                  // the server has started
  bool looking_ = false, lookAgain_ = false;
  Timer nextLook_;
};

}  // namespace

CLEAT_PLUGIN(ApiRegistrationController, .name = "controller-apiregistration", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apiregistration.k8s.io apiservices create,delete,get,list,watch,update\n"
                 "apiregistration.k8s.io apiservices/status update\n"
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n");
