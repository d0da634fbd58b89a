// What has to be in the two PEM texts of a CertificateSigningRequest: the request itself, and the certificate.
#include "kinds-certificates/certificate_kinds.h"

#include <openssl/evp.h>

#include "x509-common/certificates.h"

namespace cleat::kinds::certificates {
namespace {

// What is wrong with the text, or nothing.
std::string wrongCertificate(std::string_view text) {
  if (text.empty()) return {};
  const x509::Bio pem = x509::readerOf(text);
  bool any = false;
  for (auto block = x509::nextBlock(pem.get()); block; block = x509::nextBlock(pem.get())) {
    if (block->type != "CERTIFICATE") {
      return concat("only CERTIFICATE PEM blocks are allowed, found ", quoted(block->type));
    }
    if (block->hasHeaders) return "no PEM block headers are permitted";
    if (block->der.empty()) return "found CERTIFICATE PEM block containing 0 certificates";
    if (!x509::parseDer(block->der)) return "x509: malformed certificate";
    any = true;
  }
  return any ? std::string() : "must contain at least one CERTIFICATE PEM block";
}

std::string inBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace

void checkRequestContent(std::string_view text, const Path& path, Findings& findings) {
  const Shown unseen = Shown::plain("\"\"");
  const x509::Bio pem = x509::readerOf(text);
  const auto block = x509::nextBlock(pem.get());
  if (!block || block->type != "CERTIFICATE REQUEST") {
    return findings.invalid(path, text.empty() ? unseen : Shown(inBase64(text)),
                            "PEM block type must be CERTIFICATE REQUEST");
  }
  const x509::CertificateRequest request = x509::parseRequestDer(block->der);
  if (!request) return findings.invalid(path, unseen, "x509: malformed certificate request");
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    findings.invalid(path, unseen, "x509: the signature was not made with the key of the request");
  }
}

void checkCertificateChange(const Change<v1::CertificateSigningRequest>& change, Findings& findings) {
  const std::string_view now = view(change.object.getStatus().getCertificate());
  const std::string_view before = change.old ? view(change.old->getStatus().getCertificate()) : std::string_view();
  if (now == before) return;
  const Path path = Path("status") / "certificate";
  // One that was wrong before may be followed by another.
  const std::string wrong = wrongCertificate(before).empty() ? wrongCertificate(now) : std::string();
  if (!wrong.empty()) findings.invalid(path, "<certificate data>", wrong);
  if (!before.empty()) findings.forbidden(path, "updates may not modify existing certificate content");
}

}  // namespace cleat::kinds::certificates
