// The quality-of-service class of a pod: what its requests and limits of cpu and memory make of it. One function for
// whoever fills it in, counts by it, or treats pods by it:
//
//   if (qosClassOf(pod.reader()) == QosClass::bestEffort) ...
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include <cstdint>
#include <string_view>

namespace cleat {

enum class QosClass : uint8_t {
  guaranteed,  // every container limits both, and asks for no less
  burstable,
  bestEffort,  // nothing is asked for, and nothing limited
};
std::string_view qosClassName(QosClass qos);  // "Guaranteed", "Burstable", "BestEffort"

// By the specification: what the pod asks for as a whole, or what its containers, those that initialise it too, ask
// for. A limit alone is a request too.
QosClass qosClassOf(core_v1::PodSpec::Reader spec);
// As its status says; by the specification where that says nothing.
QosClass qosClassOf(core_v1::Pod::Reader pod);

}  // namespace cleat
