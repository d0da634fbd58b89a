#include "claim_mapping.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <optional>

#include "policy-common/json_values.h"
#include "policy-common/object_fields.h"

namespace cleat::oidc {

namespace {

using cel::Value;
using cel::ValueKind;

constexpr uint64_t kMostCost = 10'000'000;

std::unexpected<Status> refused(std::string why) { return fail(Status::unauthorized(concat("oidc: ", why))); }

Value evaluate(const Expression& expression, const Value& input) {
  return expression.program->evaluate(std::array{input}, {.cost = kMostCost}).value;
}

Result<std::string> textClaim(JsonView claims, const std::string& name) {
  auto claim = claims.member(name);
  if (!claim) return fail(Status::unauthorized("claim not present"));
  if (!claim->isText()) return fail(Status::unauthorized("the claim is no text"));
  return str(claim->text());
}

Result<void> checkClaimRule(const ClaimRule& rule, JsonView claims, const Value& values) {
  if (rule.expression) {
    const Value holds = evaluate(rule.expression, values);
    if (holds.isTrue()) return {};
    const std::string prefix = "error evaluating claim validation expression: ";
    if (holds.isError()) {
      return refused(concat(prefix, "expression '", rule.expression.text, "' resulted in error: ", holds.message()));
    }
    return refused(concat(prefix, "validation expression '", rule.expression.text, "' failed: ", rule.message));
  }
  if (!claims.member(rule.claim)) return refused(concat("required claim ", rule.claim, " not present in ID token"));
  auto value = textClaim(claims, rule.claim);
  if (!value) return refused(concat("parse claim ", rule.claim, ": ", value.error().message));
  if (*value == rule.requiredValue) return {};
  return refused(
      concat("required claim ", rule.claim, " value does not match. Got = ", *value, ", want = ", rule.requiredValue));
}

// A text or a list of texts; nothing else is one.
std::optional<std::vector<std::string>> textsOf(const Value& value) {
  std::vector<std::string> texts;
  if (value.is(ValueKind::null)) return texts;
  if (value.is(ValueKind::text)) {
    if (!value.asText().empty()) texts.push_back(str(value.asText()));
    return texts;
  }
  if (!value.is(ValueKind::list)) return std::nullopt;
  for (size_t i = 0; i < value.asList().size(); ++i) {
    const Value element = value.asList().at(i);
    if (!element.is(ValueKind::text)) return std::nullopt;
    if (!element.asText().empty()) texts.push_back(str(element.asText()));
  }
  return texts;
}

Result<std::vector<std::string>> textsBy(const Expression& expression, const Value& values, std::string_view what) {
  const Value value = evaluate(expression, values);
  const std::string prefix = concat("error evaluating ", what, " claim expression: ");
  if (value.isError()) return refused(concat(prefix, value.message()));
  auto texts = textsOf(value);
  if (!texts) return refused(concat(prefix, "expression must return a string or a list of strings"));
  return *std::move(texts);
}

Result<std::string> textBy(const Expression& expression, const Value& values, std::string_view what) {
  const Value value = evaluate(expression, values);
  const std::string prefix = concat("error evaluating ", what, " claim expression: ");
  if (value.isError()) return refused(concat(prefix, value.message()));
  if (!value.is(ValueKind::text)) return refused(concat(prefix, "expression must return a string"));
  return str(value.asText());
}

Result<std::string> usernameOf(JsonView claims, const Value& values, const ClaimSource& source) {
  if (source.expression) {
    CLEAT_TRY(std::string name, textBy(source.expression, values, "username"));
    if (name.empty()) return refused("empty username via CEL expression is not allowed");
    return name;
  }
  // An address that its owner has not proved to have is anybody's.
  if (auto verified = claims.member("email_verified"); source.claim == "email" && verified) {
    if (verified->type() != JsonType::boolean) return refused("parse 'email_verified' claim: it is no boolean");
    if (!verified->boolean()) return refused("email not verified");
  }
  auto name = textClaim(claims, source.claim);
  if (!name) return refused(concat("parse username claims ", inQuotes(source.claim), ": ", name.error().message));
  if (name->empty()) return refused(concat("username claim ", inQuotes(source.claim), " is empty"));
  return source.prefix + *name;
}

Result<std::vector<std::string>> groupsOf(JsonView claims, const Value& values, const ClaimSource& source) {
  if (source.expression) return textsBy(source.expression, values, "group");
  auto claim = source.claim.empty() ? std::nullopt : claims.member(source.claim);
  if (!claim) return std::vector<std::string>();
  auto groups = textsOf(policy::jsonValue(*claim));
  if (!groups) {
    return refused(concat("parse groups claim ", inQuotes(source.claim), ": it is neither a text nor a list of texts"));
  }
  for (std::string& group : *groups) group.insert(0, source.prefix);
  return *std::move(groups);
}

Result<std::string> uidOf(JsonView claims, const Value& values, const ClaimSource& source) {
  if (source.expression) return textBy(source.expression, values, "uid");
  if (source.claim.empty()) return std::string();
  auto uid = textClaim(claims, source.claim);
  if (!uid) return refused(concat("parse uid claim ", inQuotes(source.claim), ": ", uid.error().message));
  return uid;
}

const cel::TypeRef& userType() {
  static const cel::TypeRef kTexts = cel::types::list(cel::types::text());
  static const cel::TypeRef kType =
      policy::objectOf("kubernetes.UserInfo", {{"username", cel::types::text()},
                                               {"uid", cel::types::text()},
                                               {"groups", kTexts},
                                               {"extra", cel::types::map(cel::types::text(), kTexts)}});
  return kType;
}

Value borrowed(const std::vector<std::string>& texts) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(Value::text(text));
  return Value::list(std::move(values));
}

Value userValue(const TokenUser& user) {
  cel::MapBuilder extra;
  for (const auto& [key, values] : user.extra) (void)extra.add(Value::text(key), borrowed(values));
  return policy::Fields()
      .add("username", Value::text(user.name))
      .add("uid", Value::text(user.uid))
      .add("groups", borrowed(user.groups))
      .add("extra", std::move(extra).finish())
      .make(userType());
}

Result<void> checkUser(const TokenUser& user, const std::vector<UserRule>& rules) {
  if (rules.empty()) return {};
  const Value value = userValue(user);
  for (const UserRule& rule : rules) {
    const Value holds = evaluate(rule.expression, value);
    if (holds.isTrue()) continue;
    const std::string prefix = "error evaluating user info validation rule: ";
    if (holds.isError()) {
      return refused(concat(prefix, "expression '", rule.expression.text, "' resulted in error: ", holds.message()));
    }
    return refused(concat(prefix, "validation expression '", rule.expression.text, "' failed: ", rule.message));
  }
  return {};
}

}  // namespace

