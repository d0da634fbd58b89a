#include "node_loads.h"

#include <algorithm>

namespace cleat::load {

void NodeLoads::resize(size_t size) {
  for (size_t number = size; number < names_.size(); ++number) setNode(static_cast<uint32_t>(number), "", {});
  names_.resize(size);
  fresh_.resize(size, WallTime::min());
  for (Column& column : columns_) {
    for (auto* cells : {&column.allocatable, &column.used, &column.placed}) cells->resize(size, 0);
  }
}

void NodeLoads::setNode(uint32_t number, std::string_view name, const Amounts& allocatable) {
  if (number >= names_.size()) return;
  if (names_[number] != name) {
    const auto before = numbers_.find(names_[number]);
    if (before != numbers_.end() && before->second == number) numbers_.erase(before);
    names_[number] = name;
  }
  if (!name.empty()) numbers_.insert_or_assign(std::string(name), number);
  for (size_t resource = 0; resource < kResources; ++resource) {
    columns_[resource].allocatable[number] = allocatable[resource];
  }
  const auto known = loads_.find(name);
  show(number, known == loads_.end() ? Load() : known->second);
}

std::optional<uint32_t> NodeLoads::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

void NodeLoads::measured(const std::map<std::string, Measurement>& all, WallTime now) {
  for (const auto& [name, measurement] : all) {
    Load& load = loads_[name];
    if (load.last && load.last->at > measurement.at) continue;
    load.last = measurement;
    // A node's clock may be ahead.
    load.last->at = std::min(measurement.at, now);
  }
  for (auto next = loads_.begin(); next != loads_.end();) {
    const auto at = next++;
    Load& load = at->second;
    if (load.last && now - load.last->at > staleAfter_) load.last.reset();
    dropPods(load, now);
    show(at->first);
    if (!load.last && load.pods.empty()) loads_.erase(at);
  }
}

size_t NodeLoads::measuredNodes() const {
  return static_cast<size_t>(
      std::ranges::count_if(loads_, [](const auto& each) { return each.second.last.has_value(); }));
}

// What is neither in a measurement nor was placed lately is of a node that is not measured, and no news there.
bool NodeLoads::counts(WallTime at, const Load& load, WallTime now) const {
  if (now - at >= warmUp_ + staleAfter_) return false;
  return !load.last || load.last->at - load.last->window < at + warmUp_;
}

void NodeLoads::dropPods(Load& load, WallTime now) {
  std::erase_if(load.pods, [&](const std::string& uid) {
    const auto pod = pods_.find(uid);
    if (counts(pod->second.at, load, now)) return false;
    pods_.erase(pod);
    return true;
  });
}

void NodeLoads::placed(std::string_view uid, std::string_view node, const Amounts& asked, WallTime at, WallTime now) {
  if (const auto known = pods_.find(uid); known != pods_.end()) {
    if (known->second.node == node) return;
    gone(uid);
  }
  at = std::min(at, now);
  const auto load = loads_.find(node);
  if (!counts(at, load == loads_.end() ? Load() : load->second, now)) return;
  pods_.emplace(uid, Placed{std::string(node), asked, at});
  loads_[std::string(node)].pods.emplace(uid);
  show(node);
}

void NodeLoads::gone(std::string_view uid) {
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return;
  const std::string node = found->second.node;
  loads_.find(node)->second.pods.erase(found->first);
  pods_.erase(found);
  show(node);
}

void NodeLoads::show(std::string_view name) {
  if (const auto number = find(name)) show(*number, loads_.find(name)->second);
}

void NodeLoads::show(uint32_t number, const Load& load) {
  fresh_[number] = load.last ? load.last->at + staleAfter_ : WallTime::min();
  for (size_t resource = 0; resource < kResources; ++resource) {
    double placed = 0;
    for (const std::string& uid : load.pods) placed += pods_.find(uid)->second.asked[resource];
    columns_[resource].placed[number] = placed;
    columns_[resource].used[number] = load.last ? load.last->use[resource] : 0;
  }
}

std::optional<Amounts> NodeLoads::average(WallTime now) const {
  Amounts sum{};
  size_t nodes = 0;
  for (uint32_t number = 0; number < fresh_.size(); ++number) {
    if (!isFresh(number, now)) continue;
    ++nodes;
    for (size_t resource = 0; resource < kResources; ++resource) {
      sum[resource] += percentOf(columns_[resource].used[number], columns_[resource].allocatable[number]);
    }
  }
  if (nodes == 0) return std::nullopt;
  for (double& each : sum) each /= static_cast<double>(nodes);
  return sum;
}

}  // namespace cleat::load
