// How volumes that are attached to nodes are called: whoever asks for an attachment, waits for it and says that a
// volume is in use means the same one by the same name.
#pragma once

#include <string>
#include <string_view>

namespace cleat::volumes {

// On a node: its agent waits for attachments, and somebody else asks for them.
inline constexpr const char* kAttachesFromOutside = "volumes.kubernetes.io/controller-managed-attach-detach";

// "csi-" and 64 hexadecimal digits: of the VolumeAttachment of a driver's volume on a node.
std::string attachmentName(std::string_view driver, std::string_view handle, std::string_view node);
// Whether it is a name of that form: others are attachments that somebody else has asked for.
bool isAttachmentName(std::string_view name);

// "kubernetes.io/csi/DRIVER^HANDLE": in status.volumesAttached and status.volumesInUse of a node.
std::string uniqueVolumeName(std::string_view driver, std::string_view handle);
inline constexpr std::string_view kUniqueCsiPrefix = "kubernetes.io/csi/";

}  // namespace cleat::volumes
