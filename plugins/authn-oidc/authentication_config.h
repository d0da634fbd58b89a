// Whom tokens are taken from, and what becomes of their claims: AuthenticationConfiguration of Kubernetes
// (apiserver.config.k8s.io), or the same for one issuer as settings of the plugin. Expressions are compiled.
#pragma once

#include <cleat/cel/program.h>
#include <cleat/sdk/config.h>
#include <cleat/sdk/status.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::oidc {

struct Expression {
  std::string text;
  std::shared_ptr<const cel::Program> program;  // null: there is none
  explicit operator bool() const { return program != nullptr; }
};

struct ClaimRule {
  std::string claim, requiredValue;  // either these two
  Expression expression;             // or this
  std::string message;
};

struct UserRule {
  Expression expression;
  std::string message;
};

// A claim with a prefix, or an expression; neither: nothing is taken.
struct ClaimSource {
  std::string claim, prefix;
  Expression expression;
  bool empty() const { return claim.empty() && !expression; }
};

struct ExtraSource {
  std::string key;
  Expression value;
};

struct IssuerConfig {
  std::string url, discoveryUrl;  // of the discovery document; empty: what follows from `url`
  std::string authority;          // PEM; empty: what this machine trusts
  std::vector<std::string> audiences, algorithms;
  std::vector<ClaimRule> claimRules;
  ClaimSource username, groups, uid;
  std::vector<ExtraSource> extra;
  std::vector<UserRule> userRules;
};

// Who of those that show no credentials is let in.
struct AnonymousConfig {
  bool enabled = false;
  std::vector<std::string> paths;  // only for these; none: for all
  bool operator==(const AnonymousConfig&) const = default;
};

struct AuthenticationConfig {
  std::vector<IssuerConfig> issuers;
  std::optional<AnonymousConfig> anonymous;  // nothing: that is said elsewhere
};

// `ownIssuer`: of the cluster's own service accounts, whose tokens are for another plugin.
Result<AuthenticationConfig> readAuthenticationConfig(const std::string& file, std::string_view ownIssuer);
Result<AuthenticationConfig> parseAuthenticationConfig(const std::string& text, const std::string& fileName,
                                                       std::string_view ownIssuer);
// Of the settings issuer_url, client_id, …; none where there is no issuer_url.
Result<std::vector<IssuerConfig>> issuerOfSettings(const Config& config);

}  // namespace cleat::oidc
