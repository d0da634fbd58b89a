// How an exec or attach ended, as Kubernetes' clients read it from the error channel.
#pragma once

#include <string>
#include <string_view>

namespace cleat::agent {

struct ExecEnd {
  std::string status;   // a Status in JSON
  std::string failure;  // what clients of old read in its place; empty if it succeeded
};

// `result` is the runtime's: {"exitCode": N} or {"error": "…"}.
ExecEnd execStatus(std::string_view result);
ExecEnd execFailure(std::string_view message);

}  // namespace cleat::agent
