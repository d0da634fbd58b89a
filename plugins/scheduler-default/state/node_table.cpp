#include "state/node_table.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

std::string_view readyStatus(const Object<Node>& node) {
  auto condition = findCondition(node->getStatus().getConditions(), "Ready");
  return condition ? view(condition->getStatus()) : "";
}

bool sameShape(const Object<Node>& before, const Object<Node>& now) {
  return before && capnp::toAny(before.meta().getLabels()) == capnp::toAny(now.meta().getLabels()) &&
         capnp::toAny(before->getSpec()) == capnp::toAny(now->getSpec()) && readyStatus(before) == readyStatus(now);
}

}  // namespace

NodeIndex NodeTable::find(std::string_view name) const {
  auto found = byName_.find(name);
  return found == byName_.end() ? kNoNode : found->second;
}

NodeIndex NodeTable::indexOf(std::string_view name) {
  if (const NodeIndex known = find(name); known != kNoNode) return known;
  if (free_.empty()) grow();
  const NodeIndex index = free_.back();
  free_.pop_back();
  rows_[index].name = name;
  byName_.emplace(name, index);
  return index;
}

void NodeTable::grow() {
  const size_t size = rows_.size() + 1;
  rows_.resize(size);
  for (auto* table : {&allocatable_, &requested_}) {
    for (auto& column : *table) column.resize(size, 0);
  }
  for (auto* column : {&pods_, &mostPods_, &scoredCpu_, &scoredMemory_}) column->resize(size, 0);
  nominated_.resize(size, 0);
  for (auto& [key, column] : columns_) column->resize(size);
  free_.push_back(static_cast<NodeIndex>(size - 1));
}

void NodeTable::haveResource(uint32_t resource) {
  while (allocatable_.size() <= resource) {
    allocatable_.emplace_back(rows_.size(), 0);
    requested_.emplace_back(rows_.size(), 0);
  }
}

bool NodeTable::setFromDevices(uint32_t resource, bool from) {
  haveResource(resource);
  if (fromDevices_.size() <= resource) fromDevices_.resize(resource + 1, 0);
  return std::exchange(fromDevices_[resource], from) != from;
}

bool NodeTable::set(NodeIndex index, const Object<Node>& node, PodClasses& classes) {
  NodeRow& row = rows_[index];
  const Object<Node> before = row.node;
  row.node = node;
  if (!before) ++present_;
  const bool shape = !sameShape(before, node);
  if (shape) setLabels(index, node);
  setAmounts(index, node, classes);
  const bool images =
      !before || !(capnp::toAny(before->getStatus().getImages()) == capnp::toAny(node->getStatus().getImages()));
  if (images) setImages(index, node, classes);
  return shape;
}

void NodeTable::setLabels(NodeIndex index, const Object<Node>& node) {
  for (auto& [key, column] : columns_) column->set(index, label(node.meta(), key));
}

void NodeTable::setAmounts(NodeIndex index, const Object<Node>& node, PodClasses& classes) {
  for (auto& column : allocatable_) column[index] = 0;
  const ResourceAmounts amounts = amountsIn(node->getStatus().getAllocatable());
  mostPods_[index] = amounts.pods;
  for (const auto& [resource, amount] : classes.resources().read(amounts)) {
    haveResource(resource);
    allocatable_[resource][index] = amount;
  }
}

void NodeTable::setImages(NodeIndex index, const Object<Node>& node, PodClasses& classes) {
  NodeRow& row = rows_[index];
  if (row.images.empty() && node->getStatus().getImages().size() == 0) return;
  for (const auto& [image, size] : row.images) imageNodes_[image].erase(index);
  row.images.clear();
  for (auto image : node->getStatus().getImages()) {
    for (auto name : image.getNames()) {
      const uint32_t id = classes.images().id(view(name));
      if (imageNodes_.size() <= id) imageNodes_.resize(id + 1);
      imageNodes_[id][index] = image.getSizeBytes();
      row.images.emplace_back(id, image.getSizeBytes());
    }
  }
  ++imagesVersion_;
}

void NodeTable::clear(NodeIndex index) {
  NodeRow& row = rows_[index];
  if (!row.node) return;
  row.node = {};
  --present_;
  for (auto& column : allocatable_) column[index] = 0;
  mostPods_[index] = 0;
  for (auto& [key, column] : columns_) column->set(index, std::nullopt);
  if (!row.images.empty()) ++imagesVersion_;
  for (const auto& [image, size] : row.images) imageNodes_[image].erase(index);
  row.images.clear();
}

void NodeTable::forgetIfUnused(NodeIndex index) {
  NodeRow& row = rows_[index];
  if (row.node || !row.pods.empty() || !row.nominations.empty() || row.name.empty()) return;
  byName_.erase(row.name);
  row.name.clear();
  free_.push_back(index);
}

void NodeTable::addRequests(NodeIndex node, const PodClass& podClass, int sign) {
  for (const auto& [resource, amount] : podClass.requests) {
    haveResource(resource);
    requested_[resource][node] += sign * amount;
  }
  pods_[node] += sign;
  scoredCpu_[node] += sign * podClass.scoredCpu;
  scoredMemory_[node] += sign * podClass.scoredMemory;
  auto& ports = rows_[node].ports;
  for (const HostPort& port : podClass.ports) {
    if (sign > 0) {
      ports.push_back(port);
    } else if (auto at = std::ranges::find(ports, port); at != ports.end()) {
      ports.erase(at);
    }
  }
}

const TopologyColumn& NodeTable::topology(const std::string& key) {
  auto& column = columns_[key];
  if (column) return *column;
  column = std::make_unique<TopologyColumn>(key);
  column->resize(rows_.size());
  for (NodeIndex node = 0; node < rows_.size(); ++node) {
    if (rows_[node].node) column->set(node, label(rows_[node].node.meta(), key));
  }
  return *column;
}

void NodeTable::nominate(const Nomination& nomination) {
  rows_[nomination.node].nominations.push_back(&nomination);
  ++nominated_[nomination.node];
}

void NodeTable::withdraw(const Nomination& nomination) {
  std::erase(rows_[nomination.node].nominations, &nomination);
  --nominated_[nomination.node];
}

const std::map<NodeIndex, int64_t>& NodeTable::nodesWith(uint32_t image) const {
  static const std::map<NodeIndex, int64_t> none;
  return image < imageNodes_.size() ? imageNodes_[image] : none;
}

}  // namespace cleat::scheduling
