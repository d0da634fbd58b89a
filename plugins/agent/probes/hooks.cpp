#include "probes/hooks.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/lists.h>

#include <algorithm>

#include "probes/probe_run.h"
#include "probes/redirects.h"

namespace cleat::agent {

namespace {

Task<Result<void>> runExec(NodeServices& node, core_v1::ExecAction::Reader action, std::string containerId,
                           Duration timeout) {
  auto command = strings(action.getCommand());
  CLEAT_CO_TRY(auto ran, co_await node.runtime.execSync(std::move(containerId), command, timeout));
  if (ran.timedOut) co_return fail(Status::timeout("the hook's command did not end in time"));
  if (ran.exitCode == 0) co_return Result<void>();
  co_return fail(Status::internal(concat("the hook's command ended with ", ran.exitCode, ": ", ran.output)));
}

// Whatever the answer says, the hook was heard. One that is called with TLS and answers without is called again
// without.
Task<Result<void>> runHttp(NodeServices& node, HttpRequest request, ObjectReference pod, Duration timeout) {
  FollowedAnswer followed = co_await getFollowing(node, request, timeout);
  HttpAnswer& answer = followed.answer;
  std::string why = concat("Get \"", followed.url, "\": ", answer.error);
  if (answer.withoutTls) {
    request.tls = false;
    std::erase_if(request.headers, [](const auto& header) { return isHeader(header.first, "Authorization"); });
    followed = co_await getFollowing(node, request, timeout);
    if (answer.error.empty()) {
      node.events.record(pod, "Warning", "LifecycleHTTPFallback",
                         concat("request to HTTPS lifecycle hook ", authorityOf(request),
                                " got HTTP response, retry with HTTP succeeded"));
    }
  }
  if (!answer.error.empty()) co_return fail(Status::internal(std::move(why)));
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> runHook(NodeServices& node, core_v1::Container::Reader container,
                           core_v1::LifecycleHandler::Reader handler, HookTarget target, Duration timeout) {
  if (handler.hasExec()) co_return co_await runExec(node, handler.getExec(), target.containerId, timeout);
  if (handler.hasHttpGet()) {
    auto request =
        requestOf(container, handler.getHttpGet(), target.podIp, concat("kube-lifecycle/", kKubernetesRelease));
    if (!request) co_return fail(Status::badRequest("the port of the hook has no number"));
    co_return co_await runHttp(node, std::move(*request), target.pod, timeout);
  }
  if (handler.hasSleep()) {
    Duration wanted = std::chrono::seconds(handler.getSleep().getSeconds());
    co_await node.context.sleep(std::min(wanted, timeout));
    co_return Result<void>();
  }
  co_return fail(Status::badRequest("a hook of this type is not supported"));
}

}  // namespace cleat::agent
