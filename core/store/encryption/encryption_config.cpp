#include "core/store/encryption/encryption_config.h"

#include <cleat/sdk/base64.h>
#include <cleat/sdk/text.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "core/object/codec.h"

namespace cleat::store {
namespace {

namespace json = boost::json;

constexpr EncryptionMethod kMethods[] = {EncryptionMethod::identity, EncryptionMethod::aesgcm, EncryptionMethod::aescbc,
                                         EncryptionMethod::secretbox};

std::unexpected<Status> wrong(std::string_view path, std::string_view why) {
  return fail(Status::badRequest(concat(path, ": ", why)));
}

std::string_view textOf(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

// Its members are among those that are known.
Result<void> checkMembers(const json::value& value, std::string_view path, std::initializer_list<const char*> known) {
  if (!value.is_object()) return wrong(path, "must be an object");
  for (const auto& member : value.get_object()) {
    if (std::ranges::find(known, std::string_view(member.key())) == known.end()) {
      return wrong(concat(path, path.empty() ? "" : ".", std::string_view(member.key())), "is no known field");
    }
  }
  return {};
}

const json::value& memberOf(const json::value& object, std::string_view name) {
  static const json::value kNone;
  const json::value* found = object.is_object() ? object.get_object().if_contains(name) : nullptr;
  return found ? *found : kNone;
}

Result<const json::array*> listOf(const json::value& object, std::string_view name, std::string_view path) {
  const json::value& list = memberOf(object, name);
  const std::string where = concat(path, path.empty() ? "" : ".", name);
  if (!list.is_array()) return wrong(where, "must be a list");
  if (list.get_array().empty()) return wrong(where, "must not be empty");
  return &list.get_array();
}

bool isLengthOf(EncryptionMethod method, size_t bytes) {
  if (method == EncryptionMethod::secretbox) return bytes == 32;
  return bytes == 16 || bytes == 24 || bytes == 32;
}

Result<EncryptionKey> readKey(const json::value& from, EncryptionMethod method, const std::string& path) {
  CLEAT_TRY(checkMembers(from, path, {"name", "secret"}));
  EncryptionKey key{std::string(textOf(memberOf(from, "name"))), {}};
  if (key.name.empty()) return wrong(path + ".name", "must not be empty");
  if (key.name.find(':') != std::string::npos) return wrong(path + ".name", "must not contain \":\"");
  auto secret = decodeBase64(textOf(memberOf(from, "secret")));
  if (!secret) return wrong(path + ".secret", "must be base64");
  if (!isLengthOf(method, secret->size())) {
    const char* lengths = method == EncryptionMethod::secretbox ? "32" : "16, 24 or 32";
    return wrong(path + ".secret", concat("is of ", secret->size(), " bytes, expected ", lengths));
  }
  key.secret = *std::move(secret);
  return key;
}

Result<EncryptionProvider> readProvider(const json::value& from, const std::string& path) {
  if (!from.is_object() || from.get_object().size() != 1) return wrong(path, "must have exactly one provider");
  const auto& member = *from.get_object().begin();
  const std::string_view name = member.key();
  const std::string where = concat(path, ".", name);
  const auto method = std::ranges::find(kMethods, name, nameOf);
  if (method == std::end(kMethods)) {
    return wrong(where, "is not supported: there are identity, aesgcm, aescbc and secretbox");
  }
  EncryptionProvider provider{*method, {}};
  if (provider.method == EncryptionMethod::identity) return provider;
  CLEAT_TRY(checkMembers(member.value(), where, {"keys"}));
  CLEAT_TRY(const json::array* keys, listOf(member.value(), "keys", where));
  std::set<std::string> names;
  for (size_t i = 0; i < keys->size(); ++i) {
    const std::string at = concat(where, ".keys[", i, "]");
    CLEAT_TRY(EncryptionKey key, readKey((*keys)[i], provider.method, at));
    if (!names.insert(key.name).second) return wrong(at + ".name", "is the name of an earlier key");
    provider.keys.push_back(std::move(key));
  }
  return provider;
}

Result<EncryptionRule> readRule(const json::value& from, const std::string& path) {
  CLEAT_TRY(checkMembers(from, path, {"resources", "providers"}));
  EncryptionRule rule;
  CLEAT_TRY(const json::array* resources, listOf(from, "resources", path));
  for (size_t i = 0; i < resources->size(); ++i) {
    const std::string resource(textOf((*resources)[i]));
    const std::string at = concat(path, ".resources[", i, "]");
    if (resource.empty()) return wrong(at, "must not be empty");
    if (resource.find('/') != std::string::npos)
      return wrong(at, "must be a resource, \"secrets\" or \"pandas.awesome.org\"");
    if (resource == "*") return wrong(at, "use \"*.\" for all of the core group, or \"*.*\" for all");
    rule.resources.push_back(resource);
  }
  CLEAT_TRY(const json::array* providers, listOf(from, "providers", path));
  for (size_t i = 0; i < providers->size(); ++i) {
    CLEAT_TRY(EncryptionProvider provider, readProvider((*providers)[i], concat(path, ".providers[", i, "]")));
    rule.providers.push_back(std::move(provider));
  }
  return rule;
}

}  // namespace

std::string_view nameOf(EncryptionMethod method) {
  switch (method) {
    case EncryptionMethod::identity: return "identity";
    case EncryptionMethod::aesgcm: return "aesgcm";
    case EncryptionMethod::aescbc: return "aescbc";
    case EncryptionMethod::secretbox: return "secretbox";
  }
  return "";
}

bool EncryptionRule::isAbout(std::string_view resource) const {
  const size_t dot = resource.find('.');
  const std::string_view group = dot == std::string_view::npos ? std::string_view() : resource.substr(dot + 1);
  return std::ranges::any_of(resources, [&](const std::string& each) {
    if (each == "*.*" || each == resource) return true;
    return each.starts_with("*.") && std::string_view(each).substr(2) == group;
  });
}

const EncryptionRule* EncryptionConfig::ruleFor(std::string_view resource) const {
  for (const EncryptionRule& rule : rules) {
    if (rule.isAbout(resource)) return &rule;
  }
  return nullptr;
}

Result<EncryptionConfig> parseEncryptionConfig(std::string_view text) {
  CLEAT_TRY(const json::value root, object::parseYaml(text));
  CLEAT_TRY(checkMembers(root, "", {"apiVersion", "kind", "resources"}));
  if (textOf(memberOf(root, "kind")) != "EncryptionConfiguration")
    return wrong("kind", "must be EncryptionConfiguration");
  const std::string_view version = textOf(memberOf(root, "apiVersion"));
  if (version != "apiserver.config.k8s.io/v1") return wrong("apiVersion", "must be apiserver.config.k8s.io/v1");
  CLEAT_TRY(const json::array* rules, listOf(root, "resources", ""));
  EncryptionConfig config;
  for (size_t i = 0; i < rules->size(); ++i) {
    CLEAT_TRY(EncryptionRule rule, readRule((*rules)[i], concat("resources[", i, "]")));
    config.rules.push_back(std::move(rule));
  }
  return config;
}

Result<EncryptionConfig> readEncryptionConfig(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) return fail(Status::badRequest(concat("cannot read ", file, ": ", std::strerror(errno ? errno : EIO))));
  auto config = parseEncryptionConfig(text);
  if (!config) return fail(Status::badRequest(concat(file, ": ", config.error().message)));
  return config;
}

}  // namespace cleat::store
