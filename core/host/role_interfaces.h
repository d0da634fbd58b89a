// The roles' interfaces, by their ids: which role a method belongs to, and how errors name a method.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/method.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::host {

// "kinds", "runtime" …; empty for a method that is no role's.
std::string_view roleOf(MethodId method);

// "Kinds.describe"
std::string methodName(MethodId method);

// What a method takes and gives; nothing for a method that this program does not know.
std::optional<capnp::StructSchema> paramSchema(MethodId method);
std::optional<capnp::StructSchema> resultSchema(MethodId method);

}  // namespace cleat::host
