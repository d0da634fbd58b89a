#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/plugins/admission.h"
#include "tests/plugins/controller-certificates/pki.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using certificates_v1::CertificateSigningRequest;
using role::Operation;
using testing::ElementsAre;
using Request = Object<CertificateSigningRequest>;

constexpr const char* kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr const char* kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";

class CertificateAdmissionTest : public testing::Test {
 protected:
  CertificateAdmissionTest() {
    host.know<core_v1::Node>();
    host.onCall(role::authorizer::authorize,
                [this](role::Attributes::Reader asked, role::AuthorizeResults::Builder results) -> Result<void> {
                  EXPECT_EQ(view(asked.getGroup()), "certificates.k8s.io");
                  EXPECT_EQ(view(asked.getResource()), "signers");
                  EXPECT_EQ(view(asked.getUser().getName()), "jane");
                  const bool may = allowed.contains(concat(asked.getVerb(), " ", asked.getName()));
                  results.setDecision(may ? role::Decision::ALLOW : role::Decision::NO_OPINION);
                  return {};
                });
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  static Draft<CertificateSigningRequest> makeRequest(const char* signer, const test::RequestSpec& spec = {}) {
    auto draft = test::named<CertificateSigningRequest>("", "r");
    const std::string pem = test::makeRequest(spec);
    draft->initSpec().setSignerName(signer);
    draft->getSpec().setRequest(kj::ArrayPtr<const char>(pem.data(), pem.size()).asBytes());
    return draft;
  }
  // "" where it is let through.
  std::string ask(test::AdmissionRequest request, const Request& now, const Request& old = {}) {
    request.name = "r";
    auto outcome = test::admit<CertificateSigningRequest>(*plugin, test::Pass::validate, request, now, old);
    if (outcome.ok()) return {};
    EXPECT_EQ(outcome.status.code, 403);
    const std::string prefix = "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: ";
    EXPECT_TRUE(outcome.status.message.starts_with(prefix)) << outcome.status.message;
    return outcome.status.message.substr(prefix.size());
  }

  std::set<std::string> allowed;  // "approve example.com/mine"
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(CertificateAdmissionTest, ItSeesRequestsAndDecisions) {
  EXPECT_THAT(test::interestsOf(*plugin),
              ElementsAre("validate create certificates.k8s.io/certificatesigningrequests",
                          "validate update certificates.k8s.io/certificatesigningrequests/approval",
                          "validate update certificates.k8s.io/certificatesigningrequests/status"));
}

TEST_F(CertificateAdmissionTest, NobodyAsksForTheMastersGroup) {
  EXPECT_EQ(ask({}, makeRequest(kClientSigner, {.organizations = {"dev"}, .commonName = "jane"}).freeze()), "");
  EXPECT_EQ(ask({}, makeRequest(kClientSigner, {.organizations = {"dev", "system:masters"}}).freeze()),
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed");
  EXPECT_EQ(ask({}, makeRequest("example.com/mine", {.organizations = {"system:masters"}}).freeze()), "")
      << "what it means there is that signer's";
}

TEST_F(CertificateAdmissionTest, ABootstrapTokenTakesNoNodesPlace) {
  const test::AdmissionRequest joining{.user = "system:bootstrap:abc", .groups = {"system:bootstrappers"}};
  EXPECT_EQ(ask(joining, makeRequest(kNodeSigner).freeze()), "");
  host.put(test::makeNode("n1", {}));
  EXPECT_EQ(
      ask(joining, makeRequest(kNodeSigner).freeze()),
      "node \"n1\" exists already, and a bootstrap token is for new nodes only. A node that has lost its certificate "
      "joins again after `kubectl delete node n1`");
  EXPECT_EQ(ask(joining, makeRequest(kNodeSigner, {.commonName = "system:node:n2"}).freeze()), "");
  EXPECT_EQ(ask({.user = "system:node:n1", .groups = {"system:nodes"}}, makeRequest(kNodeSigner).freeze()), "")
      << "a node renews its own";
  EXPECT_EQ(ask({}, makeRequest(kNodeSigner).freeze()), "") << "others are approved by somebody, or not at all";
}

TEST_F(CertificateAdmissionTest, WhoApprovesMayDoSoForTheSigner) {
  const test::AdmissionRequest approval{.operation = Operation::UPDATE, .subresource = "approval"};
  const Request request = makeRequest("example.com/mine").freeze();
  constexpr const char* kRefusal = "user not permitted to approve requests with signerName \"example.com/mine\"";
  EXPECT_EQ(ask(approval, request, request), kRefusal);
  allowed = {"sign example.com/mine", "approve example.com/other"};
  EXPECT_EQ(ask(approval, request, request), kRefusal);
  allowed = {"approve example.com/mine"};
  EXPECT_EQ(ask(approval, request, request), "");
  allowed = {"approve example.com/*"};
  EXPECT_EQ(ask(approval, request, request), "");
}

TEST_F(CertificateAdmissionTest, WhatCountsIsTheSignerOfTheRequestAsItIs) {
  allowed = {"approve example.com/other"};
  EXPECT_NE(ask({.operation = Operation::UPDATE, .subresource = "approval"}, makeRequest("example.com/other").freeze(),
                makeRequest("example.com/mine").freeze()),
            "");
}

TEST_F(CertificateAdmissionTest, WhoIssuesMaySignForTheSigner) {
  const test::AdmissionRequest status{.operation = Operation::UPDATE, .subresource = "status"};
  const Request before = makeRequest("example.com/mine").freeze();
  Draft<CertificateSigningRequest> issued(before);
  issued->initStatus().setCertificate(kj::StringPtr("x").asBytes());
  const Request after = std::move(issued).freeze();
  Draft<CertificateSigningRequest> failed(before);
  failed->initStatus().initConditions(1)[0].setType("Failed");
  constexpr const char* kRefusal = "user not permitted to sign requests with signerName \"example.com/mine\"";
  EXPECT_EQ(ask(status, after, before), kRefusal);
  EXPECT_EQ(ask(status, std::move(failed).freeze(), before), kRefusal);
  EXPECT_EQ(ask(status, before, before), "") << "nothing is decided by it";
  allowed = {"sign example.com/mine"};
  EXPECT_EQ(ask(status, after, before), "");
}

}  // namespace
}  // namespace cleat
