// How an exec or attach ended, as the Status that Kubernetes' clients read from the error channel.
#pragma once

#include <string>
#include <string_view>

namespace cleat::agent {

// `result` is the runtime's: {"exitCode": N} or {"error": "…"}.
std::string execStatus(std::string_view result);
std::string execFailure(std::string_view message);

}  // namespace cleat::agent