cel::Environment claimsEnvironment() {
  cel::Environment environment(cel::kubernetesFunctions());
  environment.declare("claims", cel::types::map(cel::types::text(), cel::types::dyn()));
  environment.checking().oneElementType = true;
  return environment;
}

cel::Environment userEnvironment() {
  cel::Environment environment(cel::kubernetesFunctions());
  environment.declare("user", userType());
  environment.checking().oneElementType = true;
  return environment;
}

Result<TokenUser> mapClaims(JsonView claims, const IssuerConfig& issuer) {
  const Value values = policy::jsonValue(claims);
  TokenUser user;
  CLEAT_TRY(user.name, usernameOf(claims, values, issuer.username));
  CLEAT_TRY(user.groups, groupsOf(claims, values, issuer.groups));
  for (const ClaimRule& rule : issuer.claimRules) CLEAT_TRY(checkClaimRule(rule, claims, values));
  CLEAT_TRY(user.uid, uidOf(claims, values, issuer.uid));
  for (const ExtraSource& extra : issuer.extra) {
    CLEAT_TRY(std::vector<std::string> found, textsBy(extra.value, values, "extra"));
    if (!found.empty()) user.extra.emplace_back(extra.key, std::move(found));
  }
  CLEAT_TRY(checkUser(user, issuer.userRules));
  return user;
}

}  // namespace cleat::oidc
