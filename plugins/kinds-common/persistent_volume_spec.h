// The rules for a PersistentVolume's specification, in a PersistentVolume and in a VolumeAttachment, which may hold
// that of a volume without one.
#pragma once

#include <cleat/schema/kinds/core_v1_storage.capnp.h>

#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

// What Kubernetes fills into the source, wherever the specification stands.
void setVolumeSourceDefaults(core_v1::PersistentVolumeSpec::Builder spec);

// `name`: the volume's.
void checkVolumeSpec(core_v1::PersistentVolumeSpec::Reader spec, std::string_view name, const Path& path,
                     Findings& findings);
void checkInlineVolumeSpec(core_v1::PersistentVolumeSpec::Reader spec, const Path& path, Findings& findings);

}  // namespace cleat::kinds
