// The version of Kubernetes whose API and behaviour Cleat follows. It is said here alone: /version, nodes, the headers
// of probes, `cleat --version` and tests all take it from these.
#pragma once

namespace cleat {

inline constexpr const char* kKubernetesMajor = "1";
inline constexpr const char* kKubernetesMinor = "37";
inline constexpr const char* kKubernetesRelease = "1.37";              // as User-Agent headers have it
inline constexpr const char* kKubernetesGitVersion = "v1.37.0+cleat";  // as /version and nodes have it

}  // namespace cleat
