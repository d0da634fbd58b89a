#include "plugins/authz-rbac/bootstrap.h"

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/struct_json.h>

#include "plugins/authz-rbac/bootstrap_policy.h"
#include "tests/plugins/authz-rbac/rbac_fixture.h"

namespace cleat {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

class BootstrapRolesTest : public RbacTest {
 protected:
  // What of an apply this is about: the rules of a role become these.
  BootstrapRolesTest() {
    host.onCall(wire::cluster::patch, [this](wire::PatchParams::Reader params, wire::ObjectResults::Builder) {
      EXPECT_EQ(view(params.getFieldManager()), "clusterrole-aggregation-controller");
      Draft<ClusterRole> role(host.get<ClusterRole>(view(params.getRef().getName()))), applied;
      Result<JsonTree> body = JsonTree::parse(view(params.getBody()));
      Result<void> read = body ? readStruct(body->view(), *applied) : fail(body.error());
      if (!read) return read;
      role->setRules(applied.reader().getRules());
      host.put(std::move(role));
      return Result<void>();
    });
  }
  Rules rulesOf(const char* role) { return rbac::readRules(host.get<ClusterRole>(role)->getRules()); }
  size_t writes() {
    return test::countRequests(host, "update") + test::countRequests(host, "create") +
           test::countRequests(host, "delete");
  }
  std::vector<std::string> subjectsOf(const char* binding) {
    std::vector<std::string> all;
    for (auto subject : host.get<ClusterRoleBinding>(binding)->getSubjects()) {
      all.push_back(concat(subject.getKind(), " ", subject.getName()));
    }
    return all;
  }
  // Has the host say that these plugins are loaded: name and grants.
  void plugins(const std::vector<std::pair<std::string, std::string>>& loaded) {
    host.onCall(wire::cluster::plugins,
                [loaded](wire::PluginsParams::Reader, wire::PluginsResults::Builder results) -> Result<void> {
                  auto list = results.initPlugins(loaded.size());
                  for (uint32_t i = 0; i < list.size(); ++i) {
                    list[i].setName(loaded[i].first);
                    list[i].setUser("system:plugin:" + loaded[i].first);
                    list[i].setGrants(loaded[i].second);
                  }
                  return {};
                });
  }
};

TEST_F(BootstrapRolesTest, AClusterBeginsWithItsRolesAndBindings) {
  start();
  for (const rbac::BootstrapPolicy* policy : {&rbac::corePolicy(), &rbac::componentPolicy()}) {
    for (const rbac::BootstrapRole& role : policy->roles) {
      const AnyRef made =
          role.ns.empty() ? AnyRef(host.get<ClusterRole>(role.name)) : host.get<Role>(role.ns, role.name);
      ASSERT_TRUE(made) << role.name;
      EXPECT_EQ(label(made.meta(), "kubernetes.io/bootstrapping"), "rbac-defaults");
      EXPECT_EQ(annotation(made.meta(), kAutoUpdate), "true");
      EXPECT_TRUE(role.aggregated || !role.rules.empty()) << role.name;
    }
    for (const rbac::BootstrapBinding& binding : policy->bindings) {
      if (!binding.ns.empty()) {
        EXPECT_TRUE(host.get<Role>(binding.ns, binding.role)) << binding.name << " is of a role that is there";
        EXPECT_TRUE(host.get<RoleBinding>(binding.ns, binding.name));
        continue;
      }
      auto made = host.get<ClusterRoleBinding>(binding.name);
      ASSERT_TRUE(made) << binding.name;
      EXPECT_TRUE(host.get<ClusterRole>(made->getRoleRef().getName().cStr())) << "of a role that is there";
    }
  }
  EXPECT_TRUE(may({.groups = {"system:authenticated"}, .path = "/openapi/v2"}));
  EXPECT_TRUE(may({.user = "system:anonymous", .groups = {"system:unauthenticated"}, .path = "/readyz"}));
  EXPECT_FALSE(may({.user = "system:anonymous", .groups = {"system:unauthenticated"}, .path = "/openapi/v2"}));
  EXPECT_TRUE(
      may({.verb = "create", .group = "authorization.k8s.io", .resource = "selfsubjectaccessreviews", .ns = ""}));
}

TEST_F(BootstrapRolesTest, PartsOfKubernetesMayDoTheirWork) {
  start();
  const std::string jobs = "system:serviceaccount:kube-system:job-controller";
  EXPECT_TRUE(may({.user = jobs, .verb = "update", .group = "batch", .resource = "jobs", .subresource = "status"}));
  EXPECT_FALSE(may({.user = jobs, .resource = "secrets"}));
  EXPECT_TRUE(may({.user = "system:kube-scheduler", .verb = "create", .resource = "pods", .subresource = "binding"}));
  Question lease{
      .user = "system:kube-scheduler", .verb = "update", .group = "coordination.k8s.io", .resource = "leases"};
  lease.ns = "kube-system";
  EXPECT_TRUE(may(lease)) << "by a role of that namespace";
  EXPECT_TRUE(may({.groups = {"system:monitoring"}, .path = "/metrics"}));
  EXPECT_FALSE(may({.path = "/metrics"}));
}

TEST_F(BootstrapRolesTest, AnUntouchedClusterIsLeftAsItIs) {
  start();
  const size_t before = writes();
  plugin.reset();
  start();
  EXPECT_EQ(writes(), before);
}

TEST_F(BootstrapRolesTest, WhatIsMissingIsAddedAndWhatIsMoreIsKept) {
  start();
  const Rule own = {{"get"}, {"example.com"}, {"widgets"}, {}, {}};
  Rules discovery = rulesOf("system:discovery");
  host.put([&] {
    auto role = makeRole<ClusterRole>("", "system:discovery", {own});
    setLabel(role.meta(), "mine", "yes");
    return role;
  }());
  host.change<ClusterRoleBinding>("", "system:discovery", [](auto binding) {
    auto subjects = binding.initSubjects(1);
    subjects[0].setKind("User");
    subjects[0].setName("jane");
  });
  plugin.reset();
  start();
  Rules now = rulesOf("system:discovery");
  EXPECT_THAT(now, Contains(own));
  EXPECT_TRUE(may({.groups = {"system:authenticated"}, .path = "/apis/apps"})) << "what was missing is there";
  EXPECT_TRUE(may({.group = "example.com", .resource = "widgets", .ns = ""}));
  auto role = host.get<ClusterRole>("system:discovery");
  EXPECT_EQ(label(role.meta(), "mine"), "yes");
  EXPECT_EQ(label(role.meta(), "kubernetes.io/bootstrapping"), "rbac-defaults");
  EXPECT_EQ(annotation(role.meta(), kAutoUpdate), "true");
  EXPECT_THAT(subjectsOf("system:discovery"), ElementsAre("User jane", "Group system:authenticated"));
}

TEST_F(BootstrapRolesTest, WhoSaysNoToUpdatesIsLeftAlone) {
  start();
  host.change<ClusterRole>("", "system:discovery", [](auto role) {
    role.disownRules();
    setAnnotation(role.getMetadata(), kAutoUpdate, "false");
  });
  host.change<ClusterRoleBinding>("", "system:basic-user", [](auto binding) {
    binding.disownSubjects();
    binding.getRoleRef().setName("view");
    setAnnotation(binding.getMetadata(), kAutoUpdate, "false");
  });
  plugin.reset();
  start();
  EXPECT_THAT(rulesOf("system:discovery"), IsEmpty());
  EXPECT_THAT(subjectsOf("system:basic-user"), IsEmpty());
}

TEST_F(BootstrapRolesTest, WhatNodesHadInCommonIsTakenBack) {
  auto nodes = [&](const char* binding) {
    host.change<ClusterRoleBinding>("", binding, [](auto changed) {
      auto subjects = changed.initSubjects(2);
      subjects[0].setKind("Group");
      subjects[0].setName("system:nodes");
      subjects[1].setKind("User");
      subjects[1].setName("jane");
    });
  };
  start();
  EXPECT_THAT(subjectsOf("system:node"), IsEmpty());
  nodes("system:node");
  nodes("system:node-proxier");
  plugin.reset();
  start();
  EXPECT_THAT(subjectsOf("system:node"), ElementsAre("User jane"));
  EXPECT_THAT(subjectsOf("system:node-proxier"), ElementsAre("User jane", "User system:kube-proxy"));
}

TEST_F(BootstrapRolesTest, ABindingToAnotherRoleIsMadeAnew) {
  start();
  host.change<ClusterRoleBinding>("", "system:basic-user", [](auto binding) { binding.getRoleRef().setName("view"); });
  const std::string before = str(host.get<ClusterRoleBinding>("system:basic-user").uid());
  plugin.reset();
  start();
  auto binding = host.get<ClusterRoleBinding>("system:basic-user");
  EXPECT_EQ(view(binding->getRoleRef().getName()), "system:basic-user");
  EXPECT_NE(binding.uid(), before) << "what a binding refers to cannot be changed";
}

TEST_F(BootstrapRolesTest, EditAndAdminHaveWhatViewHasAndTheirOwn) {
  start();
  giveJane({});
  auto granted = [&](const char* role) {
    host.put(makeBinding<RoleBinding>("shop", "janes", "ClusterRole", role, {{"User", "jane", ""}}));
    host.settle();
  };
  granted("view");
  EXPECT_TRUE(may({}));
  EXPECT_FALSE(may({.resource = "secrets"})) << "a secret is more than a view";
  EXPECT_FALSE(may({.verb = "create"}));
  granted("edit");
  EXPECT_TRUE(may({}));
  EXPECT_TRUE(may({.resource = "secrets"}));
  EXPECT_TRUE(may({.verb = "create", .subresource = "exec"}));
  EXPECT_TRUE(may({.verb = "update", .group = "coordination.k8s.io", .resource = "leases"}));
  EXPECT_FALSE(may({.verb = "update", .resource = "endpoints"})) << "CVE-2021-25740";
  EXPECT_FALSE(may({.verb = "create", .group = "rbac.authorization.k8s.io", .resource = "roles"}));
  granted("admin");
  EXPECT_TRUE(may({.verb = "create"}));
  EXPECT_TRUE(may({.verb = "create", .group = "rbac.authorization.k8s.io", .resource = "roles"}));
  EXPECT_FALSE(may({.verb = "escalate", .group = "rbac.authorization.k8s.io", .resource = "roles"}));
}

TEST_F(BootstrapRolesTest, KubernetesOwnComponentsHaveTheRolesTheyExpect) {
  start();
  const std::string manager = "system:kube-controller-manager", scheduler = "system:kube-scheduler";
  auto account = [](std::string name) { return concat("system:serviceaccount:kube-system:", name); };
  const struct {
    const char* what;
    Question question;
    bool allowed;
  } cases[] = {
      {"the manager watches everything", {.user = manager, .verb = "watch", .group = "example.com", .ns = ""}, true},
      {"and writes little of it", {.user = manager, .verb = "update", .resource = "pods"}, false},
      {"the scheduler binds", {.user = scheduler, .verb = "create", .subresource = "binding"}, true},
      {"and reads no secrets", {.user = scheduler, .resource = "secrets"}, false},
      {"each controller has an account",
       {.user = account("job-controller"), .verb = "create", .resource = "pods"},
       true},
      {"that may not what others may",
       {.user = account("job-controller"), .verb = "create", .group = "apps", .resource = "replicasets"},
       false},
      {"a signer is named",
       {.user = account("certificate-controller"),
        .verb = "sign",
        .group = "certificates.k8s.io",
        .resource = "signers",
        .ns = "",
        .name = "kubernetes.io/kubelet-serving"},
       true},
      {"and no other",
       {.user = account("certificate-controller"),
        .verb = "sign",
        .group = "certificates.k8s.io",
        .resource = "signers",
        .ns = "",
        .name = "example.com/own"},
       false},
      {"scales of any kind",
       {.user = account("horizontal-pod-autoscaler"),
        .verb = "update",
        .group = "example.com",
        .resource = "widgets",
        .subresource = "scale"},
       true},
      {"who asks for the authentication of callers reads one map",
       {.user = scheduler, .resource = "configmaps", .ns = "kube-system", .name = "extension-apiserver-authentication"},
       true},
      {"in one namespace",
       {.user = scheduler, .resource = "configmaps", .ns = "default", .name = "extension-apiserver-authentication"},
       false},
      {"and that map alone",
       {.user = scheduler, .resource = "configmaps", .ns = "kube-system", .name = "other"},
       false},
      {"leaders are elected by leases",
       {.user = manager, .verb = "update", .group = "coordination.k8s.io", .resource = "leases", .ns = "kube-system"},
       true},
  };
  for (const auto& one : cases) EXPECT_EQ(may(one.question), one.allowed) << one.what;
}

TEST_F(BootstrapRolesTest, RolesOfOneNamespaceAreMendedToo) {
  start();
  for (const rbac::BootstrapRole& role : rbac::componentPolicy().roles) {
    if (role.ns.empty()) continue;
    EXPECT_TRUE(host.get<Role>(role.ns, role.name)) << role.ns << "/" << role.name;
  }
  host.change<Role>("kube-system", "system:controller:token-cleaner", [](auto role) { role.disownRules(); });
  host.remove<RoleBinding>("kube-system", "system:controller:token-cleaner");
  host.settle();
  const Question question = {.user = "system:serviceaccount:kube-system:token-cleaner",
                             .verb = "delete",
                             .resource = "secrets",
                             .ns = "kube-system"};
  EXPECT_FALSE(may(question));
  plugin.reset();
  start();
  EXPECT_TRUE(may(question));
}

TEST_F(BootstrapRolesTest, ARoleThatCollectsOthersFollowsThem) {
  start();
  auto widgets = makeRole<ClusterRole>("", "widgets", {{{"get"}, {"example.com"}, {"widgets"}, {}, {}}});
  setLabel(widgets.meta(), "rbac.authorization.k8s.io/aggregate-to-view", "true");
  host.put(std::move(widgets));
  host.put(makeBinding<RoleBinding>("shop", "b", "ClusterRole", "admin", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_TRUE(may({.group = "example.com", .resource = "widgets"})) << "by way of view and edit";
  EXPECT_TRUE(may({})) << "the rest stays";
  host.remove<ClusterRole>("", "widgets");
  host.settle();
  EXPECT_FALSE(may({.group = "example.com", .resource = "widgets"}));
  EXPECT_TRUE(may({}));
}

TEST_F(BootstrapRolesTest, RulesThatSomebodyWritesIntoACollectionAreReplaced) {
  start();
  auto collector = makeRole<ClusterRole>("", "all", {{{"*"}, {"*"}, {"*"}, {}, {}}});
  collector->initAggregationRule().initClusterRoleSelectors(1)[0].initMatchLabels(1)[0].setKey("part");
  collector->getAggregationRule().getClusterRoleSelectors()[0].getMatchLabels()[0].setValue("yes");
  setLabel(collector.meta(), "part", "yes");  // it does not collect itself
  host.put(std::move(collector));
  host.settle();
  EXPECT_THAT(rulesOf("all"), IsEmpty());
  const Rule rule = {{"get"}, {""}, {"pods"}, {}, {}};
  for (const char* name : {"one", "two"}) {
    auto part = makeRole<ClusterRole>("", name, {rule});
    setLabel(part.meta(), "part", "yes");
    host.put(std::move(part));
  }
  host.settle();
  EXPECT_THAT(rulesOf("all"), ElementsAre(rule)) << "each rule once";
}

TEST_F(BootstrapRolesTest, APluginMayWhatItsManifestAsksFor) {
  plugins({{"painter", "- pods get,list\nexample.com walls,walls/status update\n"}});
  start();
  EXPECT_TRUE(may({.user = "system:plugin:painter"}));
  EXPECT_TRUE(may({.user = "system:plugin:painter",
                   .verb = "update",
                   .group = "example.com",
                   .resource = "walls",
                   .subresource = "status"}));
  EXPECT_FALSE(may({.user = "system:plugin:painter", .resource = "secrets"}));
  EXPECT_FALSE(may({.user = "system:plugin:unknown"}));
  EXPECT_TRUE(host.get<ClusterRole>("system:plugin:painter"));
}

TEST_F(BootstrapRolesTest, APluginThatAsksForLessThanItsOlderSelfGetsLess) {
  plugins({{"painter", "- pods,secrets get\n"}});
  start();
  EXPECT_TRUE(may({.user = "system:plugin:painter", .resource = "secrets"}));
  plugin.reset();
  plugins({{"painter", "- pods get\n"}});
  start();
  EXPECT_TRUE(may({.user = "system:plugin:painter"}));
  EXPECT_FALSE(may({.user = "system:plugin:painter", .resource = "secrets"}));
}

TEST_F(BootstrapRolesTest, AllFirstRequestsOfAPluginWaitForItsRole) {
  plugins({{"painter", "- pods,secrets get\n"}});
  start();
  std::vector<uint64_t> calls;
  for (const char* resource : {"pods", "secrets", "pods"}) {
    calls.push_back(begin({.user = "system:plugin:painter", .resource = resource}));
  }
  host.settle();
  for (uint64_t call : calls) {
    auto outcome = plugin->outcome<role::AuthorizeResults>(call);
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome.answer->getDecision(), role::Decision::ALLOW);
  }
}

TEST_F(BootstrapRolesTest, WhenThePluginsCannotBeListedTheirRequestsWait) {
  host.onCall(wire::cluster::plugins, [](wire::PluginsParams::Reader, wire::PluginsResults::Builder) -> Result<void> {
    return fail(Status::unavailable("later"));
  });
  start();
  EXPECT_EQ(ask({.user = "system:plugin:painter"}).outcome, CLEAT_RETRY);
  EXPECT_TRUE(ask({.user = "jane"}).ok());
}

TEST_F(BootstrapRolesTest, ItDoesNotStartWhereItCannotWrite) {
  host.onRequest([](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    return verb == "create" ? Result<void>(fail(Status::unavailable("read only"))) : Result<void>();
  });
  plugin.emplace(host.start(cleat_plugin_v1()));
  host.settle();
  EXPECT_FALSE(plugin->ready());
  EXPECT_EQ(plugin->readyError(), "read only");
}

}  // namespace
}  // namespace cleat
