#include "cycle/extension_verdict.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

// Details of a Why beyond the numbers of reasons.
constexpr uint64_t kNotAsked = 0, kNodeFull = uint64_t(1) << 32;
constexpr size_t kMostReasons = UINT16_MAX - 1;
const std::string kNotAskedText = "node(s) were not known to an extension yet";
const std::string kNodeFullText = "node(s) were full by what an extension says";

}  // namespace

void ExtensionVerdict::add(const ExtensionSaid& said) {
  if (refusal_.empty()) refusal_ = said.refusal;
  if (!said.refusedFor.empty()) {
    const size_t offset = reasons_.size();
    reasons_.insert(reasons_.end(), said.reasons.begin(), said.reasons.end());
    if (reasons_.size() > kMostReasons) reasons_.resize(kMostReasons);
    if (refusedFor_.empty()) refusedFor_.resize(nodes_, 0);
    for (size_t node = 0; node < nodes_; ++node) {
      if (refusedFor_[node] != 0 || said.refusedFor[node] == 0) continue;
      refusedFor_[node] = static_cast<uint16_t>(std::min(offset + said.refusedFor[node], reasons_.size()));
    }
  }
  if (!said.scores.empty()) {
    if (scores_.empty()) scores_.resize(nodes_, 0);
    for (size_t node = 0; node < nodes_; ++node) scores_[node] += said.scores[node];
  }
  if (!said.scores.empty() && !said.worse.empty()) {
    falls_.push_back({said.scores, said.worse, said.worseAfter});
    taken_.resize(nodes_, 0);
  }
  if (said.againAfter > Duration::zero()) {
    againAfter_ = againAfter_ == Duration::zero() ? said.againAfter : std::min(againAfter_, said.againAfter);
  }
  if (said.room.empty()) return;
  if (room_.empty()) room_.resize(nodes_, kAnyNumber);
  for (size_t node = 0; node < nodes_; ++node) room_[node] = std::min(room_[node], said.room[node]);
}

// Nobody's score becomes less than nothing.
int64_t ExtensionVerdict::fallen(NodeIndex node) const {
  int64_t sum = 0;
  for (const Fall& fall : falls_) {
    const int64_t after = fall.after.empty() ? 0 : fall.after[node];
    const int64_t pods = std::max<int64_t>(0, taken_[node] - after);
    sum += std::min(fall.scores[node], fall.worse[node] * pods / 100);
  }
  return sum;
}

MaybeWhy ExtensionVerdict::whyNot(NodeIndex node) const {
  if (!refuses(node)) return std::nullopt;
  if (node >= nodes_) return Why{Judge::extensions, kNotAsked, false};
  if (!refusedFor_.empty() && refusedFor_[node] != 0) return Why{Judge::extensions, refusedFor_[node], false};
  return Why{Judge::extensions, kNodeFull, false};
}

const std::string& ExtensionVerdict::textOf(const Why& why) const {
  if (why.detail == kNodeFull) return kNodeFullText;
  return why.detail == kNotAsked || why.detail > reasons_.size() ? kNotAskedText : reasons_[why.detail - 1];
}

}  // namespace cleat::scheduling
