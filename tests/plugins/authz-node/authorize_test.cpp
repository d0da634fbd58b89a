#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Pod;

constexpr const char* kUnrelated = "node: no relationship found between node 'n1' and this object";

// By default node n1 asks to get something called "x" in the namespace "shop".
struct Question {
  std::string verb = "get", group, resource = "secrets", subresource, ns = "shop", name = "x";
  std::string user = "system:node:n1";
  std::vector<std::string> groups = {"system:nodes", "system:authenticated"};
  std::string field, value, op = "In";  // of a field selector
  std::string label, labelled;          // of a label selector
};

class NodeAuthorizerTest : public testing::Test {
 protected:
  NodeAuthorizerTest() {
    host.know<Pod>();
    host.know<core_v1::PersistentVolume>();
    host.know<storage_v1::VolumeAttachment>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  // A pod of "shop" with everything that a node may have to read for it.
  static Draft<Pod> makePod(const char* name, const char* node) {
    auto pod = test::named<Pod>("shop", name);
    auto spec = pod->initSpec();
    spec.setNodeName(node);
    spec.setServiceAccountName("robot");
    spec.initImagePullSecrets(1)[0].setName("registry");
    auto container = spec.initContainers(1)[0];
    container.initEnvFrom(1)[0].initSecretRef().setName("environment");
    auto env = container.initEnv(1)[0];
    env.setName("A");
    env.initValueFrom().initConfigMapKeyRef().setName("settings");
    spec.initInitContainers(1)[0].initEnvFrom(1)[0].initConfigMapRef().setName("first");
    auto volumes = spec.initVolumes(4);
    volumes[0].initSecret().setSecretName("keys");
    auto sources = volumes[1].initProjected().initSources(2);
    sources[0].initSecret().setName("projected");
    sources[1].initConfigMap().setName("kube-root-ca.crt");
    volumes[2].initPersistentVolumeClaim().setClaimName("disk");
    volumes[3].setName("scratch");
    volumes[3].initEphemeral();
    return pod;
  }
  void put(Draft<Pod> pod) {
    host.put(std::move(pod));
    host.settle();
  }

  uint64_t begin(const Question& question) {
    return plugin->begin(role::authorizer::authorize, [&](role::Attributes::Builder attributes) {
      auto user = attributes.initUser();
      user.setName(question.user);
      user.adoptGroups(textList(orphanageOf(user), question.groups));
      attributes.setVerb(question.verb);
      attributes.setGroup(question.group);
      attributes.setResource(question.resource);
      attributes.setSubresource(question.subresource);
      attributes.setNamespace(question.ns);
      attributes.setName(question.name);
      if (!question.label.empty()) {
        auto requirement = attributes.initLabelSelector(1)[0];
        requirement.setKey(question.label);
        requirement.setOperator("In");
        requirement.initValues(1).set(0, question.labelled);
      }
      if (question.field.empty()) return;
      auto requirement = attributes.initFieldSelector(1)[0];
      requirement.setKey(question.field);
      requirement.setOperator(question.op);
      requirement.initValues(1).set(0, question.value);
    });
  }
  // "allow", or the reason why it is left to others.
  std::string ask(const Question& question) {
    const uint64_t call = begin(question);
    host.settle();
    if (!plugin->answered(call)) host.advance(1s);
    auto outcome = plugin->outcome<role::AuthorizeResults>(call);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    EXPECT_NE(outcome.answer->getDecision(), role::Decision::DENY) << "others may know more";
    if (outcome.answer->getDecision() == role::Decision::ALLOW) return "allow";
    return str(outcome.answer->getReason());
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(NodeAuthorizerTest, ANodeReadsWhatThePodsOnItReferTo) {
  put(makePod("web", "n1"));
  for (const char* secret : {"registry", "environment", "keys", "projected"}) {
    for (const char* verb : {"get", "list", "watch"}) EXPECT_EQ(ask({.verb = verb, .name = secret}), "allow") << secret;
    EXPECT_EQ(ask({.name = secret, .user = "system:node:n2"}),
              "node: no relationship found between node 'n2' and this object");
    EXPECT_EQ(ask({.ns = "other", .name = secret}), kUnrelated);
  }
  for (const char* map : {"settings", "first", "kube-root-ca.crt"}) {
    EXPECT_EQ(ask({.resource = "configmaps", .name = map}), "allow") << map;
  }
  for (const char* claim : {"disk", "web-scratch"}) {
    EXPECT_EQ(ask({.resource = "persistentvolumeclaims", .name = claim}), "allow") << claim;
  }
  EXPECT_EQ(ask({.name = "settings"}), kUnrelated) << "a config map's name is not a secret's";
  EXPECT_EQ(ask({}), kUnrelated);
}

TEST_F(NodeAuthorizerTest, ItReadsTheVolumesThatClaimsOfItsPodsHave) {
  put(makePod("web", "n1"));
  auto volume = test::named<core_v1::PersistentVolume>("", "v");
  auto claim = volume->initSpec().initClaimRef();
  claim.setNamespace("shop");
  claim.setName("disk");
  host.put(std::move(volume));
  host.settle();
  const Question get{.resource = "persistentvolumes", .ns = "", .name = "v"};
  EXPECT_EQ(ask(get), "allow");
  Question other = get;
  other.user = "system:node:n2";
  EXPECT_EQ(ask(other), "node: no relationship found between node 'n2' and this object");
  Question update = get;
  update.verb = "update";
  EXPECT_EQ(ask(update), kUnrelated) << "it is not on its disk";
  Question list{.verb = "list", .resource = "persistentvolumes", .ns = "", .name = ""};
  EXPECT_EQ(ask(list), "node: can only get individual resources of this type");
  host.change<core_v1::PersistentVolume>("", "v", [](auto each) { each.getSpec().disownClaimRef(); });
  host.settle();
  EXPECT_EQ(ask(get), kUnrelated);
}

TEST_F(NodeAuthorizerTest, ItReadsTheSecretsThatVolumesOfItsPodsNameForTheirDrivers) {
  put(makePod("web", "n1"));
  auto volume = test::named<core_v1::PersistentVolume>("", "v");
  auto claim = volume->initSpec().initClaimRef();
  claim.setNamespace("shop");
  claim.setName("disk");
  auto secret = volume->getSpec().initCsi().initNodeStageSecretRef();
  secret.setNamespace("vault");
  secret.setName("key");
  volume->getSpec().getCsi().initControllerPublishSecretRef().setName("controllers");
  host.put(std::move(volume));
  host.settle();
  EXPECT_EQ(ask({.ns = "vault", .name = "key"}), "allow");
  EXPECT_EQ(ask({.verb = "watch", .ns = "vault", .name = "key"}), kUnrelated);
  EXPECT_EQ(ask({.ns = "vault", .name = "key", .user = "system:node:n2"}),
            "node: no relationship found between node 'n2' and this object");
  EXPECT_EQ(ask({.ns = "", .name = "controllers"}), "node: can only read namespaced object of this type");
  host.change<core_v1::PersistentVolume>(
      "", "v", [](auto each) { each.getSpec().getCsi().getNodeStageSecretRef().setName("other"); });
  host.settle();
  EXPECT_EQ(ask({.ns = "vault", .name = "key"}), kUnrelated);
  EXPECT_EQ(ask({.ns = "vault", .name = "other"}), "allow");
}

TEST_F(NodeAuthorizerTest, ItReadsTheAttachmentsToItself) {
  auto made = test::named<storage_v1::VolumeAttachment>("", "csi-1");
  made->initSpec().setNodeName("n1");
  host.put(std::move(made));
  host.settle();
  const Question get{.group = "storage.k8s.io", .resource = "volumeattachments", .ns = "", .name = "csi-1"};
  EXPECT_EQ(ask(get), "allow");
  Question other = get;
  other.user = "system:node:n2";
  EXPECT_EQ(ask(other), "node: no relationship found between node 'n2' and this object");
  Question list = get;
  list.verb = "list";
  EXPECT_EQ(ask(list), "node: can only get individual resources of this type");
}

TEST_F(NodeAuthorizerTest, ItFollowsTheVolumesOnItsOwnDisk) {
  auto volume = test::named<core_v1::PersistentVolume>("", "v", {{"cleat/local-path-node", "n1"}});
  host.put(std::move(volume));
  host.settle();
  for (const char* verb : {"get", "update"}) {
    EXPECT_EQ(ask({.verb = verb, .resource = "persistentvolumes", .ns = "", .name = "v"}), "allow") << verb;
  }
  EXPECT_EQ(ask({.verb = "delete", .resource = "persistentvolumes", .ns = "", .name = "v"}),
            "node: can only get individual resources of this type");
  Question list{.verb = "watch", .resource = "persistentvolumes", .ns = "", .name = ""};
  list.label = "cleat/local-path-node";
  list.labelled = "n1";
  EXPECT_EQ(ask(list), "allow");
  list.labelled = "n2";
  EXPECT_EQ(ask(list), "node: can only get individual resources of this type");
}

TEST_F(NodeAuthorizerTest, SecretsAreReadOneByOneAndNeverWritten) {
  put(makePod("web", "n1"));
  EXPECT_EQ(ask({.verb = "list", .name = ""}), "node: No Object name found");
  EXPECT_EQ(ask({.verb = "list", .ns = "", .name = ""}), "node: can only read namespaced object of this type");
  EXPECT_EQ(ask({.verb = "update", .name = "keys"}), "node: can only read resources of this type");
  EXPECT_EQ(ask({.verb = "delete", .name = "keys"}), "node: can only read resources of this type");
  EXPECT_EQ(ask({.subresource = "status", .name = "keys"}), "node: cannot read subresource");
  EXPECT_EQ(ask({.verb = "list", .resource = "persistentvolumeclaims", .name = "disk"}),
            "node: can only get individual resources of this type");
}

TEST_F(NodeAuthorizerTest, ItMayAsLongAsThereIsSuchAPod) {
  const Question keys{.name = "keys"};
  put(makePod("web", ""));
  EXPECT_EQ(ask(keys), kUnrelated) << "it is bound to no node yet";
  put(makePod("web", "n1"));
  EXPECT_EQ(ask(keys), "allow");
  put(makePod("web-2", "n1"));
  host.remove<Pod>("shop", "web");
  host.settle();
  EXPECT_EQ(ask(keys), "allow") << "another pod has it too";
  host.remove<Pod>("shop", "web-2");
  host.settle();
  EXPECT_EQ(ask(keys), kUnrelated);
}

TEST_F(NodeAuthorizerTest, APodThatHasJustBeenBoundIsWaitedForShortly) {
  const uint64_t call = begin({.name = "keys"});
  host.settle();
  EXPECT_FALSE(plugin->answered(call));
  put(makePod("web", "n1"));
  host.advance(20ms);
  ASSERT_TRUE(plugin->answered(call));
  EXPECT_EQ(plugin->outcome<role::AuthorizeResults>(call).answer->getDecision(), role::Decision::ALLOW);
}

TEST_F(NodeAuthorizerTest, AnEphemeralContainerBringsWhatItRefersTo) {
  put(makePod("web", "n1"));
  auto pod = makePod("web", "n1");
  pod->getSpec().initEphemeralContainers(1)[0].initEnvFrom(1)[0].initSecretRef().setName("debugging");
  put(std::move(pod));
  EXPECT_EQ(ask({.name = "debugging"}), "allow");
}

TEST_F(NodeAuthorizerTest, AMirrorPodGivesItNothing) {
  auto pod = makePod("web", "n1");
  setAnnotation(pod.meta(), "kubernetes.io/config.mirror", "1");
  put(std::move(pod));
  EXPECT_EQ(ask({.name = "keys"}), kUnrelated);
  EXPECT_EQ(ask({.verb = "create", .resource = "serviceaccounts", .subresource = "token", .name = "robot"}),
            kUnrelated);
  EXPECT_EQ(ask({.resource = "pods", .name = "web"}), "allow") << "but for the pod itself";
}

TEST_F(NodeAuthorizerTest, TokensAreMadeForAccountsOfItsPods) {
  put(makePod("web", "n1"));
  const Question token{.verb = "create", .resource = "serviceaccounts", .subresource = "token", .name = "robot"};
  EXPECT_EQ(ask(token), "allow");
  Question other = token;
  other.name = "admin";
  EXPECT_EQ(ask(other), kUnrelated);
  EXPECT_EQ(ask({.resource = "serviceaccounts", .name = "robot"}), "allow");
  EXPECT_EQ(ask({.verb = "list", .resource = "serviceaccounts", .name = ""}),
            "node: can only create tokens for individual service accounts");
  EXPECT_EQ(ask({.verb = "create", .resource = "serviceaccounts", .name = "robot"}),
            "node: can only create token subresource of serviceaccount");
}

TEST_F(NodeAuthorizerTest, ItReadsItsOwnNodeAndNoOther) {
  const Question own{.resource = "nodes", .ns = "", .name = "n1"};
  for (const char* verb : {"get", "list", "watch", "update", "patch", "create"}) {
    Question question = own;
    question.verb = verb;
    EXPECT_EQ(ask(question), "allow") << verb;
  }
  EXPECT_EQ(ask({.resource = "nodes", .ns = "", .name = "n2"}),
            "node: node 'n1' cannot read 'n2', only its own Node object");
  EXPECT_EQ(ask({.verb = "list", .resource = "nodes", .ns = "", .name = ""}),
            "node: node 'n1' cannot read all nodes, only its own Node object");
  EXPECT_EQ(ask({.verb = "delete", .resource = "nodes", .ns = "", .name = "n1"}), "");
  EXPECT_EQ(ask({.verb = "patch", .resource = "nodes", .subresource = "status", .ns = "", .name = "n1"}), "allow");
  EXPECT_EQ(ask({.verb = "get", .resource = "nodes", .subresource = "proxy", .ns = "", .name = "n1"}), "");
}

TEST_F(NodeAuthorizerTest, ItListsThePodsThatAreBoundToIt) {
  const Question all{.verb = "list", .resource = "pods", .ns = "", .name = "", .field = "spec.nodeName", .value = "n1"};
  EXPECT_EQ(ask(all), "allow");
  constexpr const char* kWhy = "node: can only list/watch pods with spec.nodeName field selector";
  Question others = all;
  others.value = "n2";
  EXPECT_EQ(ask(others), kWhy);
  others = all;
  others.op = "NotIn";
  EXPECT_EQ(ask(others), kWhy);
  others = all;
  others.field = "metadata.namespace";
  EXPECT_EQ(ask(others), kWhy);
  EXPECT_EQ(ask({.verb = "watch", .resource = "pods", .ns = "", .name = ""}), kWhy);
  put(makePod("web", "n1"));
  put(makePod("db", "n2"));
  EXPECT_EQ(ask({.resource = "pods", .name = "web"}), "allow");
  EXPECT_EQ(ask({.verb = "watch", .resource = "pods", .name = "web"}), "allow");
  EXPECT_EQ(ask({.resource = "pods", .name = "db"}), kUnrelated);
  EXPECT_EQ(ask({.verb = "deletecollection", .resource = "pods", .name = ""}), "");
  EXPECT_EQ(ask({.verb = "create", .resource = "pods", .subresource = "binding", .name = "web"}), "");
  EXPECT_EQ(ask({.verb = "get", .resource = "pods", .subresource = "exec", .name = "web"}), "");
  EXPECT_EQ(ask({.verb = "update", .resource = "pods", .name = "web"}), "");
}

TEST_F(NodeAuthorizerTest, ItsLeaseIsItsOwn) {
  const Question own{
      .verb = "update", .group = "coordination.k8s.io", .resource = "leases", .ns = "kube-node-lease", .name = "n1"};
  EXPECT_EQ(ask(own), "allow");
  Question other = own;
  other.name = "n2";
  EXPECT_EQ(ask(other), "node: can only access node lease with the same name as the requesting node");
  other = own;
  other.ns = "kube-system";
  EXPECT_EQ(ask(other), "node: can only access leases in the \"kube-node-lease\" system namespace");
  other = own;
  other.verb = "list";
  EXPECT_EQ(ask(other), "node: can only get, create, update, patch, or delete a node lease");
}

TEST_F(NodeAuthorizerTest, WhatEveryNodeNeedsItMay) {
  struct Case {
    const char *verb, *group, *resource;
    bool allowed;
  };
  for (const Case& one : {
           Case{"list", "", "services", true},
           Case{"watch", "discovery.k8s.io", "endpointslices", true},
           Case{"create", "", "events", true},
           Case{"create", "certificates.k8s.io", "certificatesigningrequests", true},
           Case{"create", "authentication.k8s.io", "tokenreviews", true},
           Case{"update", "", "services", false},
           Case{"delete", "", "events", false},
           Case{"approve", "certificates.k8s.io", "signers", false},
           Case{"list", "", "namespaces", false},
           Case{"list", "apps", "deployments", false},
           Case{"get", "rbac.authorization.k8s.io", "clusterroles", false},
       }) {
    EXPECT_EQ(ask({.verb = one.verb, .group = one.group, .resource = one.resource}), one.allowed ? "allow" : "")
        << one.verb << " " << one.resource;
  }
}

TEST_F(NodeAuthorizerTest, OthersGetNothingHere) {
  put(makePod("web", "n1"));
  EXPECT_EQ(ask({.name = "keys", .user = "jane"}), "");
  EXPECT_EQ(ask({.name = "keys", .groups = {"system:authenticated"}}), "") << "the name alone makes no node";
  EXPECT_EQ(ask({.name = "keys", .user = "system:node:"}), "node: unknown node for user \"system:node:\"");
}

TEST_F(NodeAuthorizerTest, WhatItMayIsListedInPart) {
  auto rules = [&](const char* user) {
    return plugin->call(role::authorizer::rules, [&](role::RulesParams::Builder params) {
      params.initUser().setName(user);
      params.getUser().initGroups(1).set(0, "system:nodes");
      params.setNamespace("shop");
    });
  };
  auto node = rules("system:node:n1");
  EXPECT_TRUE(node.answer->getIncomplete());
  EXPECT_GT(node.answer->getResourceRules().size(), 0u);
  auto jane = rules("jane");
  EXPECT_FALSE(jane.answer->getIncomplete());
  EXPECT_EQ(jane.answer->getResourceRules().size(), 0u);
}

}  // namespace
}  // namespace cleat
