#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/mutex.h>
#include <kj/exception.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>
#include <tuple>

#include "core/object/kind.h"
#include "core/object/schema/schema_comments.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {

// What readers see: replaced as a whole by add(), and kept until the registry goes, since readers take no lock.
struct KindRegistry::State {
  std::vector<const Kind*> kinds;       // by id
  std::vector<const Kind*> byResource;  // by plural, group, and version from the preferred one down
  std::vector<const Kind*> byKind;      // by name, group, version
  std::vector<const SchemaComments*> comments;
  uint64_t generation = 0;
};

struct KindRegistry::PendingSubresource {
  Subresource subresource;
  std::string group, version, resource;
  std::string bodyGroup, bodyVersion, bodyKind;
};

// What add() works on, under the mutex.
struct KindRegistry::Loader {
  Mutex mutex;
  capnp::SchemaLoader schemas;
  CodecSet codecs;
  std::set<uint64_t> commented;
  std::vector<std::unique_ptr<Kind>> kinds;
  std::vector<std::unique_ptr<SchemaComments>> comments;
  std::vector<PendingSubresource> pending;  // whose parent or body is not registered yet
  std::vector<std::unique_ptr<const Subresource>> subresources;
  std::vector<std::unique_ptr<const std::vector<const Subresource*>>> subresourceLists;
  std::vector<std::unique_ptr<const State>> states;
};

