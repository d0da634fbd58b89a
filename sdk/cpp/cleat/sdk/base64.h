// Texts in base64 (RFC 4648, section 4), as JSON and PEM carry bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cleat {

// The bytes; nothing for what has other characters than the alphabet's. Padding and line ends are passed over wherever
// they stand.
std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace cleat
