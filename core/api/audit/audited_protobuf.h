// Bodies in protobuf as the audit log has them: in JSON.
#pragma once

#include <string>
#include <string_view>

#include "core/object/catalogue.h"

namespace cleat::api {

// Empty for what is none, or of a kind that nobody here knows.
std::string protobufAsJson(const object::Catalogue& kinds, std::string_view body);

}  // namespace cleat::api
