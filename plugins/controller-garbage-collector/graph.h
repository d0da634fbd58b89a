// Who owns whom: the cluster's objects by uid, with their owners, and the other way round.
#pragma once

#include <cleat/sdk/object.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cleat::gc {

// A kind of objects; the texts live here, for the Resource that refers to them.
struct KindName {
  std::string group, version, resource, kind;
  bool namespaced = false;
  Resource asResource() const { return {group, version, resource, kind, namespaced}; }
  // In whichever version is served now: a kind's versions may come and go.
  Resource anyVersion() const { return {group, {}, resource, kind, namespaced}; }
};

struct Owner {
  std::string uid, apiVersion, kind, name;
  bool blocks = false;  // blockOwnerDeletion
};

std::vector<Owner> ownersOf(const AnyRef& object);

struct Node {
  const KindName* kind = nullptr;
  std::string ns, name;
  std::vector<Owner> owners;
  bool deleting = false, foreground = false, orphaning = false;  // its deletion and its finalizers

  bool waitsForDependents() const { return deleting && foreground; }
};
Node nodeOf(const KindName& kind, const AnyRef& object);

class Graph {
 public:
  // Returns the uids whose turn it may be now: the object's own, and its owners'.
  std::vector<std::string> put(const KindName& kind, const AnyRef& object);
  // The object has gone: its dependents and its owners.
  std::vector<std::string> remove(const std::string& uid);

  const Node* find(const std::string& uid) const;
  std::vector<std::string> dependents(const std::string& uid) const;
  // Those that have owners or are being deleted.
  std::vector<std::string> unsettled() const;
  // Whether any object is of that kind.
  bool has(const KindName& kind) const;

 private:
  void dropDependent(const std::string& owner, const std::string& uid);
  std::unordered_map<std::string, Node> nodes_;
  std::unordered_map<std::string, std::set<std::string>> dependents_;
};

}  // namespace cleat::gc
