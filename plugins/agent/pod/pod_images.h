// The images that a pod's containers need: asked for when a container is about to start, fetched beside the pod's
// loop, which is signalled when an answer is there. Strand only.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "images/image_puller.h"
#include "pod/pod_on_node.h"

namespace cleat::agent {

class PodImages {
 public:
  explicit PodImages(PodOnNode& pod) : pod_(pod) {}

  // What is known of the container's image; null while it is being found out. Valid until the loop goes on.
  const ImageOutcome* of(const PodContainer& container);
  // The same of the images that it mounts, all together: the first that is not there, or one that is.
  const ImageOutcome* mountedBy(const PodContainer& container);
  // Begins to look for the images of those containers that start first.
  void lookAhead();
  // The container starts now: the next time its images are asked for again.
  void forget(std::string_view container);

 private:
  struct Ticket {
    bool pending = false;
    std::optional<ImageOutcome> outcome;
    Instant retryAt{};
  };
  const ImageOutcome* outcomeOf(const std::string& ticketName, const PodContainer& container, std::string_view image,
                                std::string_view policy);
  Task<void> fetch(ImageRequest request, std::string ticketName);

  PodOnNode& pod_;
  std::map<std::string, Ticket, std::less<>> tickets_;  // by container name, or "CONTAINER/VOLUME"
};

}  // namespace cleat::agent
