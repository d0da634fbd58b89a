// An authority and certificate requests for tests, made on the spot.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/x509-common/certificates.h"

namespace cleat::test {

using x509::Freer;
using x509::Key;
using Cert = x509::Certificate;
using CertRequest = x509::CertificateRequest;

inline Key makeKey() { return Key(EVP_EC_gen("P-256")); }

inline void addName(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

template <class Write>
std::string pem(Write write) {
  std::unique_ptr<BIO, Freer<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  write(out.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

struct RequestSpec {
  std::vector<std::string> organizations{"system:nodes"};
  std::string commonName = "system:node:n1";
  std::string names;  // "DNS:n1,IP:10.0.0.1"
};

inline std::string makeRequest(const RequestSpec& spec, bool goodSignature = true) {
  Key key = makeKey();
  CertRequest request(X509_REQ_new());
  X509_NAME* name = X509_REQ_get_subject_name(request.get());
  for (const std::string& organization : spec.organizations) addName(name, "O", organization);
  if (!spec.commonName.empty()) addName(name, "CN", spec.commonName);
  X509_REQ_set_pubkey(request.get(), key.get());
  if (!spec.names.empty()) {
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, spec.names.c_str()));
    X509_REQ_add_extensions(request.get(), extensions);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
  Key other = makeKey();
  X509_REQ_sign(request.get(), goodSignature ? key.get() : other.get(), EVP_sha256());
  return pem([&](BIO* out) { PEM_write_bio_X509_REQ(out, request.get()); });
}

// ca.crt and ca.key in the folder, valid from `from` for so long.
inline Cert makeAuthority(const std::string& folder, std::time_t from, std::chrono::seconds lifetime) {
  Key key = makeKey();
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  addName(X509_get_subject_name(cert.get()), "CN", "kubernetes");
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  ASN1_TIME_set(X509_getm_notBefore(cert.get()), from);
  ASN1_TIME_set(X509_getm_notAfter(cert.get()), from + lifetime.count());
  X509_set_pubkey(cert.get(), key.get());
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, cert.get(), cert.get(), nullptr, nullptr, 0);
  for (auto [nid, value] :
       {std::pair{NID_basic_constraints, "critical,CA:TRUE"}, {NID_subject_key_identifier, "hash"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(cert.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(cert.get(), key.get(), EVP_sha256());
  auto write = [&](const char* name, const std::string& text) {
    std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen((folder + name).c_str(), "we"), std::fclose);
    if (!file || std::fputs(text.c_str(), file.get()) < 0) throw std::runtime_error("cannot write in " + folder);
  };
  write("/ca.crt", pem([&](BIO* out) { PEM_write_bio_X509(out, cert.get()); }));
  write("/ca.key",
        pem([&](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }));
  return cert;
}

inline Cert readCertificate(const std::string& text) {
  std::unique_ptr<BIO, Freer<BIO_free_all>> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Cert(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
}

inline std::time_t secondsOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) throw std::runtime_error("this is no time");
  return timegm(&parts);
}

}  // namespace cleat::test
