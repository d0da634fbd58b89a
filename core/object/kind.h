// Kind: what the core knows of one version of one resource, all of it data that a kinds plugin registered. A Kind never
// changes; when a plugin offers its resource anew, there is another one. Whoever holds a Ref may use it for as long as
// it likes, and compare it; the catalogue (catalogue.h) says which Kinds are served now.
#pragma once

#include <capnp/schema.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ref.h"
#include "core/object/stored_resource.h"

namespace cleat::object {

class OpenSchema;   // open/open_schema.h
class StructCodec;  // schema/struct_codec.h

enum class NameRule { dns1123Subdomain, dns1123Label, dns1035Label, pathSegment, ip };

struct Column {
  std::string name, type, format, description;
  int32_t priority = 0;
};

class Kind;
using KindRef = Ref<const Kind>;

struct Subresource {
  enum class Style { status, transform, review, connect };
  std::string name;
  Style style = Style::status;
  const Kind* body = nullptr;  // the kind of its body; null for connect
  KindRef heldBody;            // keeps `body`, unless that is the parent
  std::vector<std::string> verbs;
  bool keepsGeneration = false;     // a write through it leaves the parent's metadata.generation as it is
  std::vector<std::string> resets;  // paths of fields that a write through it leaves as they are: "metadata.labels"
  std::string optionsKind;          // of connect: what its options are in discovery; empty: of the parent's kind
  const StructCodec* options = nullptr;  // of connect: what its parameters are, where the plugin's schema says it
  bool portInName = false;               // of connect: requests may name the parent "SCHEME:NAME:PORT"
  std::vector<std::string> olderBodies;  // API versions beside `body`'s that a body may say it is of
  std::string plugin;                    // who registered it, and answers for it
};

class Kind : public RefCounted {
 public:
  Kind();
  ~Kind();

  Ref<const StoredResource> storage;  // where its objects are; null for what is only a body of others
  // The version of the resource that new states are stored in; null: this one.
  KindRef storedAs;
  bool served = true;  // false: it only says how what is stored in it is read
  std::string deprecationWarning;
  std::string group, version, name, plural, singular;
  std::string listName;  // what a list of them calls itself: "PodList"
  std::vector<std::string> shortNames, categories, verbs, selectableFields;
  bool namespaced = false;
  bool isNamespace = false;  // its objects are what namespaced ones are in; one resource at most says so
  bool isVirtual = false;    // never stored
  bool hasStatus = false;
  bool keepsGeneration = false;  // a write leaves metadata.generation as it is, although there is a spec
  bool keepsStatusOnCreate = false;
  std::vector<std::string> statusLeavesMetadata;  // fields of metadata that are no business of /status
  bool createsOnUpdate = false;
  bool updateNeedsRevision = false;
  bool returnsDeleted = false;  // a delete answers with the object
  bool gracefulDelete = false;
  bool orphansByDefault = false;  // a delete leaves what the object owns, unless it says otherwise
  std::string orphanWarning;      // what is said to whoever deletes so
  bool deleteNeedsFinalize = false;
  bool wantsDefault = false, wantsValidate = false, wantsRows = false, wantsBeforeCommit = false, wantsConvert = false;
  NameRule nameRule = NameRule::dns1123Subdomain;
  std::vector<Column> columns;
  std::string plugin;  // who registered it, and answers for it
  capnp::StructSchema schema;
  uint64_t schemaDigest =
      0;  // of all that says how its objects are read; of open kinds 0, which read whatever is there
  const StructCodec* codec = nullptr;
  // Of kinds whose objects are metadata and a tree of JSON (open_v1.capnp); null for those with a struct of their own.
  std::unique_ptr<const OpenSchema> open;
  std::unique_ptr<const StructCodec> ownCodec;  // theirs

  // Whether only the plugin can make objects of this version ones of the other, which is of the same resource.
  bool isConvertedTo(const Kind& other) const {
    return (wantsConvert || other.wantsConvert) && (version != other.version || group != other.group);
  }
  const Kind& stored() const { return storedAs ? *storedAs : *this; }

  // "v1", "apps/v1"
  std::string apiVersion() const { return group.empty() ? version : group + "/" + version; }
  // "pods", "deployments.apps": how errors name the collection.
  std::string resource() const { return group.empty() ? plural : plural + "." + group; }
  // "Pod", "Deployment.apps": how errors name the kind.
  std::string qualifiedKind() const { return group.empty() ? name : name + "." + group; }
  // Null when there is none.
  const Subresource* subresource(std::string_view name) const;
  // Those known by now, in the order of registration. The result stays valid, but another plugin may add more later.
  std::span<const Subresource* const> subresources() const;

 private:
  friend class KindRegistry;
  using SubresourceList = std::vector<const Subresource*>;
  // By the registry, one thread at a time, also while others read.
  void attach(Subresource subresource) const;

  // Replaced as a whole when one is added; the old lists stay for those who are reading them.
  mutable std::atomic<const SubresourceList*> subresources_{nullptr};
  mutable std::vector<std::unique_ptr<const Subresource>> ownSubresources_;
  mutable std::vector<std::unique_ptr<const SubresourceList>> ownLists_;
};

}  // namespace cleat::object
