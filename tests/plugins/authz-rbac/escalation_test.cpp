#include "tests/plugins/authz-rbac/rbac_fixture.h"

namespace cleat {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class EscalationTest : public RbacTest {
 protected:
  void SetUp() override {
    start();
    giveJane({{{"get", "list"}, {""}, {"pods"}, {}, {}}});
  }

  template <class K>
  test::Outcome<role::AdmissionResults> write(Draft<K> draft, const Object<K>& old = {},
                                              test::AdmissionRequest by = {}) {
    Object<K> now = std::move(draft).freeze();
    by.operation = old ? role::Operation::UPDATE : role::Operation::CREATE;
    by.ns = now.ns();
    by.name = now.name();
    return test::admit<K>(*plugin, test::Pass::validate, by, now, old);
  }
  template <class K>
  void expectRefused(test::Outcome<role::AdmissionResults> outcome, const std::string& name, const std::string& why) {
    EXPECT_EQ(outcome.outcome, CLEAT_DENIED) << why;
    EXPECT_EQ(outcome.status.code, 403);
    EXPECT_EQ(outcome.status.message, concat(KindOf<K>::resource.qualified(), " \"", name, "\" is forbidden: ", why));
    EXPECT_EQ(outcome.status.details.kind, KindOf<K>::resource.resource);
    EXPECT_EQ(outcome.status.details.group, "rbac.authorization.k8s.io");
  }
  static std::string refusal(const std::string& rules) {
    return "user \"jane\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently "
           "held:\n" +
           rules;
  }

