// What this node can do for a pod beyond running it: what its runtime says, what the kernel has, and what its operator
// allows. A pod that asks for more is refused (pod/admission.h).
#pragma once

#include <cleat/schema/role/runtime.capnp.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::agent {

struct NodeAbilities {
  // Of the runtime; nothing until it has said so.
  bool userNamespaces = false, appArmor = false, selinux = false, seccomp = false, groupsPolicy = false,
       recursiveReadOnly = false, cdi = false;
  bool selinuxIsOn = false, appArmorIsOn = false;  // in the kernel
  std::vector<std::string> unsafeSysctls;          // that are allowed: "kernel.msgmax", "net.core.*"

  void learn(role::RuntimeStatus::Reader status);
  // Looks at the kernel.
  void look();
  bool allowsSysctl(std::string name) const;
};

// Whether a pod may set the sysctl without the node's operator having said so: it is the pod's alone.
bool isSafeSysctl(std::string name);

}  // namespace cleat::agent
