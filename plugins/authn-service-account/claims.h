// What a service account's token says: whose it is, for whom, for how long, and what it is bound to. Written and read
// as the claims that Kubernetes puts into such tokens, so that whoever reads those can read these.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cleat {

struct TokenClaims {
  // An object that the token depends on; it must still be there with that uid.
  struct Reference {
    std::string name, uid;
    bool operator==(const Reference&) const = default;
  };

  std::string issuer, id;
  std::vector<std::string> audiences;
  int64_t issuedAt = 0, notBefore = 0, expiry = 0;  // seconds since the Unix epoch
  std::string ns;
  Reference account;
  std::optional<Reference> pod, secret;
  // With a pod it is only said where that runs; alone the token is bound to it.
  std::optional<Reference> node;

  bool operator==(const TokenClaims&) const = default;
};

boost::json::object writeClaims(const TokenClaims& claims);

// What is absent, or of another type than expected, is left empty: such a token has expired and names no account.
TokenClaims readClaims(const boost::json::object& claims);

}  // namespace cleat
