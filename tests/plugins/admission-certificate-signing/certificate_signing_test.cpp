#include <gmock/gmock.h>

#include "tests/plugins/signer_fixture.h"

namespace cleat {
namespace {

class CertificateSigningTest : public test::SignerFixture {
 protected:
  CertificateSigningTest() : SignerFixture("status") {}
};

TEST_F(CertificateSigningTest, ItSeesWritesToTheStatus) {
  EXPECT_THAT(test::interestsOf(*plugin),
              testing::ElementsAre("validate update certificates.k8s.io/certificatesigningrequests/status"));
}

TEST_F(CertificateSigningTest, WhoIssuesMaySignForTheSigner) {
  const Request before = requestOf("example.com/mine").freeze();
  Draft<certificates_v1::CertificateSigningRequest> issued(before), failed(before);
  issued->initStatus().setCertificate(kj::StringPtr("x").asBytes());
  failed->initStatus().initConditions(1)[0].setType("Failed");
  const Request after = std::move(issued).freeze();
  constexpr const char* kRefusal = "user not permitted to sign requests with signerName \"example.com/mine\"";
  EXPECT_EQ(ask(after, before), kRefusal);
  EXPECT_EQ(ask(std::move(failed).freeze(), before), kRefusal);
  EXPECT_EQ(ask(before, before), "") << "nothing is decided by it";
  allowed = {"approve example.com/mine"};
  EXPECT_EQ(ask(after, before), kRefusal);
  allowed = {"sign example.com/mine"};
  EXPECT_EQ(ask(after, before), "");
  allowed = {"sign example.com/*"};
  EXPECT_EQ(ask(after, before), "");
}

}  // namespace
}  // namespace cleat
