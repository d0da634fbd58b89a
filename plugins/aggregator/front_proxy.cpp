#include "aggregator/front_proxy.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <openssl/x509v3.h>

#include "x509-common/certificates.h"

namespace cleat::aggregator {

namespace {

constexpr long kDay = 24 * 60 * 60;
constexpr long kAuthorityLife = 3650 * kDay, kClientLife = 365 * kDay;

struct Pair {
  x509::Certificate certificate;
  x509::Key key;
  explicit operator bool() const { return certificate && key; }
};

std::string certificatePath(const std::string& folder, const std::string& name) {
  return concat(folder, "/", name, ".crt");
}
std::string keyPath(const std::string& folder, const std::string& name) { return concat(folder, "/", name, ".key"); }

// Nothing where there are none that belong together.
Pair read(const std::string& folder, const std::string& name) {
  Pair pair;
  auto certificate = readFile(certificatePath(folder, name));
  auto key = readFile(keyPath(folder, name));
  if (!certificate || !key) return pair;
  pair.certificate = x509::parseCertificate(*certificate);
  pair.key = x509::parsePrivateKey(*key);
  if (pair && X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) return {};
  return pair;
}

Result<void> write(const std::string& folder, const std::string& name, const Pair& pair) {
  CLEAT_TRY(writeFile(keyPath(folder, name), x509::pemOf(pair.key.get()), 0600));
  return writeFile(certificatePath(folder, name), x509::pemOf(pair.certificate.get()), 0644);
}

bool nameIt(X509_NAME* name, const char* text) {
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text),
                                    -1, -1, 0) == 1;
}

// Signed by itself where there is no authority.
Result<Pair> make(const char* name, long seconds, const Pair* authority) {
  const auto refused = [] { return fail(Status::internal("the TLS library refused to make a certificate")); };
  Pair made;
  made.key.reset(EVP_EC_gen("P-256"));
  if (!made.key) return refused();
  made.certificate = x509::newCertificate(made.key.get(), {.seconds = seconds});
  if (!made.certificate) return refused();
  X509* certificate = made.certificate.get();
  X509* issuer = authority ? authority->certificate.get() : certificate;
  EVP_PKEY* signer = authority ? authority->key.get() : made.key.get();
  if (!nameIt(X509_get_subject_name(certificate), name)) return refused();
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1) return refused();
  const auto add = [&](int nid, const char* value) { return x509::addExtension(certificate, issuer, nid, value); };
  const bool extended =
      authority ? add(NID_basic_constraints, "critical,CA:FALSE") && add(NID_key_usage, "critical,digitalSignature") &&
                      add(NID_ext_key_usage, "clientAuth")
                : add(NID_basic_constraints, "critical,CA:TRUE") &&
                      add(NID_key_usage, "critical,keyCertSign,cRLSign") && add(NID_subject_key_identifier, "hash");
  if (!extended || X509_sign(certificate, signer, EVP_sha256()) == 0) return refused();
  return made;
}

bool lastsLongEnough(const X509* certificate, long seconds) {
  int days = 0, rest = 0;
  if (ASN1_TIME_diff(&days, &rest, nullptr, X509_get0_notAfter(certificate)) != 1) return false;
  return days * kDay + rest > seconds / 3;
}

bool isSignedBy(const Pair& pair, const Pair& authority) {
  return X509_verify(pair.certificate.get(), authority.key.get()) == 1;
}

}  // namespace

Result<FrontProxy> FrontProxy::open(const std::string& folder) {
  const std::string authorityName = "front-proxy-ca", clientName = kName;
  Pair authority = read(folder, authorityName);
  if (!authority || !lastsLongEnough(authority.certificate.get(), kAuthorityLife)) {
    CLEAT_TRY(authority, make(authorityName.c_str(), kAuthorityLife, nullptr));
    CLEAT_TRY(write(folder, authorityName, authority));
  }
  Pair client = read(folder, clientName);
  if (!client || !lastsLongEnough(client.certificate.get(), kClientLife) || !isSignedBy(client, authority)) {
    CLEAT_TRY(client, make(kName, kClientLife, &authority));
    CLEAT_TRY(write(folder, clientName, client));
  }
  FrontProxy proxy;
  proxy.authorityPem = x509::pemOf(authority.certificate.get());
  proxy.certificateFile = certificatePath(folder, clientName);
  proxy.keyFile = keyPath(folder, clientName);
  CLEAT_TRY(proxy.certificatePem, readFile(proxy.certificateFile));
  CLEAT_TRY(proxy.keyPem, readFile(proxy.keyFile));
  return proxy;
}

}  // namespace cleat::aggregator
