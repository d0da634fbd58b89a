// Takes the finalizer of a job's pods away, and knows of which it has, before the informer shows it.
//
//   Tracking tracking_{context(), pods_};     // before the informer is started
//   CLEAT_CO_TRY(co_await tracking_.release(pod));
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>

#include <string>
#include <unordered_set>
#include <vector>

#include "job_pods.h"

namespace cleat::job {

class Tracking {
 public:
  Tracking(Context& context, Informer<Pod>& pods);

  // Whether the pod has its finalizer, as far as is known.
  bool has(const Object<Pod>& pod) const;

  // It is no failure that the pod has gone.
  Task<Result<void>> release(Object<Pod> pod);
  // All at the same time; the result is the first failure.
  Task<Result<void>> releaseAll(std::vector<Object<Pod>> pods);

 private:
  Task<Result<Object<Pod>>> current(Object<Pod> pod);
  void released(const Object<Pod>& pod);

  Client client_;
  Informer<Pod>& pods_;
  std::unordered_set<std::string> ahead_;  // uids; bounded by the pods that the informer shows with the finalizer
};

}  // namespace cleat::job
