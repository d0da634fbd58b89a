// Catalogue: the kinds that there are at one time, immutable; and KindRegistry, which holds the latest one and makes
// the next when plugins bring kinds, replace them or take them back. Readers take no lock and stall nobody: what they
// found stays as it was while they hold it.
#pragma once

#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/status.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/shared_cell.h"
#include "core/object/kind.h"

namespace cleat::object {

class SchemaComments;

class Catalogue : public RefCounted {
 public:
  // Of the versions that are served; null when there is none.
  KindRef find(std::string_view group, std::string_view version, std::string_view plural) const;
  KindRef findByKind(std::string_view group, std::string_view version, std::string_view kind) const;
  // The preferred version of a resource.
  KindRef findResource(std::string_view group, std::string_view plural) const;
  // The preferred version of the resource whose objects are the namespaces; null when nobody brought it.
  KindRef ofNamespaces() const { return namespaces_ ? KindRef::share(namespaces_) : nullptr; }
  // The version, served or not, that says how an object is read that is stored as one of `apiVersion`; null when nobody
  // brought it.
  KindRef findStored(const StoredResource& resource, std::string_view apiVersion) const;
  // That which new objects of a resource are stored in; null when the resource has no versions now.
  KindRef storageKind(const StoredResource& resource) const;

  // Those that are served, in the order of registration. Includes body-only kinds (Scale, Binding …).
  const std::vector<KindRef>& served() const { return served_; }
  // Of all kinds that are stored in structs: the same as long as every one of them reads what it has read before.
  uint64_t readingDigest() const;
  // Raised whenever something changed: what was made from the kinds (discovery, OpenAPI) compares it.
  uint64_t generation() const { return generation_; }

  // The loaded schemas' comments, of a struct and of a field (by its index in the schema, FieldPlan::ordinal). Empty
  // where there is none.
  std::string_view structComment(uint64_t typeId) const;
  std::string_view fieldComment(uint64_t typeId, uint16_t fieldIndex) const;

 private:
  friend class KindRegistry;
  void index();

  std::vector<KindRef> kinds_;  // all of them, in the order of registration
  std::vector<KindRef> served_;
  std::vector<const Kind*> byResource_;  // served, by plural, group, and version from the preferred one down
  std::vector<const Kind*> byKind_;      // served, by name, group, version
  const Kind* namespaces_ = nullptr;
  std::vector<const Kind*> byStorage_;  // all that are stored, by the id of their resource
  std::vector<std::shared_ptr<const SchemaComments>> comments_;
  uint64_t generation_ = 0;
};
using CatalogueRef = Ref<const Catalogue>;

class KindRegistry {
 public:
  KindRegistry();
  ~KindRegistry();

  // Takes what a kinds plugin described at its start. Readers see all of it or nothing. Fails when a kind is there
  // already, or the schema does not fit what core expects of one (metadata first, known annotations), naming the struct
  // and field. Thread-safe, as all here.
  Result<void> add(std::string_view plugin, role::KindsDescription::Reader description);

  struct ResourceName {
    std::string group, plural;
  };
  // What a plugin brings while it runs: each resource named in the description has from now on the versions named there
  // and no others; those of `withdrawn` have none. 409 when a resource or kind is another plugin's; then, and for
  // whatever is wrong with the description, nothing changes.
  Result<void> offer(std::string_view plugin, role::KindsDescription::Reader description,
                     const std::vector<ResourceName>& withdrawn);

  // All that a plugin has brought goes. 409, and nothing changes, when another plugin's kinds or subresources hang on
  // it, or its subresources on another's kinds. What it brings when it comes back must be described by the same schema.
  Result<void> remove(std::string_view plugin);

  CatalogueRef latest() const { return latest_.get(); }

  // Of the latest catalogue.
  KindRef find(std::string_view group, std::string_view version, std::string_view plural) const {
    return latest()->find(group, version, plural);
  }
  KindRef findByKind(std::string_view group, std::string_view version, std::string_view kind) const {
    return latest()->findByKind(group, version, kind);
  }
  KindRef findResource(std::string_view group, std::string_view plural) const {
    return latest()->findResource(group, plural);
  }
  uint64_t generation() const { return latest()->generation(); }
  // The resource that keeps its objects under "/registry/NAME/"; null when none has been registered yet.
  Ref<const StoredResource> resourceAt(std::string_view name) const;

 private:
  struct Loader;
  struct Change;
  Result<void> checkDescribed(std::string_view plugin, uint64_t digest) const;
  // Parts of add() and offer(), under the loader's lock.
  Result<void> change(std::string_view plugin, role::KindsDescription::Reader description, Change& change);
  Result<void> readKinds(Change& change, role::KindsDescription::Reader description);
  Result<void> readBody(Kind& kind, Change& change, role::Kind::Reader said);
  Result<void> checkFree(const Change& change, const Kind& kind) const;
  Result<void> checkSoleNamespace(const Change& change, const Kind& kind) const;
  Result<void> placeKinds(Change& change);
  Result<void> readSubresources(Change& change, role::KindsDescription::Reader description);
  void attachPending(const Catalogue& catalogue);

  std::unique_ptr<Loader> loader_;
  base::SharedCell<Catalogue> latest_;
};

}  // namespace cleat::object
