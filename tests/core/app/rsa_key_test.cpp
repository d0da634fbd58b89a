// The administrator's key is one that everybody can use.
#include "core/app/rsa_key.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <memory>

#include "core/app/openssl_owner.h"

namespace cleat::app {
namespace {

TEST(RsaKey, IsWhatTheLibraryTakesForOne) {
  std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> key(makeRsaKey()), other(makeRsaKey());
  ASSERT_TRUE(key && other);
  EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 2048);
  EXPECT_NE(EVP_PKEY_eq(key.get(), other.get()), 1);
  std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>> context(EVP_PKEY_CTX_new(key.get(), nullptr));
  // Its numbers are primes, belong together, and what one half signs the other verifies.
  EXPECT_EQ(EVP_PKEY_check(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_pairwise_check(context.get()), 1);
}

}  // namespace
}  // namespace cleat::app
