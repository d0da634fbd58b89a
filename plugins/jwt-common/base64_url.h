// base64url without padding (RFC 4648, section 5), as JOSE has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cleat::jwt {

std::string encodeBase64Url(std::string_view bytes);
// Only the one text that encodes the bytes is taken: no padding, no bits left over.
std::optional<std::string> decodeBase64Url(std::string_view text);

}  // namespace cleat::jwt
