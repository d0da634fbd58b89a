#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/admission.h"
#include "tests/plugins/controller-certificates/pki.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using certificates_v1::CertificateSigningRequest;
using testing::ElementsAre;
using Request = Object<CertificateSigningRequest>;

constexpr const char* kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr const char* kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";

class CertificateSubjectRestrictionTest : public testing::Test {
 protected:
  CertificateSubjectRestrictionTest() {
    host.know<core_v1::Node>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  static Request makeRequest(const char* signer, const test::RequestSpec& spec = {}) {
    auto draft = test::named<CertificateSigningRequest>("", "r");
    const std::string pem = test::makeRequest(spec);
    draft->initSpec().setSignerName(signer);
    draft->getSpec().setRequest(kj::ArrayPtr<const char>(pem.data(), pem.size()).asBytes());
    return std::move(draft).freeze();
  }
  // "" where it is let through.
  std::string ask(test::AdmissionRequest request, const Request& now) {
    request.name = "r";
    auto outcome = test::admit<CertificateSigningRequest>(*plugin, test::Pass::validate, request, now);
    if (outcome.ok()) return {};
    EXPECT_EQ(outcome.status.code, 403);
    const std::string prefix = "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: ";
    EXPECT_TRUE(outcome.status.message.starts_with(prefix)) << outcome.status.message;
    return outcome.status.message.substr(prefix.size());
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(CertificateSubjectRestrictionTest, ItSeesNewRequests) {
  EXPECT_THAT(test::interestsOf(*plugin),
              ElementsAre("validate create certificates.k8s.io/certificatesigningrequests"));
}

TEST_F(CertificateSubjectRestrictionTest, NobodyAsksForTheMastersGroup) {
  EXPECT_EQ(ask({}, makeRequest(kClientSigner, {.organizations = {"dev"}, .commonName = "jane"})), "");
  EXPECT_EQ(ask({}, makeRequest(kClientSigner, {.organizations = {"dev", "system:masters"}})),
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed");
  EXPECT_EQ(ask({}, makeRequest("example.com/mine", {.organizations = {"system:masters"}})), "")
      << "what it means there is that signer's";
}

TEST_F(CertificateSubjectRestrictionTest, ABootstrapTokenTakesNoNodesPlace) {
  const test::AdmissionRequest joining{.user = "system:bootstrap:abc", .groups = {"system:bootstrappers"}};
  EXPECT_EQ(ask(joining, makeRequest(kNodeSigner)), "");
  host.put(test::makeNode("n1", {}));
  EXPECT_EQ(
      ask(joining, makeRequest(kNodeSigner)),
      "node \"n1\" exists already, and a bootstrap token is for new nodes only. A node that has lost its certificate "
      "joins again after `kubectl delete node n1`");
  EXPECT_EQ(ask(joining, makeRequest(kNodeSigner, {.commonName = "system:node:n2"})), "");
  EXPECT_EQ(ask({.user = "system:node:n1", .groups = {"system:nodes"}}, makeRequest(kNodeSigner)), "")
      << "a node renews its own";
  EXPECT_EQ(ask({}, makeRequest(kNodeSigner)), "") << "others are approved by somebody, or not at all";
}

}  // namespace
}  // namespace cleat
