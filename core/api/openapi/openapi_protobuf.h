// The OpenAPI 2 document in protobuf, which is the only form that kubectl up to 1.27 and client libraries of its time
// ask for. The messages are those of gnostic's package openapi.v2; what we never write into the document has no place
// here either.
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

inline constexpr std::string_view kOpenApiProtobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

// Whether the client asks for that form, by its present name or the one with an "@".
bool takesOpenApiProtobuf(std::string_view accept);

// `json`: the document as OpenApi makes it.
std::string openApiProtobuf(std::string_view json);

}  // namespace cleat::api