namespace {

// Kubernetes' order of versions: v2 before v1 before v1beta2 before v1beta1 before v1alpha1 before all others.
struct VersionRank {
  int stability = 0;  // 3: GA, 2: beta, 1: alpha, 0: no such version
  int major = 0, minor = 0;
  auto operator<=>(const VersionRank&) const = default;
};

VersionRank rankOf(std::string_view version) {
  VersionRank rank;
  if (!version.starts_with('v')) return rank;
  const char* end = version.data() + version.size();
  auto [at, error] = std::from_chars(version.data() + 1, end, rank.major);
  if (error != std::errc{}) return {};
  std::string_view rest(at, static_cast<size_t>(end - at));
  if (rest.empty()) {
    rank.stability = 3;
    return rank;
  }
  rank.stability = rest.starts_with("beta") ? 2 : rest.starts_with("alpha") ? 1 : 0;
  std::string_view number = rest.substr(std::min(rest.size(), rank.stability == 2 ? size_t{4} : size_t{5}));
  auto [last, bad] = std::from_chars(number.data(), end, rank.minor);
  if (rank.stability == 0 || bad != std::errc{} || last != end) return {};
  return rank;
}

using ResourceKey = std::tuple<std::string_view, std::string_view>;
ResourceKey resourceKey(const Kind* kind) { return {kind->plural, kind->group}; }

using KindKey = std::tuple<std::string_view, std::string_view, std::string_view>;
KindKey kindKey(const Kind* kind) { return {kind->name, kind->group, kind->version}; }

bool resourceBefore(const Kind* a, const Kind* b) {
  if (resourceKey(a) != resourceKey(b)) return resourceKey(a) < resourceKey(b);
  VersionRank rankA = rankOf(a->version), rankB = rankOf(b->version);
  return rankA != rankB ? rankA > rankB : a->version < b->version;
}

std::string str(capnp::Text::Reader text) { return std::string(text.cStr(), text.size()); }

std::vector<std::string> strings(capnp::List<capnp::Text>::Reader list) {
  std::vector<std::string> out;
  for (auto text : list) out.push_back(str(text));
  return out;
}

Result<NameRule> nameRuleOf(std::string_view text, const std::string& where) {
  if (text.empty() || text == "dns1123-subdomain") return NameRule::dns1123Subdomain;
  if (text == "dns1123-label") return NameRule::dns1123Label;
  if (text == "dns1035-label") return NameRule::dns1035Label;
  if (text == "path-segment") return NameRule::pathSegment;
  if (text == "ip") return NameRule::ip;
  return fail(Status::badRequest(where + ": the name rule \"" + std::string(text) + "\" is not known"));
}

Result<Subresource::Style> styleOf(std::string_view text, const std::string& where) {
  if (text == "status") return Subresource::Style::status;
  if (text == "transform") return Subresource::Style::transform;
  if (text == "review") return Subresource::Style::review;
  if (text == "connect") return Subresource::Style::connect;
  return fail(Status::badRequest(where + ": the style \"" + std::string(text) +
                                 "\" is none of status, transform, review, connect"));
}

Result<void> checkRoot(const Kind& kind, const std::string& where) {
  auto fields = kind.schema.getFields();
  bool fits = fields.size() > 0 && fields[0].getProto().getName() == "metadata" && fields[0].getType().isStruct() &&
              fields[0].getProto().getSlot().getOffset() == 0 &&
              fields[0].getType().asStruct().getProto().getId() == capnp::typeId<meta_v1::ObjectMeta>();
  if (fits) return {};
  return fail(
      Status::badRequest(where + ": the first field of " + kind.codec->name() + " must be metadata @0 :ObjectMeta"));
}

Result<std::unique_ptr<Kind>> readKind(std::string_view plugin, role::Kind::Reader said) {
  auto kind = std::make_unique<Kind>();
  kind->group = str(said.getGroup());
  kind->version = str(said.getVersion());
  kind->name = str(said.getKind());
  kind->plural = str(said.getPlural());
  kind->singular = str(said.getSingular());
  kind->shortNames = strings(said.getShortNames());
  kind->categories = strings(said.getCategories());
  kind->verbs = strings(said.getVerbs());
  kind->selectableFields = strings(said.getSelectableFields());
  kind->namespaced = said.getNamespaced();
  kind->isVirtual = said.getVirtual();
  kind->hasStatus = said.getHasStatus();
  kind->keepsGeneration = said.getKeepsGeneration();
  kind->keepsStatusOnCreate = said.getKeepsStatusOnCreate();
  kind->statusLeavesMetadata = strings(said.getStatusLeavesMetadata());
  kind->createsOnUpdate = said.getCreatesOnUpdate();
  kind->updateNeedsRevision = said.getUpdateNeedsRevision();
  kind->returnsDeleted = said.getReturnsDeleted();
  kind->gracefulDelete = said.getGracefulDelete();
  kind->deleteNeedsFinalize = said.getDeleteNeedsFinalize();
  kind->plugin = plugin;
  std::string where = "kind " + kind->apiVersion() + " " + kind->name;
  if (kind->version.empty() || kind->name.empty()) {
    return fail(Status::badRequest(where + ": a kind needs a version and a name"));
  }
  for (const std::string& behaviour : strings(said.getBehaviours())) {
    bool* wants = behaviour == "default"        ? &kind->wantsDefault
                  : behaviour == "validate"     ? &kind->wantsValidate
                  : behaviour == "rows"         ? &kind->wantsRows
                  : behaviour == "beforeCommit" ? &kind->wantsBeforeCommit
                                                : nullptr;
    if (!wants) return fail(Status::badRequest(where + ": the behaviour \"" + behaviour + "\" is not known"));
    *wants = true;
  }
  CLEAT_TRY(NameRule rule, nameRuleOf(str(said.getNameRule()), where));
  kind->nameRule = rule;
  for (const std::string& field : kind->statusLeavesMetadata) {
    if (capnp::Schema::from<meta_v1::ObjectMeta>().findFieldByName(field.c_str()) == nullptr) {
      return fail(Status::badRequest(where + ": metadata has no field \"" + field + "\""));
    }
  }
  for (auto column : said.getColumns()) {
    kind->columns.push_back({str(column.getName()), str(column.getType()), str(column.getFormat()),
                             str(column.getDescription()), column.getPriority()});
  }
  return kind;
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

}  // namespace

const Subresource* Kind::subresource(std::string_view wanted) const {
  for (const Subresource* candidate : subresources()) {
    if (candidate->name == wanted) return candidate;
  }
  return nullptr;
}

std::span<const Subresource* const> Kind::subresources() const {
  const auto* list = subresources_.load(std::memory_order_acquire);
  if (!list) return {};
  return *list;
}

KindRegistry::KindRegistry() : loader_(std::make_unique<Loader>()) {
  loader_->states.push_back(std::make_unique<State>());
  state_.store(loader_->states.back().get());
}

KindRegistry::~KindRegistry() = default;

Result<void> KindRegistry::add(std::string_view plugin, role::KindsDescription::Reader description) {
  MutexLock lock(loader_->mutex);
  try {
    auto schema = description.getSchema();
    // A plugin may bring subresources of others' kinds and none of its own.
    if (schema.size() == 0) return addLoaded(plugin, description, capnp::schema::CodeGeneratorRequest::Reader());
    // The reader wants words; the bytes stand in a message, hence aligned, but their size may not be whole.
    std::vector<uint64_t> words((schema.size() + 7) / 8);
    if (schema.size() > 0) std::memcpy(words.data(), schema.begin(), schema.size());
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 64u << 20;
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(reinterpret_cast<const capnp::word*>(words.data()), words.size()),
                                         options);
    auto request = reader.getRoot<capnp::schema::CodeGeneratorRequest>();
    for (auto node : request.getNodes()) loader_->schemas.load(node);
    return addLoaded(plugin, description, request);
  } catch (const kj::Exception& error) {
    return fail(Status::badRequest("the schema of plugin " + std::string(plugin) +
                                   " cannot be loaded: " + error.getDescription().cStr()));
  }
}

