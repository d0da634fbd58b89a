// Digests of documents, for ETags and for URLs that name their content.
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

std::string sha256Hex(std::string_view bytes);  // upper case, as Kubernetes writes them
// The first eight bytes of the SHA-256 in base64: short ones, for what is told apart and not trusted.
std::string shortDigest(std::string_view bytes);

}  // namespace cleat::api
