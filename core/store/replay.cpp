#include "core/store/replay.h"

namespace cleat::store {
namespace {

constexpr std::string_view kRegistry = "/registry/";

Result<ObjectRef> readObject(const Kind& kind, std::string_view path, const Record& record) {
  std::string_view ns, name = path;
  if (kind.namespaced) {
    size_t slash = path.find('/');
    if (slash == std::string_view::npos) return fail(Status::internal("it has no namespace"));
    ns = path.substr(0, slash);
    name = path.substr(slash + 1);
  }
  // It was limited when it was written, and the limits may have been lowered since.
  object::Limits limits{.maxBytes = record.value.size() + 1, .maxDepth = 500};
  CLEAT_TRY(auto decoded, object::decodeJson(kind, record.value, object::FieldValidation::ignore, limits));
  return makeRef<object::Object>(kind, std::string(ns), std::string(name), record.revision, std::string(record.value),
                                 Ref<const object::Message>(std::move(decoded.message)));
}

}  // namespace

const Kind* storedKind(const object::KindRegistry& kinds, std::string_view resource) {
  size_t dot = resource.find('.');
  std::string_view group = dot == std::string_view::npos ? "" : resource.substr(dot + 1);
  return kinds.findResource(group, resource.substr(0, dot));
}

const Kind* Replay::kindOf(std::string_view resource, const std::set<std::string>* only) {
  auto [entry, isNew] = found_.try_emplace(std::string(resource), nullptr);
  if (!isNew) return entry->second;
  if (only != nullptr && !only->contains(entry->first)) return nullptr;
  entry->second = storedKind(kinds_, resource);
  if (entry->second == nullptr) unknown.insert(entry->first);
  return entry->second;
}

Result<void> Replay::run(Engine& engine, uint64_t horizon, const std::set<std::string>* only) {
  Result<void> applied;
  auto read = engine.readChanges(0, [&](const Record& record) {
    if (applied) applied = apply(record, horizon, only);
  });
  return read ? applied : read;
}

Result<void> Replay::apply(const Record& record, uint64_t horizon, const std::set<std::string>* only) {
  if (!record.key.starts_with(kRegistry)) return {};
  std::string_view rest = record.key.substr(kRegistry.size());
  size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  const Kind* kind = kindOf(rest.substr(0, slash), only);
  if (kind == nullptr) return {};

  auto object = readObject(*kind, rest.substr(slash + 1), record);
  if (!object) {
    return fail(Status::internal("the stored object " + std::string(record.key) + " at revision " +
                                 std::to_string(record.revision) + " cannot be read: " + object.error().message));
  }
  ObjectMap& map = mapOf(maps, *kind);
  ObjectRef previous = record.deleted ? map.erase({(*object)->ns(), (*object)->name()}) : map.set(*object);
  if (record.revision <= horizon || (record.deleted && !previous)) return {};
  ChangeType type = record.deleted ? ChangeType::deleted : previous ? ChangeType::modified : ChangeType::added;
  changes.push_back({type, record.revision, std::move(*object), std::move(previous)});
  return {};
}

}  // namespace cleat::store
