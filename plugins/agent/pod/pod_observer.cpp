#include "pod/pod_observer.h"

#include "pod/termination_message.h"

namespace cleat::agent {

// For a container that ran before this agent did: what the API says of it is the best that is known.
ContainerProgress PodObserver::adopted(const RuntimeContainer& container) const {
  ContainerProgress progress;
  auto known = pod_.pod() ? findContainer(pod_.pod()->getSpec(), container.name) : std::nullopt;
  if (!known) return progress;
  progress.startupPending = known->spec.hasStartupProbe();
  progress.unready = known->spec.hasReadinessProbe();
  for (auto reported : statusesOf(pod_.pod()->getStatus(), known->role)) {
    if (!view(reported.getContainerID()).ends_with(container.id)) continue;
    progress.startupPending = progress.startupPending && !reported.getStarted().getValue();
    progress.unready = progress.unready && !reported.getReady();
  }
  return progress;
}

Task<void> PodObserver::observe() {
  auto seen = pod_.runtime();
  for (const auto& container : seen->containers) {
    if (container.running() && !pod_.progress.contains(container.id)) {
      pod_.progress[container.id] = adopted(container);
    }
    if (!container.exited() || messages_.contains(container.id)) continue;
    messages_[container.id] = {};
    auto read = [container] { return terminationMessage(container); };
    std::string message = co_await pod_.node.context.blocking(read);
    messages_[container.id] = std::move(message);
  }
  std::erase_if(messages_, [&](const auto& item) { return seen->byId(item.first) == nullptr; });
  std::erase_if(pod_.progress, [&](const auto& item) {
    const RuntimeContainer* container = seen->byId(item.first);
    return container == nullptr || (container->exited() && !item.second.resizeRestart);
  });
}

}  // namespace cleat::agent
