// The plugin in a cluster of roles and bindings, asked as the gate asks it.
#pragma once

#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/lists.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "plugins/authz-rbac/rule.h"
#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {

// A caller and what it asks for: by default jane, who is in no group of her own, asks to get pods in "shop".
struct Question {
  std::string user = "jane";
  std::vector<std::string> groups = {"system:authenticated"};
  std::string verb = "get", group, resource = "pods", subresource, ns = "shop", name, path;
};

class RbacTest : public testing::Test {
 protected:
  using Role = rbac_v1::Role;
  using ClusterRole = rbac_v1::ClusterRole;
  using RoleBinding = rbac_v1::RoleBinding;
  using ClusterRoleBinding = rbac_v1::ClusterRoleBinding;
  using Rule = rbac::Rule;
  using Rules = rbac::Rules;

  RbacTest() {
    host.know<Role>();
    host.know<ClusterRole>();
    host.know<RoleBinding>();
    host.know<ClusterRoleBinding>();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  }

  template <class K>
  static Draft<K> makeRole(const std::string& ns, const std::string& name, const Rules& rules) {
    auto role = test::named<K>(ns, name);
    role->adoptRules(rbac::writeRules(orphanageOf(*role), rules));
    return role;
  }
  struct Who {
    std::string kind, name, ns;
  };
  template <class K>
  static Draft<K> makeBinding(const std::string& ns, const std::string& name, const char* roleKind,
                              const std::string& role, const std::vector<Who>& subjects) {
    auto binding = test::named<K>(ns, name);
    auto ref = binding->initRoleRef();
    ref.setApiGroup(rbac::kGroup);
    ref.setKind(roleKind);
    ref.setName(role);
    auto list = binding->initSubjects(subjects.size());
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setKind(subjects[i].kind);
      list[i].setName(subjects[i].name);
      list[i].setNamespace(subjects[i].ns);
    }
    return binding;
  }
  // Gives jane the rules everywhere.
  void giveJane(const Rules& rules) {
    host.put(makeRole<ClusterRole>("", "janes", rules));
    host.put(makeBinding<ClusterRoleBinding>("", "janes", "ClusterRole", "janes", {{"User", "jane", ""}}));
    host.settle();
  }

  // Without waiting for the answer.
  uint64_t begin(const Question& question) {
    return plugin->begin(role::authorizer::authorize, [&](role::Attributes::Builder attributes) {
      auto user = attributes.initUser();
      user.setName(question.user);
      user.adoptGroups(textList(orphanageOf(user), question.groups));
      attributes.setVerb(question.verb);
      attributes.setPath(question.path);
      if (!question.path.empty()) return;
      attributes.setGroup(question.group);
      attributes.setVersion("v1");
      attributes.setResource(question.resource);
      attributes.setSubresource(question.subresource);
      attributes.setNamespace(question.ns);
      attributes.setName(question.name);
    });
  }
  test::Outcome<role::AuthorizeResults> ask(const Question& question) {
    const uint64_t call = begin(question);
    host.settle();
    return plugin->outcome<role::AuthorizeResults>(call);
  }
  bool may(const Question& question) {
    auto outcome = ask(question);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    EXPECT_NE(outcome.answer->getDecision(), role::Decision::DENY) << "roles deny nothing";
    return outcome.answer->getDecision() == role::Decision::ALLOW;
  }
  std::string reason(const Question& question) { return str(ask(question).answer->getReason()); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat
