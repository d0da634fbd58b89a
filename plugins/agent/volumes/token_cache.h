// Tokens of service accounts for the pods of this node, asked for from the API bound to the pod, kept until four fifths
// of their life have passed, then replaced. A token is never logged or written anywhere but into the pod's volume.
// Strand only.
#pragma once

#include <cleat/sdk/client.h>

#include <map>
#include <string>

namespace cleat::agent {

struct TokenRequestSpec {
  std::string podNamespace, podName, podUid;
  std::string serviceAccount;
  std::string audience;  // empty: the API server's
  int64_t expirationSeconds = 3600;
};

struct IssuedToken {
  std::string token;
  WallTime expiresAt{};
};

class TokenCache {
 public:
  explicit TokenCache(Context& context) : context_(context), client_(context) {}

  // If the API cannot be reached, a token that has not expired yet is given once more.
  Task<Result<std::string>> token(TokenRequestSpec spec);
  Task<Result<IssuedToken>> issued(TokenRequestSpec spec);

  // When the first of the pod's tokens is to be replaced; none if it has none.
  std::optional<WallTime> refreshAt(const std::string& podUid) const;
  void forget(const std::string& podUid);

 private:
  struct Entry {
    std::string token;
    WallTime refreshAt{}, expiresAt{};
    IssuedToken issued() const { return {token, expiresAt}; }
  };
  Context& context_;
  Client client_;
  std::map<std::string, Entry> entries_;  // by "UID/ACCOUNT/SECONDS/AUDIENCE"
};

}  // namespace cleat::agent
