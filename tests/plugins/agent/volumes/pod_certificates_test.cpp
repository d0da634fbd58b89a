// Keys and certificates of pods: what the agent asks for, when, and what the pod is given meanwhile.
#include "volumes/pod_certificates.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <openssl/ec.h>

#include "volumes/pod_key.h"
#include "x509-common/certificates.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

using certificates_v1::PodCertificateRequest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// A certificate; which one does not matter, but that two differ.
std::string anyCertificate() {
  const x509::Key key(EVP_EC_gen("P-256"));
  x509::Certificate made = x509::newCertificate(key.get(), {.seconds = 3600});
  X509_sign(made.get(), key.get(), EVP_sha256());
  return x509::pemOf(made.get());
}
const std::string kOldChain = anyCertificate(), kNewChain = anyCertificate();

class AskingPlugin : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    node.start();
    certificates.onChange([this](const std::string& uid) { told.push_back(uid); });
    co_return Result<void>();
  }
  OwnNode node{context()};
  EventRecorder events{context(), "kubelet"};
  PodCertificates certificates{context(), node, events};
  std::vector<std::string> told;
};

class PodCertificatesTest : public ::testing::Test {
 protected:
  PodCertificatesTest() {
    host_.nodeName() = "node1";
    host_.know<PodCertificateRequest>();
    host_.know<core_v1::Event>();
    put<core_v1::Node>("", "node1", "node-uid");
    put<core_v1::ServiceAccount>("shop", "robot", "robot-uid");
    plugin_.emplace(host_.start<AskingPlugin>());
    host_.settle();
  }

  template <class K>
  void put(const char* ns, const char* name, const char* uid) {
    Draft<K> draft;
    auto meta = draft->initMetadata();
    meta.setNamespace(ns);
    meta.setName(name);
    meta.setUid(uid);
    host_.put(std::move(draft));
  }

  static PodCertificateSpec spec() {
    return {.podNamespace = "shop",
            .podName = "web",
            .podUid = "web-uid",
            .serviceAccount = "robot",
            .volume = "v",
            .source = 1,
            .signer = "example.com/signer",
            .keyType = "ECDSAP256",
            .maxExpirationSeconds = 7200,
            .annotations = {{"example.com/path", "/a"}}};
  }
  Result<PodCredential> credential() { return plugin_->await((*plugin_)->certificates.credential(spec())); }
  std::optional<WallTime> refreshAt() { return (*plugin_)->certificates.refreshAt("web-uid"); }
  std::vector<Object<PodCertificateRequest>> requests() { return host_.list<PodCertificateRequest>("shop"); }

  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host_.list<core_v1::Event>("shop")) {
      EXPECT_EQ(view(event->getInvolvedObject().getName()), "web");
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }
  Object<PodCertificateRequest> pending() {
    for (const auto& request : requests()) {
      if (request->getStatus().getConditions().size() == 0) return request;
    }
    return {};
  }
  void answer(const char* condition, const std::string& chain = "") {
    const WallTime now = host_.wallNow();
    auto request = pending();
    ASSERT_TRUE(request);
    host_.change<PodCertificateRequest>("shop", request.name(), [&](auto changed) {
      auto status = changed.initStatus();
      auto said = status.initConditions(1)[0];
      said.setType(condition);
      said.setStatus("True");
      said.setReason("Because");
      said.setMessage("of it");
      if (chain.empty()) return;
      status.setCertificateChain(chain);
      status.setNotBefore(formatTime(now));
      status.setBeginRefreshAt(formatTime(now + 1h));
      status.setNotAfter(formatTime(now + 2h));
    });
    host_.settle();
  }

  cleat::test::FakeHost host_;
  std::optional<cleat::test::Started<AskingPlugin>> plugin_;
};

