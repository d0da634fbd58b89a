#include "images/image_puller.h"

#include <algorithm>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

// How soon a failed pull is looked at again, to say that it is backing off.
constexpr Duration kSayBackOffAfter = 2s;
// An image that must not be pulled can only come from elsewhere.
constexpr Duration kLookAgainAfter = 30s;

std::string seconds(Duration duration) {
  auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds < 1000) return concat(milliseconds, "ms");
  std::string fraction = concat(1000 + milliseconds % 1000).substr(1);
  return concat(milliseconds / 1000, ".", fraction, "s");
}

}  // namespace

Task<ImageOutcome> ImagePuller::ensure(ImageRequest request) {
  auto name = parseImageName(request.image);
  if (!name) {
    std::string why = concat("Failed to apply default image tag \"", request.image, "\": couldn't parse image name \"",
                             request.image, "\": invalid reference format");
    events_.record(request.about, "Warning", "InspectFailed", why);
    co_return ImageOutcome{false, {}, {"InvalidImageName", why}, kLookAgainAfter};
  }
  std::string policy = request.policy.empty() ? std::string(defaultPullPolicy(*name)) : request.policy;
  if (policy != "Always") {
    auto status = co_await runtime_.imageStatus(request.image);
    if (status && mayUse(request, *name, (*status)->getImage())) {
      events_.record(
          request.about, "Normal", "Pulled",
          concat("Container image \"", request.image, "\" already present on machine and can be accessed by the pod"));
      co_return ImageOutcome{true, str((*status)->getImage().getUser()), {}, {}};
    }
    if (status && policy == "Never") {
      std::string why = concat("Container image \"", request.image,
                               "\" is present with pull policy of Never but does not have the proper auth (image "
                               "secret) that was used to pull the image");
      events_.record(request.about, "Warning", "ErrImageNeverPull", why);
      co_return ImageOutcome{false, {}, {"ErrImageNeverPull", why}, kLookAgainAfter};
    }
    if (!status && !status.error().is(404)) {
      std::string why = concat("Failed to inspect image \"", request.image, "\": ", status.error());
      events_.record(request.about, "Warning", "InspectFailed", why);
      co_return ImageOutcome{false, {}, {"ImageInspectError", why}, kSayBackOffAfter};
    }
  }
  if (policy == "Never") {
    std::string why = concat("Container image \"", request.image, "\" is not present with pull policy of Never");
    events_.record(request.about, "Warning", "ErrImageNeverPull", why);
    co_return ImageOutcome{false, {}, {"ErrImageNeverPull", why}, kLookAgainAfter};
  }
  std::string key = concat(request.podUid, "/", request.image);
  if (auto failed = failures_.find(key); failed != failures_.end()) {
    Duration left = backoff_.remaining(key, failed->second.at, context_.now());
    if (left > Duration::zero()) {
      std::string why =
          concat("Back-off pulling image \"", request.image, "\": ErrImagePull: ", failed->second.message);
      events_.record(request.about, "Normal", "BackOff", why);
      co_return ImageOutcome{false, {}, {"ImagePullBackOff", why}, left};
    }
  }
  co_return co_await pull(std::move(request), std::move(*name), std::move(key));
}

std::vector<ImagePuller::Key> ImagePuller::keysOf(const ImageRequest& request, const ImageName& name) {
  std::vector<Key> keys;
  for (const auto& secret : request.secrets) {
    auto credential = credentialFor(*secret, name);
    if (!credential) continue;
    PullSecret from{std::string(secret.ns()), std::string(secret.name()), std::string(secret.uid()),
                    hashOf(*credential)};
    keys.push_back({std::move(*credential), std::move(from)});
  }
  return keys;
}

// Whether the pod may have the image that is there already without asking the registry.
bool ImagePuller::mayUse(const ImageRequest& request, const ImageName& name, role::Image::Reader image) const {
  std::string imageId = str(image.getId());
  std::set<std::string> names{name.listed()};
  for (auto each : image.getNames()) names.insert(str(each));
  for (auto each : image.getDigests()) names.insert(str(each));
  if (!verification_.mustVerify(name, records_.wasPulled(imageId, names))) return true;
  std::vector<PullSecret> secrets;
  for (Key& key : keysOf(request, name)) secrets.push_back(std::move(*key.secret));
  return records_.mayUse(name, imageId, secrets);
}

Task<ImageOutcome> ImagePuller::pull(ImageRequest request, ImageName name, std::string key) {
  events_.record(request.about, "Normal", "Pulling", concat("Pulling image \"", request.image, "\""));
  std::vector<Key> keys = keysOf(request, name);
  if (keys.empty()) keys.emplace_back();
  Instant began = context_.now();
  Result<void> noted = co_await records_.beginPull(request.image);
  if (!noted) {
    co_return failed(request, key,
                     concat("failed to record image pull intent for image \"", request.image, "\": ", noted.error()));
  }
  Status error;
  for (Key& each : keys) {
    auto pulled = co_await runtime_.pullImage(request.image, each.credential.username, each.credential.password);
    if (!pulled) {
      error = std::move(pulled.error());
      continue;
    }
    std::string took = seconds(context_.now() - began);
    events_.record(request.about, "Normal", "Pulled",
                   concat("Successfully pulled image \"", request.image, "\" in ", took, " (", took,
                          " including waiting). Image size: ", (*pulled)->getImage().getSizeBytes(), " bytes."));
    backoff_.forget(key);
    failures_.erase(key);
    std::string imageId = str((*pulled)->getImage().getId());
    co_await records_.pulled(request.image, std::move(name), std::move(imageId), std::move(each.secret));
    co_return ImageOutcome{true, str((*pulled)->getImage().getUser()), {}, {}};
  }
  // Where it was not the runtime that gave up, the image may come yet.
  if (error.is(504) || (error.is(503) && error.reason != "RegistryUnavailable")) {
    records_.pullAbandoned(request.image);
  } else {
    co_await records_.pullFailed(request.image);
  }
  co_return failed(request, key, error.message);
}

ImageOutcome ImagePuller::failed(const ImageRequest& request, const std::string& key, const std::string& why) {
  backoff_.next(key, context_.now());
  failures_[key] = {context_.now(), why};
  events_.record(request.about, "Warning", "Failed", concat("Failed to pull image \"", request.image, "\": ", why));
  return {false, {}, {"ErrImagePull", why}, kSayBackOffAfter};
}

void ImagePuller::forget(const std::string& podUid) {
  std::string prefix = podUid + "/";
  std::erase_if(failures_, [&](const auto& item) {
    if (!item.first.starts_with(prefix)) return false;
    backoff_.forget(item.first);
    return true;
  });
}

}  // namespace cleat::agent
