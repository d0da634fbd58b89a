// Puts into this server's OpenAPI document of version 2 what others, to which it forwards requests, say of their paths.
#pragma once

#include <string>
#include <vector>

namespace cleat::api {

struct OpenApiElsewhere {
  std::string prefix;    // "/apis/GROUP/VERSION": nothing but what is below it is taken
  std::string document;  // version 2.0, in JSON
};

// Paths that are there already stay as they are. Where two documents mean different things by one name of a definition
// (or a parameter, or a response), the later one's is called NAME_v2, NAME_v3 …, as kube-aggregator calls them. A
// document that cannot be read is left out.
std::string mergeOpenApi(std::string own, const std::vector<OpenApiElsewhere>& others);

}  // namespace cleat::api
