#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <functional>

#include <optional>

#include "tests/plugins/admission.h"
#include "tests/plugins/controller-certificates/pki.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using authentication_v1::TokenRequest;
using certificates_v1::CertificateSigningRequest;
using coordination_v1::Lease;
using core_v1::Node;
using core_v1::Pod;
using core_v1::ServiceAccount;
using role::Operation;
using testing::Contains;

class NodeRestrictionTest : public testing::Test {
 protected:
  NodeRestrictionTest() {
    host.know<Node>();
    host.know<Pod>();
    host.know<ServiceAccount>();
    host.onCall(role::authorizer::authorize,
                [this](role::Attributes::Reader asked, role::AuthorizeResults::Builder results) -> Result<void> {
                  const bool may = view(asked.getVerb()) == "request-serviceaccounts-token-audience" &&
                                   view(asked.getResource()) == allowedAudience;
                  results.setDecision(may ? role::Decision::ALLOW : role::Decision::NO_OPINION);
                  return {};
                });
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  // "" where the node n1 may, and why not otherwise.
  template <class K>
  std::string ask(test::AdmissionRequest request, const Object<K>& now, const Object<K>& old = {}) {
    request.user = "system:node:n1";
    request.groups = {"system:nodes", "system:authenticated"};
    if (request.name.empty()) request.name = str(now.name());
    auto outcome = test::admit<K>(*plugin, test::Pass::validate, request, now, old);
    if (outcome.ok()) return {};
    EXPECT_TRUE(outcome.status.is(403) || outcome.status.is(404)) << outcome.status.message;
    return outcome.status.message;
  }

  std::string registering(Draft<Node> node) { return ask<Node>({}, std::move(node).freeze()); }
  std::string changing(Draft<Node> before, Draft<Node> after, const char* subresource = "") {
    return ask<Node>({.operation = Operation::UPDATE, .subresource = subresource}, std::move(after).freeze(),
                     std::move(before).freeze());
  }
  static Draft<Node> tainted(const char* key) {
    auto node = test::makeNode("n1", {});
    auto taint = node->initSpec().initTaints(1)[0];
    taint.setKey(key);
    taint.setEffect("NoSchedule");
    return node;
  }

  static Draft<Pod> onNode(const char* node) {
    auto pod = test::makePod("web");
    pod->getSpec().setNodeName(node);
    return pod;
  }
  // As node n1 may create one.
  Draft<Pod> mirror() {
    auto pod = onNode("n1");
    setAnnotation(pod.meta(), "kubernetes.io/config.mirror", "1");
    auto owner = pod.meta().initOwnerReferences(1)[0];
    owner.setApiVersion("v1");
    owner.setKind("Node");
    owner.setName("n1");
    owner.setUid(str(host.get<Node>("n1").uid()));
    owner.initController().setValue(true);
    return pod;
  }
  std::string creating(Draft<Pod> pod) { return ask<Pod>({.ns = "default"}, std::move(pod).freeze()); }

  // What a node is told that asks for a token like this.
  std::string token(Draft<TokenRequest> request) {
    return ask<TokenRequest>({.ns = "default", .name = "robot", .subresource = "token", .resource = "serviceaccounts"},
                             std::move(request).freeze());
  }
  static Draft<TokenRequest> boundTo(std::string_view pod, std::string_view uid, const char* audience = "") {
    Draft<TokenRequest> request;
    auto spec = request->initSpec();
    if (*audience) spec.initAudiences(1).set(0, audience);
    auto bound = spec.initBoundObjectRef();
    bound.setApiVersion("v1");
    bound.setKind("Pod");
    bound.setName(str(pod));
    bound.setUid(str(uid));
    return request;
  }

  std::string allowedAudience = "none";  // that nodes may ask for whatever their pods name
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(NodeRestrictionTest, ItSeesNodesOnly) {
  auto outcome = plugin->call(role::admission::interests);
  for (auto rule : outcome.answer->getRules()) {
    EXPECT_THAT(strings(rule.getUserGroups()), Contains("system:nodes")) << view(rule.getResource());
  }
  auto jane = test::admit<Node>(*plugin, test::Pass::validate, {.name = "n1"}, test::makeNode("n1", {}).freeze());
  EXPECT_TRUE(jane.ok()) << "nobody else is held to anything";
}

TEST_F(NodeRestrictionTest, CertificatesForPodsAreForTheNodesOwn) {
  using certificates_v1::PodCertificateRequest;
  host.put(test::makeNode("n1", {}));
  host.put(test::named<ServiceAccount>("default", "robot"));
  auto running = onNode("n1");
  running->getSpec().setServiceAccountName("robot");
  auto source = running->getSpec().initVolumes(1)[0].initProjected().initSources(1)[0];
  source.initPodCertificate().setSignerName("example.com/mine");
  host.put(std::move(running));
  host.settle();
  auto request = [&] {
    auto draft = test::named<PodCertificateRequest>("default", "r");
    auto spec = draft->initSpec();
    spec.setSignerName("example.com/mine");
    spec.setPodName("web");
    spec.setPodUID(str(host.get<Pod>("default", "web").uid()));
    spec.setServiceAccountName("robot");
    spec.setServiceAccountUID(str(host.get<ServiceAccount>("default", "robot").uid()));
    spec.setNodeName("n1");
    spec.setNodeUID(str(host.get<Node>("n1").uid()));
    return draft;
  };
  using Spec = certificates_v1::PodCertificateRequestSpec::Builder;
  auto told = [&](const std::function<void(Spec)>& change) {
    auto draft = request();
    change(draft->getSpec());
    const test::AdmissionRequest asked{.ns = "default"};
    return ask<PodCertificateRequest>(asked, std::move(draft).freeze());
  };
  const std::string prefix = "podcertificaterequests.certificates.k8s.io \"r\" is forbidden: ";
  EXPECT_EQ(told([](auto) {}), "");
  EXPECT_EQ(told([](auto spec) { spec.setNodeName("n2"); }),
            prefix + "PodCertificateRequest.Spec.NodeName=\"n2\", which is not the requesting node \"n1\"");
  EXPECT_THAT(told([](auto spec) { spec.setNodeUID("x"); }), testing::HasSubstr("names node UID \"x\", inconsistent"));
  EXPECT_THAT(told([](auto spec) { spec.setPodUID("x"); }), testing::HasSubstr("contains pod UID (\"x\")"));
  EXPECT_THAT(told([](auto spec) { spec.setServiceAccountName("other"); }),
              testing::HasSubstr("that differs from running pod (\"robot\")"));
  EXPECT_THAT(told([](auto spec) { spec.setServiceAccountUID("x"); }),
              testing::HasSubstr("names service account UID \"x\""));
  EXPECT_EQ(told([](auto spec) { spec.setSignerName("example.com/other"); }),
            prefix +
                "pod \"default/web\" does not mount a podCertificate projected volume for signer "
                "\"example.com/other\"");
}

TEST_F(NodeRestrictionTest, DevicesAreOfferedByTheNodeThatHasThem) {
  using resource_v1::ResourceSlice;
  auto of = [](const char* node) {
    auto slice = test::named<ResourceSlice>("", "s");
    slice->initSpec().setNodeName(node);
    return std::move(slice).freeze();
  };
  EXPECT_EQ(ask<ResourceSlice>({}, of("n1")), "");
  EXPECT_EQ(
      ask<ResourceSlice>({}, of("n2")),
      "resourceslices.resource.k8s.io \"s\" is forbidden: can only create ResourceSlice with the same NodeName as "
      "the requesting node");
  EXPECT_NE(ask<ResourceSlice>({.operation = Operation::DELETE}, of("n2")), "");
}

TEST_F(NodeRestrictionTest, ANodeIsItsOwnOnly) {
  EXPECT_EQ(registering(test::makeNode("n1", {}, {{"kubernetes.io/hostname", "n1"}, {"rack", "7"}})), "");
  EXPECT_EQ(registering(tainted("gpu")), "") << "a node may bring taints";
  EXPECT_EQ(registering(test::makeNode("n2", {})),
            "nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
  EXPECT_EQ(ask<Node>({.operation = Operation::UPDATE, .subresource = "status"}, test::makeNode("n2", {}).freeze(),
                      test::makeNode("n2", {}).freeze()),
            "nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
}

TEST_F(NodeRestrictionTest, LabelsThatKeepPodsOffANodeAreNotItsToChoose) {
  struct Case {
    const char* label;
    bool allowed;
  };
  for (const Case& one : {
           Case{"rack", true},
           Case{"example.com/rack", true},
           Case{"notkubernetes.io/rack", true},
           Case{"kubernetes.io/arch", true},
           Case{"topology.kubernetes.io/zone", true},
           Case{"node.kubernetes.io/instance-type", true},
           Case{"node.kubernetes.io/anything", true},
           Case{"x.kubelet.kubernetes.io/anything", true},
           Case{"kubernetes.io/anything", false},
           Case{"node-role.kubernetes.io/control-plane", false},
           Case{"x.k8s.io/anything", false},
           Case{"node-restriction.kubernetes.io/trusted", false},
           Case{"x.node-restriction.kubernetes.io/trusted", false},
       }) {
    const std::string label = one.label;
    EXPECT_EQ(registering(test::makeNode("n1", {}, {{label, "1"}})),
              one.allowed
                  ? ""
                  : "nodes \"n1\" is forbidden: node \"n1\" is not allowed to set the following labels: " + label);
    const std::string refusal =
        one.allowed ? "" : "nodes \"n1\" is forbidden: is not allowed to modify labels: " + label;
    EXPECT_EQ(changing(test::makeNode("n1", {}), test::makeNode("n1", {}, {{label, "1"}})), refusal);
    EXPECT_EQ(changing(test::makeNode("n1", {}, {{label, "1"}}), test::makeNode("n1", {}, {{label, "2"}})), refusal);
    EXPECT_EQ(changing(test::makeNode("n1", {}, {{label, "1"}}), test::makeNode("n1", {}), "status"), refusal);
    EXPECT_EQ(changing(test::makeNode("n1", {}, {{label, "1"}}), test::makeNode("n1", {}, {{label, "1"}})), "")
        << "what somebody else has set stays";
  }
  EXPECT_EQ(registering(test::makeNode("n1", {}, {{"kubernetes.io/b", ""}, {"kubernetes.io/a", ""}})),
            "nodes \"n1\" is forbidden: node \"n1\" is not allowed to set the following labels: kubernetes.io/a, "
            "kubernetes.io/b");
}

TEST_F(NodeRestrictionTest, ItDoesNotTouchItsTaintsAndOwners) {
  constexpr const char* kTaints = "nodes \"n1\" is forbidden: node \"n1\" is not allowed to modify taints";
  EXPECT_EQ(changing(tainted("a"), test::makeNode("n1", {})), kTaints);
  EXPECT_EQ(changing(test::makeNode("n1", {}), tainted("a")), kTaints);
  EXPECT_EQ(changing(tainted("a"), tainted("b"), "status"), kTaints);
  EXPECT_EQ(changing(tainted("a"), tainted("a")), "");
  auto owned = test::makeNode("n1", {});
  owned.meta().initOwnerReferences(1)[0].setName("gone");
  EXPECT_EQ(changing(test::makeNode("n1", {}), std::move(owned)),
            "nodes \"n1\" is forbidden: node \"n1\" is not allowed to modify ownerReferences");
  auto configured = [] {
    auto node = test::makeNode("n1", {});
    node->initSpec().initConfigSource().initConfigMap().setName("x");
    return node;
  };
  EXPECT_EQ(registering(configured()),
            "nodes \"n1\" is forbidden: node \"n1\" is not allowed to create pods with a non-nil configSource");
  EXPECT_EQ(
      changing(test::makeNode("n1", {}), configured()),
      "nodes \"n1\" is forbidden: node \"n1\" is not allowed to update configSource to a new non-nil configSource");
  EXPECT_EQ(changing(configured(), test::makeNode("n1", {})), "");
}

TEST_F(NodeRestrictionTest, OfPodsItCreatesMirrorsOnly) {
  host.put(test::makeNode("n1", {}));
  EXPECT_EQ(creating(mirror()), "");
  const std::string prefix = "pods \"web\" is forbidden: ";
  EXPECT_EQ(creating(onNode("n1")), prefix +
                                        "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" "
                                        "can only create mirror pods");
  auto expect = [&](const std::string& why, auto edit) {
    auto pod = mirror();
    edit(pod);
    EXPECT_EQ(creating(std::move(pod)), prefix + why);
  };
  using Edited = Draft<Pod>&;
  expect("node \"n1\" can only create pods with spec.nodeName set to itself",
         [](Edited pod) { pod->getSpec().setNodeName("n2"); });
  expect("node \"n1\" can only create pods with an owner reference set to itself",
         [](Edited pod) { pod.meta().disownOwnerReferences(); });
  expect("node \"n1\" can only create pods with a single owner reference set to itself",
         [](Edited pod) { pod.meta().initOwnerReferences(2); });
  expect("node \"n1\" can only create pods with an owner reference set to itself",
         [](Edited pod) { pod.meta().getOwnerReferences()[0].setName("n2"); });
  expect("node \"n1\" can only create pods with a controller owner reference set to itself",
         [](Edited pod) { pod.meta().getOwnerReferences()[0].getController().setValue(false); });
  expect("node \"n1\" must not set blockOwnerDeletion on an owner reference",
         [](Edited pod) { pod.meta().getOwnerReferences()[0].initBlockOwnerDeletion().setValue(true); });
  expect("node \"n1\" can not create pods that reference a service account",
         [](Edited pod) { pod->getSpec().setServiceAccountName("default"); });
  expect("node \"n1\" can not create pods that reference secrets",
         [](Edited pod) { pod->getSpec().initImagePullSecrets(1)[0].setName("x"); });
  expect("node \"n1\" can not create pods that reference configmaps",
         [](Edited pod) { pod->getSpec().initVolumes(1)[0].initConfigMap().setName("x"); });
  expect("node \"n1\" can not create pods that reference persistentvolumeclaims",
         [](Edited pod) { pod->getSpec().initVolumes(1)[0].initPersistentVolumeClaim().setClaimName("x"); });
  expect("node \"n1\" can not create pods that reference serviceaccounts (via projected volumes)", [](Edited pod) {
    pod->getSpec().initVolumes(1)[0].initProjected().initSources(1)[0].initServiceAccountToken();
  });
  expect("node n1 UID mismatch: expected other got " + str(host.get<Node>("n1").uid()),
         [](Edited pod) { pod.meta().getOwnerReferences()[0].setUid("other"); });
  host.remove<Node>("", "n1");
  auto orphan = mirror();
  EXPECT_EQ(creating(std::move(orphan)), "nodes \"n1\" not found");
}

TEST_F(NodeRestrictionTest, OfPodsItWritesAndDeletesThoseThatAreBoundToIt) {
  auto pod = [](const char* node, const char* label = "") {
    auto draft = onNode(node);
    if (*label) setLabel(draft.meta(), "app", label);
    return std::move(draft).freeze();
  };
  const std::string prefix = "pods \"web\" is forbidden: node \"n1\" ";
  EXPECT_EQ(ask<Pod>({.operation = Operation::DELETE}, pod("n1")), "");
  EXPECT_EQ(ask<Pod>({.operation = Operation::DELETE}, pod("n2")),
            prefix + "can only delete pods with spec.nodeName set to itself");
  const test::AdmissionRequest status{.operation = Operation::UPDATE, .subresource = "status"};
  EXPECT_EQ(ask<Pod>(status, pod("n1"), pod("n1")), "");
  EXPECT_EQ(ask<Pod>(status, pod("n1"), pod("n2")),
            prefix + "can only update pod status for pods with spec.nodeName set to itself");
  EXPECT_EQ(ask<Pod>(status, pod("n1", "web"), pod("n1")), prefix + "cannot update labels through pod status");
  EXPECT_EQ(ask<Pod>(status, pod("n1"), pod("n1", "web")), prefix + "cannot update labels through pod status");
  auto claimed = onNode("n1");
  claimed->initStatus().initResourceClaimStatuses(1)[0].setResourceClaimName("gpu");
  EXPECT_EQ(ask<Pod>(status, std::move(claimed).freeze(), pod("n1")), prefix + "cannot update resource claim statuses");
  EXPECT_EQ(ask<Pod>({.operation = Operation::UPDATE}, pod("n1"), pod("n1")),
            "pods \"web\" is forbidden: unexpected operation \"UPDATE\", node \"n1\" can only create and delete mirror "
            "pods");
  EXPECT_EQ(ask<Pod>({.operation = Operation::CONNECT, .subresource = "exec"}, pod("n1")),
            "pods \"web\" is forbidden: unexpected pod subresource \"exec\", only 'status' and 'eviction' are allowed");
}

TEST_F(NodeRestrictionTest, LeasesHaveItsName) {
  auto lease = [](const char* ns, const char* name) { return test::named<Lease>(ns, name).freeze(); };
  EXPECT_EQ(ask<Lease>({.ns = "kube-node-lease"}, lease("kube-node-lease", "n1")), "");
  EXPECT_EQ(
      ask<Lease>({.ns = "kube-node-lease"}, lease("kube-node-lease", "n2")),
      "leases.coordination.k8s.io \"n2\" is forbidden: can only access node lease with the same name as the requesting node");
  EXPECT_EQ(
      ask<Lease>({.ns = "default"}, lease("default", "n1")),
      "leases.coordination.k8s.io \"n1\" is forbidden: can only access leases in the \"kube-node-lease\" system namespace");
}

TEST_F(NodeRestrictionTest, TokensAreBoundToPodsOnIt) {
  auto own = onNode("n1");
  own->getSpec().initVolumes(1)[0].initProjected().initSources(1)[0].initServiceAccountToken();
  const std::string uid = str(host.put(std::move(own)).uid());
  auto strange = onNode("n2");
  strange.meta().setName("db");
  const std::string otherUid = str(host.put(std::move(strange)).uid());
  const std::string prefix = "serviceaccounts \"robot\" is forbidden: ";
  EXPECT_EQ(token(boundTo("web", uid)), "");
  EXPECT_EQ(token({}), prefix + "node requested token not bound to a pod");
  auto secret = boundTo("web", uid);
  secret->getSpec().getBoundObjectRef().setKind("Secret");
  EXPECT_EQ(token(std::move(secret)), prefix + "node requested token not bound to a pod");
  EXPECT_EQ(token(boundTo("web", "")), prefix + "node requested token with a pod binding without a uid");
  EXPECT_EQ(token(boundTo("gone", uid)), "pods \"gone\" not found");
  EXPECT_EQ(token(boundTo("web", "old")),
            prefix +
                "the UID in the bound object reference (old) does not match the UID in record. The object might "
                "have been deleted and then recreated");
  EXPECT_EQ(token(boundTo("db", otherUid)),
            prefix + "node requested token bound to a pod scheduled on a different node");
}

TEST_F(NodeRestrictionTest, TokensAreForThoseWhomThePodNames) {
  auto own = onNode("n1");
  auto sources = own->getSpec().initVolumes(1)[0].initProjected().initSources(1);
  sources[0].initServiceAccountToken().setAudience("vault");
  const std::string uid = str(host.put(std::move(own)).uid());
  EXPECT_EQ(token(boundTo("web", uid, "vault")), "");
  auto refused = [](const std::string& audience) {
    return "serviceaccounts \"robot\" is forbidden: audience \"" + audience +
           "\" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience";
  };
  EXPECT_EQ(token(boundTo("web", uid)), refused(""));
  EXPECT_EQ(token(boundTo("web", uid, "bank")), refused("bank"));
  allowedAudience = "bank";
  EXPECT_EQ(token(boundTo("web", uid, "bank")), "") << "an operator has let nodes ask for it";
  auto two = boundTo("web", uid);
  two->getSpec().initAudiences(2);
  EXPECT_EQ(token(std::move(two)), "serviceaccounts \"robot\" is forbidden: node may only request 0 or 1 audiences");
}

TEST_F(NodeRestrictionTest, CertificatesAreAskedForInItsOwnName) {
  auto asking = [&](const char* signer, const std::string& request) {
    auto draft = test::named<CertificateSigningRequest>("", "r");
    draft->initSpec().setSignerName(signer);
    draft->getSpec().setRequest(kj::ArrayPtr<const char>(request.data(), request.size()).asBytes());
    return ask<CertificateSigningRequest>({}, std::move(draft).freeze());
  };
  const std::string own = test::makeRequest({}), other = test::makeRequest({.commonName = "system:node:n2"});
  for (const char* signer : {"kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"}) {
    EXPECT_EQ(asking(signer, own), "");
    EXPECT_EQ(asking(signer, other),
              "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: can only create a "
              "node CSR with CN=system:node:n1");
    EXPECT_NE(asking(signer, "nonsense"), "");
  }
  EXPECT_EQ(asking("example.com/mine", other), "") << "another signer's rules are its own";
}

}  // namespace
}  // namespace cleat
