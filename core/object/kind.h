// Kind: what the core knows of one kind of object, all of it data that a kinds plugin registered; and KindRegistry, the
// set of them. Kinds are registered at start (and later, for kinds defined at run time) and never go away while the
// process lives, so a `const Kind*` may be kept forever and compared.
#pragma once

#include <capnp/schema-loader.h>
#include <capnp/schema.capnp.h>
#include <capnp/schema.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/status.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::object {

class StructCodec;  // struct_codec.h

enum class NameRule { dns1123Subdomain, dns1123Label, dns1035Label, pathSegment, ip };

struct Column {
  std::string name, type, format, description;
  int32_t priority = 0;
};

class Kind;

struct Subresource {
  enum class Style { status, transform, review, connect };
  std::string name;
  Style style = Style::status;
  const Kind* body = nullptr;  // the kind of its body; null for connect
  std::vector<std::string> verbs;
  bool keepsGeneration = false;  // a write through it leaves the parent's metadata.generation as it is
  std::vector<std::string> resets;  // paths of fields that a write through it leaves as they are: "metadata.labels"
  std::string plugin;            // who registered it, and answers for it
};

class Kind {
 public:
  uint32_t id = 0;  // dense, from 0
  std::string group, version, name, plural, singular;
  std::vector<std::string> shortNames, categories, verbs, selectableFields;
  bool namespaced = false;
  bool isVirtual = false;  // never stored
  bool hasStatus = false;
  bool keepsGeneration = false;  // a write leaves metadata.generation as it is, although there is a spec
  bool keepsStatusOnCreate = false;
  std::vector<std::string> statusLeavesMetadata;  // fields of metadata that are no business of /status
  bool createsOnUpdate = false;
  bool updateNeedsRevision = false;
  bool returnsDeleted = false;  // a delete answers with the object
  bool gracefulDelete = false;
  bool deleteNeedsFinalize = false;
  bool wantsDefault = false, wantsValidate = false, wantsRows = false, wantsBeforeCommit = false;
  NameRule nameRule = NameRule::dns1123Subdomain;
  std::vector<Column> columns;
  std::string plugin;  // who registered it, and answers for it
  capnp::StructSchema schema;
  const StructCodec* codec = nullptr;

  // "v1", "apps/v1"
  std::string apiVersion() const { return group.empty() ? version : group + "/" + version; }
  // "pods", "deployments.apps": how errors name the collection.
  std::string resource() const { return group.empty() ? plural : plural + "." + group; }
  // "Pod", "Deployment.apps": how errors name the kind.
  std::string qualifiedKind() const { return group.empty() ? name : name + "." + group; }
  // "/registry/deployments.apps/": under which the store keeps the objects.
  std::string storagePrefix() const { return "/registry/" + resource() + "/"; }

  // Null when there is none.
  const Subresource* subresource(std::string_view name) const;
  // Those known by now, in the order of registration. The result stays valid, but another plugin may add more later.
  std::span<const Subresource* const> subresources() const;

 private:
  friend class KindRegistry;
  // Replaced as a whole when one is added; the registry keeps the old lists for those who are reading them.
  std::atomic<const std::vector<const Subresource*>*> subresources_{nullptr};
};

class KindRegistry {
 public:
  KindRegistry();
  ~KindRegistry();

  // Takes what a kinds plugin described. Thread-safe; readers see all of it or nothing. Fails when a kind is there
  // already, or the schema does not fit what core expects of one (metadata first, known annotations), naming the struct
  // and field.
  Result<void> add(std::string_view plugin, role::KindsDescription::Reader description);

  // Null when there is none. Lock-free.
  const Kind* find(std::string_view group, std::string_view version, std::string_view plural) const;
  const Kind* findByKind(std::string_view group, std::string_view version, std::string_view kind) const;
  // Any version: the preferred one.
  const Kind* findResource(std::string_view group, std::string_view plural) const;
  const Kind* byId(uint32_t id) const;
  // In the order of registration. Includes body-only kinds (Scale, Binding …).
  std::vector<const Kind*> all() const;
  // Raised whenever something was added: caches made from the registry (discovery, OpenAPI) compare it.
  uint64_t generation() const;

  // The loaded schemas' comments, of a struct and of a field (by its index in the schema, FieldPlan::ordinal). Empty
  // where there is none.
  std::string_view structComment(uint64_t typeId) const;
  std::string_view fieldComment(uint64_t typeId, uint16_t fieldIndex) const;

 private:
  struct State;
  struct Loader;
  struct PendingSubresource;
  // Parts of add(), under its lock.
  Result<void> addLoaded(std::string_view plugin, role::KindsDescription::Reader description,
                         capnp::schema::CodeGeneratorRequest::Reader request);
  Result<std::vector<PendingSubresource>> readSubresources(std::string_view plugin,
                                                           role::KindsDescription::Reader description);
  void attachPending();

  std::unique_ptr<Loader> loader_;
  std::atomic<const State*> state_;
};

}  // namespace cleat::object
