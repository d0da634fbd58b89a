// What a pod of a StatefulSet is called, and what it has that no other pod of the set has: its number, its host name
// and its claims. A pod that is replaced comes back with all of it.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/object.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::statefulset {

using apps_v1::StatefulSet;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

inline constexpr const char* kPodNameLabel = "statefulset.kubernetes.io/pod-name";
inline constexpr const char* kPodIndexLabel = "apps.kubernetes.io/pod-index";

// The numbers of the pods that a set asks for.
struct Ordinals {
  int64_t first = 0, count = 0;
  bool contains(int64_t ordinal) const { return ordinal >= first && ordinal < first + count; }
};
Ordinals ordinalsOf(const Object<StatefulSet>& set);

std::string podName(const Object<StatefulSet>& set, int64_t ordinal);
// Nothing for a name that none of the set's pods has.
std::optional<int64_t> ordinalIn(std::string_view setName, std::string_view podName);
inline std::optional<int64_t> ordinalOf(const Object<StatefulSet>& set, const Object<Pod>& pod) {
  return ordinalIn(set.name(), pod.name());
}

// The pod with this number, made from a template that the set has now or had before; `revision` names the
// ControllerRevision that holds the template.
Draft<Pod> podFor(const Object<StatefulSet>& set, core_v1::PodTemplateSpec::Reader pattern, std::string_view revision,
                  int64_t ordinal);

// Whether its labels say which pod it is, and whether its volumes are the claims of its number.
bool hasIdentity(const Object<Pod>& pod);
bool hasStorage(const Object<StatefulSet>& set, const Object<Pod>& pod);
// The same pod with both.
Draft<Pod> repaired(const Object<StatefulSet>& set, const Object<Pod>& pod);

// The name of the claim that a template of the set gives to the pod with this number.
std::string claimName(const Object<StatefulSet>& set, std::string_view pattern, int64_t ordinal);
std::vector<std::string> claimNames(const Object<StatefulSet>& set, int64_t ordinal);
// The claims as they are made, one for each template.
std::vector<Draft<PersistentVolumeClaim>> claimsFor(const Object<StatefulSet>& set, int64_t ordinal);

}  // namespace cleat::statefulset