TEST_F(PodCertificatesTest, AreAskedForOfTheSignerInThePodsName) {
  Result<PodCredential> none = credential();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "credential bundle is not issued yet");
  ASSERT_EQ(requests().size(), 1u);
  const auto request = requests()[0];
  EXPECT_THAT(std::string(request.name()), StartsWith("req-"));
  auto owner = request.meta().getOwnerReferences()[0];
  EXPECT_EQ(view(owner.getKind()), "Pod");
  EXPECT_EQ(view(owner.getUid()), "web-uid");
  auto asked = request->getSpec();
  EXPECT_EQ(view(asked.getSignerName()), "example.com/signer");
  EXPECT_EQ(view(asked.getPodName()), "web");
  EXPECT_EQ(view(asked.getPodUID()), "web-uid");
  EXPECT_EQ(view(asked.getServiceAccountName()), "robot");
  EXPECT_EQ(view(asked.getServiceAccountUID()), "robot-uid");
  EXPECT_EQ(view(asked.getNodeName()), "node1");
  EXPECT_EQ(view(asked.getNodeUID()), "node-uid");
  EXPECT_EQ(asked.getMaxExpirationSeconds().getValue(), 7200);
  EXPECT_EQ(lookup(asked.getUnverifiedUserAnnotations(), "example.com/path"), "/a");
  const auto stub = x509::parseRequestDer(view(asked.getStubPKCS10Request()));
  ASSERT_TRUE(stub);
  EXPECT_EQ(X509_REQ_verify(stub.get(), X509_REQ_get0_pubkey(stub.get())), 1);
  EXPECT_FALSE(credential());
  EXPECT_EQ(requests().size(), 1u) << "one is enough";
}

TEST_F(PodCertificatesTest, AreGivenWithTheirKeyWhenTheyHaveBeenIssued) {
  EXPECT_FALSE(credential());
  const auto stub = x509::parseRequestDer(view(requests()[0]->getSpec().getStubPKCS10Request()));
  answer("Issued", "# ours\n" + kOldChain + "and theirs\n" + kNewChain);
  EXPECT_THAT((*plugin_)->told, ::testing::Contains("web-uid"));
  Result<PodCredential> given = credential();
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(given->chain, kOldChain + kNewChain);
  EXPECT_THAT(given->key, StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  const auto key = x509::parsePrivateKey(given->key);
  ASSERT_TRUE(key);
  EXPECT_EQ(EVP_PKEY_eq(key.get(), X509_REQ_get0_pubkey(stub.get())), 1);
}

TEST_F(PodCertificatesTest, AreRenewedWithAnotherKeyBeforeTheyEnd) {
  EXPECT_FALSE(credential());
  answer("Issued", kOldChain);
  const std::string first = credential()->key;
  ASSERT_TRUE(refreshAt());
  EXPECT_GE(*refreshAt(), host_.wallNow() + 1h);
  EXPECT_LE(*refreshAt(), host_.wallNow() + 1h + 5min);
  EXPECT_EQ(requests().size(), 1u);
  host_.advance(1h + 5min);
  EXPECT_EQ(credential()->chain, kOldChain) << "until there is another";
  EXPECT_EQ(requests().size(), 2u);
  answer("Issued", kNewChain);
  EXPECT_EQ(credential()->chain, kNewChain);
  EXPECT_NE(credential()->key, first);
}

TEST_F(PodCertificatesTest, ThatAreLateServeOnAndAreSpokenOf) {
  EXPECT_FALSE(credential());
  answer("Issued", kOldChain);
  host_.advance(1h + 5min);
  EXPECT_TRUE(credential());
  EXPECT_THAT(events(), IsEmpty());
  ASSERT_TRUE(refreshAt());
  EXPECT_LE(*refreshAt(), host_.wallNow() + 10min + 1s);
  host_.advance(10min + 1s);
  EXPECT_EQ(credential()->chain, kOldChain);
  EXPECT_THAT(events(), ElementsAre("Warning CertificateOverdueForRefresh PodCertificate refresh overdue"));
  host_.advance(1h);
  EXPECT_EQ(credential()->chain, kOldChain);
  EXPECT_TRUE(credential());
  EXPECT_THAT(events(), UnorderedElementsAre("Warning CertificateOverdueForRefresh PodCertificate refresh overdue",
                                             "Warning CertificateExpired PodCertificate expired"));
  EXPECT_FALSE(refreshAt()) << "all is said, and the signer has to answer";
  answer("Issued", kNewChain);
  EXPECT_EQ(credential()->chain, kNewChain);
}

TEST_F(PodCertificatesTest, ThatAreRefusedAreNotAskedForAgain) {
  struct Case {
    const char *answer, *permanently, *words;
  };
  for (const Case& one :
       std::initializer_list<Case>{{"Denied", "denied", "was denied"}, {"Failed", "failed", "failed"}}) {
    EXPECT_FALSE(credential());
    const std::string name(pending().name());
    answer(one.answer);
    Result<PodCredential> refused = credential();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, concat("PodCertificateRequest was permanently ", one.permanently,
                                              ": reason=\"Because\" message=\"of it\""));
    EXPECT_THAT(events(), Contains(concat("Warning ", one.answer, " PodCertificateRequest shop/", name, " ", one.words,
                                          ", reason=\"Because\", message=\"of it\"")));
    host_.advance(1h);
    EXPECT_FALSE(credential());
    EXPECT_FALSE(pending()) << one.answer;
    (*plugin_)->certificates.forget("web-uid");
  }
}

