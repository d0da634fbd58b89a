#include "graph.h"

#include <algorithm>

#include <cleat/sdk/meta.h>

namespace cleat::gc {

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
  for (const Owner& owner : node.owners) dependents_[owner.uid].insert(uid);
  if (!node.owners.empty() || node.deleting) touched.push_back(uid);
  nodes_[uid] = std::move(node);
  return touched;
}

std::vector<std::string> Graph::remove(const std::string& uid) {
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
  for (const auto& [uid, node] : nodes_) {
    if (node.deleting || !node.owners.empty()) uids.push_back(uid);
  }
  return uids;
}

bool Graph::has(const KindName& kind) const {
  return std::ranges::any_of(nodes_, [&](const auto& node) { return node.second.kind == &kind; });
}

}  // namespace cleat::gc
