#include <gmock/gmock.h>

#include "tests/plugins/signer_fixture.h"

namespace cleat {
namespace {

class CertificateApprovalTest : public test::SignerFixture {
 protected:
  CertificateApprovalTest() : SignerFixture("approval") {}
};

TEST_F(CertificateApprovalTest, ItSeesDecisions) {
  EXPECT_THAT(test::interestsOf(*plugin),
              testing::ElementsAre("validate update certificates.k8s.io/certificatesigningrequests/approval"));
}

TEST_F(CertificateApprovalTest, WhoApprovesMayDoSoForTheSigner) {
  const Request request = requestOf("example.com/mine").freeze();
  constexpr const char* kRefusal = "user not permitted to approve requests with signerName \"example.com/mine\"";
  EXPECT_EQ(ask(request, request), kRefusal);
  allowed = {"sign example.com/mine", "approve example.com/other"};
  EXPECT_EQ(ask(request, request), kRefusal);
  allowed = {"approve example.com/mine"};
  EXPECT_EQ(ask(request, request), "");
  allowed = {"approve example.com/*"};
  EXPECT_EQ(ask(request, request), "");
}

TEST_F(CertificateApprovalTest, WhatCountsIsTheSignerOfTheRequestAsItIs) {
  allowed = {"approve example.com/other"};
  EXPECT_NE(ask(requestOf("example.com/other").freeze(), requestOf("example.com/mine").freeze()), "");
}

}  // namespace
}  // namespace cleat
