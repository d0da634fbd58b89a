// Names of signers of certificates: "domain.example/path".
#pragma once

#include "kinds-common/findings.h"

namespace cleat::kinds {

void checkSignerName(std::string_view name, const Path& path, Findings& findings);
// Those that Kubernetes keeps to itself, which sign for a day at most.
bool isKubernetesSigner(std::string_view name);

}  // namespace cleat::kinds
