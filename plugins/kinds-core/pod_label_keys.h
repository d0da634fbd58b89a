// The label keys of a pod's affinity terms and spreading constraints: matchLabelKeys says "pods with the same value of
// this label as the new pod", mismatchLabelKeys "with another one". Both are about the pod's labels as it is made, so
// what they come to is written into the selectors beside them then, where every reader finds it.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

namespace cleat::kinds::core {

// Of a new pod. Keys of labels that the pod has not are passed over, and so is what has no selector. Doing it twice
// does no more than once; a label that has changed in between changes what is written.
void writeLabelKeys(core_v1::Pod::Builder pod);

}  // namespace cleat::kinds::core
