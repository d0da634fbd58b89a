// Where nodes are by one label: a column with the number of each node's value. Nodes with one value are a domain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/interner.h"

namespace cleat::scheduling {

using NodeIndex = uint32_t;
constexpr NodeIndex kNoNode = ~NodeIndex(0);

class TopologyColumn {
 public:
  static constexpr int32_t kNowhere = -1;

  explicit TopologyColumn(std::string key) : key_(std::move(key)) {}
  const std::string& key() const { return key_; }
  int32_t at(NodeIndex node) const { return domains_[node]; }
  size_t domains() const { return values_.size(); }
  void resize(size_t nodes) { domains_.resize(nodes, kNowhere); }
  void set(NodeIndex node, std::optional<std::string_view> value) {
    domains_[node] = value ? static_cast<int32_t>(values_.id(*value)) : kNowhere;
  }

 private:
  std::string key_;
  Interner values_;
  std::vector<int32_t> domains_;
};

}  // namespace cleat::scheduling
