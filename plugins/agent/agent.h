// The node agent: the plugin's class. What it consists of is told in agent.cpp.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/plugin.h>

#include <map>
#include <memory>
#include <string>

#include "devices/slice_keeper.h"
#include "images/image_collector.h"
#include "instance_lock.h"
#include "node/csi_node_keeper.h"
#include "node/node_status.h"
#include "node_services.h"
#include "pod/log_rotation.h"
#include "pod/pod_worker.h"
#include "pod/storage_watch.h"
#include "server/agent_api.h"
#include "server/http_server.h"

namespace cleat::agent {

class Agent : public Plugin {
 public:
  explicit Agent(Context& context);

  Task<Result<void>> start() override;
  void stop() override;

 private:
  Result<void> readSettings();
  Result<void> readAddresses();
  Result<void> readImageSettings();
  std::string lockPath();
  Task<Result<void>> serve();
  Task<void> bringUp();
  Task<void> waitForTurn();
  Task<void> openPullRecords();
  Task<void> openPreparedClaims();
  Task<void> waitForRuntime();
  Task<void> takeOver();
  void collectImages();
  Task<Result<DiskUsage>> imageDisk();
  std::set<std::string> imagesInUse() const;

  void podChanged(const Object<core_v1::Pod>& before, const Object<core_v1::Pod>& now);
  void runtimeChanged(const std::string& uid);
  std::vector<std::shared_ptr<PodWorker>> workers() const;
  std::shared_ptr<PodWorker> findWorker(const std::string& ns, const std::string& name) const;
  PodWorker& workerOf(const std::string& uid);
  void adopt(std::shared_ptr<PodWorker> worker);
  Task<void> removeForgottenFolders();

  InstanceLock lock_;
  NodeServices node_;
  NodeStatus nodeStatus_;
  Informer<core_v1::Pod> pods_;
  std::map<std::string, std::shared_ptr<PodWorker>> workers_;  // by the pod's uid
  LogRotation logRotation_;
  StorageWatch storageWatch_;
  CsiNodeKeeper csiNode_;
  SliceKeeper slices_;
  ImageCollector imageCollector_;
  ImageCollection imageCollection_;
  AgentApi api_;
  HttpServer server_;
  bool serving_ = false;
  bool takenOver_ = false;  // what ran before is known: from now on changes are acted on
};

}  // namespace cleat::agent
