// A CSI driver on this node: its Node service (CSI 1.x), behind a Unix socket. The functions block: for
// Context::blocking. What the driver answers with a failure is passed on in its words.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>
#include <vector>

#include "grpc-common/plugin_registry.h"
#include "grpc-common/proto_message.h"

namespace cleat::csi {

using grpc::TextMap;

struct DriverFacts {
  std::string name, endpoint;
  std::string nodeId;
  int64_t mostVolumes = 0;
  TextMap topology;
  // What its Node service can do beside publishing.
  bool stages = false, expands = false, knowsSingleWriters = false, setsGroup = false;
  bool operator==(const DriverFacts&) const = default;
};

// How a volume is used.
struct VolumeUse {
  bool block = false;
  std::string fsType;
  std::vector<std::string> mountOptions, accessModes;  // as Kubernetes calls them
  std::string group;                                   // empty, also where the driver does not see to it
};

struct PublishedVolume {
  std::string handle, stagingPath, targetPath;  // no staging path: it is not staged
  VolumeUse use;
  bool readOnly = false;
  TextMap publishContext, attributes, stageSecrets, publishSecrets;
};

// Asks the driver, which is registered at the endpoint, what it is on this node.
Result<DriverFacts> askDriver(const std::string& name, const std::string& endpoint);
// The same of one that registers; one that speaks no version 1 of CSI is refused.
Result<DriverFacts> takeDriver(const grpc::PluginInfo& plugin);

Result<void> stageVolume(const DriverFacts& driver, const PublishedVolume& volume);
Result<void> publishVolume(const DriverFacts& driver, const PublishedVolume& volume);
Result<void> unpublishVolume(const DriverFacts& driver, const std::string& handle, const std::string& targetPath);
Result<void> unstageVolume(const DriverFacts& driver, const std::string& handle, const std::string& stagingPath);

struct VolumeGrowth {
  std::string handle, path, stagingPath;
  VolumeUse use;
  uint64_t capacityBytes = 0;
  TextMap secrets;
};
// Gives how large it is now; 0: the driver does not say.
Result<uint64_t> expandVolume(const DriverFacts& driver, const VolumeGrowth& growth);

// The bytes of a csi.v1.VolumeCapability.
std::string capabilityOf(const DriverFacts& driver, const VolumeUse& use);

}  // namespace cleat::csi
