// Authorizes by roles and bindings, and keeps those from being a way to more than one has.
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>
#include <map>
#include <set>

#include "aggregation.h"
#include "bootstrap.h"
#include "escalation.h"
#include "policy.h"

using namespace cleat;
using namespace cleat::rbac;
using rbac_v1::ClusterRole;
using rbac_v1::ClusterRoleBinding;
using rbac_v1::Role;
using rbac_v1::RoleBinding;

namespace {

constexpr Duration kLooksAgain = std::chrono::seconds(1);
constexpr std::string_view kPluginPrefix = "system:plugin:";

class RbacAuthorizer : public RolePlugin<role::AuthorizerRole, AdmissionRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    auto changed = [this](const auto&, const auto&) { dirty_ = true; };
    roles_.onChange(changed);
    clusterRoles_.onChange(changed);
    bindings_.onChange(changed);
    clusterBindings_.onChange(changed);
    aggregation_.run();
    co_await roles_.waitSynced();
    co_await clusterRoles_.waitSynced();
    co_await bindings_.waitSynced();
    co_await clusterBindings_.waitSynced();
    auto making = makeAll(corePolicy());
    CLEAT_CO_TRY(co_await std::move(making));
    spawn(keepComponents());
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    std::vector<AdmissionInterest> all;
    for (const char* resource : {"roles", "clusterroles", "rolebindings", "clusterrolebindings"}) {
      all.push_back({.group = kGroup,
                     .resource = resource,
                     .operations = {role::Operation::CREATE, role::Operation::UPDATE},
                     .validates = true});
    }
    return all;
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    Result<void> may = co_await checkEscalation(request);
    if (!may && may.error().code >= 500) co_return request.retry(may.error());
    if (!may) co_return request.refuse(may.error());
    co_return may;
  }

  Task<Result<void>> authorize(role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) override {
    // No roles and bindings can take it from them, so that there is always a way back.
    if (isMaster(attributes.getUser())) {
      call.results().setDecision(role::Decision::ALLOW);
      co_return Result<void>();
    }
    const std::string user = str(attributes.getUser().getName());
    if (user.starts_with(kPluginPrefix) && mustLearn(user)) {
      Result<void> learnt = co_await learnPlugins(user);
      if (!learnt && !knownPlugins_.contains(user)) co_return call.retry(learnt.error());
    }
    const Policy::Decision decision = policy().decide(attributes);
    call.results().setDecision(decision.grant ? role::Decision::ALLOW : role::Decision::NO_OPINION);
    call.results().setReason(decision.reason);
    co_return Result<void>();
  }

  Task<Result<void>> rules(role::RulesParams::Reader params, Call<role::RulesResults>& call) override {
    std::vector<const Rule*> resources, paths;
    policy().visit(params.getUser(), view(params.getNamespace()), [&](const Rule& rule) {
      if (!rule.resources.empty()) resources.push_back(&rule);
      if (!rule.paths.empty()) paths.push_back(&rule);
    });
    auto results = call.results();
    auto resourceRules = results.initResourceRules(resources.size());
    for (uint32_t i = 0; i < resources.size(); ++i) {
      resourceRules[i].adoptVerbs(textList(orphanageOf(results), resources[i]->verbs));
      resourceRules[i].adoptGroups(textList(orphanageOf(results), resources[i]->groups));
      resourceRules[i].adoptResources(textList(orphanageOf(results), resources[i]->resources));
      resourceRules[i].adoptResourceNames(textList(orphanageOf(results), resources[i]->resourceNames));
    }
    auto pathRules = results.initNonResourceRules(paths.size());
    for (uint32_t i = 0; i < paths.size(); ++i) {
      pathRules[i].adoptVerbs(textList(orphanageOf(results), paths[i]->verbs));
      pathRules[i].adoptPaths(textList(orphanageOf(results), paths[i]->paths));
    }
    co_return Result<void>();
  }

 private:
  // All of them at once, so that one commit takes many.
  Task<Result<void>> makeAll(const BootstrapPolicy& policy) {
    std::vector<Task<Result<void>>> all;
    for (const BootstrapRole& role : policy.roles) {
      if (role.ns.empty()) all.push_back(ensure<ClusterRole>(makeRole<ClusterRole>(role), clusterRoles_, Extra::keep));
      if (!role.ns.empty()) all.push_back(ensure<Role>(makeRole<Role>(role), roles_, Extra::keep));
    }
    for (const BootstrapBinding& binding : policy.bindings) {
      if (binding.ns.empty()) {
        Draft<ClusterRoleBinding> want = makeBinding<ClusterRoleBinding>(binding);
        all.push_back(ensure<ClusterRoleBinding>(std::move(want), clusterBindings_, Extra::keep));
      } else {
        all.push_back(ensure<RoleBinding>(makeBinding<RoleBinding>(binding), bindings_, Extra::keep));
      }
    }
    auto making = whenAll(std::move(all));
    const std::vector<Result<void>> made = co_await std::move(making);
    for (const Result<void>& one : made) CLEAT_CO_TRY(one);
    co_return Result<void>();
  }

  // What nothing of the server itself waits for.
  Task<void> keepComponents() {
    constexpr Duration kLongestPause = std::chrono::seconds(30);
    for (Duration pause = std::chrono::seconds(1);; pause = std::min(2 * pause, kLongestPause)) {
      auto making = makeAll(componentPolicy());
      const Result<void> made = co_await std::move(making);
      if (made) co_return;
      log().warn("cannot make all roles of the cluster yet: ", made.error());
      co_await context().sleep(pause);
    }
  }

  Task<Result<void>> checkEscalation(AdmissionRequest& request) {
    if (isMaster(request.user())) co_return Result<void>();
    if (request.resource() == "roles") co_return checkWrite<Role>(request);
    if (request.resource() == "clusterroles") co_return checkWrite<ClusterRole>(request);
    if (request.resource() == "rolebindings") co_return co_await checkBinding<RoleBinding>(request);
    co_return co_await checkBinding<ClusterRoleBinding>(request);
  }

  template <class K>
  Result<void> checkWrite(AdmissionRequest& request) {
    const Object<K> now = request.object<K>(), old = request.old<K>();
    if (old && onlyForGarbageCollection(old, now)) return {};
    bool aggregates = false;
    if constexpr (std::is_same_v<K, ClusterRole>) {
      aggregates = now->hasAggregationRule() || (old && old->hasAggregationRule());
    }
    return checkRole(policy(), request.params(), readRules(now->getRules()), aggregates);
  }

  template <class K>
  Task<Result<void>> checkBinding(AdmissionRequest& request) {
    const role::AdmissionParams::Reader params = request.params();
    const Object<K> now = request.object<K>(), old = request.old<K>();
    if (old && onlyForGarbageCollection(old, now)) co_return Result<void>();
    auto role = now->getRoleRef();
    const bool inNamespace = view(role.getKind()) == "Role";
    // The kind's own rules refuse what refers to anything else.
    if (!inNamespace && view(role.getKind()) != "ClusterRole") co_return Result<void>();
    if (mayBind(policy(), params, role)) co_return Result<void>();
    const std::string name = str(role.getName());
    Task<Result<Rules>> reading =
        inNamespace ? liveRules<Role>(str(params.getRef().getNamespace()), name) : liveRules<ClusterRole>("", name);
    CLEAT_CO_TRY(Rules rules, co_await std::move(reading));
    co_return mayGive(policy(), params, rules);
  }

  // Not out of an informer: a role may be bound as soon as it was made.
  template <class K>
  Task<Result<Rules>> liveRules(std::string ns, std::string name) {
    CLEAT_CO_TRY(Object<K> role, co_await client_.get<K>(ns, name));
    co_return readRules(role->getRules());
  }

  const Policy& policy() {
    if (dirty_) compile();
    return policy_;
  }

  void compile() {
    dirty_ = false;
    policy_ = Policy();
    std::map<std::string, std::shared_ptr<const Rules>> rules;
    clusterRoles_.forEach([&](const Object<ClusterRole>& role) {
      rules[std::string(role.name())] = std::make_shared<const Rules>(readRules(role->getRules()));
    });
    roles_.forEach([&](const Object<Role>& role) {
      rules[role.key()] = std::make_shared<const Rules>(readRules(role->getRules()));
    });
    auto find = [&](const std::string& key) {
      auto found = rules.find(key);
      return found == rules.end() ? nullptr : found->second;
    };
    clusterBindings_.forEach([&](const Object<ClusterRoleBinding>& binding) {
      const std::string text = concat("ClusterRoleBinding ", quotedName(binding.name()));
      auto role = binding->getRoleRef();
      for (auto subject : binding->getSubjects()) policy_.add(subject, text, role, "", find(str(role.getName())));
    });
    bindings_.forEach([&](const Object<RoleBinding>& binding) {
      const std::string text = concat("RoleBinding ", quotedName(concat(binding.name(), "/", binding.ns())));
      auto role = binding->getRoleRef();
      const bool inNamespace = view(role.getKind()) == "Role";
      const std::string key = inNamespace ? keyOf(binding.ns(), view(role.getName())) : str(role.getName());
      for (auto subject : binding->getSubjects()) policy_.add(subject, text, role, binding.ns(), find(key));
    });
  }

  static std::string quotedName(std::string_view name) { return concat("\"", name, "\""); }

  // A plugin is looked at again once in a while: another version of it may be allowed more or less.
  bool mustLearn(const std::string& user) { return !knownPlugins_.contains(user) || context().now() >= looksAgain_; }

  // Makes the roles of the plugins that have been loaded or changed since; their requests wait for it.
  Task<Result<void>> learnPlugins(std::string wanted) {
    auto turn = co_await learning_.lock("");
    if (!mustLearn(wanted)) co_return Result<void>();
    looksAgain_ = context().now() + kLooksAgain;
    CLEAT_CO_TRY(auto answer, co_await context().call(wire::cluster::plugins));
    for (auto plugin : answer->getPlugins()) {
      const std::string user = str(plugin.getUser());
      const std::string grants = str(plugin.getGrants());
      auto known = knownPlugins_.find(user);
      if (known != knownPlugins_.end() && known->second == grants) continue;
      Draft<ClusterRole> role = makeRole<ClusterRole>({"", user, parseGrants(grants)});
      // Just what the manifest asks for: an older version of the plugin asks for less than a newer one has got.
      Result<void> made = co_await ensure<ClusterRole>(std::move(role), clusterRoles_, Extra::remove);
      if (!made) co_return made;
      Draft<ClusterRoleBinding> binding = makeBinding<ClusterRoleBinding>({"", user, user, {{"User", "", user}}});
      made = co_await ensure<ClusterRoleBinding>(std::move(binding), clusterBindings_, Extra::remove);
      if (!made) co_return made;
      knownPlugins_[user] = grants;
    }
    co_return Result<void>();
  }

  // Creates the object, or sets it right where it may be, and waits until the informer has it.
  template <class K>
  Task<Result<void>> ensure(Draft<K> want, Informer<K>& informer, Extra extra) {
    const std::string name = str(want.meta().asReader().getName()), ns = str(want.meta().asReader().getNamespace());
    constexpr bool isBinding = std::is_same_v<K, ClusterRoleBinding> || std::is_same_v<K, RoleBinding>;
    Object<K> have = informer.get(ns.empty() ? name : keyOf(ns, name));
    if constexpr (isBinding) {
      // What a binding refers to cannot be changed: it is made anew.
      if (have && view(have->getRoleRef().getName()) != view(want.reader().getRoleRef().getName()) &&
          annotation(have.meta(), kAutoUpdate) != "false") {
        Result<Object<K>> removed = co_await client_.remove<K>(ns, name, {.preconditionUid = have.uid()});
        if (!removed && !removed.error().is(404)) co_return fail(removed.error());
        have = {};
      }
    }
    std::optional<Draft<K>> next;
    if constexpr (isBinding) {
      if (have) next = mendedBinding(have, want, extra);
    } else {
      if (have) next = mendedRole(have, want, extra);
    }
    if (have && !next) co_return Result<void>();
    Task<Result<Object<K>>> write = have ? client_.update<K>(std::move(*next)) : client_.create<K>(std::move(want));
    Result<Object<K>> wrote = co_await std::move(write);
    // Somebody else has just seen to it.
    if (!wrote && wrote.error().is(409)) wrote = co_await client_.get<K>(ns, name);
    CLEAT_CO_TRY(wrote);
    co_await informer.waitFor(wrote->revision());
    co_return Result<void>();
  }

  bool dirty_ = true;
  Policy policy_;
  std::map<std::string, std::string> knownPlugins_;
  Instant looksAgain_{};
  Client client_{context()};
  Informer<Role> roles_{context()};
  KeyedLock learning_{context()};
  Informer<RoleBinding> bindings_{context()};
  Informer<ClusterRole> clusterRoles_{context()};
  Informer<ClusterRoleBinding> clusterBindings_{context()};
  Aggregation aggregation_{context(), client_, clusterRoles_};
};

}  // namespace

CLEAT_PLUGIN(RbacAuthorizer, .name = "authz-rbac", .version = "0.1.0", .maturity = "beta",
             .roles = "authorizer admission",
             .grants =
                 "rbac.authorization.k8s.io roles,rolebindings,clusterroles,clusterrolebindings "
                 "get,list,watch,create,update,patch,delete\n");
