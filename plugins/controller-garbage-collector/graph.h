// Who owns whom: the objects that have owners, or that are being deleted, by uid with all that decides about them, and
// the other way round. Most objects are neither: of those no more is kept than where they are.
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
  bool doubtful = false;                                         // not seen since history was lost

  bool waitsForDependents() const { return deleting && foreground; }
};
Node nodeOf(const KindName& kind, const AnyRef& object);

class Graph {
 public:
  // Returns the uids whose turn it may be now: the object's own, and its owners'.
  std::vector<std::string> put(const KindName& kind, const AnyRef& object);
  // The object has gone: its dependents and its owners.
  std::vector<std::string> remove(const std::string& uid);

  // History was lost: objects of that kind may have gone meanwhile.
  void doubt(const KindName& kind);
  // What is there has been put again: the rest has gone. Gives all whose turn it may be.
  std::vector<std::string> settle(const KindName& kind);

  // Null when there is no such object, or nothing is to be decided about it.
  const Node* find(const std::string& uid) const;
  std::vector<std::string> dependents(const std::string& uid) const;
  // Those that have owners or are being deleted.
  std::vector<std::string> unsettled() const;
  // The namespace of any object that is there; null when there is none of that uid.
  const std::string* namespaceOf(const std::string& uid) const;
  // Whether anything is to be decided about an object of that kind.
  bool has(const KindName& kind) const;

 private:
  struct Place {
    const KindName* kind;
    std::string ns;
    auto operator<=>(const Place&) const = default;
  };
  void dropDependent(const std::string& owner, const std::string& uid);

  std::unordered_map<std::string, Node> nodes_;
  std::unordered_map<std::string, std::set<std::string>> dependents_;
  std::set<Place> places_;
  // All other objects, by the hashes of their uids.
  std::unordered_map<size_t, const Place*> others_;
};

}  // namespace cleat::gc
