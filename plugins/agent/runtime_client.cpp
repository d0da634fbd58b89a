#include "runtime_client.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kContainerTimeout = 2min;
constexpr Duration kSandboxTimeout = 4min;
// A pull of a large image over a slow line; the runtime gives up by itself when nothing moves.
constexpr Duration kPullTimeout = 1h;
// How long one wait for events lasts. When it ends without any, everything is listed once to be sure.
// A runtime that is replaced goes when its calls have ended: none of them is to be long that only waits.
constexpr Duration kEventsTimeout = 20s;
constexpr Duration kRetryAfter = 1s;
constexpr size_t kOutputLimit = 10 * 1024;

template <class T>
Result<void> withoutValue(Result<T> result) {
  CLEAT_TRY(result);
  return {};
}

}  // namespace

Task<Result<Answer<role::RuntimeStatus>>> RuntimeClient::status() { return context_.call(role::runtime::status); }

Task<Result<RuntimeSandbox>> RuntimeClient::runSandbox(std::function<void(role::SandboxConfig::Builder)> build) {
  CallOptions options{.timeout = kSandboxTimeout};
  CLEAT_CO_TRY(auto answer, co_await context_.call(role::runtime::runSandbox, build, options));
  co_return sandboxFrom(answer->getSandbox());
}

