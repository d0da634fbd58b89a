// ValueCipher: how the values of one resource look on the disk, by its rule in the EncryptionConfiguration. The form is
// kube-apiserver's: "k8s:enc:PROVIDER:v1:KEY:" and the bytes that the provider makes; what has no such beginning is
// stored as it is.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

#include "core/store/encryption/encryption_config.h"

namespace cleat::store {

// What the beginning of a stored value says.
struct StoredForm {
  std::string_view provider;  // "aesgcm"; "identity" where it is stored as it is
  std::string_view key;       // its name; empty with identity
  std::string_view bytes;     // behind the prefix
};
StoredForm storedFormOf(std::string_view stored);

// Of one resource; `rule` is null where none is about it. `key` is the value's own in the store, which aesgcm binds to
// the value: it cannot be put in another's place.
Result<std::string> encryptValue(const EncryptionRule* rule, std::string_view value, std::string_view key);

struct DecryptedValue {
  std::string value;
  bool isStale = false;  // it would be stored in another way, or with another key, today
};
// An error says what is missing, without the key's bytes.
Result<DecryptedValue> decryptValue(const EncryptionRule* rule, std::string_view stored, std::string_view key);

}  // namespace cleat::store
