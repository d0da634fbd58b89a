// Keeps what the cluster knows of the drivers on this node: the node's CSINode, which has the id that each driver gives
// the node, how many of its volumes can be here, and by which labels it tells where the node is; and these labels on
// the Node. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <string>
#include <vector>

#include "node/own_node.h"
#include "volumes/volume_drivers.h"

namespace cleat::agent {

class CsiNodeKeeper {
 public:
  CsiNodeKeeper(Context& context, OwnNode& self, VolumeDrivers& drivers)
      : context_(context), client_(context), self_(self), drivers_(drivers) {}

  // Begins, and goes on as long as the plugin runs.
  void start() { spawn(keep()); }

 private:
  using Descriptions = std::vector<VolumeDrivers::Description>;
  Task<void> keep();
  Task<Result<void>> write(Descriptions drivers);
  Task<Result<void>> writeLabels(Descriptions drivers);

  Context& context_;
  Client client_;
  OwnNode& self_;
  VolumeDrivers& drivers_;
};

// The drivers as they are to be in a CSINode that has `before`. What is there already of a driver cannot change but for
// how many volumes it takes: a driver that says something else is left out once, and comes back.
bool setDrivers(storage_v1::CSINodeSpec::Builder spec, const std::vector<VolumeDrivers::Description>& drivers);

}  // namespace cleat::agent
