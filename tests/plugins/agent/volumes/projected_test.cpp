// The files of projected volumes that are of the pod alone: keys, certificates and authorities.
#include <gmock/gmock.h>

#include "tests/plugins/agent/node_fixture.h"
#include "volumes/volume_content.h"

namespace cleat::agent::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

class Projected : public ::testing::Test {
 protected:
  Projected() {
    auto volume = pod_->getSpec().initVolumes(1)[0];
    volume.setName("v");
    auto sources = volume.initProjected().initSources(2);
    auto certificate = sources[0].initPodCertificate();
    certificate.setSignerName("example.com/signer");
    certificate.setKeyType("ED25519");
    certificate.setCredentialBundlePath("tls/all.pem");
    certificate.setKeyPath("key.pem");
    certificate.setCertificateChainPath("chain.pem");
    certificate.initMaxExpirationSeconds().setValue(3600);
    auto entry = certificate.initUserAnnotations(1)[0];
    entry.setKey("example.com/a");
    entry.setValue("b");
    auto bundle = sources[1].initClusterTrustBundle();
    bundle.setName("absent");
    bundle.setPath("ca.pem");
    bundle.initOptional().setValue(true);
  }

  Result<VolumeFiles> files() {
    const std::map<std::string, std::string> tokens;
    return contentOf(pod_.reader(), pod_.reader().getSpec().getVolumes()[0], {objects_, facts_, tokens, credentials_});
  }

  Draft<Pod> pod_ = podNamed("web");
  ReferencedObjects objects_;
  PodFacts facts_;
  std::map<std::pair<std::string, uint32_t>, PodCredential> credentials_{{{"v", 0}, {"KEY\n", "CHAIN\n"}}};
};

TEST_F(Projected, HaveTheKeyAndTheChainWhereTheVolumeWantsThem) {
  Result<VolumeFiles> made = files();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(*made, ElementsAre(Key("ca.pem"), Key("chain.pem"), Key("key.pem"), Key("tls/all.pem")));
  EXPECT_EQ(made->at("tls/all.pem").content, "KEY\nCHAIN\n");
  EXPECT_EQ(made->at("key.pem").content, "KEY\n");
  EXPECT_EQ(made->at("chain.pem").content, "CHAIN\n");
  EXPECT_EQ(made->at("ca.pem").content, "");
  EXPECT_EQ(made->at("key.pem").mode, 0644u);
  EXPECT_FALSE(made->at("key.pem").owner);
}

TEST_F(Projected, AreForTheUserOfAllContainersAlone) {
  pod_->getSpec().initSecurityContext().initRunAsUser().setValue(1000);
  Result<VolumeFiles> made = files();
  ASSERT_TRUE(made);
  for (const auto& [path, file] : *made) {
    EXPECT_EQ(file.mode, 0600u) << path;
    EXPECT_EQ(file.owner, 1000u) << path;
  }
}

TEST_F(Projected, TakeACertificateThatHasBeenAskedFor) {
  credentials_.clear();
  EXPECT_FALSE(files());
  const auto specs = certificatesOf(pod_.reader());
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].volume, "v");
  EXPECT_EQ(specs[0].source, 0u);
  EXPECT_EQ(specs[0].signer, "example.com/signer");
  EXPECT_EQ(specs[0].keyType, "ED25519");
  EXPECT_EQ(specs[0].maxExpirationSeconds, 3600);
  EXPECT_EQ(specs[0].annotations.at("example.com/a"), "b");
  EXPECT_EQ(specs[0].serviceAccount, "default");
}

}  // namespace
}  // namespace cleat::agent::test
