// Asks an admission plugin about decisions on certificate requests, as jane, whose permissions for signers a test
// names.
#pragma once

#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::test {

class SignerFixture : public testing::Test {
 protected:
  using Request = Object<certificates_v1::CertificateSigningRequest>;

  // Of requests through that subresource.
  explicit SignerFixture(std::string subresource) : subresource_(std::move(subresource)) {
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

  static Draft<certificates_v1::CertificateSigningRequest> requestOf(const char* signer) {
    auto draft = named<certificates_v1::CertificateSigningRequest>("", "r");
    draft->initSpec().setSignerName(signer);
    return draft;
  }
  // "" where it is let through.
  std::string ask(const Request& now, const Request& old) {
    const AdmissionRequest request{.operation = role::Operation::UPDATE, .name = "r", .subresource = subresource_};
    auto outcome = admit<certificates_v1::CertificateSigningRequest>(*plugin, Pass::validate, request, now, old);
    if (outcome.ok()) return {};
    EXPECT_EQ(outcome.status.code, 403);
    const std::string prefix = "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: ";
    EXPECT_TRUE(outcome.status.message.starts_with(prefix)) << outcome.status.message;
    return outcome.status.message.substr(prefix.size());
  }

  std::set<std::string> allowed;  // "approve example.com/mine"
  FakeHost host;
  std::optional<AnyStarted> plugin;

 private:
  std::string subresource_;
};

}  // namespace cleat::test
