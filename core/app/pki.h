// The cluster's keys and certificates: an own authority, made at the first start, and what it signs. Everything is
// ECDSA P-256, unless something else is asked for, in PEM files below one folder; keys are 0600. Certificates that have
// less than a third of their life left are made anew at a start.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::app {

// Whether a file is durable when it has been written.
enum class Sync { no, yes };

struct CertificateRequest {
  std::string commonName;
  std::vector<std::string> organizations;
  std::vector<std::string> names;  // DNS names and IP addresses; empty: a client's certificate
  int days = 365;
  // An RSA key, which clients of all languages read; else one of the curve P-256, which is made in no time.
  bool rsa = false;
};

class Pki {
 public:
  // Opens or makes the authority in `folder` (made 0700 if absent). All that it writes is written as `sync` says.
  static Result<Pki> open(const std::string& folder, Sync sync = Sync::yes);

  const std::string& folder() const { return folder_; }
  std::string caCertFile() const { return folder_ + "/ca.crt"; }
  std::string caKeyFile() const { return folder_ + "/ca.key"; }
  std::string file(std::string_view name) const { return folder_ + "/" + std::string(name); }

  // Makes NAME.crt and NAME.key if they are absent, near their end, or for other names than asked for.
  Result<void> ensure(const std::string& name, const CertificateRequest& request) const;
  // Makes NAME.key and NAME.pub (an RSA pair for signing tokens) if absent.
  Result<void> ensureSigningKey(const std::string& name) const;

  // SHA-256 of the authority's certificate, as 64 hexadecimal digits: what a joining node checks.
  Result<std::string> caFingerprint() const;

 private:
  Pki(std::string folder, Sync sync) : folder_(std::move(folder)), sync_(sync) {}
  std::string folder_;
  Sync sync_;
};

// A new P-256 key, and a certificate request (CSR) with it, both PEM.
struct KeyAndRequest {
  std::string keyPem, requestPem;
};
Result<KeyAndRequest> makeKeyAndRequest(const std::string& commonName, const std::vector<std::string>& organizations);

// SHA-256 of a PEM certificate's DER form in hexadecimal.
Result<std::string> fingerprintOf(const std::string& certificatePem);

// The public half, PEM, of a key or certificate in PEM form.
Result<std::string> publicKeyOf(const std::string& pem);

// Whole files; writing is atomic (a temporary file is renamed) and, unless it is said otherwise, durable. The mode of a
// written file is `mode`.
Result<std::string> readFile(const std::string& path);
Result<void> writeFile(const std::string& path, std::string_view content, unsigned mode, Sync sync = Sync::yes);

}  // namespace cleat::app
