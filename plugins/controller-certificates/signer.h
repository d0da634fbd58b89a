// Reads certificate requests (PKCS #10) and signs them with the cluster's authority.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::certificates {

// What a request asks to be.
struct RequestedCertificate {
  std::string commonName;  // empty when it has none or several
  std::vector<std::string> organizations;
  size_t dnsNames = 0, addresses = 0, emails = 0, uris = 0, otherNames = 0;  // its alternative names
};

struct SigningOptions {
  WallTime now;
  std::chrono::seconds lifetime{};
  std::vector<std::string> usages;  // as in a CertificateSigningRequest: "digital signature", "client auth", …
};

class Signer {
 public:
  // Reads ca.crt and ca.key in the folder.
  static Result<Signer> open(const std::string& folder);
  Signer(Signer&&) noexcept;
  ~Signer();

  // 400 when it is no request or its signature is not good.
  static Result<RequestedCertificate> read(const std::string& requestPem);
  // A certificate for the subject, key and alternative names of the request, PEM. It does not outlive the authority's
  // own.
  Result<std::string> sign(const std::string& requestPem, const SigningOptions& options) const;

  // When a certificate ends; none for what is no certificate.
  static std::optional<WallTime> endOf(std::string_view certificatePem);

 private:
  struct Authority;
  explicit Signer(std::unique_ptr<Authority> authority);
  std::unique_ptr<Authority> authority_;
};

}  // namespace cleat::certificates
