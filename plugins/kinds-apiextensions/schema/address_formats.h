// Texts that name something on a network, as Go's library reads them: what a schema's formats ipv4, uri and the like
// mean.
#pragma once

#include <string_view>

namespace cleat::kinds::extensions {

inline bool isDigit(char c) { return c >= '0' && c <= '9'; }
inline bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool isIpv4(std::string_view text);  // 10.0.0.1, and ::ffff:10.0.0.1
bool isIpv6(std::string_view text);
bool isCidr(std::string_view text);  // 10.0.0.0/8, fd00::/8
bool isMac(std::string_view text);   // of 6, 8 or 20 bytes: 00:00:5e:00:53:01, 00-00-…, 0000.5e00.5301
bool isHostname(std::string_view text);
bool isRequestUri(std::string_view text);    // https://example.com/path, /path, mailto:someone
bool isEmailAddress(std::string_view text);  // someone@example.com, Some One <someone@example.com>

}  // namespace cleat::kinds::extensions
