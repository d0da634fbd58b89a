#include "containers/oci_spec.h"
#include "machine/namespaces.h"
#include "runtime_oci.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace cleat::runtime {
namespace {

constexpr int kConnectTimeoutMs = 5000;
// How long before the deadline execSync gives up, so that it can say so.
constexpr std::chrono::milliseconds kStreamAnswerAhead{500};

StreamWish wishFrom(role::ExecParams::Reader params) {
  return {params.getStdin(), params.getStdout(), params.getStderr(), params.getTty()};
}

}  // namespace

Task<Result<ExecRequest>> RuntimeOci::execRequest(std::string containerId, std::vector<std::string> command, bool tty) {
  CLEAT_CO_TRY(pods_->running(containerId));
  if (command.empty()) co_return fail(Status::badRequest("no command was given"));
  const Containers& work = pods_->containerWork();
  ExecRequest request{.runtime = work.settings().runtime,
                      .runtimeRoot = work.runtimeRoot(),
                      .containerId = containerId,
                      .scratchFolder = runFolder_ + "/exec"};
  auto fill = [&work, request, command, tty]() mutable -> Result<ExecRequest> {
    CLEAT_TRY(auto spec, work.spec(request.containerId));
    request.processJson = boost::json::serialize(execProcess(spec, command, tty));
    return request;
  };
  co_return co_await context().blocking(fill);
}

Task<Result<void>> RuntimeOci::execSync(role::ExecSyncParams::Reader params, Call<role::ExecSyncResults>& call) {
  Result<ExecRequest> request = co_await execRequest(str(params.getContainerId()), strings(params.getCommand()), false);
  if (!request) co_return fail(request.error());
  Duration timeout =
      std::max<Duration>(call.deadline() - context().now() - kStreamAnswerAhead, std::chrono::milliseconds(1));
  if (params.getTimeoutSeconds() > 0)
    timeout = std::min<Duration>(timeout, std::chrono::seconds(params.getTimeoutSeconds()));
  Completion<ExecOutcome> done;
  reactor_->post([this, request = *request, timeout, done] {
    runExecToEnd(*reactor_, request, std::chrono::ceil<std::chrono::milliseconds>(timeout),
                 [this, done](ExecOutcome outcome) {
                   context().post([done, outcome]() mutable { done.complete(std::move(outcome)); });
                 });
  });
  ExecOutcome outcome = co_await done;
  if (!outcome.error.empty()) co_return fail(Status::internal("failed to exec in container: " + outcome.error));
  auto results = call.results();
  results.setExitCode(outcome.exitCode);
  results.setStdout(dataOf(outcome.standardOutput));
  results.setStderr(dataOf(outcome.standardError));
  results.setTimedOut(outcome.timedOut);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::exec(role::ExecParams::Reader params, Call<role::StreamResults>& call) {
  StreamWish wish = wishFrom(params);
  Result<ExecRequest> request =
      co_await execRequest(str(params.getContainerId()), strings(params.getCommand()), wish.tty);
  if (!request) co_return fail(request.error());
  auto offer = [this, request = *request, wish] {
    return offers_->offer(
        [this, request, wish](Fd client) { runExecSession(*reactor_, std::move(client), request, wish); });
  };
  CLEAT_CO_TRY(std::string path, co_await context().blocking(offer));
  call.results().setSocketPath(path);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::attach(role::ExecParams::Reader params, Call<role::StreamResults>& call) {
  std::string id = str(params.getContainerId());
  CLEAT_CO_TRY(pods_->running(id));
  StreamWish wish = wishFrom(params);
  Containers* work = &pods_->containerWork();
  auto offer = [this, work, id, wish] {
    return offers_->offer([this, work, id, wish](Fd client) {
      runAttachSession(*reactor_, std::move(client), work->folderOf(id), wish, [work, id](int width, int height) {
        auto resized = work->resizeTerminal(id, width, height);
        (void)resized;  // the session goes on with the size it has
      });
    });
  };
  CLEAT_CO_TRY(std::string path, co_await context().blocking(offer));
  call.results().setSocketPath(path);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::portForward(role::PortForwardParams::Reader params, Call<role::StreamResults>& call) {
  CLEAT_CO_TRY(auto sandbox, pods_->readySandbox(str(params.getSandboxId())));
  auto offer = [this, netns = sandbox->record.netnsPath, port = params.getPort()]() -> Result<std::string> {
    CLEAT_TRY(auto server, connectInside(netns, port, kConnectTimeoutMs));
    auto shared = std::make_shared<Fd>(std::move(server));
    return offers_->offer(
        [this, shared](Fd client) { runRelaySession(*reactor_, std::move(client), std::move(*shared)); });
  };
  CLEAT_CO_TRY(std::string path, co_await context().blocking(offer));
  call.results().setSocketPath(path);
  co_return Result<void>();
}

}  // namespace cleat::runtime
