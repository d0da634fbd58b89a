// NodeLoads: how much each node is used, as columns by the numbers that the scheduler has given them. That is what was
// measured last, and what was placed there since and cannot be in it: a pod counts by what it requests until a
// measurement began `warmUp` after it was placed.
//
//   loads.measured({{"a", {at, window, {1500, 2e9}}}}, now);
//   loads.placed(pod.uid(), "a", {500, 1e9}, now, now);
//   if (loads.isFresh(number, now)) loads.percent(number, kCpu)
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load_settings.h"

namespace cleat::load {

// What a node used: its processors on average over `window`, its memory at the end of it.
struct Measurement {
  WallTime at{};  // the end
  Duration window{};
  Amounts use{};
};

class NodeLoads {
 public:
  NodeLoads() = default;
  NodeLoads(Duration staleAfter, Duration warmUp) : staleAfter_(staleAfter), warmUp_(warmUp) {}

  // -- Which node has which number --
  void resize(size_t size);
  // An empty name: the number is nobody's.
  void setNode(uint32_t number, std::string_view name, const Amounts& allocatable);
  std::optional<uint32_t> find(std::string_view name) const;

  // -- What is known of them, by their names: also of such as have no number yet --
  // Of nodes that are not among these the last measurement stays, until it is stale.
  void measured(const std::map<std::string, Measurement>& all, WallTime now);
  // How many are known to have been measured, with a number or without, as of then.
  size_t measuredNodes() const;
  // A pod is on the node since `at`. One that is known already stays as it is, but for its node.
  void placed(std::string_view uid, std::string_view node, const Amounts& asked, WallTime at, WallTime now);
  // It is not there after all, or has ended. What it used is seen in the next measurement.
  void gone(std::string_view uid);

  // -- The columns --
  bool isFresh(uint32_t number, WallTime now) const { return number < fresh_.size() && now <= fresh_[number]; }
  double allocatable(uint32_t number, size_t resource) const { return columns_[resource].allocatable[number]; }
  // What was measured and what came since, in percent of what there is.
  double percent(uint32_t number, size_t resource) const {
    const Column& column = columns_[resource];
    return percentOf(column.used[number] + column.placed[number], column.allocatable[number]);
  }
  // What came since alone.
  double placedPercent(uint32_t number, size_t resource) const {
    const Column& column = columns_[resource];
    return percentOf(column.placed[number], column.allocatable[number]);
  }
  // What the nodes with fresh measurements use on average, in percent; nothing where there is none.
  std::optional<Amounts> average(WallTime now) const;
  static double percentOf(double amount, double of) { return of > 0 ? 100 * amount / of : 0; }

 private:
  struct Column {
    std::vector<double> allocatable, used, placed;
  };
  struct Placed {
    std::string node;
    Amounts asked{};
    WallTime at{};
  };
  struct Load {
    std::optional<Measurement> last;
    std::set<std::string, std::less<>> pods;  // uids of those that count
  };

  // Whether a pod that was placed then is not in what was measured of its node.
  bool counts(WallTime at, const Load& load, WallTime now) const;
  void dropPods(Load& load, WallTime now);
  // Brings the node's row up to date, if it has one.
  void show(std::string_view name);
  void show(uint32_t number, const Load& load);

  Duration staleAfter_{}, warmUp_{};
  std::vector<std::string> names_;  // by number
  std::array<Column, kResources> columns_;
  std::vector<WallTime> fresh_;  // by number: until when it is
  std::map<std::string, uint32_t, std::less<>> numbers_;
  std::map<std::string, Load, std::less<>> loads_;   // by the node's name: of those of which anything is known
  std::map<std::string, Placed, std::less<>> pods_;  // by uid
};

}  // namespace cleat::load
