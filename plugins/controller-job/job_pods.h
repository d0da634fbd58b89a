// A job's pods: what one looks like, and what one that exists says of itself.
#pragma once

#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cleat::job {

using batch_v1::Job;
using core_v1::Pod;

// On every pod that is not counted yet, so that none goes unseen.
inline constexpr const char* kFinalizer = "batch.kubernetes.io/job-tracking";
inline constexpr const char* kIndex = "batch.kubernetes.io/job-completion-index";  // an annotation and a label

bool isIndexed(const Object<Job>& job);
// Each index fails for itself.
bool countsPerIndex(const Object<Job>& job);
// A pod that is being deleted keeps its place until it has ended.
bool replacesOnlyFailed(const Object<Job>& job);
inline bool isSuspended(const Object<Job>& job) { return job->getSpec().getSuspend().getValue(); }

// A pod with what of it is asked again and again.
struct JobPod {
  Object<Pod> pod;
  bool tracked = false;          // has the finalizer still: how it ended is not counted for good
  bool leaving = false;          // its deletion was asked for
  bool succeeded = false;        // has ended well
  bool failed = false;           // has ended badly, or counts as if it had
  bool ended = false;            // none of its containers runs any more
  std::optional<int64_t> index;  // of an Indexed job, if it is one that the job has
  bool active() const { return !ended && !leaving; }
  bool terminating() const { return !ended && leaving; }
};
struct Shown {
  bool tracked = true;     // false: the finalizer was taken away, and the pod does not show it yet
  bool deleting = false;   // its deletion was asked for, and the pod does not show it yet
  bool dismissed = false;  // it is deleted because the job is decided: of itself it has not failed
};
JobPod describe(const Object<Job>& job, const Object<Pod>& pod, Shown shown);

// When the last of its containers ended; for one that is deleted without, when that was asked for.
WallTime endOf(const Object<Pod>& pod);

// How often its index had failed before, with failures that counted and others.
struct IndexFailures {
  int64_t counted = 0, ignored = 0;
  int64_t all() const { return counted + ignored; }
  bool operator==(const IndexFailures&) const = default;
};
IndexFailures failuresBefore(const Object<Pod>& pod);

struct WantedPod {
  std::optional<int64_t> index;
  IndexFailures failures;  // of the index so far
  bool operator==(const WantedPod&) const = default;
};
Draft<Pod> podFor(const Object<Job>& job, const WantedPod& wanted);

}  // namespace cleat::job
