// The plugin: the role `runtime` in terms of the parts in this folder. Its methods are in serve_pods.cpp,
// serve_streams.cpp and serve_images.cpp; what they do is in containers/pods.h, streams/stream_sessions.h and
// images/fetch_queue.h.
//
// On the strand, but for what `blocking` runs.
#pragma once

#include "containers/pods.h"
#include "images/fetch_queue.h"
#include "streams/stream_offers.h"
#include "streams/stream_sessions.h"

#include <cleat/sdk/roles.h>

#include <memory>
#include <string>
#include <vector>

namespace cleat::runtime {

class RuntimeOci : public RuntimePlugin {
 public:
  using RuntimePlugin::RuntimePlugin;
  Task<Result<void>> start() override;
  void stop() override;

  Task<Result<void>> status(Call<role::RuntimeStatus>& call) override;
  Task<Result<void>> runSandbox(role::SandboxConfig::Reader params, Call<role::SandboxResults>& call) override;
  Task<Result<void>> stopSandbox(role::SandboxParams::Reader params, Call<void>& call) override;
  Task<Result<void>> removeSandbox(role::SandboxParams::Reader params, Call<void>& call) override;
  Task<Result<void>> updateSandbox(role::UpdateSandboxParams::Reader params, Call<void>& call) override;
  Task<Result<void>> listSandboxes(Call<role::ListSandboxesResults>& call) override;
  Task<Result<void>> createContainer(role::ContainerConfig::Reader params, Call<role::ContainerResults>& call) override;
  Task<Result<void>> startContainer(role::ContainerParams::Reader params, Call<void>& call) override;
  Task<Result<void>> stopContainer(role::StopContainerParams::Reader params, Call<void>& call) override;
  Task<Result<void>> removeContainer(role::ContainerParams::Reader params, Call<void>& call) override;
  Task<Result<void>> updateContainer(role::UpdateContainerParams::Reader params, Call<void>& call) override;
  Task<Result<void>> listContainers(Call<role::ListContainersResults>& call) override;
  Task<Result<void>> reopenLog(role::ContainerParams::Reader params, Call<void>& call) override;
  Task<Result<void>> nextEvents(role::NextEventsParams::Reader params, Call<role::NextEventsResults>& call) override;
  Task<Result<void>> stats(Call<role::StatsResults>& call) override;
  Task<Result<void>> imageFilesystem(Call<role::ImageFilesystemResults>& call) override;
  Task<Result<void>> execSync(role::ExecSyncParams::Reader params, Call<role::ExecSyncResults>& call) override;
  Task<Result<void>> exec(role::ExecParams::Reader params, Call<role::StreamResults>& call) override;
  Task<Result<void>> attach(role::ExecParams::Reader params, Call<role::StreamResults>& call) override;
  Task<Result<void>> portForward(role::PortForwardParams::Reader params, Call<role::StreamResults>& call) override;
  Task<Result<void>> pullImage(role::PullImageParams::Reader params, Call<role::ImageResults>& call) override;
  Task<Result<void>> importImage(role::ImportImageParams::Reader params, Call<role::ImageResults>& call) override;
  Task<Result<void>> imageStatus(role::ImageParams::Reader params, Call<role::ImageResults>& call) override;
  Task<Result<void>> listImages(Call<role::ListImagesResults>& call) override;
  Task<Result<void>> removeImage(role::ImageParams::Reader params, Call<void>& call) override;

 private:
  Pods::Settings podSettings() const;
  Result<void> checkPrograms(const Pods::Settings& settings) const;
  void makeParts(const Pods::Settings& settings, const Cgroups& cgroups);

  Task<Result<ExecRequest>> execRequest(std::string containerId, std::vector<std::string> command, bool tty);

  std::string runFolder_;
  std::unique_ptr<ImageStore> store_;
  std::unique_ptr<StreamOffers> offers_;
  std::unique_ptr<Pods> pods_;
  std::unique_ptr<FetchQueue> fetches_;
  // Destroyed first: what its sessions and watches refer to is above. Stopped in `stop`.
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace cleat::runtime
