// The roles `runtime` and `network` of this node, as the rest of the agent calls them; and what the runtime runs, kept
// current: `watch` waits for the runtime's events, lists everything again after each and tells which pods differ.
//
// Strand only. A RuntimePod that was handed out never changes; `refresh` replaces it.
#pragma once

#include <cleat/schema/role/network.methods.h>
#include <cleat/schema/role/runtime.methods.h>
#include <cleat/sdk/context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime_view.h"

namespace cleat::agent {

struct ExecOutcome {
  int exitCode = 0;
  bool timedOut = false;
  std::string output;  // both streams, stdout first
};

class RuntimeClient {
 public:
  explicit RuntimeClient(Context& context) : context_(context) {}

  Task<Result<Answer<role::RuntimeStatus>>> status();

  Task<Result<RuntimeSandbox>> runSandbox(std::function<void(role::SandboxConfig::Builder)> build);
  Task<Result<void>> stopSandbox(std::string id);
  Task<Result<void>> removeSandbox(std::string id);
  Task<Result<void>> updateSandbox(std::string id, std::function<void(role::Resources::Builder)> build);
  Task<Result<std::string>> createContainer(std::function<void(role::ContainerConfig::Builder)> build);  // its id
  Task<Result<void>> startContainer(std::string id);
  Task<Result<void>> stopContainer(std::string id, int64_t graceSeconds);
  Task<Result<void>> removeContainer(std::string id);
  Task<Result<void>> updateContainer(std::string id, std::function<void(role::Resources::Builder)> build);
  Task<Result<void>> reopenLog(std::string id);
  Task<Result<ExecOutcome>> execSync(std::string id, std::vector<std::string> command, Duration timeout);

  // Where the runtime takes the connection of a stream: a Unix socket.
  Task<Result<std::string>> exec(std::function<void(role::ExecParams::Builder)> build);
  Task<Result<std::string>> attach(std::function<void(role::ExecParams::Builder)> build);
  Task<Result<std::string>> portForward(std::string sandboxId, uint16_t port);

  Task<Result<Answer<role::ImageResults>>> imageStatus(std::string image);
  Task<Result<Answer<role::ImageResults>>> pullImage(std::string image, std::string user, std::string password);
  Task<Result<Answer<role::ListImagesResults>>> listImages();
  Task<Result<void>> removeImage(std::string image);
  Task<Result<Answer<role::StatsResults>>> stats();
  Task<Result<Answer<role::ImageFilesystemResults>>> imageFilesystem();

  // What runs, as of the last refresh that ended well. Never null.
  std::shared_ptr<const RuntimePod> pod(const std::string& uid) const;
  const RuntimePods& pods() const { return pods_; }

  // Lists everything anew. What is seen is at least as new as the call: one that is under way does not count.
  Task<Result<void>> refresh();
  // The same for those who go on either way: when it fails, what was seen before serves until `watch` has listed again,
  // which tells what is different.
  Task<void> tryRefresh();

  // Called for each pod whose sandboxes or containers differ from before.
  void onChange(std::function<void(const std::string& uid)> changed) { changed_ = std::move(changed); }
  // Follows the runtime's events as long as the plugin runs.
  void watch();

 private:
  Task<void> refreshWaiting();
  Task<Result<void>> list();
  Task<void> follow();
  Task<Result<void>> sandboxCall(Method<role::SandboxParams, void> method, std::string id);
  Task<Result<void>> containerCall(Method<role::ContainerParams, void> method, std::string id, Duration timeout);
  Task<Result<std::string>> streamCall(Method<role::ExecParams, role::StreamResults> method,
                                       std::function<void(role::ExecParams::Builder)> build);

  Context& context_;
  RuntimePods pods_;
  std::function<void(const std::string&)> changed_;
  std::vector<Completion<Result<void>>> waiting_;
  bool refreshing_ = false;
};

class NetworkClient {
 public:
  explicit NetworkClient(Context& context) : context_(context) {}

  Task<Result<Answer<role::NetworkStatus>>> status();
  // The pod's addresses, the primary one first.
  Task<Result<std::vector<std::string>>> setup(std::function<void(role::NetworkParams::Builder)> build);
  Task<Result<void>> teardown(std::function<void(role::NetworkParams::Builder)> build);
  Task<Result<void>> collect(std::vector<std::string> sandboxIds);

 private:
  Context& context_;
};

}  // namespace cleat::agent
