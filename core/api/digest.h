// Digests of documents, for ETags and for URLs that name their content.
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

std::string sha256Hex(std::string_view bytes);  // upper case, as Kubernetes writes them

}  // namespace cleat::api
