// The kinds of resource.k8s.io/v1. Each add… puts one or two of them into the table, with all that they do.
#pragma once

#include <cleat/sdk/kinds/resource_v1.h>

#include <string_view>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::resource {

namespace v1 = resource_v1;

inline constexpr const char* kSchemaFile = "kinds/resource_v1.capnp";

void addDeviceClasses(KindTable& table);
void addResourceClaims(KindTable& table);  // and their templates
void addResourceSlices(KindTable& table);
void addDeviceTaintRules(KindTable& table);

// What is left out of a claim, and what is not kept of it, because its feature is off by default in Kubernetes.
void setClaimDefaults(v1::ResourceClaimSpec::Builder spec);
void setTolerationDefaults(capnp::List<v1::DeviceToleration>::Builder tolerations);

// The path of the first request for admin access to devices, or of the first device that was given so.
std::optional<Path> adminAccessIn(v1::ResourceClaimSpec::Reader spec, const Path& path);
std::optional<Path> adminAccessIn(v1::ResourceClaimStatus::Reader status);

}  // namespace cleat::kinds::resource
