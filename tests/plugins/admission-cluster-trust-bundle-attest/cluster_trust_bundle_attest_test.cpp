#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using certificates_v1::ClusterTrustBundle;
using role::Operation;
using testing::ElementsAre;
using Bundle = Object<ClusterTrustBundle>;

class TrustBundleAttestTest : public testing::Test {
 protected:
  TrustBundleAttestTest() {
    host.onCall(role::authorizer::authorize,
                [this](role::Attributes::Reader asked, role::AuthorizeResults::Builder results) -> Result<void> {
                  EXPECT_EQ(view(asked.getVerb()), "attest");
                  EXPECT_EQ(view(asked.getResource()), "signers");
                  EXPECT_EQ(view(asked.getUser().getName()), "jane");
                  const bool may = allowed.contains(str(asked.getName()));
                  results.setDecision(may ? role::Decision::ALLOW : role::Decision::NO_OPINION);
                  return {};
                });
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  static Draft<ClusterTrustBundle> makeBundle(const char* signer, const char* text = "x") {
    auto draft = test::named<ClusterTrustBundle>("", "b");
    draft->initSpec().setSignerName(signer);
    draft->getSpec().setTrustBundle(text);
    return draft;
  }
  // "" where it is let through.
  std::string ask(const Bundle& now, const Bundle& old = {}) {
    test::AdmissionRequest request;
    request.name = "b";
    if (old) request.operation = Operation::UPDATE;
    auto outcome = test::admit<ClusterTrustBundle>(*plugin, test::Pass::validate, request, now, old);
    if (outcome.ok()) return {};
    EXPECT_EQ(outcome.status.code, 403);
    return outcome.status.message;
  }

  std::set<std::string> allowed;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(TrustBundleAttestTest, ItSeesWhatIsWritten) {
  EXPECT_THAT(test::interestsOf(*plugin), ElementsAre("validate create certificates.k8s.io/clustertrustbundles",
                                                      "validate update certificates.k8s.io/clustertrustbundles"));
}

TEST_F(TrustBundleAttestTest, WhoWritesForASignerMaySpeakForIt) {
  EXPECT_EQ(ask(makeBundle("example.com/mine").freeze()),
            "clustertrustbundles.certificates.k8s.io \"b\" is forbidden: user not permitted to attest for signerName "
            "\"example.com/mine\"");
  allowed = {"example.com/mine"};
  EXPECT_EQ(ask(makeBundle("example.com/mine").freeze()), "");
  EXPECT_NE(ask(makeBundle("example.com/other").freeze()), "");
  allowed = {"example.com/*"};
  EXPECT_EQ(ask(makeBundle("example.com/other").freeze()), "");
}

TEST_F(TrustBundleAttestTest, WithoutASignerThereIsNobodyToSpeakFor) { EXPECT_EQ(ask(makeBundle("").freeze()), ""); }

TEST_F(TrustBundleAttestTest, OwnersAndFinalizersSayNothing) {
  const Bundle old = makeBundle("example.com/mine").freeze();
  auto owned = makeBundle("example.com/mine");
  owned.meta().initFinalizers(1).set(0, "example.com/kept");
  EXPECT_EQ(ask(std::move(owned).freeze(), old), "");
  EXPECT_NE(ask(makeBundle("example.com/mine", "y").freeze(), old), "");
}

}  // namespace
}  // namespace cleat
