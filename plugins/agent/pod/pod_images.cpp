#include "pod/pod_images.h"

namespace cleat::agent {

const ImageOutcome* PodImages::of(const PodContainer& container) {
  return outcomeOf(std::string(container.name()), container, view(container.spec.getImage()),
                   view(container.spec.getImagePullPolicy()));
}

const ImageOutcome* PodImages::mountedBy(const PodContainer& container) {
  static const ImageOutcome kNone{.present = true};
  const ImageOutcome* all = &kNone;
  for (auto mount : container.spec.getVolumeMounts()) {
    for (auto volume : pod_.pod()->getSpec().getVolumes()) {
      if (view(volume.getName()) != view(mount.getName()) || !volume.hasImage()) continue;
      auto source = volume.getImage();
      const ImageOutcome* one = outcomeOf(concat(container.name(), "/", volume.getName()), container,
                                          view(source.getReference()), view(source.getPullPolicy()));
      if (one == nullptr) return nullptr;
      if (all->present) all = one;
    }
  }
  return all;
}

void PodImages::lookAhead() {
  for (const auto& container : containersOf(pod_.pod()->getSpec())) {
    of(container);
    if (container.role == ContainerRole::init) break;
  }
}

void PodImages::forget(std::string_view container) {
  std::string volumes = concat(container, "/");
  std::erase_if(tickets_, [&](const auto& item) { return item.first == container || item.first.starts_with(volumes); });
}

const ImageOutcome* PodImages::outcomeOf(const std::string& ticketName, const PodContainer& container,
                                         std::string_view image, std::string_view policy) {
  Ticket& ticket = tickets_[ticketName];
  if (ticket.pending) return nullptr;
  Instant now = pod_.node.context.now();
  if (ticket.outcome && (ticket.outcome->present || ticket.retryAt > now)) {
    if (!ticket.outcome->present) pod_.loop.wakeAfter(ticket.retryAt - now);
    return &*ticket.outcome;
  }
  ImageRequest request{std::string(image), std::string(policy), pod_.uid, pod_.about(container), {}};
  ReferencedObjects objects = pod_.node.objects.find(pod_.uid);
  for (auto reference : pod_.pod()->getSpec().getImagePullSecrets()) {
    auto found = objects.secrets.find(view(reference.getName()));
    if (found != objects.secrets.end()) request.secrets.push_back(found->second);
  }
  ticket.pending = true;
  spawn(fetch(std::move(request), ticketName));
  return nullptr;
}

Task<void> PodImages::fetch(ImageRequest request, std::string ticketName) {
  auto alive = pod_.loop.keepAlive();
  std::string container = ticketName.substr(0, ticketName.find('/'));
  ImageOutcome outcome = co_await pod_.node.images.ensure(std::move(request));
  Ticket& ticket = tickets_[ticketName];
  ticket.pending = false;
  ticket.retryAt = pod_.node.context.now() + outcome.retryAfter;
  if (!outcome.present && !pod_.mustEnd() && pod_.pod()) {
    if (auto known = findContainer(pod_.pod()->getSpec(), container)) {
      pod_.node.events.record(pod_.about(*known), "Warning", "Failed", concat("Error: ", outcome.why.reason));
    }
  }
  ticket.outcome = std::move(outcome);
  pod_.loop.signal();
}

}  // namespace cleat::agent
