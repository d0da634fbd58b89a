// Authorizes by roles and bindings.
#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <set>

#include "bootstrap.h"
#include "policy.h"

using namespace cleat;
using namespace cleat::rbac;
using rbac_v1::ClusterRole;
using rbac_v1::ClusterRoleBinding;
using rbac_v1::Role;
using rbac_v1::RoleBinding;

namespace {

constexpr uint16_t kAuthorize = 0;
constexpr uint16_t kRules = 1;
constexpr uint16_t kPlugins = 7;
constexpr std::string_view kPluginPrefix = "system:plugin:";
constexpr std::string_view kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

class RbacAuthorizer : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    auto changed = [this](const auto&, const auto&) { dirty_ = true; };
    roles_.onChange(changed);
    clusterRoles_.onChange(changed);
    bindings_.onChange(changed);
    clusterBindings_.onChange(changed);
    co_await roles_.waitSynced();
    co_await clusterRoles_.waitSynced();
    co_await bindings_.waitSynced();
    co_await clusterBindings_.waitSynced();
    for (const BootstrapRole& role : bootstrapRoles()) {
      Result<void> made = co_await ensureRole(role);
      if (!made) co_return made;
    }
    for (const BootstrapBinding& binding : bootstrapBindings()) {
      Result<void> made = co_await ensureBinding(binding);
      if (!made) co_return made;
    }
    context().serve<role::Attributes, role::AuthorizeResults>(
        capnp::typeId<role::Authorizer>(), kAuthorize,
        [this](role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) {
          return authorize(attributes, call);
        });
    context().serve<role::RulesParams, role::RulesResults>(
        capnp::typeId<role::Authorizer>(), kRules,
        [this](role::RulesParams::Reader params, Call<role::RulesResults>& call) { return listRules(params, call); });
    co_return Result<void>();
  }

 private:
  Task<Result<void>> authorize(role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) {
    const std::string user = str(attributes.getUser().getName());
    if (user.starts_with(kPluginPrefix) && !knownPlugins_.contains(user)) {
      Result<void> learnt = co_await learnPlugins();
      if (!learnt) co_return call.retry(learnt.error());
    }
    const Grant* grant = policy().allows(attributes);
    call.results().setDecision(grant ? role::Decision::ALLOW : role::Decision::NO_OPINION);
    if (grant) call.results().setReason("RBAC: allowed by " + grant->binding);
    co_return Result<void>();
  }

  Result<void> listRules(role::RulesParams::Reader params, Call<role::RulesResults>& call) {
    std::vector<const Rule*> resources, paths;
    policy().visit(params.getUser(), view(params.getNamespace()),
                   [&](const Rule& rule) { (rule.paths.empty() ? resources : paths).push_back(&rule); });
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
    return {};
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
    clusterBindings_.forEach([&](const Object<ClusterRoleBinding>& binding) {
      auto found = rules.find(str(binding->getRoleRef().getName()));
      if (found == rules.end()) return;
      for (auto subject : binding->getSubjects()) {
        policy_.add(subject, "", {"", found->second, "ClusterRoleBinding \"" + str(binding.name()) + "\""});
      }
    });
    bindings_.forEach([&](const Object<RoleBinding>& binding) {
      auto ref = binding->getRoleRef();
      const bool inNamespace = view(ref.getKind()) == "Role";
      auto found = rules.find(inNamespace ? keyOf(binding.ns(), view(ref.getName())) : str(ref.getName()));
      if (found == rules.end()) return;
      for (auto subject : binding->getSubjects()) {
        policy_.add(subject, binding.ns(), {str(binding.ns()), found->second, "RoleBinding \"" + binding.key() + "\""});
      }
    });
  }

  // Makes the roles of the plugins that have been loaded since; their requests wait for it.
  Task<Result<void>> learnPlugins() {
    auto answer = co_await context().call<wire::PluginsResults>(capnp::typeId<wire::Cluster>(), kPlugins);
    if (!answer) co_return fail(answer.error());
    for (auto plugin : (*answer)->getPlugins()) {
      const std::string user = str(plugin.getUser());
      if (knownPlugins_.contains(user)) continue;
      BootstrapRole role;
      role.name = user;
      role.rules = str(plugin.getGrants());
      Result<void> made = co_await ensureRole(role);
      if (!made) co_return made;
      BootstrapBinding binding;
      binding.name = user;
      binding.role = user;
      binding.subjectKind = "User";
      binding.subject = user;
      made = co_await ensureBinding(binding);
      if (!made) co_return made;
      knownPlugins_.insert(user);
    }
    co_return Result<void>();
  }

  Task<Result<void>> ensureRole(BootstrapRole role) {
    return ensure<ClusterRole>(makeRole(role), clusterRoles_, [](auto have, auto want) {
      return capnp::toAny(have.getRules()) == capnp::toAny(want.getRules());
    });
  }

  Task<Result<void>> ensureBinding(BootstrapBinding binding) {
    return ensure<ClusterRoleBinding>(makeBinding(binding), clusterBindings_, [](auto have, auto want) {
      return capnp::toAny(have.getSubjects()) == capnp::toAny(want.getSubjects()) &&
             view(have.getRoleRef().getName()) == view(want.getRoleRef().getName());
    });
  }

  // Creates the object, or sets it right where it may be, and waits until the informer has it.
  template <class K, class Same>
  Task<Result<void>> ensure(Draft<K> draft, Informer<K>& informer, Same same) {
    const std::string name = str(draft.meta().asReader().getName());
    Object<K> have = informer.get(name);
    if (have) {
      if (annotation(have.meta(), kAutoUpdate).value_or("") != "true") co_return Result<void>();
      if (same(*have, draft.reader())) co_return Result<void>();
      draft.meta().setResourceVersion(have.revision());
      Result<Object<K>> updated = co_await client_.update<K>(std::move(draft));
      if (!updated && !updated.error().is(409)) co_return fail(updated.error());
      co_return Result<void>();
    }
    Result<Object<K>> made = co_await client_.create<K>(std::move(draft));
    if (!made && !made.error().is(409)) co_return fail(made.error());
    constexpr int kTries = 2000;
    for (int i = 0; i < kTries && !informer.get(name); ++i) co_await context().sleep(std::chrono::milliseconds(1));
    co_return Result<void>();
  }

  bool dirty_ = true;
  Policy policy_;
  std::set<std::string> knownPlugins_;
  Client client_{context()};
  Informer<Role> roles_{context()};
  Informer<RoleBinding> bindings_{context()};
  Informer<ClusterRole> clusterRoles_{context()};
  Informer<ClusterRoleBinding> clusterBindings_{context()};
};

}  // namespace

CLEAT_PLUGIN(RbacAuthorizer, .name = "authz-rbac", .version = "0.1.0", .maturity = "beta", .roles = "authorizer",
             .grants = "rbac.authorization.k8s.io roles,rolebindings,clusterroles,clusterrolebindings "
                       "get,list,watch,create,update\n");
