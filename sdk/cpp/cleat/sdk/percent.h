// Percent-encoding, for what becomes a part of a URL (RFC 3986, section 2.1): what cannot stand there as it is goes as
// `%` and two digits, in capitals.
#pragma once

#include <string>
#include <string_view>

namespace cleat {

// What stays besides letters and digits.
inline constexpr std::string_view kUnreserved = "-._~";

// Byte by byte; `plain` says what stays as it is.
std::string percentEncoded(std::string_view text, std::string_view plain = kUnreserved);

}  // namespace cleat
