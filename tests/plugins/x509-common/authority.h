// An authority of certificates for tests: it signs whatever is asked for, in this process, with keys of its own.
#pragma once

#include <openssl/x509v3.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "plugins/x509-common/certificates.h"

namespace cleat::test {

// "CN" or "O" and its text, in the order of the subject; a text may hold anything, a NUL too.
using Subject = std::vector<std::pair<std::string, std::string>>;

struct Wish {
  Subject subject;
  long secondsBefore = 300;  // how long ago it began
  long seconds = 3600;       // until its end; negative: it has ended
  std::string usage = "clientAuth";
  bool authority = false;
};

struct Issued {
  x509::Certificate certificate;
  x509::Key key;

  std::string der() const {
    unsigned char* bytes = nullptr;
    int size = i2d_X509(certificate.get(), &bytes);
    std::string text(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
    OPENSSL_free(bytes);
    return text;
  }
};

inline void fillName(X509_NAME* name, const Subject& subject) {
  for (const auto& [field, text] : subject) {
    X509_NAME_add_entry_by_txt(name, field.c_str(), MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
  }
}

// Signed by `issuer`, or by itself where there is none.
inline Issued issue(const Wish& wish, const Issued* issuer = nullptr) {
  Issued made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate =
      x509::newCertificate(made.key.get(), {.secondsBefore = wish.secondsBefore, .seconds = wish.seconds});
  X509* certificate = made.certificate.get();
  X509* parent = issuer ? issuer->certificate.get() : certificate;
  fillName(X509_get_subject_name(certificate), wish.subject);
  X509_set_issuer_name(certificate, X509_get_subject_name(parent));
  bool good = x509::addExtension(certificate, parent, NID_basic_constraints,
                                 wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (wish.authority) {
    good = good && x509::addExtension(certificate, parent, NID_key_usage, "critical,keyCertSign,digitalSignature");
  } else if (!wish.usage.empty()) {
    good = good && x509::addExtension(certificate, parent, NID_ext_key_usage, wish.usage);
  }
  if (!good || X509_sign(certificate, (issuer ? issuer->key : made.key).get(), EVP_sha256()) == 0) {
    throw std::runtime_error("the TLS library refused to make a test's certificate");
  }
  return made;
}

inline Issued makeAuthority(const std::string& name) {
  return issue({.subject = {{"CN", name}}, .seconds = 86400, .authority = true});
}

}  // namespace cleat::test
