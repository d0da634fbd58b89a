// ImageReview (imagepolicy.k8s.io/v1alpha1): what is sent of a pod's images, and what comes back.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::image_policy {

// Which containers' images are asked about.
enum class Images : uint8_t { ofPod, ofEphemeralContainers };

std::string imageReviewText(const Object<core_v1::Pod>& pod, std::string_view ns, Images which);

struct ImageVerdict {
  bool isAllowed = false;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> annotations = {};  // for the audit log
};
Result<ImageVerdict> readImageReview(std::string_view text);

}  // namespace cleat::image_policy
