// How long texts can be in which something was replaced.
#pragma once

#include "cleat/cel/cost.h"

namespace cleat::cel {

// The shortest, and the longest.
inline CostRange replacedSize(CostRange text, CostRange what, CostRange by) {
  const auto ceiling = [](uint64_t a, uint64_t b) { return a / b + (a % b != 0); };
  CostRange times, rest;
  if (what.min == 0) {
    times.max = saturatingAdd(text.max, 1);
    rest.max = text.max;
  } else if (by.max <= what.min) {
    rest.max = text.max;
  } else {
    times.max = ceiling(text.max, what.min);
  }
  if (what.max == 0) {
    times.min = saturatingAdd(text.min, 1);
    rest.min = text.min;
  } else if (what.max <= by.min) {
    rest.min = text.min;
  } else {
    times.min = ceiling(text.min, what.max);
  }
  return times * by + rest;
}

}  // namespace cleat::cel
