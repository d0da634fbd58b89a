#include "claims.h"

#include <boost/json/array.hpp>
#include <string_view>

namespace cleat {
namespace {

std::string text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

int64_t number(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

const boost::json::object* member(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

std::optional<TokenClaims::Reference> reference(const boost::json::object& object, std::string_view key) {
  const boost::json::object* named = member(object, key);
  if (named == nullptr) return std::nullopt;
  return TokenClaims::Reference{text(*named, "name"), text(*named, "uid")};
}

boost::json::object write(const TokenClaims::Reference& reference) {
  boost::json::object object{{"name", reference.name}};
  if (!reference.uid.empty()) object["uid"] = reference.uid;
  return object;
}

std::vector<std::string> audiencesOf(const boost::json::object& claims) {
  std::vector<std::string> audiences;
  const boost::json::value* value = claims.if_contains("aud");
  if (value && value->is_string()) audiences.emplace_back(value->get_string());
  if (value && value->is_array()) {
    for (const boost::json::value& one : value->get_array()) {
      if (one.is_string()) audiences.emplace_back(one.get_string());
    }
  }
  return audiences;
}

}  // namespace

boost::json::object writeClaims(const TokenClaims& claims) {
  boost::json::object about{{"namespace", claims.ns}, {"serviceaccount", write(claims.account)}};
  if (claims.pod) about["pod"] = write(*claims.pod);
  if (claims.secret) about["secret"] = write(*claims.secret);
  if (claims.node) about["node"] = write(*claims.node);
  boost::json::array audiences(claims.audiences.begin(), claims.audiences.end());
  return {{"aud", audiences},        {"exp", claims.expiry},
          {"iat", claims.issuedAt},  {"iss", claims.issuer},
          {"jti", claims.id},        {"kubernetes.io", about},
          {"nbf", claims.notBefore}, {"sub", "system:serviceaccount:" + claims.ns + ":" + claims.account.name}};
}

TokenClaims readClaims(const boost::json::object& object) {
  TokenClaims claims;
  claims.issuer = text(object, "iss");
  claims.id = text(object, "jti");
  claims.audiences = audiencesOf(object);
  claims.issuedAt = number(object, "iat");
  claims.notBefore = number(object, "nbf");
  claims.expiry = number(object, "exp");
  const boost::json::object* about = member(object, "kubernetes.io");
  if (about == nullptr) return claims;
  claims.ns = text(*about, "namespace");
  claims.account = reference(*about, "serviceaccount").value_or(TokenClaims::Reference());
  claims.pod = reference(*about, "pod");
  claims.secret = reference(*about, "secret");
  claims.node = reference(*about, "node");
  return claims;
}

}  // namespace cleat
