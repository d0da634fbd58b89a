// Makes a container's image be there, as its pull policy says: asks the runtime, pulls, and holds back between failed
// pulls (10 s, doubling to 5 min). Writes the events Pulling, Pulled, Failed and BackOff. Strand only.
#pragma once

#include <cleat/sdk/events.h>

#include <string>
#include <vector>

#include "backoff.h"
#include "images/credentials.h"
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
  ImagePuller(Context& context, RuntimeClient& runtime, EventRecorder& events)
      : context_(context), runtime_(runtime), events_(events) {}

  Task<ImageOutcome> ensure(ImageRequest request);

  // Forgets the failures of a pod that is gone.
  void forget(const std::string& podUid);

 private:
  Task<ImageOutcome> pull(ImageRequest request, ImageName name, std::string key);

  Context& context_;
  RuntimeClient& runtime_;
  EventRecorder& events_;
  Backoff backoff_{std::chrono::seconds(10), std::chrono::minutes(5)};
  struct Failure {
    Instant at{};
    std::string message;
  };
  std::map<std::string, Failure> failures_;  // by "UID/IMAGE", like the back-off's keys
};

}  // namespace cleat::agent
