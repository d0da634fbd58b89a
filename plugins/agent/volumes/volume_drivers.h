// Volumes that somebody else makes usable: the plugins that fill the role `volume` on this node, each with the drivers
// that it says it has. What was mounted for a pod is written down in the pod's own folder before it is, so that it is
// unmounted also by an agent that knows nothing of it any more. Strand only.
#pragma once

#include <cleat/schema/role/volume.methods.h>
#include <cleat/sdk/fillers.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/object.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cleat::agent {

// What a driver is told of a volume.
struct DriverVolume {
  std::string driver, handle;
  std::string volume;  // the name of the PersistentVolume; empty: the pod has it for itself alone
  std::string fsType;
  bool readOnly = false;
  uint64_t capacityBytes = 0;
  std::map<std::string, std::string> attributes;
  bool operator==(const DriverVolume&) const = default;
};

// Nothing for volumes that no driver is named in; an error for what cannot be passed on to one.
Result<std::optional<DriverVolume>> driverVolumeOf(core_v1::PersistentVolume::Reader volume);
Result<std::optional<DriverVolume>> driverVolumeOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume);

// One that was mounted, or was about to be.
struct MountedVolume {
  std::string driver, handle, volume, target;
};

class VolumeDrivers {
 public:
  explicit VolumeDrivers(Context& context) : fillers_(context) {}

  // Gives where the volume is. `target` is an empty folder.
  Task<Result<std::string>> mount(DriverVolume volume, std::string target, Object<core_v1::Pod> pod);
  Task<Result<void>> unmount(MountedVolume mounted, std::string podUid);

 private:
  struct Driver {
    std::string plugin;
    bool isEphemeral = false;  // pods may name it themselves
  };
  Task<Result<Driver>> find(std::string driver);

  Fillers fillers_;
  std::map<std::string, Driver> drivers_;
};

// The folder `records` holds what was mounted for a pod. These block: for Context::blocking.
Result<void> noteMounted(const std::string& records, const std::string& name, const MountedVolume& mounted);
Result<std::map<std::string, MountedVolume>> mountedIn(const std::string& records);  // by name
Result<void> forgetMounted(const std::string& records, const std::string& name);

}  // namespace cleat::agent
