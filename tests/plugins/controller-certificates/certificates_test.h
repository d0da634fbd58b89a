// The controller of certificates among requests and nodes, with an authority of its own and authorizers that let one
// caller do one thing.
#pragma once

#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "tests/plugins/controller-certificates/pki.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::certificates {
using certificates_v1::CertificateSigningRequest;
using certificates_v1::CertificateSigningRequestCondition;
using test::RequestSpec;
using Strings = std::vector<std::string>;

inline constexpr const char* kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";
inline constexpr const char* kServingSigner = "kubernetes.io/kubelet-serving";
inline constexpr const char* kClientSigner = "kubernetes.io/kube-apiserver-client";
inline const Strings kNodeUsages{"digital signature", "key encipherment", "client auth"};
inline const Strings kServingUsages{"digital signature", "key encipherment", "server auth"};
inline const RequestSpec kJane{.organizations = {"dev"}, .commonName = "jane", .names = ""};

struct Asked {
  const char* signer = kNodeSigner;
  RequestSpec spec;
  Strings usages = kNodeUsages;
  std::string user = "system:bootstrap:abc";
  Strings groups{"system:bootstrappers", "system:authenticated"};
};

class CertificatesTest : public testing::Test {
 protected:
  CertificatesTest() {
    std::string pattern = testing::TempDir() + "pki-XXXXXX";
    folder = mkdtemp(pattern.data());
    host.serverConfig().pkiDir = folder;
    host.know<CertificateSigningRequest>();
    host.know<core_v1::Node>();
    host.know<certificates_v1::PodCertificateRequest>();
    host.onSubresource<CertificateSigningRequest, CertificateSigningRequest>(
        "approval", [](CertificateSigningRequest::Builder parent, CertificateSigningRequest::Reader body) {
          parent.getStatus().setConditions(body.getStatus().getConditions());
          return Result<void>();
        });
    host.onCall(role::authorizer::authorize,
                [this](role::Attributes::Reader asked, role::AuthorizeResults::Builder results) {
                  const bool may = view(asked.getUser().getName()) == mayAsk && view(asked.getVerb()) == "create" &&
                                   view(asked.getResource()) == "certificatesigningrequests" &&
                                   view(asked.getSubresource()) == mayAskFor;
                  results.setDecision(may ? role::Decision::ALLOW : role::Decision::NO_OPINION);
                  return Result<void>();
                });
  }
  ~CertificatesTest() override { std::filesystem::remove_all(folder); }

  void start(std::chrono::seconds authorityLifetime = std::chrono::days(3650)) {
    authority = test::makeAuthority(folder, now() - 86400, authorityLifetime + std::chrono::days(1));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  std::time_t now() const {
    return std::chrono::floor<std::chrono::seconds>(host.wallNow()).time_since_epoch().count();
  }
  void put(const Asked& asked, std::optional<int32_t> seconds = {}) {
    putPem(test::makeRequest(asked.spec), asked, seconds);
  }
  void putPem(const std::string& request, const Asked& asked, std::optional<int32_t> seconds = {}) {
    auto draft = test::named<CertificateSigningRequest>("", "r");
    auto spec = draft->initSpec();
    spec.setRequest(kj::ArrayPtr<const char>(request.data(), request.size()).asBytes());
    spec.setSignerName(asked.signer);
    spec.adoptUsages(textList(orphanageOf(*draft), asked.usages));
    spec.setUsername(asked.user);
    spec.adoptGroups(textList(orphanageOf(*draft), asked.groups));
    if (seconds) spec.initExpirationSeconds().setValue(*seconds);
    host.put(std::move(draft));
    host.settle();
  }
  void decide(const char* type) {
    host.change<CertificateSigningRequest>("", "r", [&](CertificateSigningRequest::Builder request) {
      setCondition<CertificateSigningRequestCondition>(request.getStatus(),
                                                       {type, "True", "Test", "", formatTime(host.wallNow())});
    });
    host.settle();
  }
  Object<CertificateSigningRequest> request() { return host.get<CertificateSigningRequest>("r"); }
  bool isThere() { return !host.list<CertificateSigningRequest>().empty(); }
  bool approved() { return conditionIs(request()->getStatus().getConditions(), "Approved", "True"); }
  std::string issuedText() { return std::string(view(request()->getStatus().getCertificate())); }
  bool issued() { return !issuedText().empty(); }
  std::string failure() {
    auto failed = findCondition(request()->getStatus().getConditions(), "Failed");
    return failed ? concat(view(failed->getReason()), ": ", view(failed->getMessage())) : std::string();
  }

  std::string approvedBecause() {
    auto approval = findCondition(request()->getStatus().getConditions(), "Approved");
    return approval ? str(approval->getMessage()) : std::string();
  }

  std::string folder;
  std::string mayAsk, mayAskFor;  // who may create which subresource
  test::FakeHost host;
  test::Cert authority{nullptr};
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat::certificates
