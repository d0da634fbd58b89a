// How images are asked about: the file that Kubernetes' ImagePolicyWebhook is configured by, or settings of the plugin.
#pragma once

#include <cleat/sdk/config.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <string>

#include "remote-common/remote_target.h"

namespace cleat::image_policy {

struct ImagePolicyConfig {
  remote::RemoteTarget target;
  // How long an answer is kept; zero: not at all.
  Duration allowTtl = std::chrono::minutes(5), denyTtl = std::chrono::seconds(30);
  Duration retryBackoff = std::chrono::milliseconds(500);
  bool allowsByDefault = false;  // what a backend that does not answer means
};

Result<ImagePolicyConfig> readImagePolicy(const std::string& file);
Result<ImagePolicyConfig> imagePolicyOfSettings(const Config& config);

}  // namespace cleat::image_policy
