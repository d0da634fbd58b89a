#include "tally.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::job {

namespace {

// So many uids take 20 KB of a status.
constexpr size_t kMostUncounted = 500;

bool isIn(const std::vector<std::string>& uids, const std::string& uid) {
  return std::ranges::find(uids, uid) != uids.end();
}

class Counter {
 public:
  Counter(const Situation& situation, const Assessment& assessed, bool final, batch_v1::JobStatus::Reader status)
      : situation_(situation), assessed_(assessed), final_(final), indexed_(isIndexed(situation.job)),
        completed_(assessed.succeededBefore) {
    auto uncounted = status.getUncountedTerminatedPods();
    succeeded_ = strings(uncounted.getSucceeded());
    failed_ = strings(uncounted.getFailed());
  }

  Tally run() {
    Tally tally;
    for (const JobPod* pod : inOrder()) {
      if (!mayGo(*pod)) continue;
      if (newIndexes_ + succeeded_.size() + failed_.size() >= kMostUncounted) {
        tally.complete = false;
        break;
      }
      tally.release.push_back(pod->pod);
      note(*pod);
    }
    return tally;
  }

  void write(batch_v1::JobStatus::Builder status) {
    auto before = status.asReader().getUncountedTerminatedPods();
    if (!status.hasUncountedTerminatedPods()) status.initUncountedTerminatedPods();
    auto uncounted = status.getUncountedTerminatedPods();
    if (before.getSucceeded().size() != succeeded_.size()) {
      uncounted.adoptSucceeded(textList(orphanageOf(status), succeeded_));
    }
    if (before.getFailed().size() != failed_.size()) {
      uncounted.adoptFailed(textList(orphanageOf(status), failed_));
    }
    if (!indexed_) return;
    status.setSucceeded(static_cast<int32_t>(completed_.size()));
    const std::string completed = completed_.text();
    if (view(status.asReader().getCompletedIndexes()) != completed) status.setCompletedIndexes(completed);
    if (countsPerIndex(situation_.job)) status.setFailedIndexes(assessed_.failedIndexes.text());
  }

 private:
  // By index, so that the text of the completed ones grows in order.
  std::vector<const JobPod*> inOrder() const {
    std::vector<const JobPod*> pods;
    for (const JobPod& pod : situation_.pods) {
      if (pod.tracked) pods.push_back(&pod);
    }
    std::ranges::stable_sort(pods, {}, [](const JobPod* pod) { return pod->index.value_or(-1); });
    return pods;
  }

  bool mayGo(const JobPod& pod) const {
    if (final_ || pod.succeeded || deletionPending(situation_.job.meta())) return true;
    if (!pod.failed) return false;
    if (!pod.index) return true;
    auto kept = assessed_.lastFailed.find(*pod.index);
    return kept == assessed_.lastFailed.end() || kept->second->pod.uid() != pod.pod.uid();
  }

  void note(const JobPod& pod) {
    const std::string uid = str(pod.pod.uid());
    const bool takesPart = !indexed_ || pod.index;
    if (pod.succeeded && !isIn(failed_, uid)) {
      if (!indexed_) {
        noteIn(succeeded_, uid);
      } else if (pod.index && !completed_.has(*pod.index)) {
        completed_.add(*pod.index);
        ++newIndexes_;
      }
      return;
    }
    // What is ended because the job has failed, has failed with it.
    const bool failed = pod.failed || (final_ && !assessed_.verdict->success);
    if (failed && takesPart && countsAsFailure(situation_, pod)) noteIn(failed_, uid);
  }
  static void noteIn(std::vector<std::string>& uids, const std::string& uid) {
    if (!isIn(uids, uid)) uids.push_back(uid);
  }

  const Situation& situation_;
  const Assessment& assessed_;
  const bool final_, indexed_;
  IndexSet completed_;
  std::vector<std::string> succeeded_, failed_;
  size_t newIndexes_ = 0;
};

// Returns those that are still to come.
std::vector<std::string> waiting(capnp::List<capnp::Text>::Reader uids,
                                 const std::function<bool(std::string_view)>& isTracked) {
  std::vector<std::string> left = strings(uids);
  std::erase_if(left, [&](const std::string& uid) { return !isTracked(uid); });
  return left;
}

}  // namespace

Tally count(const Situation& situation, const Assessment& assessed, bool final, batch_v1::JobStatus::Builder status) {
  Counter counter(situation, assessed, final, status.asReader());
  Tally tally = counter.run();
  counter.write(status);
  return tally;
}

void settle(batch_v1::JobStatus::Builder status, bool indexed, const std::function<bool(std::string_view)>& isTracked) {
  if (!status.hasUncountedTerminatedPods()) return;
  auto uncounted = status.getUncountedTerminatedPods();
  auto before = uncounted.asReader();
  const std::vector<std::string> succeeded = waiting(before.getSucceeded(), isTracked);
  const std::vector<std::string> failed = waiting(before.getFailed(), isTracked);
  const size_t hadSucceeded = before.getSucceeded().size(), hadFailed = before.getFailed().size();
  if (succeeded.size() != hadSucceeded) {
    if (!indexed) status.setSucceeded(status.getSucceeded() + static_cast<int32_t>(hadSucceeded - succeeded.size()));
    uncounted.adoptSucceeded(textList(orphanageOf(status), succeeded));
  }
  if (failed.size() != hadFailed) {
    status.setFailed(status.getFailed() + static_cast<int32_t>(hadFailed - failed.size()));
    uncounted.adoptFailed(textList(orphanageOf(status), failed));
  }
}

}  // namespace cleat::job