Result<void> KindRegistry::addLoaded(std::string_view plugin, role::KindsDescription::Reader description,
                                     capnp::schema::CodeGeneratorRequest::Reader request) {
  const State& old = *state_.load();
  auto state = std::make_unique<State>(old);
  std::vector<std::unique_ptr<Kind>> added;
  for (auto said : description.getKinds()) {
    CLEAT_TRY(std::unique_ptr<Kind> read, readKind(plugin, said));
    Kind& kind = *read;
    std::string where = "kind " + kind.apiVersion() + " " + kind.name;
    auto clashes = [&](const Kind* other) {
      return other->group == kind.group && other->version == kind.version &&
             (other->name == kind.name || (!kind.plural.empty() && other->plural == kind.plural));
    };
    if (auto it = std::ranges::find_if(state->kinds, clashes); it != state->kinds.end()) {
      return fail(Status::badRequest(where + " is registered already, by " + (*it)->plugin));
    }
    CLEAT_TRY(uint64_t typeId, findStruct(request, str(said.getStructFile()), str(said.getStructName()), where));
    kind.schema = loader_->schemas.get(typeId).asStruct();
    CLEAT_TRY(const StructCodec* codec, loader_->codecs.get(kind.schema));
    kind.codec = codec;
    CLEAT_TRY(checkRoot(kind, where));
    kind.id = static_cast<uint32_t>(state->kinds.size());
    state->kinds.push_back(&kind);
    if (!kind.plural.empty()) state->byResource.push_back(&kind);
    state->byKind.push_back(&kind);
    added.push_back(std::move(read));
  }
  std::ranges::sort(state->byResource, resourceBefore);
  std::ranges::sort(state->byKind, {}, kindKey);

  CLEAT_TRY(std::vector<PendingSubresource> pending, readSubresources(plugin, description));

  // From here on nothing fails.
  for (auto& kind : added) loader_->kinds.push_back(std::move(kind));
  auto isNew = [&](uint64_t id) { return !loader_->commented.contains(id); };
  loader_->comments.push_back(std::make_unique<SchemaComments>(request, isNew));
  for (auto info : request.getSourceInfo()) loader_->commented.insert(info.getId());
  state->comments.push_back(loader_->comments.back().get());
  state->generation = old.generation + 1;
  loader_->states.push_back(std::move(state));
  state_.store(loader_->states.back().get(), std::memory_order_release);
  std::ranges::move(pending, std::back_inserter(loader_->pending));
  attachPending();
  return {};
}

