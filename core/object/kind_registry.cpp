// How the next catalogue comes about: what a plugin says is read as a whole, held against what is there, and published
// only when all of it fits.
#include <capnp/schema-loader.h>
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/mutex.h>
#include <kj/exception.h>

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include "core/object/catalogue.h"
#include "core/object/kind_description.h"
#include "core/object/open/open_schema.h"
#include "core/object/schema/schema_comments.h"
#include "core/object/schema/struct_codec.h"

extern "C" const char cleat_common_schema_begin[], cleat_common_schema_end[];

namespace cleat::object {

namespace {

constexpr size_t kLargestOpenSchema = 3u << 20;  // as long as a request may be

std::string whereOf(const Kind& kind) { return "kind " + kind.apiVersion() + " " + kind.name; }

Result<void> checkRoot(const Kind& kind, const std::string& where) {
  auto fields = kind.schema.getFields();
  bool fits = fields.size() > 0 && fields[0].getProto().getName() == "metadata" && fields[0].getType().isStruct() &&
              fields[0].getProto().getSlot().getOffset() == 0 &&
              fields[0].getType().asStruct().getProto().getId() == capnp::typeId<meta_v1::ObjectMeta>();
  if (fits) return {};
  return fail(
      Status::badRequest(where + ": the first field of " + kind.codec->name() + " must be metadata @0 :ObjectMeta"));
}

// The node whose display name is "…<file>:<name>".
Result<uint64_t> findStruct(capnp::schema::CodeGeneratorRequest::Reader request, const std::string& file,
                            const std::string& name, const std::string& where) {
  std::string suffix = file + ":" + name;
  for (auto node : request.getNodes()) {
    std::string_view displayName(node.getDisplayName().cStr(), node.getDisplayName().size());
    if (node.isStruct() && displayName.ends_with(suffix)) return node.getId();
  }
  return fail(Status::badRequest(where + ": the schema has no struct " + suffix));
}

// "com.example.stable.v1.CronTab"
std::string openApiName(const Kind& kind) {
  std::string name;
  for (std::string_view rest = kind.group; !rest.empty();) {
    const size_t dot = rest.rfind('.');
    name.append(rest.substr(dot == std::string_view::npos ? 0 : dot + 1)).push_back('.');
    rest = rest.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return name + kind.version + "." + kind.name;
}

Status takenBy(const std::string& what, const std::string& plugin) {
  return Status::badRequest(what + " is registered already, by " + plugin);
}

Status notRegisteredYet(const Kind& kind, const std::string& resource) {
  return Status::badRequest(whereOf(kind) + " is to be stored as " + resource + ", which is not registered yet");
}

}  // namespace

// What the registry works on, under the mutex.
struct KindRegistry::Loader {
  Mutex mutex;
  capnp::SchemaLoader schemas;
  CodecSet codecs;
  std::set<uint64_t> commented;
  std::vector<SaidSubresource> pending;  // whose parent or body is not registered yet
  std::map<std::string, Ref<const StoredResource>, std::less<>> resources;  // by name
  // By plugin: the schema by which it has described its kinds last, and whether those have been taken back.
  std::map<std::string, uint64_t, std::less<>> described;
  std::set<std::string, std::less<>> removed;
};

// One change on its way.
struct KindRegistry::Change {
  std::string_view plugin;
  Ref<Catalogue> next;  // a copy of the present one, not indexed yet
  // What is replaced or withdrawn, by group and plural; of `add` nothing.
  std::set<std::pair<std::string, std::string>> replaced;
  bool replaces = false;
  std::vector<Ref<Kind>> kinds;
  std::vector<std::string> storedAs;  // of each, what it says of another group's resource
  std::vector<bool> isStorage;
  std::vector<SaidSubresource> subresources;
  capnp::schema::CodeGeneratorRequest::Reader request;
  uint64_t schemaDigest = 0;
};

// Of what requests and answers consist of besides objects there are comments before there are kinds.
KindRegistry::KindRegistry() : loader_(std::make_unique<Loader>()), latest_(makeRef<Catalogue>()) {
  const auto* const begin = reinterpret_cast<const capnp::word*>(cleat_common_schema_begin);
  const auto size = static_cast<size_t>(cleat_common_schema_end - cleat_common_schema_begin) / sizeof(capnp::word);
  capnp::FlatArrayMessageReader reader(kj::arrayPtr(begin, size));
  const auto request = reader.getRoot<capnp::schema::CodeGeneratorRequest>();
  auto first = makeRef<Catalogue>();
  first->comments_.push_back(std::make_shared<const SchemaComments>(request, [](uint64_t) { return true; }));
  for (auto info : request.getSourceInfo()) loader_->commented.insert(info.getId());
  latest_.set(std::move(first));
}

KindRegistry::~KindRegistry() = default;

Ref<const StoredResource> KindRegistry::resourceAt(std::string_view name) const {
  MutexLock lock(loader_->mutex);
  auto found = loader_->resources.find(name);
  return found == loader_->resources.end() ? nullptr : found->second;
}

Result<void> KindRegistry::add(std::string_view plugin, role::KindsDescription::Reader description) {
  MutexLock lock(loader_->mutex);
  Change change{.plugin = plugin};
  return this->change(plugin, description, change);
}

Result<void> KindRegistry::offer(std::string_view plugin, role::KindsDescription::Reader description,
                                 const std::vector<ResourceName>& withdrawn) {
  MutexLock lock(loader_->mutex);
  Change change{.plugin = plugin, .replaces = true};
  for (const ResourceName& name : withdrawn) change.replaced.emplace(name.group, name.plural);
  for (auto said : description.getKinds()) change.replaced.emplace(str(said.getGroup()), str(said.getPlural()));
  std::erase_if(loader_->pending, [&](const SaidSubresource& pending) {
    return pending.subresource.plugin == plugin && change.replaced.contains({pending.group, pending.resource});
  });
  return this->change(plugin, description, change);
}

namespace {

// What of one plugin hangs on what is another's, so that the one cannot go without the other; empty: nothing.
std::string entangled(const Catalogue& catalogue, const std::vector<KindRef>& kinds, std::string_view plugin) {
  for (const KindRef& kind : kinds) {
    const bool own = kind->plugin == plugin;
    for (const Subresource* subresource : kind->subresources()) {
      const bool isBody = !own && subresource->body && subresource->body->plugin == plugin;
      if ((subresource->plugin == plugin) == own && !isBody) continue;
      return concat(whereOf(*kind), ", which is ", kind->plugin, "'s, has the subresource ", subresource->name, " of ",
                    subresource->plugin);
    }
    if (own || !kind->storage) continue;
    const KindRef storage = catalogue.storageKind(*kind->storage);
    if (storage && storage->plugin == plugin) return concat(whereOf(*kind), " of ", kind->plugin, " is stored as its");
  }
  return {};
}

}  // namespace

Result<void> KindRegistry::remove(std::string_view plugin) {
  MutexLock lock(loader_->mutex);
  const CatalogueRef before = latest_.get();
  if (const std::string why = entangled(*before, before->kinds_, plugin); !why.empty()) {
    return fail(Status::conflict("plugins", plugin, why));
  }
  auto next = makeRef<Catalogue>();
  next->comments_ = before->comments_;
  next->generation_ = before->generation_ + 1;
  std::ranges::copy_if(before->kinds_, std::back_inserter(next->kinds_),
                       [&](const KindRef& kind) { return kind->plugin != plugin; });
  loader_->removed.emplace(plugin);
  std::erase_if(loader_->pending, [&](const SaidSubresource& one) { return one.subresource.plugin == plugin; });
  next->index();
  latest_.set(std::move(next));
  return {};
}

// What has been made of a schema stays, and fits none but that.
Result<void> KindRegistry::checkDescribed(std::string_view plugin, uint64_t digest) const {
  auto before = loader_->described.find(plugin);
  if (!loader_->removed.contains(plugin) || before == loader_->described.end() || before->second == digest) return {};
  return fail(Status::badRequest(
      "its kinds are described by another schema than those that were taken back: that takes a restart of the program"));
}

Result<void> KindRegistry::change(std::string_view plugin, role::KindsDescription::Reader description, Change& change) {
  try {
    auto schema = description.getSchema();
    // The reader wants words; the bytes stand in a message, hence aligned, but their size may not be whole.
    std::vector<uint64_t> words((schema.size() + 7) / 8);
    if (schema.size() > 0) std::memcpy(words.data(), schema.begin(), schema.size());
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 64u << 20;
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(reinterpret_cast<const capnp::word*>(words.data()), words.size()),
                                         options);
    // A plugin may bring subresources of others' kinds, or open kinds, and no schema.
    if (schema.size() > 0) {
      const auto bytes = reinterpret_cast<const char*>(schema.begin());
      change.schemaDigest = std::hash<std::string_view>()({bytes, schema.size()});
      CLEAT_TRY(checkDescribed(plugin, change.schemaDigest));
      change.request = reader.getRoot<capnp::schema::CodeGeneratorRequest>();
      for (auto node : change.request.getNodes()) loader_->schemas.load(node);
    }
    CatalogueRef before = latest_.get();
    change.next = makeRef<Catalogue>();
    change.next->comments_ = before->comments_;
    change.next->generation_ = before->generation_ + 1;
    for (const KindRef& kind : before->kinds_) {
      if (!change.replaced.contains({kind->group, kind->plural})) {
        change.next->kinds_.push_back(kind);
      } else if (kind->plugin != plugin) {
        return fail(Status::conflict(kind->resource(), "", whereOf(*kind) + " is " + kind->plugin + "'s"));
      }
    }
    CLEAT_TRY(readKinds(change, description));
    CLEAT_TRY(placeKinds(change));
    CLEAT_TRY(readSubresources(change, description));

    // From here on nothing fails.
    for (Ref<Kind>& kind : change.kinds) change.next->kinds_.push_back(std::move(kind));
    auto isNew = [&](uint64_t id) { return !loader_->commented.contains(id); };
    if (schema.size() > 0) {
      change.next->comments_.push_back(std::make_shared<const SchemaComments>(change.request, isNew));
      for (auto info : change.request.getSourceInfo()) loader_->commented.insert(info.getId());
    }
    if (schema.size() > 0) loader_->described[std::string(plugin)] = change.schemaDigest;
    change.next->index();
    std::ranges::move(change.subresources, std::back_inserter(loader_->pending));
    attachPending(*change.next);
    latest_.set(std::move(change.next));
    return {};
  } catch (const kj::Exception& error) {
    return fail(Status::badRequest("the schema of plugin " + std::string(plugin) +
                                   " cannot be loaded: " + error.getDescription().cStr()));
  }
}

Result<void> KindRegistry::readKinds(Change& change, role::KindsDescription::Reader description) {
  for (auto said : description.getKinds()) {
    CLEAT_TRY(Ref<Kind> kind, readKind(change.plugin, said));
    CLEAT_TRY(checkFree(change, *kind));
    CLEAT_TRY(readBody(*kind, change, said));
    change.kinds.push_back(std::move(kind));
    change.storedAs.push_back(str(said.getStoredAs()));
    change.isStorage.push_back(said.getStorage());
  }
  return {};
}

Result<void> KindRegistry::checkFree(const Change& change, const Kind& kind) const {
  auto clashes = [&](const auto& other) {
    return other->group == kind.group && other->version == kind.version &&
           (other->name == kind.name || (!kind.plural.empty() && other->plural == kind.plural));
  };
  const Kind* taken = nullptr;
  if (auto it = std::ranges::find_if(change.next->kinds_, clashes); it != change.next->kinds_.end()) taken = it->get();
  if (auto it = std::ranges::find_if(change.kinds, clashes); it != change.kinds.end()) taken = it->get();
  if (!taken) return checkSoleNamespace(change, kind);
  Status status = takenBy(whereOf(kind), taken->plugin);
  if (!change.replaces) return fail(status);
  return fail(Status::conflict(kind.resource(), "", status.message));
}

// Whose objects are the namespaces decides who may do what in them.
Result<void> KindRegistry::checkSoleNamespace(const Change& change, const Kind& kind) const {
  if (!kind.isNamespace) return {};
  auto differs = [&](const auto& other) { return other->isNamespace && other->resource() != kind.resource(); };
  const Kind* taken = nullptr;
  if (auto it = std::ranges::find_if(change.next->kinds_, differs); it != change.next->kinds_.end()) taken = it->get();
  if (auto it = std::ranges::find_if(change.kinds, differs); it != change.kinds.end()) taken = it->get();
  if (!taken) return {};
  return fail(Status::badRequest(whereOf(kind) + ": the namespaces are " + taken->resource() + " already, of " +
                                 taken->plugin));
}

Result<void> KindRegistry::readBody(Kind& kind, Change& change, role::Kind::Reader said) {
  std::string where = whereOf(kind);
  if (!said.hasOpenSchema()) {
    CLEAT_TRY(uint64_t typeId, findStruct(change.request, str(said.getStructFile()), str(said.getStructName()), where));
    kind.schema = loader_->schemas.get(typeId).asStruct();
    kind.schemaDigest = change.schemaDigest ^ typeId;
    CLEAT_TRY(const StructCodec* codec, loader_->codecs.get(kind.schema));
    kind.codec = codec;
    return checkRoot(kind, where);
  }
  if (said.getOpenSchema().size() > kLargestOpenSchema) {
    return fail(Status::badRequest(where + ": its schema is longer than the limit of " +
                                   std::to_string(kLargestOpenSchema) + " bytes"));
  }
  CLEAT_TRY(std::unique_ptr<const OpenSchema> open, OpenSchema::parse(str(said.getOpenSchema()), where));
  CLEAT_TRY(const StructCodec* metadata, CodecSet::compiledIn().get(capnp::Schema::from<meta_v1::ObjectMeta>()));
  kind.schema = capnp::Schema::from<open_v1::OpenObject>();
  kind.ownCodec = StructCodec::ofOpen(openApiName(kind), *metadata, *open);
  kind.codec = kind.ownCodec.get();
  kind.open = std::move(open);
  return {};
}

// Where the new kinds are stored. Those of one resource stand side by side in `change`.
Result<void> KindRegistry::placeKinds(Change& change) {
  auto place = [&](const std::string& group, const std::string& plural) {
    std::string name = group.empty() ? plural : plural + "." + group;
    auto [entry, isNew] = loader_->resources.try_emplace(name);
    if (isNew)
      entry->second =
          makeRef<const StoredResource>(static_cast<uint32_t>(loader_->resources.size() - 1), group, plural);
    return entry->second;
  };
  std::map<uint32_t, KindRef> storage;  // by resource
  for (size_t i = 0; i < change.kinds.size(); ++i) {
    Kind& kind = *change.kinds[i];
    if (kind.plural.empty() || kind.isVirtual || !change.storedAs[i].empty()) continue;
    kind.storage = place(kind.group, kind.plural);
    auto [entry, isFirst] = storage.try_emplace(kind.storage->id, change.kinds[i]);
    if (!isFirst && change.isStorage[i]) entry->second = change.kinds[i];
  }
  for (size_t i = 0; i < change.kinds.size(); ++i) {
    Kind& kind = *change.kinds[i];
    if (kind.storage) {
      if (const KindRef& stored = storage[kind.storage->id]; stored.get() != &kind) kind.storedAs = stored;
    } else if (const std::string& as = change.storedAs[i]; !as.empty()) {
      auto found = loader_->resources.find(as);
      if (found == loader_->resources.end()) return fail(notRegisteredYet(kind, as));
      auto here = storage.find(found->second->id);
      kind.storedAs = here != storage.end() ? here->second : latest_.get()->storageKind(*found->second);
      if (!kind.storedAs) return fail(notRegisteredYet(kind, as));
      kind.storage = found->second;
    }
  }
  return {};
}

Result<void> KindRegistry::readSubresources(Change& change, role::KindsDescription::Reader description) {
  for (auto said : description.getSubresources()) {
    CLEAT_TRY(SaidSubresource read, readSubresource(change.plugin, said));
    const bool connects = read.subresource.style == Subresource::Style::connect;
    if (auto options = connects ? findOptions(change.request, read, change.kinds) : std::nullopt) {
      CLEAT_TRY(read.subresource.options, loader_->codecs.get(loader_->schemas.get(*options).asStruct()));
    }
    auto same = [&](const SaidSubresource& other) {
      return other.group == read.group && other.version == read.version && other.resource == read.resource &&
             other.subresource.name == read.subresource.name;
    };
    const Subresource* taken = nullptr;
    for (const KindRef& kind : change.next->kinds_) {
      if (const Subresource* existing = read.isOf(*kind) ? kind->subresource(read.subresource.name) : nullptr) {
        taken = existing;
      }
    }
    for (const auto* list : {&loader_->pending, &change.subresources}) {
      if (auto it = std::ranges::find_if(*list, same); it != list->end()) taken = &it->subresource;
    }
    if (taken) return fail(takenBy(read.where(), taken->plugin));
    change.subresources.push_back(std::move(read));
  }
  return {};
}

// Subresources of all kinds, also of those that are not served, find their parents by name.
void KindRegistry::attachPending(const Catalogue& catalogue) {
  std::erase_if(loader_->pending, [&](SaidSubresource& pending) {
    auto parent = std::ranges::find_if(catalogue.kinds_, [&](const KindRef& kind) { return pending.isOf(*kind); });
    if (parent == catalogue.kinds_.end()) return false;
    Subresource& subresource = pending.subresource;
    if (subresource.style != Subresource::Style::connect) {
      // A status has its parent's kind.
      if (!pending.bodyKind.empty()) {
        subresource.heldBody = catalogue.findByKind(pending.bodyGroup, pending.bodyVersion, pending.bodyKind);
      }
      subresource.body = pending.bodyKind.empty() ? parent->get() : subresource.heldBody.get();
      if (subresource.body == parent->get()) subresource.heldBody = nullptr;
      if (!subresource.body) return false;
    }
    (*parent)->attach(std::move(subresource));
    return true;
  });
}

}  // namespace cleat::object
