#include "graph.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace cleat::gc {
namespace {

size_t hashOf(const std::string& uid) { return std::hash<std::string>()(uid); }

}  // namespace

std::vector<Owner> ownersOf(const AnyRef& object) {
  std::vector<Owner> owners;
  for (auto owner : object.meta().getOwnerReferences()) {
    owners.push_back({str(owner.getUid()), str(owner.getApiVersion()), str(owner.getKind()), str(owner.getName()),
                      valueOr(owner.getBlockOwnerDeletion(), false)});
  }
  return owners;
}

Node nodeOf(const KindName& kind, const AnyRef& object) {
  Node node;
  node.kind = &kind;
  node.ns = object.ns();
  node.name = object.name();
  node.owners = ownersOf(object);
  node.deleting = deletionPending(object.meta());
  node.foreground = hasFinalizer(object.meta(), "foregroundDeletion");
  node.orphaning = hasFinalizer(object.meta(), "orphan");
  return node;
}

std::vector<std::string> Graph::put(const KindName& kind, const AnyRef& object) {
  const std::string uid(object.uid());
  std::vector<std::string> touched;
  Node node = nodeOf(kind, object);
  if (auto old = nodes_.find(uid); old != nodes_.end()) {
    for (const Owner& owner : old->second.owners) {
      dropDependent(owner.uid, uid);
      touched.push_back(owner.uid);
    }
  }
  if (node.owners.empty() && !node.deleting) {
    nodes_.erase(uid);
    others_[hashOf(uid)] = &*places_.insert({&kind, std::move(node.ns)}).first;
    return touched;
  }
  others_.erase(hashOf(uid));
  for (const Owner& owner : node.owners) dependents_[owner.uid].insert(uid);
  touched.push_back(uid);
  nodes_[uid] = std::move(node);
  return touched;
}

std::vector<std::string> Graph::remove(const std::string& uid) {
  others_.erase(hashOf(uid));
  std::vector<std::string> touched = dependents(uid);
  auto found = nodes_.find(uid);
  if (found == nodes_.end()) return touched;
  for (const Owner& owner : found->second.owners) {
    dropDependent(owner.uid, uid);
    touched.push_back(owner.uid);
  }
  nodes_.erase(found);
  return touched;
}

void Graph::doubt(const KindName& kind) {
  for (auto& [uid, node] : nodes_) node.doubtful |= node.kind == &kind;
  std::erase_if(others_, [&](const auto& other) { return other.second->kind == &kind; });
}

std::vector<std::string> Graph::settle(const KindName& kind) {
  std::vector<std::string> gone;
  for (const auto& [uid, node] : nodes_) {
    if (node.kind == &kind && node.doubtful) gone.push_back(uid);
  }
  std::vector<std::string> touched;
  for (const std::string& uid : gone) std::ranges::move(remove(uid), std::back_inserter(touched));
  // Of the others it is not known which have gone: whatever has an owner asks for it.
  std::ranges::move(unsettled(), std::back_inserter(touched));
  return touched;
}

void Graph::dropDependent(const std::string& owner, const std::string& uid) {
  auto others = dependents_.find(owner);
  if (others == dependents_.end()) return;
  others->second.erase(uid);
  if (others->second.empty()) dependents_.erase(others);
}

const Node* Graph::find(const std::string& uid) const {
  auto found = nodes_.find(uid);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<std::string> Graph::dependents(const std::string& uid) const {
  auto found = dependents_.find(uid);
  if (found == dependents_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<std::string> Graph::unsettled() const {
  std::vector<std::string> uids;
  uids.reserve(nodes_.size());
  for (const auto& [uid, node] : nodes_) uids.push_back(uid);
  return uids;
}

const std::string* Graph::namespaceOf(const std::string& uid) const {
  if (const Node* node = find(uid)) return &node->ns;
  auto other = others_.find(hashOf(uid));
  return other == others_.end() ? nullptr : &other->second->ns;
}

bool Graph::has(const KindName& kind) const {
  return std::ranges::any_of(nodes_, [&](const auto& node) { return node.second.kind == &kind; });
}

}  // namespace cleat::gc
