// The plugin: the role `runtime` in terms of the parts in this folder. Its methods are in serve_pods.cpp, serve_streams.cpp
// and serve_images.cpp; what they do is in containers/pods.h, streams/stream_sessions.h and images/fetch_queue.h.
//
// On the strand, but for what `blocking` runs.
#pragma once

#include "containers/pods.h"
#include "images/fetch_queue.h"
#include "streams/stream_offers.h"
#include "streams/stream_sessions.h"

#include <cleat/schema/role/runtime.capnp.h>
#include <cleat/sdk/plugin.h>

#include <memory>
#include <string>
#include <vector>

namespace cleat::runtime {

// The methods of role::Runtime by their ordinals.
enum Method : uint16_t {
  kStatus, kRunSandbox, kStopSandbox, kRemoveSandbox, kListSandboxes, kCreateContainer, kStartContainer, kStopContainer,
  kRemoveContainer, kListContainers, kUpdateContainer, kReopenLog, kNextEvents, kExecSync, kExec, kAttach, kPortForward,
  kPullImage, kImportImage, kImageStatus, kListImages, kRemoveImage, kStats, kUpdateSandbox
};

class RuntimeOci : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override;
  void stop() override;

 private:
  Pods::Settings podSettings() const;
  Result<void> checkPrograms(const Pods::Settings& settings) const;
  void makeParts(const Pods::Settings& settings, const Cgroups& cgroups);

  template <class Params, class Results, class F>
  void on(Method method, F handler) {
    context().serve<Params, Results>(capnp::typeId<role::Runtime>(), method, std::move(handler));
  }
  void serveSandboxes();
  void serveContainers();
  void serveStreams();
  void serveImages();

  Result<void> status(Call<role::RuntimeStatus>& call);
  Task<Result<void>> runSandbox(role::SandboxConfig::Reader config, Call<role::SandboxResults>& call);
  Result<void> listSandboxes(Call<role::ListSandboxesResults>& call);
  Task<Result<void>> createContainer(role::ContainerConfig::Reader config, Call<role::ContainerResults>& call);
  Result<void> listContainers(Call<role::ListContainersResults>& call);
  Task<Result<void>> nextEvents(role::NextEventsParams::Reader params, Call<role::NextEventsResults>& call);
  Task<Result<void>> stats(Call<role::StatsResults>& call);

  Task<Result<void>> execSync(role::ExecSyncParams::Reader params, Call<role::ExecSyncResults>& call);
  Task<Result<void>> exec(role::ExecParams::Reader params, Call<role::StreamResults>& call);
  Task<Result<void>> attach(role::ExecParams::Reader params, Call<role::StreamResults>& call);
  Task<Result<void>> portForward(role::PortForwardParams::Reader params, Call<role::StreamResults>& call);
  Task<Result<ExecRequest>> execRequest(std::string containerId, std::vector<std::string> command, bool tty);

  Task<Result<void>> pullImage(role::PullImageParams::Reader params, Call<role::ImageResults>& call);
  Task<Result<void>> importImage(role::ImportImageParams::Reader params, Call<role::ImageResults>& call);
  Task<Result<void>> removeImage(std::string name);

  std::string runFolder_;
  std::unique_ptr<ImageStore> store_;
  std::unique_ptr<StreamOffers> offers_;
  std::unique_ptr<Pods> pods_;
  std::unique_ptr<FetchQueue> fetches_;
  // Destroyed first: what its sessions and watches refer to is above. Stopped in `stop`.
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace cleat::runtime
