// A claim's specification, in a PersistentVolumeClaim and in the templates from which claims are made: its defaults and
// its rules.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <string>
#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

// Where claims and volumes named their class before they had a field for it; it still goes before the field.
inline constexpr std::string_view kBetaStorageClass = "volume.beta.kubernetes.io/storage-class";
inline constexpr std::string_view kStorageResource = "storage";

void setClaimSpecDefaults(core_v1::PersistentVolumeClaimSpec::Builder spec);

void checkClaimSpec(core_v1::PersistentVolumeClaimSpec::Reader spec, const Path& path, Findings& findings);
// Amounts of storage that are no whole number of bytes. `path` is that of what has the resources.
void warnOfClaimSpec(core_v1::PersistentVolumeClaimSpec::Reader spec, const Path& path, Findings& findings);
// Of a template: labels and annotations alone. `path` is the template's.
void checkClaimTemplateMetadata(meta_v1::ObjectMeta::Reader meta, const Path& path, Findings& findings);

// Of a claim or of a volume; which of them has to have any is theirs to say.
void checkAccessModes(capnp::List<capnp::Text>::Reader modes, const Path& path, Findings& findings);
void checkVolumeMode(std::string_view mode, const Path& path, Findings& findings);
// The name of a StorageClass or of a VolumeAttributesClass.
void checkClassName(std::string_view name, const Path& path, Findings& findings);
void checkPositiveAmount(capnp::Text::Reader amount, const Path& path, Findings& findings);

// "RWO,ROX".
std::string accessModesText(capnp::List<capnp::Text>::Reader modes);

}  // namespace cleat::kinds
