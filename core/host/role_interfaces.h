// The roles' interfaces, by their ids: which role an interface belongs to, and how errors name a method.
#pragma once

#include <capnp/schema.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::host {

// "kinds", "runtime" …; empty for an interface that is no role's.
std::string_view roleOf(uint64_t interfaceId);

// "Kinds.describe"
std::string methodName(uint64_t interfaceId, uint16_t method);

// What a method takes and gives; nothing for a method that this program does not know.
std::optional<capnp::StructSchema> paramsOf(uint64_t interfaceId, uint16_t method);
std::optional<capnp::StructSchema> resultsOf(uint64_t interfaceId, uint16_t method);

uint64_t clusterInterface();
uint64_t kindsInterface();
uint64_t admissionInterface();
uint64_t authenticatorInterface();
uint64_t authorizerInterface();

}  // namespace cleat::host
