// Replay: from the changes that an engine holds back to objects, histories and the latest state. Every object is
// read by the version that it was stored in; one that cannot be read is there all the same, with a problem.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/object/catalogue.h"
#include "core/store/state.h"
#include "core/store/store.h"

namespace cleat::store {

class Replay {
 public:
  explicit Replay(const object::KindRegistry& kinds) : kinds_(kinds), catalogue_(kinds.latest()) {}

  const object::Catalogue& catalogue() const { return *catalogue_; }

  // Replays every resource that is registered; of those in `only` alone, if it is not null. Changes after
  // `horizon` are given as changes, those before only show in the state. `trusts`: all that is there has been read
  // before, by the same kinds, so that it can wait until somebody wants it.
  Result<void> run(Engine& engine, uint64_t horizon, const std::set<std::string>* only, bool trusts);

  // What was replayed, by name.
  std::vector<std::pair<std::string, Ref<const object::StoredResource>>> resources() const;
  ObjectMaps maps;
  std::vector<Change> changes;
  // The resources that were seen but have no version now ("pods", "deployments.apps"), with the paths of the objects
  // that there are of them: "namespace/name". Those paths are of all resources that there are, not of some (`only`).
  std::map<std::string, std::set<std::string>> unknown;
  size_t unreadable = 0;     // objects of the latest state
  std::set<uint64_t> stale;  // the revisions of those that would be written in another form today (Record::isStale)

 private:
  struct Found {
    Ref<const object::StoredResource> resource;  // null: not to be replayed
    object::KindRef kind;                        // in which new objects are stored
  };
  const Found& find(std::string_view resource, const std::set<std::string>* only);
  ObjectRef read(const Found& found, std::string_view path, const Record& record) const;
  void noteUnknown(std::string_view resource, std::string_view path, bool deleted);
  void apply(const Record& record, uint64_t horizon, const std::set<std::string>* only);

  const object::KindRegistry& kinds_;
  const object::CatalogueRef catalogue_;
  std::unordered_map<std::string, Found> found_;
  bool hasProblems_ = false;  // the engine could not give some of it
};

}  // namespace cleat::store
