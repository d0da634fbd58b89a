// Base64 (RFC 4648), as JSON carries bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cleat::webhook {

// Nothing where the text is none.
std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace cleat::webhook
