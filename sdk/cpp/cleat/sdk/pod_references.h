// What a pod refers to in its namespace: the objects that whoever runs the pod has to read.
//
//   PodReferences references = referencesOf(pod);
//   if (references.secrets.contains("database")) …
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace cleat {

// Names, each once. What is wanted of the cluster as a whole (a trust bundle) is none of them.
struct PodReferences {
  // Of images' registries, environments and volumes, those volumes included that only other nodes' agents can mount.
  std::set<std::string, std::less<>> secrets, configMaps;
  std::set<std::string, std::less<>> volumeClaims;    // those made for its ephemeral volumes as well
  std::set<std::string, std::less<>> resourceClaims;  // named by the pod, or made for it
  std::string serviceAccount;
};

PodReferences referencesOf(core_v1::Pod::Reader pod);

// Whether `volumeClaims` has any: cheap, for who is shown every change of every pod.
bool refersToClaims(core_v1::Pod::Reader pod);
// The keys of those claims: what an index of pods by claim has.
std::vector<std::string> volumeClaimKeysOf(const Object<core_v1::Pod>& pod);

}  // namespace cleat
