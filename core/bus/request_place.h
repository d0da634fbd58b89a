// RequestPlace: what a request takes of the server while it is in hand, so that others have to wait for it: a seat
// among the requests. Whoever makes it wait for somebody outside of the server lets others have it meanwhile. One
// caller at a time, on any thread.
#pragma once

#include <cleat/sdk/task.h>

#include <cstdint>

namespace cleat::bus {

class RequestPlace {
 public:
  virtual ~RequestPlace() = default;
  // Others may have it until `back` is called. At once.
  virtual void lend() = 0;
  // Waits until it has its place again: before all who never had one, and not without end. Goes on on any thread.
  virtual Task<void> back() = 0;
  // How long whoever made the request still waits for its answer, in nanoseconds; INT64_MAX where they do not say.
  virtual int64_t leftNs() const = 0;
};

}  // namespace cleat::bus
