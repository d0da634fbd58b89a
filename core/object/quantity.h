// Quantities of resources ("500m", "1Gi") in the canonical form in which Kubernetes writes them: no fraction, and the
// largest suffix of the same family that loses nothing.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::object {

// "1000m" → "1", "0.5" → "500m", "1024Ki" → "1Mi". Errors are worded as Kubernetes'.
Result<std::string> canonicalQuantity(std::string_view text);

}  // namespace cleat::object
