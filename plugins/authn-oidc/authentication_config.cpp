#include "authentication_config.h"

#include <cleat/cel/ast.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "claim_mapping.h"
#include "jwt-common/signature.h"
#include "remote-common/config_document.h"
#include "remote-common/remote_target.h"

namespace cleat::oidc {

namespace {

using remote::ConfigDocument;
using remote::ConfigNode;

constexpr std::string_view kGroup = "apiserver.config.k8s.io", kKind = "AuthenticationConfiguration";
constexpr size_t kMostIssuers = 64;

enum class Gives : uint8_t { boolean, text, texts };

bool fits(const cel::TypeRef& type, Gives gives) {
  if (gives == Gives::boolean) return type->kind == cel::TypeKind::boolean;
  if (type->kind == cel::TypeKind::text || cel::isDyn(type)) return true;
  if (gives == Gives::text || type->kind != cel::TypeKind::list) return false;
  const cel::TypeRef& element = type->parameters[0];
  return element->kind == cel::TypeKind::text || cel::isDyn(element);
}

Expression compile(const ConfigNode& node, const cel::Environment& environment, Gives gives) {
  Expression made{node.text(), nullptr};
  cel::Compiled compiled = environment.compile(made.text);
  if (!compiled.program) {
    node.invalid(made.text, concat("compilation failed: ", compiled.message));
  } else if (!fits(compiled.program->type(), gives)) {
    node.invalid(made.text, gives == Gives::boolean ? "must evaluate to bool"
                            : gives == Gives::text  ? "must evaluate to string"
                                                    : "must evaluate to one of [string list]");
  } else if (const std::string& fault = compiled.program->fault(); !fault.empty()) {
    node.complain(concat("Internal error: program instantiation failed: ", fault));
  } else {
    made.program = std::move(compiled.program);
  }
  return made;
}

bool isCertificates(const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::unique_ptr<X509, decltype(&X509_free)> first(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free);
  return first != nullptr;
}

void checkUrl(const ConfigNode& node, const std::string& url) {
  if (!url.starts_with("https://")) return node.invalid(url, "URL scheme must be https");
  if (url.find('?') != std::string::npos) return node.invalid(url, "URL must not contain a query");
  if (url.find('#') != std::string::npos) return node.invalid(url, "URL must not contain a fragment");
  const std::string authority = url.substr(8, url.find('/', 8) - 8);
  if (authority.find('@') != std::string::npos) {
    return node.invalid(url, "URL must not contain a username or password");
  }
  if (auto parsed = remote::targetOf(url); !parsed) node.invalid(url, parsed.error().message);
}

void readIssuer(const ConfigNode& node, std::string_view ownIssuer, IssuerConfig& issuer) {
  if (!node.knows(
          {"url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy", "egressSelectorType"})) {
    return node["url"].required("URL is required");
  }
  const ConfigNode url = node["url"], discovery = node["discoveryURL"], audiences = node["audiences"];
  issuer.url = url.text();
  if (issuer.url.empty()) {
    url.required("URL is required");
  } else {
    checkUrl(url, issuer.url);
  }
  if (!ownIssuer.empty() && issuer.url == ownIssuer) {
    url.invalid(issuer.url, concat("URL must not overlap with disallowed issuers: [", ownIssuer, "]"));
  }
  if (discovery.there()) {
    issuer.discoveryUrl = discovery.text();
    checkUrl(discovery, issuer.discoveryUrl);
    std::string ending = issuer.discoveryUrl;
    if (ending.ends_with('/')) ending.pop_back();
    if (ending == issuer.url) discovery.invalid(issuer.discoveryUrl, "discoveryURL must be different from URL");
  }
  if (node["egressSelectorType"].there()) node["egressSelectorType"].complain("there is no egress selector here");
  issuer.authority = node["certificateAuthority"].text();
  if (!issuer.authority.empty() && !isCertificates(issuer.authority)) {
    node["certificateAuthority"].invalid("<omitted>", "data does not contain any valid RSA or ECDSA certificates");
  }
  issuer.audiences = audiences.texts();
  if (issuer.audiences.empty()) audiences.required(concat("at least one ", audiences.path(), " is required"));
  std::set<std::string> seen;
  for (const ConfigNode& audience : audiences.items()) {
    const std::string text = audience.text();
    if (text.empty()) audience.required("audience can't be empty");
    if (!seen.insert(text).second) audience.complain(concat("Duplicate value: ", inQuotes(text)));
  }
  const ConfigNode policy = node["audienceMatchPolicy"];
  const std::string match = policy.text();
  if (issuer.audiences.size() > 1 && match != "MatchAny") {
    policy.invalid(match, "audienceMatchPolicy must be MatchAny for multiple audiences");
  } else if (!match.empty() && match != "MatchAny") {
    policy.invalid(match, "audienceMatchPolicy must be empty or MatchAny for single audience");
  }
}

ClaimRule readClaimRule(const ConfigNode& node) {
  node.knows({"claim", "requiredValue", "expression", "message"});
  ClaimRule rule{node["claim"].text(), node["requiredValue"].text(), {}, node["message"].text()};
  const bool hasExpression = node["expression"].there();
  if (!rule.claim.empty() && hasExpression) {
    node.invalid(rule.claim, "claim and expression can't both be set");
  } else if (rule.claim.empty() && !hasExpression) {
    node.required("claim or expression is required");
  } else if (hasExpression) {
    if (!rule.requiredValue.empty()) {
      node["requiredValue"].invalid(rule.requiredValue, "requiredValue can't be set when expression is set");
    }
    rule.expression = compile(node["expression"], claimsEnvironment(), Gives::boolean);
  } else if (!rule.message.empty()) {
    node["message"].invalid(rule.message, "message can't be set when claim is set");
  }
  return rule;
}

// `isRequired`: something has to be taken. With a claim its prefix is always said, be it empty.
ClaimSource readSource(const ConfigNode& node, bool isRequired, bool hasPrefix, Gives gives) {
  ClaimSource source;
  if (hasPrefix) {
    node.knows({"claim", "prefix", "expression"});
  } else {
    node.knows({"claim", "expression"});
  }
  const ConfigNode claim = node["claim"], prefix = node["prefix"], expression = node["expression"];
  source.claim = claim.text();
  source.prefix = hasPrefix ? prefix.text() : std::string();
  if (expression.there()) {
    if (!source.claim.empty()) node.invalid("", "claim and expression can't both be set");
    if (hasPrefix && prefix.there()) prefix.invalid(source.prefix, "prefix can't be set when expression is set");
    source.expression = compile(expression, claimsEnvironment(), gives);
    source.claim.clear();
  } else if (source.claim.empty()) {
    if (isRequired) node.required("claim or expression is required");
    if (!isRequired && hasPrefix && prefix.there())
      prefix.invalid(source.prefix, "prefix can't be set without a claim");
  } else if (hasPrefix && !prefix.there()) {
    prefix.required("prefix is required when claim is set. It can be set to an empty string to disable prefixing");
  }
  return source;
}

// "example.com/tenant": a domain and a path, small letters, and no domain of Kubernetes.
void checkExtraKey(const ConfigNode& node, const std::string& key) {
  if (key.empty()) return node.required("key is required");
  if (std::ranges::any_of(key, [](unsigned char c) { return std::isupper(c) != 0; })) {
    return node.invalid(key, "key must be lowercase");
  }
  const size_t slash = key.find('/');
  const std::string domain = key.substr(0, slash);
  if (slash == std::string::npos || slash == 0 || slash + 1 == key.size()) {
    return node.invalid(key, "must be a domain-prefixed path (such as \"acme.io/foo\")");
  }
  for (std::string_view reserved : {"k8s.io", "kubernetes.io"}) {
    if (domain == reserved || domain.ends_with(concat(".", reserved))) {
      return node.invalid(key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
    }
  }
}

void readExtra(const ConfigNode& list, IssuerConfig& issuer) {
  std::set<std::string> seen;
  for (const ConfigNode& node : list.items()) {
    node.knows({"key", "valueExpression"});
    ExtraSource extra{node["key"].text(), {}};
    checkExtraKey(node["key"], extra.key);
    if (!seen.insert(extra.key).second) node["key"].complain(concat("Duplicate value: ", inQuotes(extra.key)));
    if (node["valueExpression"].there()) {
      extra.value = compile(node["valueExpression"], claimsEnvironment(), Gives::texts);
    } else {
      node["valueExpression"].required("valueExpression is required");
    }
    issuer.extra.push_back(std::move(extra));
  }
}

// Whether the expression speaks of that claim, as `claims.NAME` or `claims['NAME']`.
bool speaksOf(const cel::Expr& expr, std::string_view claim) {
  auto isClaims = [](const cel::Expr& of) { return of.kind == cel::ExprKind::ident && of.name == "claims"; };
  if (expr.kind == cel::ExprKind::select && expr.name == claim && isClaims(expr.arg(0))) return true;
  if (expr.kind == cel::ExprKind::call && expr.args.size() == 2 && isClaims(expr.arg(0)) &&
      expr.arg(1).kind == cel::ExprKind::constant && expr.arg(1).constant.is(cel::ValueKind::text) &&
      expr.arg(1).constant.asText() == claim) {
    return true;
  }
  for (const cel::ExprPtr& arg : expr.args) {
    if (arg && speaksOf(*arg, claim)) return true;
  }
  if (!expr.loop) return false;
  for (const cel::ExprPtr* part :
       {&expr.loop->range, &expr.loop->initial, &expr.loop->condition, &expr.loop->step, &expr.loop->result}) {
    if (*part && speaksOf(**part, claim)) return true;
  }
  return false;
}
bool speaksOf(const Expression& expression, std::string_view claim) {
  return expression && speaksOf(expression.program->expr(), claim);
}

// An address that nobody has proved to have is not to become a name by an oversight.
void checkEmail(const ConfigNode& mappings, const IssuerConfig& issuer) {
  if (!speaksOf(issuer.username.expression, "email")) return;
  bool isLookedAt = speaksOf(issuer.username.expression, "email_verified");
  for (const ExtraSource& extra : issuer.extra) isLookedAt = isLookedAt || speaksOf(extra.value, "email_verified");
  for (const ClaimRule& rule : issuer.claimRules) {
    isLookedAt = isLookedAt || speaksOf(rule.expression, "email_verified");
  }
  if (isLookedAt) return;
  mappings["username"]["expression"].invalid(
      issuer.username.expression.text,
      "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression "
      "or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression");
}

IssuerConfig readJwt(const ConfigNode& node, std::string_view ownIssuer) {
  IssuerConfig issuer;
  issuer.algorithms = jwt::knownAlgorithms();
  node.knows({"issuer", "claimValidationRules", "claimMappings", "userValidationRules"});
  readIssuer(node["issuer"], ownIssuer, issuer);
  std::set<std::string> seen;
  for (const ConfigNode& rule : node["claimValidationRules"].items()) {
    issuer.claimRules.push_back(readClaimRule(rule));
    const ClaimRule& read = issuer.claimRules.back();
    const std::string& what = read.claim.empty() ? read.expression.text : read.claim;
    if (!what.empty() && !seen.insert(what).second) rule.complain(concat("Duplicate value: ", inQuotes(what)));
  }
  const ConfigNode mappings = node["claimMappings"];
  mappings.knows({"username", "groups", "uid", "extra"});
  issuer.username = readSource(mappings["username"], true, true, Gives::text);
  issuer.groups = readSource(mappings["groups"], false, true, Gives::texts);
  issuer.uid = readSource(mappings["uid"], false, false, Gives::text);
  readExtra(mappings["extra"], issuer);
  checkEmail(mappings, issuer);
  seen.clear();
  for (const ConfigNode& rule : node["userValidationRules"].items()) {
    rule.knows({"expression", "message"});
    const ConfigNode expression = rule["expression"];
    if (!expression.there()) {
      expression.required("expression is required");
      continue;
    }
    if (!seen.insert(expression.text()).second) {
      expression.complain(concat("Duplicate value: ", inQuotes(expression.text())));
    }
    issuer.userRules.push_back({compile(expression, userEnvironment(), Gives::boolean), rule["message"].text()});
  }
  return issuer;
}

std::optional<AnonymousConfig> readAnonymous(const ConfigNode& node) {
  if (!node.there()) return std::nullopt;
  node.knows({"enabled", "conditions"});
  AnonymousConfig anonymous{node["enabled"].boolean(false), {}};
  for (const ConfigNode& condition : node["conditions"].items()) {
    condition.knows({"path"});
    anonymous.paths.push_back(condition["path"].text());
  }
  if (!anonymous.enabled && !anonymous.paths.empty()) {
    node["conditions"].complain("Invalid value: enabled should be set to true when conditions are defined");
  }
  return anonymous;
}

Result<AuthenticationConfig> readConfig(ConfigDocument& document, std::string_view ownIssuer) {
  const ConfigNode root = document.root();
  document.expect(kGroup, {"v1", "v1beta1"}, kKind);
  root.knows({"apiVersion", "kind", "jwt", "anonymous"});
  AuthenticationConfig config;
  config.anonymous = readAnonymous(root["anonymous"]);
  std::vector<IssuerConfig>& issuers = config.issuers;
  std::set<std::string> urls, discoveries;
  const std::vector<ConfigNode> jwt = root["jwt"].items();
  if (jwt.size() > kMostIssuers) root["jwt"].complain(concat("Too many: must have at most ", kMostIssuers, " items"));
  for (const ConfigNode& node : jwt) {
    issuers.push_back(readJwt(node, ownIssuer));
    const IssuerConfig& issuer = issuers.back();
    if (!issuer.url.empty() && !urls.insert(issuer.url).second) {
      node["issuer"]["url"].complain(concat("Duplicate value: ", inQuotes(issuer.url)));
    }
    if (!issuer.discoveryUrl.empty() && !discoveries.insert(issuer.discoveryUrl).second) {
      node["issuer"]["discoveryURL"].complain(concat("Duplicate value: ", inQuotes(issuer.discoveryUrl)));
    }
  }
  CLEAT_TRY(document.verdict());
  return config;
}

}  // namespace

Result<AuthenticationConfig> readAuthenticationConfig(const std::string& file, std::string_view ownIssuer) {
  CLEAT_TRY(std::unique_ptr<ConfigDocument> document, ConfigDocument::read(file));
  return readConfig(*document, ownIssuer);
}

Result<AuthenticationConfig> parseAuthenticationConfig(const std::string& text, const std::string& fileName,
                                                       std::string_view ownIssuer) {
  CLEAT_TRY(std::unique_ptr<ConfigDocument> document, ConfigDocument::parse(text, fileName));
  return readConfig(*document, ownIssuer);
}

Result<std::vector<IssuerConfig>> issuerOfSettings(const Config& config) {
  IssuerConfig issuer;
  issuer.url = config.string("issuer_url");
  if (issuer.url.empty()) return std::vector<IssuerConfig>();
  auto wrong = [](std::string_view setting, std::string_view why) {
    return fail(Status::badRequest(concat("[plugins.authn-oidc] ", setting, ": ", why)));
  };
  if (auto target = remote::targetOf(issuer.url); !target) return wrong("issuer_url", target.error().message);
  if (issuer.url == config.server().serviceAccountIssuer) {
    return wrong("issuer_url", "is the cluster's own issuer, of service accounts");
  }
  issuer.audiences = {config.string("client_id")};
  if (issuer.audiences[0].empty()) return wrong("client_id", "is needed with issuer_url");
  if (const std::string file = config.string("ca_file"); !file.empty()) {
    CLEAT_TRY(issuer.authority, readFile(file));
    if (!isCertificates(issuer.authority)) return wrong("ca_file", concat("there is no certificate in ", file));
  }
  issuer.algorithms = config.list("signing_algs");
  for (const std::string& algorithm : issuer.algorithms) {
    if (std::ranges::find(jwt::knownAlgorithms(), algorithm) != jwt::knownAlgorithms().end()) continue;
    return wrong("signing_algs", concat(inQuotes(algorithm), " is none of RS, ES and PS with 256, 384 or 512"));
  }
  issuer.username.claim = config.string("username_claim");
  // Without a prefix of its own a name that is no address says whose it is; "-" is no prefix at all.
  const std::string prefix = config.string("username_prefix");
  if (prefix.empty() && issuer.username.claim != "email") issuer.username.prefix = issuer.url + "#";
  if (!prefix.empty() && prefix != "-") issuer.username.prefix = prefix;
  issuer.groups.claim = config.string("groups_claim");
  issuer.groups.prefix = config.string("groups_prefix");
  for (const std::string& required : config.list("required_claims")) {
    const size_t equals = required.find('=');
    if (equals == std::string::npos || equals == 0) {
      return wrong("required_claims", concat(inQuotes(required), " is not CLAIM=VALUE"));
    }
    issuer.claimRules.push_back({required.substr(0, equals), required.substr(equals + 1), {}, {}});
  }
  return std::vector<IssuerConfig>{std::move(issuer)};
}

}  // namespace cleat::oidc
