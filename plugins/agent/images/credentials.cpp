#include "images/credentials.h"

#include <cleat/sdk/base64.h>
#include <cleat/sdk/text.h>

#include <boost/json.hpp>

#include <openssl/evp.h>

namespace cleat::agent {
namespace {

namespace json = boost::json;

// "https://index.docker.io/v1/" → "docker.io", "registry.example:5000/team" → host and path as they are.
std::string normalizedKey(std::string_view key) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  for (std::string_view version : {"/v1/", "/v2/", "/v1", "/v2"}) {
    if (key.ends_with(version)) {
      key.remove_suffix(version.size());
      break;
    }
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  if (key == "index.docker.io" || key == "registry-1.docker.io") return "docker.io";
  return std::string(key);
}

bool covers(const std::string& key, const ImageName& image) {
  std::string full = concat(image.registry, "/", image.repository);
  return full.starts_with(key) && (full.size() == key.size() || full[key.size()] == '/');
}

std::string_view textIn(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<RegistryCredential> credentialFrom(const json::value& entry) {
  if (!entry.is_object()) return std::nullopt;
  const json::object& object = entry.get_object();
  RegistryCredential credential{std::string(textIn(object, "username")), std::string(textIn(object, "password"))};
  if (!credential.username.empty()) return credential;
  auto both = decodeBase64(textIn(object, "auth"));
  size_t colon = both ? both->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return RegistryCredential{both->substr(0, colon), both->substr(colon + 1)};
}

std::optional<RegistryCredential> longestMatch(const json::object& registries, const ImageName& image) {
  std::optional<RegistryCredential> best;
  size_t bestLength = 0;
  for (const auto& [key, entry] : registries) {
    std::string normalized = normalizedKey(std::string_view(key));
    if (!covers(normalized, image) || normalized.size() < bestLength) continue;
    auto credential = credentialFrom(entry);
    if (!credential) continue;
    best = std::move(credential);
    bestLength = normalized.size();
  }
  return best;
}

}  // namespace

std::string hashOf(const RegistryCredential& credential) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = json::serialize(json::array{credential.username, credential.password});
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), hash, &size, EVP_sha256(), nullptr);
  std::string digits = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    digits += kDigits[hash[i] >> 4];
    digits += kDigits[hash[i] & 15];
  }
  return digits;
}

std::optional<RegistryCredential> credentialFor(core_v1::Secret::Reader secret, const ImageName& image) {
  for (auto entry : secret.getData()) {
    bool nested = view(entry.getKey()) == ".dockerconfigjson";
    if (!nested && view(entry.getKey()) != ".dockercfg") continue;
    boost::system::error_code error;
    json::value parsed = json::parse(view(entry.getValue()), error);
    if (error || !parsed.is_object()) continue;
    const json::value* registries = nested ? parsed.get_object().if_contains("auths") : &parsed;
    if (registries == nullptr || !registries->is_object()) continue;
    if (auto found = longestMatch(registries->get_object(), image)) return found;
  }
  return std::nullopt;
}

}  // namespace cleat::agent
