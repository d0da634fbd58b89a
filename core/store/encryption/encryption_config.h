// EncryptionConfig: which resources are stored encrypted, how, and with which keys: an EncryptionConfiguration
// (apiserver.config.k8s.io/v1), as kube-apiserver reads it from its --encryption-provider-config.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::store {

struct EncryptionKey {
  std::string name;
  std::string secret;  // the bytes themselves
};

enum class EncryptionMethod { identity, aesgcm, aescbc, secretbox };
// "aesgcm"
std::string_view nameOf(EncryptionMethod method);

struct EncryptionProvider {
  EncryptionMethod method = EncryptionMethod::identity;
  std::vector<EncryptionKey> keys;  // the first one writes; identity has none
};

struct EncryptionRule {
  std::vector<std::string> resources;         // "secrets", "deployments.apps", "*.apps", "*." of the core group, "*.*"
  std::vector<EncryptionProvider> providers;  // the first one writes
  // `resource`: as it stands in the store's keys, "secrets" or "deployments.apps".
  bool isAbout(std::string_view resource) const;
};

struct EncryptionConfig {
  std::vector<EncryptionRule> rules;
  // The first that is about the resource; null: there is none, and it is stored as it is.
  const EncryptionRule* ruleFor(std::string_view resource) const;
};

// Of a text in YAML or JSON. An error names the field: "resources[0].providers[1].aesgcm.keys[0].secret: …".
Result<EncryptionConfig> parseEncryptionConfig(std::string_view text);
// Of a file; an error names it.
Result<EncryptionConfig> readEncryptionConfig(const std::string& file);

}  // namespace cleat::store
