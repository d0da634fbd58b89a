// What a CONNECT is about: not the pod, service or node that it connects to, but its own options, an object of a kind
// that exists for this alone (PodExecOptions, PodAttachOptions, PodPortForwardOptions and those of proxies).
#pragma once

#include <cleat/cel/value.h>
#include <cleat/schema/role/admission.capnp.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy-common/document.h"
#include "policy-common/known_kinds.h"

namespace cleat::policy {

// Nothing for a request that is no connect, or connects to what is not known here.
std::optional<KindKey> connectKind(role::AdmissionParams::Reader params);

// The options that a query says, as JSON shows them; what is false or empty is not there. `kind` is what connectKind
// gave.
cel::Value connectOptions(std::string_view query, const KindKey& kind);

// The query that says these options. An error where they are none of the kind.
Result<std::string> connectQuery(const Document& options, const KindKey& kind);

}  // namespace cleat::policy
