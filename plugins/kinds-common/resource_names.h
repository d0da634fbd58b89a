// Names of resources (cpu, requests.memory, example.com/gpu) and amounts of them, with their rules: for containers,
// limit ranges and quotas alike.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/quantity.h>

#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

bool isHugePages(std::string_view name);
// Of Kubernetes' own: without a prefix, or in a domain of kubernetes.io.
bool isNativeResource(std::string_view name);
bool isExtendedResource(std::string_view name);
// May be asked for in smaller amounts than it is limited to.
bool isOvercommitted(std::string_view name);
// What quotas may name without a domain.
bool isQuotaResource(std::string_view name);

// Any resource; one that containers can ask for; one that a quota can bound.
void checkResourceName(std::string_view name, const Path& path, Findings& findings);
void checkContainerResourceName(std::string_view name, const Path& path, Findings& findings);
void checkQuotaResourceName(std::string_view name, const Path& path, Findings& findings);

// Not negative, and whole where it counts things.
void checkAmount(std::string_view name, capnp::Text::Reader text, const Path& path, Findings& findings);

// What is finer than a thousandth is rounded up to one, in lists of amounts that Kubernetes keeps so.
void roundAmounts(capnp::List<meta_v1::TextEntry>::Builder amounts);

}  // namespace cleat::kinds
