// Secretbox (NaCl): XSalsa20 with Poly1305, which the TLS library does not have as a whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cleat::store {

inline constexpr size_t kSecretboxKey = 32, kSecretboxNonce = 24, kSecretboxTag = 16;

// The tag and the bytes behind it. `key` and `nonce` have their lengths.
std::string sealSecretbox(std::string_view plain, std::string_view key, std::string_view nonce);
// Nothing where the tag is not that of the bytes.
std::optional<std::string> openSecretbox(std::string_view boxed, std::string_view key, std::string_view nonce);

}  // namespace cleat::store
