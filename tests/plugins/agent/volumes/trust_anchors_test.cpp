// Which authorities a clusterTrustBundle source of a volume gets, and how they stand in its file.
#include "volumes/trust_anchors.h"

#include <capnp/message.h>
#include <gmock/gmock.h>
#include <openssl/ec.h>

#include "x509-common/certificates.h"

namespace cleat::agent {
namespace {

std::string authority() {
  const x509::Key key(EVP_EC_gen("P-256"));
  x509::Certificate certificate = x509::newCertificate(key.get(), {.seconds = 3600});
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  return x509::pemOf(certificate.get());
}

const std::string kFirst = authority(), kSecond = authority(), kThird = authority();

TrustBundle bundle(const std::string& name, const std::string& text, const std::string& signer = "",
                   const std::string& label = "") {
  Draft<certificates_v1::ClusterTrustBundle> draft;
  auto meta = draft->initMetadata();
  meta.setName(name);
  if (!label.empty()) {
    auto entry = meta.initLabels(1)[0];
    entry.setKey("set");
    entry.setValue(label);
  }
  draft->initSpec().setSignerName(signer);
  draft->getSpec().setTrustBundle(text);
  return std::move(draft).freeze();
}

// What a volume asks for.
struct Wanted {
  std::string name = {}, signer = {};
  bool all = false;        // with a selector that matches everything
  std::string label = {};  // with one that matches this
  bool optional = false;
};
struct Case {
  const char* what;
  Wanted wanted;
  std::string content;  // or what is wrong
};

Result<std::string> anchors(const Wanted& wanted, const std::vector<TrustBundle>& bundles) {
  capnp::MallocMessageBuilder message;
  auto source = message.initRoot<core_v1::ClusterTrustBundleProjection>();
  if (!wanted.name.empty()) source.setName(wanted.name);
  if (!wanted.signer.empty()) source.setSignerName(wanted.signer);
  if (wanted.all) source.initLabelSelector();
  if (!wanted.label.empty()) {
    auto entry = source.initLabelSelector().initMatchLabels(1)[0];
    entry.setKey("set");
    entry.setValue(wanted.label);
  }
  if (wanted.optional) source.initOptional().setValue(true);
  return trustAnchorsOf(source.asReader(), bundles);
}

TEST(TrustAnchors, AreThoseThatTheSourceAsksForEachOnce) {
  const std::vector<TrustBundle> bundles{bundle("a", kFirst),
                                         bundle("example.com:x:1", kFirst + kSecond, "example.com/x", "live"),
                                         bundle("example.com:x:2", kSecond + kThird, "example.com/x", "old"),
                                         bundle("other.com:y:1", kThird, "other.com/y", "live")};
  for (const Case& one : std::initializer_list<Case>{
           {"by name", {.name = "a"}, kFirst},
           {"by a signer, all", {.signer = "example.com/x", .all = true}, kFirst + kSecond + kThird},
           {"by a signer and labels", {.signer = "example.com/x", .label = "old"}, kSecond + kThird},
           {"without a selector none", {.signer = "example.com/x", .optional = true}, ""},
           {"none of that name, which is all right", {.name = "b", .optional = true}, ""},
           {"none of those labels, which is all right",
            {.signer = "example.com/x", .label = "x", .optional = true},
            ""}}) {
    Result<std::string> content = anchors(one.wanted, bundles);
    ASSERT_TRUE(content) << one.what << ": " << content.error().message;
    EXPECT_EQ(*content, one.content) << one.what;
  }
}

TEST(TrustAnchors, ThatAreNotThereAreSaidByWhatWasAskedFor) {
  const std::vector<TrustBundle> bundles{bundle("example.com:x:1", kFirst, "example.com/x", "live")};
  for (const Case& one : std::initializer_list<Case>{
           {"by name",
            {.name = "b"},
            R"(while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io "b" not found)"},
           {"another signer",
            {.signer = "example.com/y", .all = true},
            "combination of signerName and labelSelector matched zero ClusterTrustBundles"},
           {"no selector",
            {.signer = "example.com/x"},
            "combination of signerName and labelSelector matched zero ClusterTrustBundles"}}) {
    Result<std::string> content = anchors(one.wanted, bundles);
    ASSERT_FALSE(content) << one.what;
    EXPECT_EQ(content.error().message, one.content) << one.what;
  }
}

TEST(TrustAnchors, AreNothingButCertificates) {
  const std::string talkative = "# which is ours\n" + kFirst + "-----BEGIN X-----\nAAAA\n-----END X-----\n";
  EXPECT_EQ(*anchors({.name = "a"}, {bundle("a", talkative)}), kFirst);
}

TEST(TrustAnchors, AreManyIfThereAreMany) {
  std::vector<TrustBundle> bundles;
  std::string all;
  for (int i = 0; i < 150; ++i) {
    const std::string one = authority();
    bundles.push_back(bundle("example.com:x:" + std::to_string(i), one, "example.com/x"));
    all += one;
  }
  EXPECT_EQ(*anchors({.signer = "example.com/x", .all = true}, bundles), all);
}

}  // namespace
}  // namespace cleat::agent
