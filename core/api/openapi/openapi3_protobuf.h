// Documents of OpenAPI 3 in protobuf, for who asks for that form. The messages are those of gnostic's package
// openapi.v3; what no document of ours has has no place here either.
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

inline constexpr std::string_view kOpenApi3ProtobufType = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";

// Whether the client asks for that form, by its present name or the one with an "@".
bool takesOpenApi3Protobuf(std::string_view accept);

// `json`: a document as OpenApi makes it, or another server has given it.
std::string openApi3Protobuf(std::string_view json);

}  // namespace cleat::api
