// IssuerKeys: the keys of one issuer, by which its tokens are checked. Found by discovery (OpenID Connect
// Discovery 1.0), kept, and asked for again when a token is signed by none of them: not more often than once a second,
// however many such tokens come. Everything that an issuer says is limited in size and time, and redirects are not
// followed.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/task.h>

#include <memory>
#include <string>
#include <vector>

#include "authentication_config.h"
#include "jwt-common/json_web_keys.h"
#include "webhook-common/https_client.h"

namespace cleat::oidc {

class IssuerKeys : public std::enable_shared_from_this<IssuerKeys> {
 public:
  // Context and client outlive it. To be made by std::make_shared.
  IssuerKeys(Context& context, webhook::HttpsClient& client, IssuerConfig issuer);

  const IssuerConfig& issuer() const { return issuer_; }
  // Asks the issuer for what is not known yet, so that the first token does not wait for it; again until it is there.
  void prepare();
  // The issuer is none of the configuration any more: it is not asked again.
  void retire() { isRetired_ = true; }
  // Whether the token's signature is one of the issuer's. 401: it is not; other errors: that cannot be told now.
  Task<Result<void>> check(const jwt::SignedToken& token, Instant deadline);

 private:
  static Task<void> prepareAll(std::shared_ptr<IssuerKeys> keys);
  static Task<void> fetch(std::shared_ptr<IssuerKeys> keys);

  bool verifiesByKnown(const jwt::SignedToken& token) const;
  // Until the fetch that is under way, or a new one if one may begin, is over or the deadline is.
  Task<void> refreshed(Instant deadline);
  Task<Result<void>> discover();
  Task<Result<void>> fetchKeys();
  Task<Result<std::string>> get(std::string url);

  Context& context_;
  webhook::HttpsClient& client_;
  const IssuerConfig issuer_;
  std::string keysUrl_;
  std::vector<jwt::JsonWebKey> keys_;
  bool isKnown_ = false;   // keys were fetched once
  std::string lastError_;  // of the last fetch; empty: it went well
  bool isFetching_ = false, isRetired_ = false;
  std::vector<Completion<bool>> waiting_;  // for the fetch that is under way
  Instant nextFetch_{};
};

}  // namespace cleat::oidc
