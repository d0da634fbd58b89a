// Makes volumes larger that are folders: nothing but what is said of them, in the order and with the conditions and
// events that those who watch an expansion know.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>

#include "provision.h"

namespace cleat::local_path {

class Growth {
 public:
  Growth(Context& context, EventRecorder& events) : context_(context), client_(context), events_(events) {}

  // For a claim that is to grow. Goes on where it was left.
  Task<Result<void>> grow(Object<PersistentVolumeClaim> claim, Object<PersistentVolume> volume);

 private:
  Task<Result<Object<PersistentVolumeClaim>>> begin(Object<PersistentVolumeClaim> claim);
  Task<Result<void>> end(Object<PersistentVolumeClaim> claim);

  Context& context_;
  Client client_;
  EventRecorder& events_;
};

}  // namespace cleat::local_path
