#include "probes/hooks.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/lists.h>

#include "probes/probe_run.h"

namespace cleat::agent {

Task<Result<void>> runHook(NodeServices& node, core_v1::Container::Reader container,
                           core_v1::LifecycleHandler::Reader handler, HookTarget target, Duration timeout) {
  if (handler.hasExec()) {
    auto command = strings(handler.getExec().getCommand());
    auto ran = co_await node.runtime.execSync(target.containerId, command, timeout);
    if (!ran) co_return fail(std::move(ran.error()));
    if (ran->timedOut) co_return fail(Status::timeout("the hook's command did not end in time"));
    if (ran->exitCode == 0) co_return Result<void>();
    co_return fail(Status::internal(concat("the hook's command ended with ", ran->exitCode, ": ", ran->output)));
  }
  if (handler.hasHttpGet()) {
    auto request = requestOf(container, handler.getHttpGet(), target.podIp, concat("kube-lifecycle/", kKubernetesRelease));
    if (!request) co_return fail(Status::badRequest("the port of the hook has no number"));
    HttpAnswer answer = co_await node.net.get(*request, timeout);
    if (!answer.error.empty()) co_return fail(Status::internal(concat("Get \"", urlOf(*request), "\": ", answer.error)));
    if (answer.status < 400) co_return Result<void>();
    co_return fail(Status::internal(concat("the hook's request was answered with ", answer.status)));
  }
  if (handler.hasSleep()) {
    Duration wanted = std::chrono::seconds(handler.getSleep().getSeconds());
    co_await node.context.sleep(std::min(wanted, timeout));
    co_return Result<void>();
  }
  co_return fail(Status::badRequest("a hook of this type is not supported"));
}

}  // namespace cleat::agent
