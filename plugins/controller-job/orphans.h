// Pods that have the finalizer and that no job counts any more: their job has gone or has ended, or they are no job's.
// They lose it, or they could never be deleted.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/ownership.h>

#include "job_pods.h"
#include "tracking.h"

namespace cleat::job {

class Orphans {
 public:
  Orphans(Context& context, Informer<Job>& jobs, Informer<Pod>& pods, Ownership<Job, Pod>& owned, Tracking& tracking);

  // Before the informers are started.
  void watch();

 private:
  void jobChanged(const Object<Job>& before, const Object<Job>& now);
  Task<Result<Reconciled>> reconcile(std::string key);
  bool isWanted(const Object<Pod>& pod) const;
  bool isCounted(const Object<Job>& job) const;

  Client client_;
  Informer<Job>& jobs_;
  Informer<Pod>& pods_;
  Ownership<Job, Pod>& owned_;
  Tracking& tracking_;
  Controller controller_;
};

}  // namespace cleat::job
