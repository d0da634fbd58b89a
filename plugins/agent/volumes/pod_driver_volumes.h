// The volumes of one pod that plugins of the role `volume` mount: those that name a driver. What was mounted is written
// down in the pod's own folder before it is, so that it is unmounted also by an agent that knows nothing of it any
// more. Strand only.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <map>
#include <string>

#include "volumes/claim_volumes.h"
#include "volumes/driver_services.h"

namespace cleat::agent {

using LastingVolumes = std::map<std::string, LastingVolume, std::less<>>;  // by the name of the pod's volume

class PodDriverVolumes {
 public:
  // `folder` is the pod's own below the agent's data directory; `isEnding` says that nobody needs volumes any more.
  PodDriverVolumes(DriverServices& node, std::string folder, std::function<bool()> isEnding)
      : node_(node), folder_(std::move(folder)), isEnding_(std::move(isEnding)) {}

  struct Mounted {
    DriverVolume volume;
    std::string path;
    bool groupIsSet = false;  // the driver has seen to it
    bool takesGroup = false;  // the pod's group is given its files
    bool republishes = false;
    Instant at{};     // mounted last
    Instant asked{};  // whether it has become larger
  };

  Task<Result<void>> mount(Object<core_v1::Pod> pod, const LastingVolumes& lasting);
  const Mounted* find(std::string_view name) const;
  // Has volumes follow that have become larger. What fails is told, and tried again.
  Task<void> follow(Object<core_v1::Pod> pod);
  Task<Result<void>> unmount();
  bool empty() const { return mounted_.empty(); }

 private:
  Task<Result<void>> mountOne(Object<core_v1::Pod> pod, std::string name, DriverVolume volume);
  Task<Result<MountWishes>> wishesFor(Object<core_v1::Pod> pod, const DriverVolume& volume, const DriverPolicy& policy);
  Task<Result<void>> addTokens(Object<core_v1::Pod> pod, const DriverPolicy& policy, MountWishes& wishes);
  Task<Result<SecretTexts>> secret(SecretName name);
  bool isDue(const Mounted& mounted, const DriverVolume& volume) const;
  std::string records() const { return folder_ + "/volume-drivers"; }
  std::string podUid() const { return folder_.substr(folder_.rfind('/') + 1); }

  DriverServices& node_;
  std::string folder_;
  std::function<bool()> isEnding_;
  std::map<std::string, Mounted, std::less<>> mounted_;  // by the name of the pod's volume
};

// Which volumes that were attached pods have here: from what is written down below the folder of all pods. Blocks.
std::map<std::string, std::set<std::string>> attachedVolumesIn(const std::string& podsFolder);

}  // namespace cleat::agent