Result<std::vector<KindRegistry::PendingSubresource>> KindRegistry::readSubresources(
    std::string_view plugin, role::KindsDescription::Reader description) {
  std::vector<PendingSubresource> out;
  for (auto said : description.getSubresources()) {
    PendingSubresource pending;
    pending.group = str(said.getGroup());
    pending.version = str(said.getVersion());
    pending.resource = str(said.getResource());
    pending.bodyGroup = str(said.getBodyGroup());
    pending.bodyVersion = str(said.getBodyVersion());
    pending.bodyKind = str(said.getBodyKind());
    Subresource& subresource = pending.subresource;
    subresource.name = str(said.getName());
    subresource.verbs = strings(said.getVerbs());
    subresource.keepsGeneration = said.getKeepsGeneration();
    subresource.resets = strings(said.getResets());
    subresource.plugin = plugin;
    std::string where = "subresource " + pending.resource + "/" + subresource.name;
    CLEAT_TRY(Subresource::Style style, styleOf(str(said.getStyle()), where));
    subresource.style = style;
    const Kind* parent = find(pending.group, pending.version, pending.resource);
    const Subresource* existing = parent ? parent->subresource(subresource.name) : nullptr;
    auto same = [&](const PendingSubresource& other) {
      return other.group == pending.group && other.version == pending.version && other.resource == pending.resource &&
             other.subresource.name == subresource.name;
    };
    auto waiting = std::ranges::find_if(loader_->pending, same);
    if (existing || waiting != loader_->pending.end() || std::ranges::any_of(out, same)) {
      return fail(Status::badRequest(where + " is registered already, by " +
                                     (existing                            ? existing->plugin
                                      : waiting != loader_->pending.end() ? waiting->subresource.plugin
                                                                          : std::string(plugin))));
    }
    out.push_back(std::move(pending));
  }
  return out;
}

void KindRegistry::attachPending() {
  std::erase_if(loader_->pending, [&](PendingSubresource& pending) {
    const Kind* parent = find(pending.group, pending.version, pending.resource);
    if (!parent) return false;
    Subresource& subresource = pending.subresource;
    if (subresource.style != Subresource::Style::connect) {
      // A status has its parent's kind.
      subresource.body =
          pending.bodyKind.empty() ? parent : findByKind(pending.bodyGroup, pending.bodyVersion, pending.bodyKind);
      if (!subresource.body) return false;
    }
    loader_->subresources.push_back(std::make_unique<const Subresource>(std::move(subresource)));
    auto span = parent->subresources();
    auto list = std::make_unique<std::vector<const Subresource*>>(span.begin(), span.end());
    list->push_back(loader_->subresources.back().get());
    loader_->subresourceLists.push_back(std::move(list));
    Kind& kind = *loader_->kinds[parent->id];
    kind.subresources_.store(loader_->subresourceLists.back().get(), std::memory_order_release);
    return true;
  });
}

const Kind* KindRegistry::find(std::string_view group, std::string_view version, std::string_view plural) const {
  const State& state = *state_.load(std::memory_order_acquire);
  auto range = std::ranges::equal_range(state.byResource, ResourceKey{plural, group}, {}, resourceKey);
  for (const Kind* kind : range) {
    if (kind->version == version) return kind;
  }
  return nullptr;
}

const Kind* KindRegistry::findByKind(std::string_view group, std::string_view version, std::string_view kind) const {
  const State& state = *state_.load(std::memory_order_acquire);
  auto range = std::ranges::equal_range(state.byKind, KindKey{kind, group, version}, {}, kindKey);
  return range.empty() ? nullptr : range.front();
}

const Kind* KindRegistry::findResource(std::string_view group, std::string_view plural) const {
  const State& state = *state_.load(std::memory_order_acquire);
  auto range = std::ranges::equal_range(state.byResource, ResourceKey{plural, group}, {}, resourceKey);
  return range.empty() ? nullptr : range.front();
}

const Kind* KindRegistry::byId(uint32_t id) const {
  const State& state = *state_.load(std::memory_order_acquire);
  return id < state.kinds.size() ? state.kinds[id] : nullptr;
}

std::vector<const Kind*> KindRegistry::all() const { return state_.load(std::memory_order_acquire)->kinds; }

uint64_t KindRegistry::generation() const { return state_.load(std::memory_order_acquire)->generation; }

std::string_view KindRegistry::structComment(uint64_t typeId) const {
  for (const SchemaComments* comments : state_.load(std::memory_order_acquire)->comments) {
    if (std::string_view found = comments->ofStruct(typeId); !found.empty()) return found;
  }
  return {};
}

std::string_view KindRegistry::fieldComment(uint64_t typeId, uint16_t fieldIndex) const {
  for (const SchemaComments* comments : state_.load(std::memory_order_acquire)->comments) {
    if (std::string_view found = comments->ofField(typeId, fieldIndex); !found.empty()) return found;
  }
  return {};
}

}  // namespace cleat::object
