#include "plugins/x509-common/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/x509-common/authority.h"

namespace cleat::x509 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Certificates, TextsOfANameAreReadInTheirOrderAndInWhole) {
  const std::string nul("team\0x", 6);
  test::Issued made = test::issue({.subject = {{"O", "b"}, {"CN", "jané"}, {"O", "a"}, {"O", nul}}});
  const X509_NAME* name = X509_get_subject_name(made.certificate.get());
  EXPECT_THAT(textsIn(name, NID_organizationName), ElementsAre("b", "a", nul));
  EXPECT_THAT(textsIn(name, NID_commonName), ElementsAre("jané"));
  EXPECT_THAT(textsIn(name, NID_countryName), IsEmpty());
}

TEST(Certificates, PemAndDerComeBackAsTheSameCertificateAndKey) {
  test::Issued made = test::issue({.subject = {{"CN", "jane"}}});
  Certificate again = parseCertificate(pemOf(made.certificate.get()));
  ASSERT_TRUE(again);
  EXPECT_EQ(X509_cmp(again.get(), made.certificate.get()), 0);
  Key key = parsePrivateKey(pemOf(made.key.get()));
  ASSERT_TRUE(key);
  EXPECT_EQ(EVP_PKEY_eq(key.get(), made.key.get()), 1);
  EXPECT_TRUE(parseDer(made.der()));
}

TEST(Certificates, WhatIsNoCertificateIsNothing) {
  const std::string der = test::issue({.subject = {{"CN", "jane"}}}).der();
  for (const std::string& text : {std::string(), std::string("x"), der.substr(0, der.size() - 1), der + "x",
                                  std::string("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")}) {
    EXPECT_FALSE(parseDer(text));
    EXPECT_FALSE(parseCertificate(text));
    EXPECT_FALSE(parseRequest(text));
    EXPECT_FALSE(parsePrivateKey(text));
  }
}

TEST(Certificates, TwoCertificatesHaveDifferentSerialNumbersThatAreNotNegative) {
  Key key(EVP_EC_gen("P-256"));
  Certificate one = newCertificate(key.get(), {.seconds = 60});
  Certificate two = newCertificate(key.get(), {.seconds = 60});
  ASSERT_TRUE(one && two);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(one.get()), X509_get0_serialNumber(two.get())), 0);
  EXPECT_EQ(ASN1_STRING_type(X509_get0_serialNumber(one.get())), V_ASN1_INTEGER) << "a negative one has another type";
  int days = 0, seconds = 0;
  ASSERT_EQ(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(one.get()), X509_get0_notAfter(one.get())), 1);
  EXPECT_EQ(days * 86400 + seconds, 360) << "five minutes back and one ahead";
}

TEST(Certificates, AnExtensionThatCannotBeReadIsRefused) {
  Key key(EVP_EC_gen("P-256"));
  Certificate one = newCertificate(key.get(), {.seconds = 60});
  EXPECT_TRUE(addExtension(one.get(), one.get(), NID_ext_key_usage, "clientAuth"));
  EXPECT_FALSE(addExtension(one.get(), one.get(), NID_ext_key_usage, "everything,really"));
}

}  // namespace
}  // namespace cleat::x509
