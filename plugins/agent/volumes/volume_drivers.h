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

struct SecretName {
  std::string ns, name;  // no name: none
  bool operator==(const SecretName&) const = default;
};
using SecretTexts = std::map<std::string, std::string>;  // what is in one, by key

// What a driver is told of a volume.
struct DriverVolume {
  bool isCsi = false;
  std::string driver, handle;
  std::string volume;  // the name of the PersistentVolume; empty: the pod has it for itself alone
  std::string fsType;
  bool readOnly = false;
  uint64_t capacityBytes = 0;
  std::map<std::string, std::string> attributes;
  bool block = false;  // the device itself is wanted
  std::vector<std::string> mountOptions, accessModes;
  SecretName stageSecret, publishSecret, expandSecret;
  bool operator==(const DriverVolume&) const = default;
};

// And what it is told besides of one mount.
struct MountWishes {
  std::map<std::string, std::string> attributes;  // the volume's own among them
  std::map<std::string, std::string> publishContext;
  SecretTexts stageSecrets, publishSecrets;
  std::optional<uint32_t> group;
};

struct MountedAt {
  std::string path;
  bool groupIsSet = false;
};

// Nothing for volumes that no driver is named in; an error for what cannot be passed on to one.
Result<std::optional<DriverVolume>> driverVolumeOf(core_v1::PersistentVolume::Reader volume);
Result<std::optional<DriverVolume>> driverVolumeOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume);

// One that was mounted, or was about to be.
struct MountedVolume {
  std::string driver, handle, volume, target;
  bool attached = false;  // to the node, by somebody else
};

class VolumeDrivers {
 public:
  explicit VolumeDrivers(Context& context) : fillers_(context) {}

  // Whether somebody has the driver, and may be asked for the volume. `isSaid`: the cluster says of the driver which
  // volumes it takes.
  Task<Result<void>> check(DriverVolume volume, bool isSaid);
  // Gives where the volume is. `target` is an empty folder.
  Task<Result<MountedAt>> mount(DriverVolume volume, std::string target, Object<core_v1::Pod> pod, MountWishes wishes);
  Task<Result<void>> unmount(MountedVolume mounted, std::string podUid);
  // False where the driver has no part in that.
  Task<Result<bool>> expand(DriverVolume volume, std::string path, SecretTexts secrets);

  // What all drivers say of this node, by their names; an error where somebody could not be asked.
  struct Description {
    std::string name, nodeId;
    std::map<std::string, std::string> topology;
    int64_t mostVolumes = 0;
    bool operator==(const Description&) const = default;
  };
  Task<Result<std::vector<Description>>> describeAll();

 private:
  struct Driver {
    std::string plugin;
    bool isEphemeral = false;  // pods may name it themselves
    bool expands = false;
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
