// Deletes what is in a namespace, kind by kind, and counts what is still there.
#pragma once

#include <cleat/sdk/client.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cleat::namespaces {

// A kind of objects; the texts live here, for the Resource that refers to them.
struct KindName {
  std::string group, version, resource, kind;
  bool collection = false;  // deletable all at once
  Resource asResource() const { return {group, version, resource, kind, true}; }
  auto operator<=>(const KindName&) const = default;
};

// What was found after everything was told to go.
struct Remains {
  std::map<KindName, uint64_t> objects;
  std::map<std::string, uint64_t> finalizers;   // how many objects each of them holds
  std::vector<std::string> failures;            // kinds that could not be listed or deleted, and why
  std::string discoveryFailure;                 // why the kinds are not known; empty when they are
  std::map<std::string, std::string> kindless;  // how many objects there are of resources that nobody brings

  bool failed() const { return !failures.empty() || !discoveryFailure.empty(); }
  bool none() const { return objects.empty() && kindless.empty() && !failed(); }
};

// Pods go first: until the last one has ended, what it may need (its config, its service account) stays. Events go
// last.
Task<Remains> emptyNamespace(Context& context, std::string ns);

}  // namespace cleat::namespaces
