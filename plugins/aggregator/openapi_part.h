// What an API server's OpenAPI document of version 2, which is one for everything that it serves, says of one version
// of a group: the paths below it, and of the definitions, parameters and responses those that the paths lead to.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::aggregator {

// `prefix`: "/apis/GROUP/VERSION". Empty when the document has no such path; an error when the text is no such
// document.
Result<std::string> openApiPart(std::string_view document, std::string_view prefix);

}  // namespace cleat::aggregator
