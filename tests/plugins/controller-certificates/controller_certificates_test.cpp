#include "tests/plugins/controller-certificates/certificates_test.h"

namespace cleat::certificates {
namespace {

constexpr const char* kNodeUsageRule = "usages did not match [client auth digital signature key encipherment]";
constexpr const char* kNodeNameRule = "subject common name does not begin with system:node:";
constexpr const char* kNodeGroupRule = "subject organization is not system:nodes";

TEST_F(CertificatesTest, ANewNodeGetsItsCertificateWithoutAnybodyBeingAsked) {
  start();
  put({});
  EXPECT_TRUE(approved());
  test::Cert cert = test::readCertificate(issuedText());
  ASSERT_TRUE(cert);
  EXPECT_EQ(X509_verify(cert.get(), X509_get0_pubkey(authority.get())), 1);
  EXPECT_EQ(X509_check_issued(authority.get(), cert.get()), X509_V_OK);
  char name[64] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(cert.get()), NID_commonName, name, sizeof name);
  EXPECT_STREQ(name, "system:node:n1");
  EXPECT_EQ(X509_check_ca(cert.get()), 0);
  EXPECT_EQ(X509_get_extended_key_usage(cert.get()), static_cast<uint32_t>(XKU_SSL_CLIENT));
  EXPECT_EQ(X509_get_key_usage(cert.get()), static_cast<uint32_t>(KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT));
}

TEST_F(CertificatesTest, TheNameOfANodeThatThereIsIsNotGivenByItself) {
  host.put(test::named<core_v1::Node>("", "n1"));
  start();
  put({});
  EXPECT_FALSE(approved());
  decide("Approved");
  EXPECT_TRUE(issued()) << "somebody has said that it is the same";
}

TEST_F(CertificatesTest, ANodeMayRenewItsOwnCertificate) {
  host.put(test::named<core_v1::Node>("", "n1"));
  start();
  put({.user = "system:node:n1", .groups = {"system:nodes", "system:authenticated"}});
  EXPECT_TRUE(issued());
}

TEST_F(CertificatesTest, WhoHasTheRightNeedsNobodyAlsoWhenItIsGivenLater) {
  start();
  const Asked asked{.user = "jane", .groups = {"system:authenticated"}};
  mayAsk = "jane", mayAskFor = "selfnodeclient";
  put(asked);
  EXPECT_FALSE(approved()) << "that is for her own name";
  mayAskFor = "nodeclient";
  host.advance(std::chrono::seconds(31));
  EXPECT_EQ(approvedBecause(), "Auto approving kubelet client certificate after SubjectAccessReview.");
  EXPECT_TRUE(issued());
}

TEST_F(CertificatesTest, WhoMayRenewGetsItsOwnNameAndNoOther) {
  start();
  mayAsk = "system:node:n1", mayAskFor = "selfnodeclient";
  put({.user = "system:node:n1", .groups = {"system:authenticated"}});
  EXPECT_EQ(approvedBecause(), "Auto approving self kubelet client certificate after SubjectAccessReview.");
}

TEST_F(CertificatesTest, WithoutEnciphermentTheKeyIsForSignaturesOnly) {
  start();
  put({.usages = {"digital signature", "client auth"}});
  EXPECT_EQ(X509_get_key_usage(test::readCertificate(issuedText()).get()), static_cast<uint32_t>(KU_DIGITAL_SIGNATURE));
}

// None of these is approved by itself; where somebody approves it nevertheless, the signer refuses.
struct WrongCase {
  const char* what;
  Asked asked;
  const char* refusal;  // nullptr: signed once it is approved
};
void PrintTo(const WrongCase& wrong, std::ostream* out) { *out << wrong.what; }

class WrongRequests : public CertificatesTest, public testing::WithParamInterface<WrongCase> {};
TEST_P(WrongRequests, AreNotApprovedByThemselves) {
  start();
  put(GetParam().asked);
  EXPECT_FALSE(approved());
  EXPECT_FALSE(issued());
  decide("Approved");
  EXPECT_EQ(issued(), GetParam().refusal == nullptr);
  EXPECT_EQ(failure(), GetParam().refusal ? concat("SignerValidationFailure: ", GetParam().refusal) : "");
}
INSTANTIATE_TEST_SUITE_P(
    All, WrongRequests,
    testing::Values(
        WrongCase{"another group", {.groups = {"system:authenticated"}}, nullptr},
        WrongCase{"another node", {.user = "system:node:n2", .groups = {"system:nodes"}}, nullptr},
        WrongCase{"wrong organization", {.spec = {.organizations = {"system:masters"}}}, kNodeGroupRule},
        WrongCase{
            "one organization more", {.spec = {.organizations = {"system:nodes", "system:masters"}}}, kNodeGroupRule},
        WrongCase{"no organization", {.spec = {.organizations = {}}}, kNodeGroupRule},
        WrongCase{"wrong name", {.spec = {.commonName = "admin"}}, kNodeNameRule},
        WrongCase{"nobody's name", {.spec = {.commonName = "system:node:"}}, nullptr},
        WrongCase{"no name", {.spec = {.commonName = ""}}, kNodeNameRule},
        WrongCase{"DNS names", {.spec = {.names = "DNS:n1"}}, "DNS subjectAltNames are not allowed"},
        WrongCase{"addresses", {.spec = {.names = "IP:10.0.0.1"}}, "IP subjectAltNames are not allowed"},
        WrongCase{"mail addresses", {.spec = {.names = "email:a@b.c"}}, "Email subjectAltNames are not allowed"},
        WrongCase{"addresses of pages", {.spec = {.names = "URI:spiffe://a/b"}}, "URI subjectAltNames are not allowed"},
        WrongCase{"other names", {.spec = {.names = "RID:1.2.3"}}, "subjectAltNames of this type are not allowed"},
        WrongCase{"server auth", {.usages = kServingUsages}, kNodeUsageRule},
        WrongCase{"more usages",
                  {.usages = {"digital signature", "key encipherment", "client auth", "cert sign"}},
                  kNodeUsageRule},
        WrongCase{"fewer usages", {.usages = {"client auth"}}, kNodeUsageRule},
        WrongCase{
            "serving without names",
            {.signer = kServingSigner, .usages = kServingUsages, .user = "system:node:n1", .groups = {"system:nodes"}},
            "DNS or IP subjectAltName is required"},
        WrongCase{"serving for another",
                  {.signer = kServingSigner, .spec = {.names = "DNS:n1"}, .usages = kServingUsages, .user = "jane"},
                  nullptr},
        WrongCase{"serving for clients",
                  {.signer = kServingSigner, .spec = {.names = "DNS:n1"}},
                  "usages did not match [digital signature key encipherment server auth]"},
        WrongCase{"client with server auth",
                  {.signer = kClientSigner, .spec = kJane, .usages = {"client auth", "server auth"}},
                  "invalid usage for client certificate: server auth"},
        WrongCase{"client without client auth",
                  {.signer = kClientSigner, .spec = kJane, .usages = {"digital signature"}},
                  "missing required usage for client certificate: client auth"},
        WrongCase{"the masters' group",
                  {.signer = kClientSigner, .spec = {.organizations = {"dev", "system:masters"}, .commonName = "jane"}},
                  "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"},
        WrongCase{"an ordinary client", {.signer = kClientSigner, .spec = kJane}, nullptr}));

TEST_F(CertificatesTest, ANodesServerCertificateCarriesTheNamesThatWereApproved) {
  start();
  put({.signer = kServingSigner,
       .spec = {.names = "DNS:n1.example,IP:10.0.0.1"},
       .usages = kServingUsages,
       .user = "system:node:n1",
       .groups = {"system:nodes"}});
  EXPECT_FALSE(approved());
  decide("Approved");
  test::Cert cert = test::readCertificate(issuedText());
  ASSERT_TRUE(cert);
  EXPECT_EQ(X509_check_host(cert.get(), "n1.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(cert.get(), "10.0.0.1", 0), 1);
  EXPECT_EQ(X509_get_extended_key_usage(cert.get()), static_cast<uint32_t>(XKU_SSL_SERVER));
  EXPECT_NE(X509_get0_authority_key_id(cert.get()), nullptr);
}

TEST_F(CertificatesTest, OthersSignersRequestsAreLeftAlone) {
  start();
  put({.signer = "example.com/mine"});
  decide("Approved");
  EXPECT_FALSE(issued());
  EXPECT_EQ(failure(), "");
}

TEST_F(CertificatesTest, WhatIsDeniedIsNotSigned) {
  start();
  put({.groups = {"system:authenticated"}});
  decide("Denied");
  EXPECT_FALSE(issued());
  host.change<CertificateSigningRequest>("", "r", [](CertificateSigningRequest::Builder changed) {
    changed.getSpec().initGroups(1).set(0, "system:bootstrappers");
  });
  host.settle();
  EXPECT_FALSE(approved());
  EXPECT_FALSE(issued());
}

struct GarbageCase {
  const char* what;
  std::string pem;
};
void PrintTo(const GarbageCase& garbage, std::ostream* out) { *out << garbage.what; }
class Garbage : public CertificatesTest, public testing::WithParamInterface<GarbageCase> {};
TEST_P(Garbage, IsNeverApprovedAndFailsWhenItIs) {
  start();
  putPem(GetParam().pem, {});
  EXPECT_FALSE(approved());
  decide("Approved");
  EXPECT_FALSE(issued());
  EXPECT_TRUE(failure().starts_with("SignerValidationFailure: spec.request: ")) << failure();
}
INSTANTIATE_TEST_SUITE_P(
    All, Garbage,
    testing::Values(GarbageCase{"nothing", ""}, GarbageCase{"a word", "hello"},
                    GarbageCase{"zeros", std::string(100, '\0')},
                    GarbageCase{"a beginning", "-----BEGIN CERTIFICATE REQUEST-----\n"},
                    GarbageCase{"no DER",
                                "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"},
                    GarbageCase{"a wrong signature", test::makeRequest({}, false)},
                    GarbageCase{"too much", test::makeRequest({}) + std::string(70'000, ' ')},
                    GarbageCase{"half of it", test::makeRequest({}).substr(0, 200)}));

struct LifetimeCase {
  std::optional<int32_t> asked;
  int64_t seconds;  // from now to its end
};
void PrintTo(const LifetimeCase& lifetime, std::ostream* out) { *out << lifetime.asked.value_or(0); }
class Lifetimes : public CertificatesTest, public testing::WithParamInterface<LifetimeCase> {};
TEST_P(Lifetimes, FollowTheRequestWithinBounds) {
  start();
  put({}, GetParam().asked);
  test::Cert cert = test::readCertificate(issuedText());
  ASSERT_TRUE(cert);
  EXPECT_EQ(test::secondsOf(X509_get0_notAfter(cert.get())) - now(), GetParam().seconds);
  EXPECT_EQ(test::secondsOf(X509_get0_notBefore(cert.get())) - now(), -300);
}
constexpr int64_t kYear = 365 * 86400;
INSTANTIATE_TEST_SUITE_P(All, Lifetimes,
                         testing::Values(LifetimeCase{{}, kYear - 300}, LifetimeCase{3600, 3600}, LifetimeCase{1, 600},
                                         LifetimeCase{10 * 3600, 10 * 3600 - 300},
                                         LifetimeCase{2 * kYear - 1, kYear - 300}));

TEST_F(CertificatesTest, NoCertificateOutlivesTheAuthority) {
  start(std::chrono::hours(2));
  put({});
  EXPECT_EQ(test::secondsOf(X509_get0_notAfter(test::readCertificate(issuedText()).get())) - now(), 7200);
}

TEST_F(CertificatesTest, AnAuthorityThatHasExpiredSignsNothing) {
  start(std::chrono::seconds(-10));
  put({});
  EXPECT_TRUE(approved());
  EXPECT_FALSE(issued());
}

TEST_F(CertificatesTest, ConflictsAreTriedAgain) {
  start();
  int conflicts = 4;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb.starts_with("update") && conflicts-- > 0) return fail(Status::conflict(resource, "r", "changed"));
    return {};
  });
  put({});
  host.advance(std::chrono::seconds(5));
  EXPECT_TRUE(issued());
}

TEST_F(CertificatesTest, WhatIsIssuedIsNotIssuedAgain) {
  start();
  put({});
  const std::string first = issuedText();
  const size_t requests = host.requests().size();
  plugin.reset();
  plugin.emplace(host.start(cleat_plugin_v1()));
  host.settle();
  EXPECT_EQ(issuedText(), first);
  EXPECT_EQ(host.requests().size(), requests + 2);  // the two watches
}

TEST_F(CertificatesTest, WithoutAnAuthorityItDoesNotStart) {
  plugin.emplace(host.start(cleat_plugin_v1()));
  host.settle();
  EXPECT_FALSE(plugin->ready());
  EXPECT_NE(plugin->readyError().find(folder), std::string::npos);
}

}  // namespace
}  // namespace cleat::certificates
