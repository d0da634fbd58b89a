#include "tests/plugins/authz-rbac/rbac_fixture.h"

namespace cleat {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class AuthorizeTest : public RbacTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(AuthorizeTest, NobodyMayWhatNoBindingGives) {
  EXPECT_FALSE(may({}));
  EXPECT_EQ(reason({}), "");
  EXPECT_FALSE(may({.user = "system:anonymous", .groups = {"system:unauthenticated"}}));
}

TEST_F(AuthorizeTest, ARuleCoversItsVerbsGroupsAndResources) {
  giveJane({{{"get", "list"}, {"", "apps"}, {"pods", "deployments"}, {}, {}}});
  EXPECT_TRUE(may({}));
  EXPECT_TRUE(may({.verb = "list", .group = "apps", .resource = "deployments"}));
  EXPECT_TRUE(may({.ns = ""})) << "at the cluster scope as well";
  EXPECT_FALSE(may({.verb = "watch"}));
  EXPECT_FALSE(may({.group = "batch"}));
  EXPECT_FALSE(may({.resource = "services"}));
  EXPECT_FALSE(may({.user = "joe"}));
  EXPECT_FALSE(may({.user = "Jane"}));
}

TEST_F(AuthorizeTest, SubresourcesAreNamedForThemselves) {
  struct Case {
    const char *rule, *resource, *subresource;
    bool allowed;
  };
  for (const Case& one : {
           Case{"deployments", "deployments", "", true},
           Case{"deployments", "deployments", "scale", false},
           Case{"deployments/scale", "deployments", "scale", true},
           Case{"deployments/scale", "deployments", "", false},
           Case{"deployments/scale", "deployments", "status", false},
           Case{"*/scale", "deployments", "scale", true},
           Case{"*/scale", "replicasets", "scale", true},
           Case{"*/scale", "deployments", "", false},
           Case{"*/scale", "deployments", "autoscale", false},
           Case{"*/scale", "deployments", "status", false},
           Case{"deployments/*", "deployments", "scale", false},
           Case{"*", "deployments", "scale", true},
           Case{"*", "deployments", "", true},
       }) {
    giveJane({{{"update"}, {"apps"}, {one.rule}, {}, {}}});
    EXPECT_EQ(may({.verb = "update", .group = "apps", .resource = one.resource, .subresource = one.subresource}),
              one.allowed)
        << one.rule << " for " << one.resource << "/" << one.subresource;
  }
}

TEST_F(AuthorizeTest, AStarIsEveryVerbOrGroup) {
  giveJane({{{"*"}, {""}, {"pods"}, {}, {}}, {{"get"}, {"*"}, {"deployments"}, {}, {}}});
  EXPECT_TRUE(may({.verb = "deletecollection"}));
  EXPECT_FALSE(may({.verb = "get", .group = "", .resource = "secrets"}));
  EXPECT_TRUE(may({.group = "example.com", .resource = "deployments"}));
  EXPECT_FALSE(may({.path = "/metrics"})) << "resources are no paths";
}

TEST_F(AuthorizeTest, ANamedObjectIsJustThatOne) {
  giveJane({{{"get", "create", "list"}, {""}, {"secrets"}, {"mine"}, {}}});
  EXPECT_TRUE(may({.resource = "secrets", .name = "mine"}));
  EXPECT_FALSE(may({.resource = "secrets", .name = "other"}));
  EXPECT_FALSE(may({.verb = "list", .resource = "secrets"})) << "a list without a name is of all";
  EXPECT_FALSE(may({.verb = "create", .resource = "secrets"}));
}

TEST_F(AuthorizeTest, PathsEndInAStarOrNot) {
  giveJane({{{"get"}, {}, {}, {}, {"/healthz", "/metrics/*"}}});
  EXPECT_TRUE(may({.path = "/healthz"}));
  EXPECT_FALSE(may({.path = "/healthz/etcd"}));
  EXPECT_FALSE(may({.path = "/healthzz"}));
  EXPECT_TRUE(may({.path = "/metrics/a/b"}));
  EXPECT_FALSE(may({.path = "/metrics"}));
  EXPECT_FALSE(may({.verb = "post", .path = "/healthz"}));
  giveJane({{{"get"}, {}, {}, {}, {"/logs/**"}}});
  EXPECT_TRUE(may({.path = "/logs/a"})) << "several stars are one";
  giveJane({{{"*"}, {}, {}, {}, {"*"}}});
  EXPECT_TRUE(may({.verb = "put", .path = "/anything"}));
  EXPECT_FALSE(may({})) << "paths are no resources";
}

TEST_F(AuthorizeTest, ARoleBindingGivesItsRoleInItsNamespaceOnly) {
  host.put(makeRole<Role>("shop", "reader", {{{"get"}, {""}, {"pods"}, {}, {}}}));
  host.put(makeBinding<RoleBinding>("shop", "readers", "Role", "reader", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_TRUE(may({}));
  EXPECT_FALSE(may({.ns = "other"}));
  EXPECT_FALSE(may({.ns = ""}));
}

TEST_F(AuthorizeTest, AClusterRoleThroughARoleBindingHoldsInThatNamespace) {
  host.put(
      makeRole<ClusterRole>("", "reader", {{{"get"}, {""}, {"pods", "nodes"}, {}, {}}, {{"get"}, {}, {}, {}, {"/x"}}}));
  host.put(makeBinding<RoleBinding>("shop", "readers", "ClusterRole", "reader", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_TRUE(may({}));
  EXPECT_FALSE(may({.ns = "other"}));
  EXPECT_FALSE(may({.resource = "nodes", .ns = ""}));
  EXPECT_FALSE(may({.path = "/x"})) << "paths are in no namespace";
}

TEST_F(AuthorizeTest, ARoleOfTheSameNameInAnotherNamespaceIsAnother) {
  host.put(makeRole<Role>("other", "reader", {{{"get"}, {""}, {"pods"}, {}, {}}}));
  host.put(makeRole<ClusterRole>("", "reader", {{{"get"}, {""}, {"pods"}, {}, {}}}));
  host.put(makeBinding<RoleBinding>("shop", "readers", "Role", "reader", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_FALSE(may({}));
}

TEST_F(AuthorizeTest, SubjectsAreUsersGroupsAndServiceAccounts) {
  host.put(makeRole<ClusterRole>("", "reader", {{{"get"}, {""}, {"pods"}, {}, {}}}));
  host.put(makeBinding<RoleBinding>("shop", "readers", "ClusterRole", "reader",
                                    {{"User", "ann", ""},
                                     {"Group", "dev", ""},
                                     {"ServiceAccount", "robot", "factory"},
                                     {"ServiceAccount", "local", ""},
                                     {"Robot", "r2", ""}}));
  host.put(makeBinding<ClusterRoleBinding>("", "homeless", "ClusterRole", "reader", {{"ServiceAccount", "stray", ""}}));
  host.settle();
  EXPECT_TRUE(may({.user = "ann"}));
  EXPECT_TRUE(may({.user = "joe", .groups = {"ops", "dev"}}));
  EXPECT_FALSE(may({.user = "dev"})) << "a group is no user";
  EXPECT_FALSE(may({.user = "joe", .groups = {"ann"}})) << "nor the other way round";
  EXPECT_TRUE(may({.user = "system:serviceaccount:factory:robot"}));
  EXPECT_FALSE(may({.user = "system:serviceaccount:shop:robot"}));
  EXPECT_TRUE(may({.user = "system:serviceaccount:shop:local"})) << "in the binding's namespace";
  EXPECT_FALSE(may({.user = "r2"}));
  EXPECT_FALSE(may({.user = "system:serviceaccount::stray"}));
}

TEST_F(AuthorizeTest, TheReasonNamesTheBindingTheRoleAndTheSubject) {
  host.put(makeRole<Role>("shop", "reader", {{{"get"}, {""}, {"pods"}, {}, {}}}));
  host.put(makeBinding<RoleBinding>("shop", "readers", "Role", "reader",
                                    {{"Group", "dev", ""}, {"ServiceAccount", "robot", ""}}));
  giveJane({{{"get"}, {""}, {"pods"}, {}, {}}});
  EXPECT_EQ(reason({}), "RBAC: allowed by ClusterRoleBinding \"janes\" of ClusterRole \"janes\" to User \"jane\"");
  EXPECT_EQ(reason({.user = "joe", .groups = {"dev"}}),
            "RBAC: allowed by RoleBinding \"readers/shop\" of Role \"reader\" to Group \"dev\"");
  EXPECT_EQ(reason({.user = "system:serviceaccount:shop:robot"}),
            "RBAC: allowed by RoleBinding \"readers/shop\" of Role \"reader\" to ServiceAccount \"robot/shop\"");
}

TEST_F(AuthorizeTest, ARoleThatIsNotThereIsNamedToWhomItWasGiven) {
  host.put(makeBinding<ClusterRoleBinding>("", "a", "ClusterRole", "gone", {{"User", "jane", ""}}));
  host.put(makeBinding<ClusterRoleBinding>("", "b", "ClusterRole", "gone", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_FALSE(may({}));
  EXPECT_EQ(reason({}), "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
  EXPECT_EQ(reason({.user = "joe"}), "");
  host.put(makeBinding<RoleBinding>("shop", "c", "Role", "lost", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_EQ(
      reason({}),
      "RBAC: [clusterrole.rbac.authorization.k8s.io \"gone\" not found, role.rbac.authorization.k8s.io \"lost\" not "
      "found]");
  EXPECT_EQ(reason({.ns = "other"}), "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
  giveJane({{{"get"}, {""}, {"pods"}, {}, {}}});
  EXPECT_TRUE(may({})) << "what another binding gives holds all the same";
}

TEST_F(AuthorizeTest, MastersMayAnythingWhateverTheRolesSay) {
  for (const auto& binding : host.list<ClusterRoleBinding>()) host.remove<ClusterRoleBinding>("", binding.name());
  for (const auto& role : host.list<ClusterRole>()) host.remove<ClusterRole>("", role.name());
  host.settle();
  EXPECT_TRUE(may({.groups = {"system:masters"}, .verb = "delete", .resource = "nodes"}));
  EXPECT_TRUE(may({.groups = {"system:masters"}, .path = "/metrics"}));
  EXPECT_FALSE(may({.user = "system:masters"})) << "a name is no group";
}

TEST_F(AuthorizeTest, ChangesHoldFromTheNextRequestOn) {
  giveJane({{{"get"}, {""}, {"pods"}, {}, {}}});
  EXPECT_TRUE(may({}));
  giveJane({{{"list"}, {""}, {"pods"}, {}, {}}});
  EXPECT_FALSE(may({}));
  EXPECT_TRUE(may({.verb = "list"}));
  host.remove<ClusterRoleBinding>("", "janes");
  host.settle();
  EXPECT_FALSE(may({.verb = "list"}));
}

TEST_F(AuthorizeTest, RolesSurviveALossOfHistory) {
  giveJane({{{"get"}, {""}, {"pods"}, {}, {}}});
  host.remove<ClusterRoleBinding>("", "janes");
  host.loseHistory();
  host.settle();
  EXPECT_FALSE(may({})) << "what went away meanwhile is gone";
  giveJane({{{"get"}, {""}, {"pods"}, {}, {}}});
  EXPECT_TRUE(may({}));
}

TEST_F(AuthorizeTest, TheRulesOfAUserAreListed) {
  giveJane({{{"get"}, {""}, {"pods"}, {"web"}, {}}, {{"get"}, {}, {}, {}, {"/x"}}});
  host.put(makeRole<Role>("shop", "editor", {{{"update"}, {"apps"}, {"deployments"}, {}, {}}}));
  host.put(makeBinding<RoleBinding>("shop", "e", "Role", "editor", {{"Group", "dev", ""}}));
  host.settle();
  auto list = [&](const std::string& ns) {
    auto outcome = plugin->call(role::authorizer::rules, [&](role::RulesParams::Builder params) {
      auto user = params.initUser();
      user.setName("jane");
      user.adoptGroups(textList(orphanageOf(user), {"dev"}));
      params.setNamespace(ns);
    });
    std::vector<std::string> rules;
    for (auto rule : outcome.answer->getResourceRules()) {
      rules.push_back(rbac::describe({strings(rule.getVerbs()),
                                      strings(rule.getGroups()),
                                      strings(rule.getResources()),
                                      strings(rule.getResourceNames()),
                                      {}}));
    }
    for (auto rule : outcome.answer->getNonResourceRules()) {
      rules.push_back(rbac::describe({strings(rule.getVerbs()), {}, {}, {}, strings(rule.getPaths())}));
    }
    return rules;
  };
  const std::string pods = R"({APIGroups:[""], Resources:["pods"], ResourceNames:["web"], Verbs:["get"]})";
  const std::string path = R"({NonResourceURLs:["/x"], Verbs:["get"]})";
  EXPECT_THAT(list("shop"),
              UnorderedElementsAre(pods, path, R"({APIGroups:["apps"], Resources:["deployments"], Verbs:["update"]})"));
  EXPECT_THAT(list("other"), UnorderedElementsAre(pods, path));
}

TEST_F(AuthorizeTest, NothingIsHeldWhenThePluginStops) {
  giveJane({{{"get"}, {""}, {"pods"}, {}, {}}});
  EXPECT_TRUE(may({}));
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

}  // namespace
}  // namespace cleat
