// A signature over a text that is carried apart from it (RFC 7515, appendix F), by a secret that two know.
#pragma once

#include <string>
#include <string_view>

namespace cleat::bootstrap {

// HEADER..SIGNATURE by HMAC with SHA-256; the header names the key.
std::string detachedSignature(std::string_view content, std::string_view keyId, std::string_view secret);

}  // namespace cleat::bootstrap
