// What extensions have said of the nodes for pods of one class, put together: who is not for them and why, how much
// better which is, and how many of them each takes.
#pragma once

#include <cleat/sdk/time.h>

#include <cstdint>
#include <string>
#include <vector>

#include "filters/why.h"
#include "state/topology.h"

namespace cleat::scheduling {

// Of one extension, by node. A column that is empty says nothing.
struct ExtensionSaid {
  std::string refusal;               // why no node is for the pods at all
  std::vector<uint16_t> refusedFor;  // the number of the reason, from 1; 0: it is not refused
  std::vector<std::string> reasons;
  std::vector<int64_t> scores;  // weighted
  std::vector<uint16_t> room;
  std::vector<int64_t> worse;        // by so many hundredths a pod lowers the score, weighted…
  std::vector<uint16_t> worseAfter;  // …after so many that do not
  Duration againAfter{};             // when to ask again about pods that find no node; zero: it does not say
};

class ExtensionVerdict {
 public:
  // There were so many nodes when it was asked for. Those that came later wait for the next.
  explicit ExtensionVerdict(size_t nodes) : nodes_(nodes) {}

  void add(const ExtensionSaid& said);

  const std::string& refusal() const { return refusal_; }
  bool refuses(NodeIndex node) const {
    return node >= nodes_ || (!refusedFor_.empty() && refusedFor_[node] != 0) || (!room_.empty() && room_[node] == 0);
  }
  int64_t score(NodeIndex node) const {
    if (scores_.empty() || node >= nodes_) return 0;
    return falls_.empty() || taken_[node] == 0 ? scores_[node] : scores_[node] - fallen(node);
  }
  MaybeWhy whyNot(NodeIndex node) const;
  // The words for what `whyNot` said.
  const std::string& textOf(const Why& why) const;
  // One of the pods has been given to the node.
  void take(NodeIndex node) {
    if (node < room_.size() && room_[node] > 0 && room_[node] != kAnyNumber) --room_[node];
    if (node < taken_.size()) ++taken_[node];
  }
  // When the first of the extensions wants to be asked again about pods that find no node; zero: none of them says.
  Duration againAfter() const { return againAfter_; }

  static constexpr uint16_t kAnyNumber = UINT16_MAX;

 private:
  // Of one extension whose scores fall with the pods that nodes are given: by node, as in ExtensionSaid.
  struct Fall {
    std::vector<int64_t> scores, worse;
    std::vector<uint16_t> after;
  };
  int64_t fallen(NodeIndex node) const;

  size_t nodes_;
  std::string refusal_;
  std::vector<uint16_t> refusedFor_;
  std::vector<std::string> reasons_;
  std::vector<int64_t> scores_;
  std::vector<uint16_t> room_;
  std::vector<Fall> falls_;
  std::vector<uint32_t> taken_;  // by node; empty: no score falls
  Duration againAfter_{};
};

}  // namespace cleat::scheduling