TEST_F(PodCertificatesTest, ThatAreRefusedAnotherHaveNoneFromThenOn) {
  EXPECT_FALSE(credential());
  answer("Issued", kOldChain);
  host_.advance(1h);
  host_.advance(5min);
  EXPECT_TRUE(credential());
  answer("Denied");
  EXPECT_FALSE(credential());
  EXPECT_FALSE(refreshAt());
}

TEST_F(PodCertificatesTest, WhoseRequestIsDeletedAreAskedForAnew) {
  EXPECT_FALSE(credential());
  const std::string name(requests()[0].name());
  host_.remove<PodCertificateRequest>("shop", name);
  host_.settle();
  EXPECT_FALSE(credential());
  ASSERT_EQ(requests().size(), 1u);
  EXPECT_NE(requests()[0].name(), name);
}

TEST_F(PodCertificatesTest, ThatCannotBeAskedForSayWhy) {
  host_.remove<core_v1::ServiceAccount>("shop", "robot");
  Result<PodCredential> none = credential();
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("\"robot\" not found"));
}

TEST(PodKey, IsOfTheTypeThatTheVolumeNames) {
  struct Case {
    const char* type;
    int id, bits;
  };
  for (const Case& one : std::initializer_list<Case>{{"RSA3072", EVP_PKEY_RSA, 3072},
                                                     {"ECDSAP256", EVP_PKEY_EC, 256},
                                                     {"ECDSAP384", EVP_PKEY_EC, 384},
                                                     {"ECDSAP521", EVP_PKEY_EC, 521},
                                                     {"ED25519", EVP_PKEY_ED25519, 256}}) {
    Result<PodKey> made = makePodKey(one.type);
    ASSERT_TRUE(made) << one.type << ": " << made.error().message;
    const auto key = x509::parsePrivateKey(made->privatePem);
    ASSERT_TRUE(key) << one.type;
    EXPECT_EQ(EVP_PKEY_get_base_id(key.get()), one.id) << one.type;
    EXPECT_NEAR(EVP_PKEY_get_bits(key.get()), one.bits, 4) << one.type;
    const auto stub = x509::parseRequestDer(made->requestDer);
    ASSERT_TRUE(stub) << one.type;
    EXPECT_EQ(X509_REQ_verify(stub.get(), key.get()), 1) << one.type;
    EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(stub.get())), 0) << one.type;
  }
  EXPECT_EQ(makePodKey("DSA").error().message, "this node makes no keys of the type \"DSA\"");
}

}  // namespace
}  // namespace cleat::agent