  static inline const Rules kPods = {{{"get"}, {""}, {"pods"}, {}, {}}};
  static inline const Rules kSecrets = {{{"get", "delete"}, {""}, {"secrets"}, {}, {}},
                                        {{"delete"}, {""}, {"pods"}, {}, {}}};
  static inline const std::string kSecretsRefused = refusal(
      "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}\n"
      "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"delete\"]}");
  static inline const std::vector<Who> kJoe = {{"User", "joe", ""}};
};

TEST_F(EscalationTest, ItSeesRolesAndBindingsThatAreWritten) {
  EXPECT_THAT(test::interestsOf(*plugin),
              UnorderedElementsAre("validate create rbac.authorization.k8s.io/roles",
                                   "validate update rbac.authorization.k8s.io/roles",
                                   "validate create rbac.authorization.k8s.io/clusterroles",
                                   "validate update rbac.authorization.k8s.io/clusterroles",
                                   "validate create rbac.authorization.k8s.io/rolebindings",
                                   "validate update rbac.authorization.k8s.io/rolebindings",
                                   "validate create rbac.authorization.k8s.io/clusterrolebindings",
                                   "validate update rbac.authorization.k8s.io/clusterrolebindings"));
}

TEST_F(EscalationTest, ARoleIsWrittenByWhoHasItsRules) {
  EXPECT_TRUE(write(makeRole<Role>("shop", "r", kPods)).ok());
  EXPECT_TRUE(write(makeRole<ClusterRole>("", "r", kPods)).ok());
  expectRefused<Role>(write(makeRole<Role>("shop", "r", kSecrets)), "r", kSecretsRefused);
  expectRefused<ClusterRole>(write(makeRole<ClusterRole>("", "r", kSecrets)), "r", kSecretsRefused);
}

TEST_F(EscalationTest, ARoleIsChangedByWhoHasAllOfItsRules) {
  auto old = makeRole<Role>("shop", "r", kPods).freeze();
  expectRefused<Role>(write(makeRole<Role>("shop", "r", kSecrets), old), "r", kSecretsRefused);
  auto others = makeRole<Role>("shop", "r", kSecrets).freeze();
  EXPECT_TRUE(write(makeRole<Role>("shop", "r", {}), others).ok()) << "taking away is giving nothing";
  auto labelled = makeRole<Role>("shop", "r", kSecrets);
  setLabel(labelled.meta(), "a", "b");
  EXPECT_EQ(write(std::move(labelled), others).outcome, CLEAT_DENIED);
}

TEST_F(EscalationTest, TheGarbageCollectorNeedsNoRightsOfItsOwn) {
  auto old = makeRole<Role>("shop", "r", kSecrets);
  old.meta().initFinalizers(1).set(0, "example.com/wait");
  auto before = std::move(old).freeze();
  Draft<Role> after(before);
  after.meta().disownFinalizers();
  after.meta().initOwnerReferences(1)[0].setName("owner");
  EXPECT_TRUE(write(std::move(after), before).ok());
  auto binding = makeBinding<RoleBinding>("shop", "b", "ClusterRole", "cluster-admin", kJoe).freeze();
  Draft<RoleBinding> owned(binding);
  owned.meta().initFinalizers(1).set(0, "foregroundDeletion");
  EXPECT_TRUE(write(std::move(owned), binding).ok());
}

TEST_F(EscalationTest, WhatIsHadInANamespaceIsGivenInThatNamespace) {
  host.put(makeRole<Role>("shop", "admin", kSecrets));
  host.put(makeBinding<RoleBinding>("shop", "admins", "Role", "admin", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_TRUE(write(makeRole<Role>("shop", "r", kSecrets)).ok());
  EXPECT_EQ(write(makeRole<Role>("other", "r", kSecrets)).outcome, CLEAT_DENIED);
  EXPECT_EQ(write(makeRole<ClusterRole>("", "r", kSecrets)).outcome, CLEAT_DENIED);
}

TEST_F(EscalationTest, WhoMayEscalateWritesAnyRole) {
  giveJane({{{"escalate"}, {"rbac.authorization.k8s.io"}, {"roles"}, {"r"}, {}}});
  EXPECT_TRUE(write(makeRole<Role>("shop", "r", kSecrets)).ok());
  EXPECT_EQ(write(makeRole<Role>("shop", "other", kSecrets)).outcome, CLEAT_DENIED);
  EXPECT_EQ(write(makeRole<ClusterRole>("", "r", kSecrets)).outcome, CLEAT_DENIED) << "that is another resource";
}

TEST_F(EscalationTest, MastersAndClusterAdminsAreFree) {
  EXPECT_TRUE(
      write(makeRole<ClusterRole>("", "r", {{{"*"}, {"*"}, {"*"}, {}, {}}}), {}, {.groups = {"system:masters"}}).ok());
  EXPECT_TRUE(
      write(makeBinding<ClusterRoleBinding>("", "b", "ClusterRole", "absent", kJoe), {}, {.groups = {"system:masters"}})
          .ok());
  host.put(makeBinding<ClusterRoleBinding>("", "ops", "ClusterRole", "cluster-admin", {{"Group", "ops", ""}}));
  host.settle();
  EXPECT_TRUE(write(makeRole<ClusterRole>("", "r", {{{"*"}, {"*"}, {"*"}, {}, {}}}), {}, {.groups = {"ops"}}).ok());
  EXPECT_TRUE(
      write(makeBinding<ClusterRoleBinding>("", "b", "ClusterRole", "absent", kJoe), {}, {.groups = {"ops"}}).ok());
}

TEST_F(EscalationTest, OnlyAClusterAdminMakesARoleThatCollectsOthers) {
  auto collector = [] {
    auto role = makeRole<ClusterRole>("", "all", {});
    role->initAggregationRule().initClusterRoleSelectors(1)[0].initMatchLabels(1)[0].setKey("a");
    return role;
  };
  const std::string why = "must have cluster-admin privileges to use the aggregationRule";
  expectRefused<ClusterRole>(write(collector()), "all", why);
  auto old = collector().freeze();
  expectRefused<ClusterRole>(write(makeRole<ClusterRole>("", "all", {}), old), "all", why);
  giveJane({{{"*"}, {"*"}, {"*"}, {}, {}}});
  EXPECT_TRUE(write(collector()).ok()) << "she may escalate";
}

TEST_F(EscalationTest, ARoleIsBoundByWhoHasItsRules) {
  host.put(makeRole<Role>("shop", "reader", kPods));
  host.put(makeRole<ClusterRole>("", "thief", kSecrets));
  host.settle();
  EXPECT_TRUE(write(makeBinding<RoleBinding>("shop", "b", "Role", "reader", kJoe)).ok());
  expectRefused<RoleBinding>(write(makeBinding<RoleBinding>("shop", "b", "ClusterRole", "thief", kJoe)), "b",
                             kSecretsRefused);
  expectRefused<ClusterRoleBinding>(write(makeBinding<ClusterRoleBinding>("", "b", "ClusterRole", "thief", kJoe)), "b",
                                    kSecretsRefused);
  auto old = makeBinding<RoleBinding>("shop", "b", "ClusterRole", "thief", {}).freeze();
  expectRefused<RoleBinding>(write(makeBinding<RoleBinding>("shop", "b", "ClusterRole", "thief", kJoe), old), "b",
                             kSecretsRefused);
}

TEST_F(EscalationTest, WhoMayBindARoleNeedNotHaveIt) {
  host.put(makeRole<ClusterRole>("", "thief", kSecrets));
  giveJane({{{"bind"}, {"rbac.authorization.k8s.io"}, {"clusterroles"}, {"thief"}, {}}});
  EXPECT_TRUE(write(makeBinding<RoleBinding>("shop", "b", "ClusterRole", "thief", kJoe)).ok());
  EXPECT_TRUE(write(makeBinding<ClusterRoleBinding>("", "b", "ClusterRole", "thief", kJoe)).ok());
  EXPECT_EQ(write(makeBinding<RoleBinding>("shop", "b", "ClusterRole", "cluster-admin", kJoe)).outcome, CLEAT_DENIED);

  host.remove<ClusterRoleBinding>("", "janes");
  host.put(makeBinding<RoleBinding>("shop", "janes", "ClusterRole", "janes", {{"User", "jane", ""}}));
  host.settle();
  EXPECT_TRUE(write(makeBinding<RoleBinding>("shop", "b", "ClusterRole", "thief", kJoe)).ok());
  EXPECT_EQ(write(makeBinding<RoleBinding>("other", "b", "ClusterRole", "thief", kJoe)).outcome, CLEAT_DENIED);
  EXPECT_EQ(write(makeBinding<ClusterRoleBinding>("", "b", "ClusterRole", "thief", kJoe)).outcome, CLEAT_DENIED);
}

TEST_F(EscalationTest, ARoleThatIsNotThereCannotBeBound) {
  auto missing = write(makeBinding<RoleBinding>("shop", "b", "Role", "gone", kJoe));
  EXPECT_EQ(missing.outcome, CLEAT_DENIED);
  EXPECT_EQ(missing.status.code, 404);
  EXPECT_EQ(missing.status.message, "roles.rbac.authorization.k8s.io \"gone\" not found");
}

TEST_F(EscalationTest, ARoleIsBoundAsSoonAsItIsThere) {
  host.put(makeRole<Role>("shop", "fresh", kPods));  // nobody has told the plugin
  EXPECT_TRUE(write(makeBinding<RoleBinding>("shop", "b", "Role", "fresh", kJoe)).ok());
}

TEST_F(EscalationTest, WhenTheClusterDoesNotAnswerNothingIsBound) {
  host.put(makeRole<Role>("shop", "reader", kPods));
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> {
    return fail(Status::unavailable("later"));
  });
  EXPECT_EQ(write(makeBinding<RoleBinding>("shop", "b", "Role", "reader", kJoe)).outcome, CLEAT_RETRY);
}

}  // namespace
}  // namespace cleat
