// Makes a container's image be there, as its pull policy says: asks the runtime, pulls, and holds back between failed
// pulls (10 s, doubling to 5 min). An image that is there and took a credential is pulled again, which is asking the
// registry, for a pod that shows none that is known to do (verification_policy.h). Writes the events Pulling, Pulled,
// Failed and BackOff. Strand only.
#pragma once

#include <cleat/sdk/events.h>

#include <string>
#include <vector>

#include "backoff.h"
#include "images/credentials.h"
#include "images/pull_records.h"
#include "images/verification_policy.h"
#include "pod/status_builder.h"
#include "runtime_client.h"

namespace cleat::agent {

struct ImageRequest {
  std::string image;
  std::string policy;  // "Always", "IfNotPresent", "Never"; empty: by the tag
  std::string podUid;
  ObjectReference about;                         // the container, for events
  std::vector<Object<core_v1::Secret>> secrets;  // the pod's imagePullSecrets
};

struct ImageOutcome {
  bool present = false;
  std::string user;       // that the image is configured to run as
  Waiting why;            // when it is not present
  Duration retryAfter{};  // and when to ask again
};

class ImagePuller {
 public:
  ImagePuller(Context& context, RuntimeClient& runtime, PullRecords& records, EventRecorder& events)
      : context_(context), runtime_(runtime), records_(records), events_(events) {}

  void setVerification(VerificationPolicy policy) { verification_ = std::move(policy); }

  Task<ImageOutcome> ensure(ImageRequest request);

  // Forgets the failures of a pod that is gone.
  void forget(const std::string& podUid);

 private:
  struct Key {
    RegistryCredential credential;
    std::optional<PullSecret> secret;  // where the credential is from
  };
  static std::vector<Key> keysOf(const ImageRequest& request, const ImageName& name);
  bool mayUse(const ImageRequest& request, const ImageName& name, role::Image::Reader image) const;
  Task<ImageOutcome> pull(ImageRequest request, ImageName name, std::string key);
  ImageOutcome failed(const ImageRequest& request, const std::string& key, const std::string& why);

  Context& context_;
  RuntimeClient& runtime_;
  PullRecords& records_;
  VerificationPolicy verification_;
  EventRecorder& events_;
  Backoff backoff_{std::chrono::seconds(10), std::chrono::minutes(5)};
  struct Failure {
    Instant at{};
    std::string message;
  };
  std::map<std::string, Failure> failures_;  // by "UID/IMAGE", like the back-off's keys
};

}  // namespace cleat::agent
