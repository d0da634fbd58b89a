#include "cycle/reasons.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::scheduling {

void Reasons::add(const Why& why) {
  for (auto& [known, count] : whys_) {
    if (known.judge != why.judge || known.detail != why.detail) continue;
    ++count;
    return;
  }
  whys_.emplace_back(why, 1);
}

JudgeSet Reasons::judges() const {
  JudgeSet judges = inWords_;
  for (const auto& [why, count] : whys_) judges |= bit(why.judge);
  return judges;
}

std::string Reasons::message(const PodClass& podClass, const ClusterState& state) const {
  std::map<std::string, size_t> counts = texts_;
  for (const auto& [why, count] : whys_) {
    for (const std::string& text : textsOf(why, podClass, state)) counts[text] += count;
  }
  std::vector<std::string> parts;
  for (const auto& [text, count] : counts) parts.push_back(concat(count, " ", text));
  std::ranges::sort(parts);
  std::string message = concat("0/", state.nodes().present(), " nodes are available:");
  for (size_t i = 0; i < parts.size(); ++i) appendTo(message, concat(i == 0 ? " " : ", ", parts[i]));
  return message + ".";
}

}  // namespace cleat::scheduling
