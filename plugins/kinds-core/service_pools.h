// ServicePools: gives services what there is only once in the cluster, in the very request that asks for it: an address
// and ports on the nodes. Used on the plugin's strand.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <set>
#include <string>
#include <vector>

#include "kinds-core/cluster_ips.h"
#include "kinds-core/node_ports.h"

namespace cleat::kinds::core {

class ServicePools {
 public:
  explicit ServicePools(Context& context);

  // Begins to follow the services. Harmless when started.
  void start();

  // The service with what it needs, about to be stored in place of `old` (which is nothing for a new one). Refers to
  // nothing when nothing changed. A dry run takes nothing.
  Task<Result<Object<core_v1::Service>>> give(Object<core_v1::Service> service, Object<core_v1::Service> old,
                                              bool dryRun);

 private:
  struct Giving;
  Result<void> setFamilies(Giving& giving);
  Result<void> givePorts(Giving& giving);
  Result<void> giveHealthCheckPort(Giving& giving);
  Task<Result<void>> giveAddresses(Giving& giving);
  void takeBack(const Giving& giving);
  void onService(const Object<core_v1::Service>& before, const Object<core_v1::Service>& now);

  Context& context_;
  Informer<core_v1::Service> services_;
  NodePorts ports_;
  ClusterIps addresses_;
  bool started_ = false;
};

}  // namespace cleat::kinds::core
