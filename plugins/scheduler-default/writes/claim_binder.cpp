#include "writes/claim_binder.h"

#include <cleat/sdk/meta.h>

#include "volume-common/binding_names.h"
#include "volume-common/volume_match.h"

using namespace std::chrono_literals;

namespace cleat::scheduling {
namespace {

constexpr Duration kBindingTimeout = 10min;

}  // namespace

void ClaimBinder::bind(const Object<Pod>& pod, const std::string& node, std::vector<ClaimChoice> choices,
                       ClusterState& state) {
  for (const ClaimChoice& choice : choices) {
    state.volumes().promise(choice.claim.key(), {node, choice.volume ? str(choice.volume.name()) : std::string()});
  }
  const std::string uid = str(pod.uid());
  Waiting& waiting = waiting_[uid];
  waiting = Waiting{.pod = pod, .node = node, .choices = std::move(choices)};
  waiting.timeout =
      context_.after(kBindingTimeout, [this, uid, &state] { fail(uid, "context deadline exceeded", state); });
  spawn(write(uid, state));
}

Task<Result<uint64_t>> ClaimBinder::writeChoice(ClaimChoice choice, std::string node) {
  const Object<PersistentVolumeClaim>& claim = choice.claim;
  if (!choice.volume) {
    Draft<PersistentVolumeClaim> draft(claim);
    if (!setAnnotation(draft.meta(), volumes::kSelectedNode, node)) co_return claim.revision();
    auto pending = client_.update<PersistentVolumeClaim>(std::move(draft));
    CLEAT_CO_TRY(auto written, co_await std::move(pending));
    co_return written.revision();
  }
  if (volumes::isHeldBy(choice.volume, claim)) co_return choice.volume.revision();
  auto pending = client_.update<PersistentVolume>(volumes::heldBy(choice.volume, claim));
  CLEAT_CO_TRY(auto written, co_await std::move(pending));
  co_return written.revision();
}

Task<void> ClaimBinder::write(std::string uid, ClusterState& state) {
  const std::string node = waiting_.at(uid).node;
  const std::vector<ClaimChoice> choices = waiting_.at(uid).choices;
  for (const ClaimChoice& choice : choices) {
    auto writing = writeChoice(choice, node);
    Result<uint64_t> written = co_await std::move(writing);
    auto found = waiting_.find(uid);
    if (found == waiting_.end()) co_return;
    if (!written) {
      fail(uid, written.error().message, state);
      co_return;
    }
    found->second.written[choice.claim.key()] = *written;
  }
  waiting_.at(uid).writing = false;
  look(state);
}

Result<bool> ClaimBinder::isDone(const Waiting& waiting, const ClaimChoice& choice, const ClusterState& state) {
  const std::string key = choice.claim.key();
  const uint64_t written = waiting.written.at(key);
  const Object<PersistentVolumeClaim> claim = state.volumes().claims.get(key);
  if (!claim || claim.uid() != choice.claim.uid()) {
    return cleat::fail(Status::notFound("persistentvolumeclaims", choice.claim.name()));
  }
  if (hasVolume(claim)) {
    const Object<PersistentVolume> volume = state.volumes().volumes.get(view(claim->getSpec().getVolumeName()));
    const NodeIndex index = state.nodes().findPresent(waiting.node);
    if (!volume) return false;
    if (index == kNoNode) {
      return cleat::fail(Status::notFound("nodes", waiting.node));
    }
    if (volumes::isWithinReach(volume, state.nodes().row(index).node)) return true;
    return cleat::fail(Status::internal(concat("pv ", inQuotes(volume.name()), " node affinity doesn't match node ",
                                               inQuotes(waiting.node), ": no matching NodeSelectorTerms")));
  }
  if (choice.volume) {
    const Object<PersistentVolume> volume = state.volumes().volumes.get(choice.volume.name());
    if (!volume || (volume.revision() >= written && !volumes::isMeantFor(volume, claim))) {
      return cleat::fail(
          Status::internal(concat("pvc bound to wrong volume or volume ", inQuotes(choice.volume.name()), " is gone")));
    }
    return false;
  }
  const bool isSeen = claim.revision() >= written;
  if (isSeen && annotation(claim.meta(), volumes::kSelectedNode) != waiting.node) {
    return cleat::fail(Status::internal(concat("provisioning failed for PVC ", inQuotes(claim.name()))));
  }
  return false;
}

Result<bool> ClaimBinder::areDone(const Waiting& waiting, const ClusterState& state) {
  for (const ClaimChoice& choice : waiting.choices) {
    CLEAT_TRY(const bool done, isDone(waiting, choice, state));
    if (!done) return false;
  }
  return true;
}

void ClaimBinder::look(ClusterState& state) {
  std::vector<std::string> uids;
  for (const auto& [uid, waiting] : waiting_) {
    if (!waiting.writing || state.placed(uid) == nullptr) uids.push_back(uid);
  }
  for (const std::string& uid : uids) {
    auto found = waiting_.find(uid);
    if (found == waiting_.end()) continue;
    if (state.placed(uid) == nullptr) {
      end(uid, state);  // it has gone
      continue;
    }
    Result<bool> done = areDone(found->second, state);
    if (!done) {
      fail(uid, done.error().message, state);
    } else if (*done) {
      const Waiting ended = end(uid, state);
      outcomes_.bound(ended.pod, ended.node);
    }
  }
}

ClaimBinder::Waiting ClaimBinder::end(const std::string& uid, ClusterState& state) {
  auto found = waiting_.find(uid);
  Waiting ended = std::move(found->second);
  waiting_.erase(found);
  for (const ClaimChoice& choice : ended.choices) state.volumes().takeBack(choice.claim.key());
  return ended;
}

void ClaimBinder::fail(const std::string& uid, const std::string& why, ClusterState& state) {
  if (!waiting_.contains(uid)) return;
  const Waiting ended = end(uid, state);
  events_.warning(ended.pod, "FailedScheduling", "Scheduling",
                  concat("running PreBind plugin \"VolumeBinding\": binding volumes: ", why));
  outcomes_.failed(ended.pod);
}

}  // namespace cleat::scheduling
