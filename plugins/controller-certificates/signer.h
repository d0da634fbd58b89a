// Reads certificate requests (PKCS #10) and signs them with the cluster's authority.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>
#include <vector>

namespace cleat {

// What a request asks to be.
struct RequestedSubject {
  std::string commonName;
  std::vector<std::string> organizations;
  bool namesHosts = false;  // it asks for DNS names or addresses
};

class Signer {
 public:
  // Reads ca.crt and ca.key in the folder.
  static Result<Signer> open(const std::string& folder);
  Signer(Signer&&) noexcept;
  ~Signer();

  // 400 when it is no request or its signature is not good.
  static Result<RequestedSubject> read(const std::string& requestPem);
  // A client's certificate for the subject and key of the request, PEM.
  Result<std::string> sign(const std::string& requestPem, int64_t seconds) const;

 private:
  struct Authority;
  explicit Signer(std::unique_ptr<Authority> authority);
  std::unique_ptr<Authority> authority_;
};

}  // namespace cleat
