#include "server/agent_api.h"

#include <cleat/sdk/lists.h>

#include <algorithm>

#include "pod/pod_worker.h"

namespace cleat::agent {

template <class T>
void AgentApi::answer(Then<T> then, Result<T> result) {
  node_.io.post([then = std::move(then), result = std::move(result)]() mutable { then(std::move(result)); });
}

void AgentApi::findLog(ContainerAddress address, bool previous, Then<LogPlace> then) {
  node_.context.post([this, address = std::move(address), previous, then = std::move(then)]() mutable {
    answer(std::move(then), place(address, previous));
  });
}

// Which of a container's runs is meant: the one that runs or ran last, or the one before it.
Result<LogPlace> AgentApi::place(const ContainerAddress& address, bool previous) const {
  auto worker = find_(address.ns, address.pod);
  if (!worker) return fail(Status::notFound("pods", address.pod));
  if (!findContainer(worker->pod()->getSpec(), address.container)) {
    return fail(Status::notFound("containers", address.container));
  }
  auto runtime = worker->runtime();
  const RuntimeContainer* newest = runtime->newest(address.container);
  const RuntimeContainer* before = runtime->previous(address.container);
  std::string waiting = worker->waitingReason(address.container);
  const RuntimeContainer* wanted = newest;
  if (previous) {
    // While the container waits to be started again, the run that ended last is the previous one.
    wanted = newest != nullptr && newest->exited() && !waiting.empty() ? newest : before;
    if (wanted == nullptr) {
      return fail(Status::badRequest(
          concat("previous terminated container \"", address.container, "\" in pod \"", address.pod, "\" not found")));
    }
  } else if (wanted == nullptr || wanted->state == RuntimeContainer::State::created) {
    wanted = before;
  }
  if (wanted == nullptr) {
    return fail(Status::badRequest(
        concat("container \"", address.container, "\" in pod \"", address.pod,
               "\" is waiting to start: ", waiting.empty() ? std::string("ContainerCreating") : waiting)));
  }
  return LogPlace{wanted->logPath, wanted->id, wanted->running(), node_.context.wallNow()};
}

void AgentApi::openStream(ContainerAddress address, StreamRequest request, Then<std::string> then) {
  node_.context.post(
      [this, address = std::move(address), request = std::move(request), then = std::move(then)]() mutable {
        spawn(open(std::move(address), std::move(request), std::move(then)));
      });
}

Task<void> AgentApi::open(ContainerAddress address, StreamRequest request, Then<std::string> then) {
  auto worker = find_(address.ns, address.pod);
  if (!worker) {
    answer<std::string>(then, fail(Status::notFound("pods", address.pod)));
    co_return;
  }
  auto runtime = worker->runtime();
  const RuntimeContainer* container = runtime->newest(address.container);
  if (container == nullptr || !container->running()) {
    Status why = Status::notFound("containers", address.container);
    why.message = concat("unable to upgrade connection: container not found (\"", address.container, "\")");
    answer<std::string>(then, fail(std::move(why)));
    co_return;
  }
  std::string id = container->id;
  std::function<void(role::ExecParams::Builder)> build = [&](role::ExecParams::Builder params) {
    params.setContainerId(id);
    params.adoptCommand(textList(orphanageOf(params), request.command));
    params.setStdin(request.input);
    params.setStdout(request.output);
    params.setStderr(request.error && !request.tty);
    params.setTty(request.tty);
  };
  Result<std::string> socket;
  if (request.attach) {
    socket = co_await node_.runtime.attach(build);
  } else {
    socket = co_await node_.runtime.exec(build);
  }
  answer(std::move(then), std::move(socket));
}

void AgentApi::openPort(std::string ns, std::string pod, uint16_t port, Then<std::string> then) {
  node_.context.post([this, ns = std::move(ns), pod = std::move(pod), port, then = std::move(then)]() mutable {
    spawn(openPortOf(std::move(ns), std::move(pod), port, std::move(then)));
  });
}

Task<void> AgentApi::openPortOf(std::string ns, std::string pod, uint16_t port, Then<std::string> then) {
  auto worker = find_(ns, pod);
  auto runtime = worker ? worker->runtime() : nullptr;
  const RuntimeSandbox* sandbox = runtime ? runtime->newestSandbox() : nullptr;
  if (sandbox == nullptr || !sandbox->ready) {
    Status why = Status::notFound("pods", pod);
    if (worker) why.message = concat("the pod ", pod, " is not running");
    answer<std::string>(then, fail(std::move(why)));
    co_return;
  }
  Result<std::string> socket = co_await node_.runtime.portForward(sandbox->id, port);
  answer(std::move(then), std::move(socket));
}

void AgentApi::tellUse(UseAs form, Then<std::string> then) {
  node_.context.post([this, form, then = std::move(then)]() mutable { spawn(tellUseOf(form, std::move(then))); });
}

Task<void> AgentApi::tellUseOf(UseAs form, Then<std::string> then) {
  auto look = [now = node_.context.wallNow()] { return readMachineUse(now); };
  Result<NodeUse> use = co_await node_.context.blocking(look);
  Result<Answer<role::StatsResults>> stats = co_await node_.runtime.stats();
  if (!use || !stats) {
    answer<std::string>(std::move(then), fail(use ? stats.error() : use.error()));
    co_return;
  }
  use->node = node_.identity.name;
  use->containers = containersIn(node_.runtime.pods(), **stats);
  answer<std::string>(std::move(then), form == UseAs::summary ? statsSummary(*use, rates_) : resourceMetrics(*use));
}

bool AgentApi::runs(const std::string& containerId) const {
  for (const auto& [uid, pod] : node_.runtime.pods()) {
    const RuntimeContainer* container = pod->byId(containerId);
    if (container != nullptr) return container->running();
  }
  return false;
}

void AgentApi::onEnd(std::string containerId, std::function<void()> then) {
  node_.context.post([this, containerId = std::move(containerId), then = std::move(then)]() mutable {
    if (!runs(containerId)) {
      node_.io.post(std::move(then));
    } else {
      endWatches_.push_back({std::move(containerId), std::move(then)});
    }
  });
}

void AgentApi::podChanged(const std::string&) {
  std::erase_if(endWatches_, [&](EndWatch& watch) {
    if (runs(watch.containerId)) return false;
    node_.io.post(std::move(watch.then));
    return true;
  });
}

}  // namespace cleat::agent
