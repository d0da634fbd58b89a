// The settings of scheduler-load, read and checked: an error names the one that is wrong.
#pragma once

#include <cleat/sdk/config.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/status.h>

#include <array>
#include <cstddef>

namespace cleat::load {

enum LoadResource : size_t { kCpu, kMemory, kResources };
// By LoadResource. Of cpu thousandths of a processor, of memory bytes; where it says so, percent.
using Amounts = std::array<double, kResources>;
inline constexpr std::array<const char*, kResources> kResourceNames{"cpu", "memory"};

struct LoadSettings {
  bool hasTarget = false;  // the strategy "target"; else "least-used"
  double target = 60;      // percent
  double limit = 0;        // percent; 0: none
  std::array<bool, kResources> counts{};
  Amounts byDefault{};  // what a pod counts for that requests nothing
  Duration resolution{}, staleAfter{}, warmUp{};

  // What the pod is taken to use before it has been measured.
  Amounts askedBy(core_v1::PodSpec::Reader pod) const;
  // How long after a pod was placed it may still count by what it requests.
  Duration longestCount() const { return warmUp + staleAfter; }
};

Result<LoadSettings> readSettings(const Config& config);

}  // namespace cleat::load
