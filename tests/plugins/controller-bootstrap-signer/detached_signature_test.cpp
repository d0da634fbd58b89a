#include "plugins/controller-bootstrap-signer/detached_signature.h"

#include <gtest/gtest.h>

namespace cleat::bootstrap {
namespace {

// HMAC-SHA256 of eyJhbGciOiJIUzI1NiIsImtpZCI6ImpvaW4ifQ.cGF5bG9hZA by the secret "s3cret", made by Python's hmac.
TEST(DetachedSignature, IsOfHeaderAndContent) {
  EXPECT_EQ(detachedSignature("payload", "join", "s3cret"),
            "eyJhbGciOiJIUzI1NiIsImtpZCI6ImpvaW4ifQ..lPW9g3ryNPxmXKMWt2o2uW3zULvL7jqxveBNQrRmUIE");
}

TEST(DetachedSignature, DependsOnEverything) {
  const std::string one = detachedSignature("payload", "join", "s3cret");
  EXPECT_NE(detachedSignature("payloae", "join", "s3cret"), one);
  EXPECT_NE(detachedSignature("payload", "joim", "s3cret"), one);
  EXPECT_NE(detachedSignature("payload", "join", "s3cres"), one);
}

}  // namespace
}  // namespace cleat::bootstrap
