// What this machine's kernel and OCI runtime can do for a container, found by trying it: what is missing is refused by
// whoever asks for it in a pod's name, not left out.
#pragma once

#include "containers/containers.h"
#include "containers/sandboxes.h"

#include <string>

namespace cleat::runtime {

struct Abilities {
  bool userNamespaces = false;  // with id-mapped mounts, without which there are none here
  bool recursiveReadOnly = false;
  bool seccomp = false;
  std::string whyNoUserNamespaces;
};

// Blocks for some tens of milliseconds. When no sandbox is being made.
Abilities findAbilities(Sandboxes& sandboxes, const Containers& containers);

}  // namespace cleat::runtime
