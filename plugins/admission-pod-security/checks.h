// The checks that the standards are made of, one function each. A check looks at all of a pod: its containers of all
// three kinds, and what it says for all of them.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation.h"

namespace cleat::pod_security {

struct PodView {
  meta_v1::ObjectMeta::Reader meta;
  core_v1::PodSpec::Reader spec;
  int minor;  // the version of the standards that counts

  // Its pod runs as users that are nobody on the node.
  bool hasOwnUsers() const { return isSet(spec.getHostUsers()) && !spec.getHostUsers().getValue(); }
  bool isForWindows() const { return view(spec.getOs().getName()) == "windows"; }
};

using Found = std::optional<Violation>;
using Names = std::vector<std::string>;
using NameSet = std::set<std::string>;

// In the order in which they are told.
namespace baseline {
Found appArmorProfile(const PodView& pod);
Found capabilities(const PodView& pod);
Found hostNamespaces(const PodView& pod);
Found hostPathVolumes(const PodView& pod);
Found hostPorts(const PodView& pod);
Found hostProbesAndHostLifecycle(const PodView& pod);
Found privileged(const PodView& pod);
Found procMount(const PodView& pod);
Found seLinuxOptions(const PodView& pod);
Found seccompProfile(const PodView& pod);
Found sysctls(const PodView& pod);
Found windowsHostProcess(const PodView& pod);
}  // namespace baseline
namespace restricted {
Found allowPrivilegeEscalation(const PodView& pod);
Found capabilities(const PodView& pod);
Found procMount(const PodView& pod);
Found volumes(const PodView& pod);
Found runAsNonRoot(const PodView& pod);
Found runAsUser(const PodView& pod);
Found seccompProfile(const PodView& pod);
}  // namespace restricted

// Calls visit(container) for each container of a pod, whatever it is for.
template <class Visit>
void eachContainer(core_v1::PodSpec::Reader spec, Visit visit) {
  for (auto container : spec.getInitContainers()) visit(container);
  for (auto container : spec.getContainers()) visit(container);
  for (auto container : spec.getEphemeralContainers()) visit(container);
}

// Annotations that named the profile of a container, which the name of the container ends.
inline constexpr std::string_view kSeccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";
// Whether a seccomp profile of this type keeps system calls from a container.
inline bool isKept(std::string_view profileType) {
  return profileType == "RuntimeDefault" || profileType == "Localhost";
}

// `"a", "b"`
std::string quoted(const Names& names);
std::string quoted(const NameSet& names);
// `container "a"`, `containers "a", "b"`
std::string containersText(const Names& names);
// Who set something: `pod`, `container "a"`, `pod and containers "a", "b"`; empty where nobody did.
std::string settersText(bool pod, const Names& containers);
inline const char* plural(size_t count, const char* one, const char* many) { return count == 1 ? one : many; }

}  // namespace cleat::pod_security
