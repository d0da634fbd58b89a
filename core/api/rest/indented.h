// Whether an answer in JSON is indented: as the parameter `pretty` says, else for whoever is likely to be a person,
// which the User-Agent tells of browsers, curl and Wget.
#pragma once

#include <string_view>

#include "core/http/http_message.h"

namespace cleat::api {

// `pretty`: the parameter's value, empty where there is none.
bool wantsIndented(std::string_view pretty, std::string_view userAgent);
bool wantsIndented(const http::Request& request);

// The answer in the form that the request wants; what is not JSON stays as it is.
http::Response indentedFor(const http::Request& request, http::Response response);

}  // namespace cleat::api