Task<Result<void>> RuntimeClient::sandboxCall(Method<role::SandboxParams, void> method, std::string id) {
  auto build = [&](role::SandboxParams::Builder params) { params.setSandboxId(id); };
  CallOptions options{.timeout = kSandboxTimeout};
  auto answer = co_await context_.call(method, build, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<void>> RuntimeClient::stopSandbox(std::string id) {
  return sandboxCall(role::runtime::stopSandbox, std::move(id));
}
Task<Result<void>> RuntimeClient::removeSandbox(std::string id) {
  return sandboxCall(role::runtime::removeSandbox, std::move(id));
}

Task<Result<void>> RuntimeClient::updateSandbox(std::string id, std::function<void(role::Resources::Builder)> build) {
  auto fill = [&](role::UpdateSandboxParams::Builder params) {
    params.setSandboxId(id);
    build(params.initResources());
  };
  CallOptions options{.timeout = kContainerTimeout};
  auto answer = co_await context_.call(role::runtime::updateSandbox, fill, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<void>> RuntimeClient::updateContainer(std::string id, std::function<void(role::Resources::Builder)> build) {
  auto fill = [&](role::UpdateContainerParams::Builder params) {
    params.setContainerId(id);
    build(params.initResources());
  };
  CallOptions options{.timeout = kContainerTimeout};
  auto answer = co_await context_.call(role::runtime::updateContainer, fill, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<std::string>> RuntimeClient::createContainer(std::function<void(role::ContainerConfig::Builder)> build) {
  CallOptions options{.timeout = kContainerTimeout};
  CLEAT_CO_TRY(auto answer, co_await context_.call(role::runtime::createContainer, build, options));
  co_return str(answer->getContainerId());
}

Task<Result<void>> RuntimeClient::containerCall(Method<role::ContainerParams, void> method, std::string id,
                                                Duration timeout) {
  auto build = [&](role::ContainerParams::Builder params) { params.setContainerId(id); };
  CallOptions options{.timeout = timeout};
  auto answer = co_await context_.call(method, build, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<void>> RuntimeClient::startContainer(std::string id) {
  return containerCall(role::runtime::startContainer, std::move(id), kContainerTimeout);
}
Task<Result<void>> RuntimeClient::removeContainer(std::string id) {
  return containerCall(role::runtime::removeContainer, std::move(id), kContainerTimeout);
}
Task<Result<void>> RuntimeClient::reopenLog(std::string id) {
  return containerCall(role::runtime::reopenLog, std::move(id), kContainerTimeout);
}

Task<Result<void>> RuntimeClient::stopContainer(std::string id, int64_t graceSeconds) {
  auto build = [&](role::StopContainerParams::Builder params) {
    params.setContainerId(id);
    params.setTimeoutSeconds(graceSeconds);
  };
  CallOptions options{.timeout = std::chrono::seconds(graceSeconds) + kContainerTimeout};
  auto answer = co_await context_.call(role::runtime::stopContainer, build, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<ExecOutcome>> RuntimeClient::execSync(std::string id, std::vector<std::string> command, Duration timeout) {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout);
  auto build = [&](role::ExecSyncParams::Builder params) {
    params.setContainerId(id);
    params.adoptCommand(textList(orphanageOf(params), command));
    params.setTimeoutSeconds(static_cast<uint32_t>(seconds.count()));
  };
  CallOptions options{.timeout = seconds + 10s};
  CLEAT_CO_TRY(auto answer, co_await context_.call(role::runtime::execSync, build, options));
  auto results = *answer;
  ExecOutcome outcome{results.getExitCode(), results.getTimedOut(), {}};
  outcome.output = std::string(view(results.getStdout())) + std::string(view(results.getStderr()));
  if (outcome.output.size() > kOutputLimit) outcome.output.resize(kOutputLimit);
  co_return outcome;
}

Task<Result<std::string>> RuntimeClient::streamCall(Method<role::ExecParams, role::StreamResults> method,
                                                    std::function<void(role::ExecParams::Builder)> build) {
  CLEAT_CO_TRY(auto answer, co_await context_.call(method, build));
  co_return str(answer->getSocketPath());
}

Task<Result<std::string>> RuntimeClient::exec(std::function<void(role::ExecParams::Builder)> build) {
  return streamCall(role::runtime::exec, std::move(build));
}
Task<Result<std::string>> RuntimeClient::attach(std::function<void(role::ExecParams::Builder)> build) {
  return streamCall(role::runtime::attach, std::move(build));
}

Task<Result<std::string>> RuntimeClient::portForward(std::string sandboxId, uint16_t port) {
  auto build = [&](role::PortForwardParams::Builder params) {
    params.setSandboxId(sandboxId);
    params.setPort(port);
  };
  CLEAT_CO_TRY(auto answer, co_await context_.call(role::runtime::portForward, build));
  co_return str(answer->getSocketPath());
}

Task<Result<Answer<role::ImageResults>>> RuntimeClient::imageStatus(std::string image) {
  auto build = [&](role::ImageParams::Builder params) { params.setImage(image); };
  return context_.call(role::runtime::imageStatus, build);
}

Task<Result<Answer<role::ImageResults>>> RuntimeClient::pullImage(std::string image, std::string user,
                                                                  std::string password) {
  auto build = [&](role::PullImageParams::Builder params) {
    params.setImage(image);
    if (user.empty() && password.empty()) return;
    auto credential = params.initCredential();
    credential.setUsername(user);
    credential.setPassword(password);
  };
  CallOptions options{.timeout = kPullTimeout};
  return context_.call(role::runtime::pullImage, build, options);
}

Task<Result<Answer<role::ListImagesResults>>> RuntimeClient::listImages() {
  return context_.call(role::runtime::listImages);
}

Task<Result<void>> RuntimeClient::removeImage(std::string image) {
  auto build = [&](role::ImageParams::Builder params) { params.setImage(image); };
  CallOptions options{.timeout = kContainerTimeout};
  auto answer = co_await context_.call(role::runtime::removeImage, build, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<Answer<role::ImageFilesystemResults>>> RuntimeClient::imageFilesystem() {
  return context_.call(role::runtime::imageFilesystem);
}

Task<Result<Answer<role::StatsResults>>> RuntimeClient::stats() { return context_.call(role::runtime::stats); }

std::shared_ptr<const RuntimePod> RuntimeClient::pod(const std::string& uid) const {
  static const auto kNone = std::make_shared<const RuntimePod>();
  auto found = pods_.find(uid);
  return found == pods_.end() ? kNone : found->second;
}

Task<Result<void>> RuntimeClient::refresh() {
  Completion<Result<void>> done;
  waiting_.push_back(done);
  if (!refreshing_) {
    refreshing_ = true;
    spawn(refreshWaiting());
  }
  co_return co_await done;
}

Task<void> RuntimeClient::tryRefresh() {
  Result<void> listed = co_await refresh();
  if (!listed) context_.log.warn("cannot list what the runtime runs: ", listed.error());
}

Task<void> RuntimeClient::refreshWaiting() {
  while (!waiting_.empty()) {
    auto served = std::exchange(waiting_, {});
    Result<void> result = co_await list();
    for (auto& done : served) done.complete(result);
  }
  refreshing_ = false;
}

Task<Result<void>> RuntimeClient::list() {
  CLEAT_CO_TRY(auto sandboxes, co_await context_.call(role::runtime::listSandboxes));
  CLEAT_CO_TRY(auto containers, co_await context_.call(role::runtime::listContainers));
  RuntimePods before = std::exchange(pods_, groupByPod(*sandboxes, *containers));
  std::vector<std::string> different;
  for (auto& [uid, now] : pods_) {
    auto old = before.find(uid);
    if (old == before.end() || !(*old->second == *now)) different.push_back(uid);
  }
  for (auto& [uid, old] : before) {
    if (!pods_.contains(uid)) different.push_back(uid);
  }
  if (changed_) {
    for (const auto& uid : different) changed_(uid);
  }
  co_return Result<void>();
}

void RuntimeClient::watch() { spawn(follow()); }

Task<void> RuntimeClient::follow() {
  uint64_t cursor = 0;
  while (true) {
    auto build = [&](role::NextEventsParams::Builder params) { params.setCursor(cursor); };
    CallOptions options{.timeout = kEventsTimeout};
    Instant began = context_.now();
    auto answer = co_await context_.call(role::runtime::nextEvents, build, options);
    if (answer) cursor = (*answer)->getCursor();
    // An answer that was not worth waiting for (the runtime is being replaced, or is broken) is not asked for again at
    // once.
    bool hollow = !answer || ((*answer)->getEvents().size() == 0 && !(*answer)->getLost());
    if (hollow && context_.now() - began < kRetryAfter) co_await context_.sleep(kRetryAfter);
    co_await tryRefresh();
  }
}

Task<Result<Answer<role::NetworkStatus>>> NetworkClient::status() { return context_.call(role::network::status); }

Task<Result<std::vector<std::string>>> NetworkClient::setup(std::function<void(role::NetworkParams::Builder)> build) {
  CallOptions options{.timeout = kSandboxTimeout};
  CLEAT_CO_TRY(auto answer, co_await context_.call(role::network::setup, build, options));
  co_return strings(answer->getAddresses());
}

Task<Result<void>> NetworkClient::teardown(std::function<void(role::NetworkParams::Builder)> build) {
  CallOptions options{.timeout = kSandboxTimeout};
  auto answer = co_await context_.call(role::network::teardown, build, options);
  co_return withoutValue(std::move(answer));
}

Task<Result<void>> NetworkClient::collect(std::vector<std::string> sandboxIds) {
  auto build = [&](role::CollectParams::Builder params) {
    params.adoptSandboxIds(textList(orphanageOf(params), sandboxIds));
  };
  auto answer = co_await context_.call(role::network::collect, build);
  co_return withoutValue(std::move(answer));
}

}  // namespace cleat::agent
