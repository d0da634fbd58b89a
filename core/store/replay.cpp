#include "core/store/replay.h"

#include "core/base/log.h"
#include "core/store/encryption/value_cipher.h"

namespace cleat::store {
namespace {

constexpr std::string_view kRegistry = "/registry/";

// The version that a text says it is of. Every stored one opens with it.
std::string_view apiVersionIn(std::string_view json) {
  constexpr std::string_view kOpening = R"({"apiVersion":")";
  if (!json.starts_with(kOpening)) return {};
  json.remove_prefix(kOpening.size());
  return json.substr(0, json.find('"'));
}

}  // namespace

const Replay::Found& Replay::find(std::string_view resource, const std::set<std::string>* only) {
  auto [entry, isNew] = found_.try_emplace(std::string(resource));
  Found& found = entry->second;
  if (!isNew || (only && !only->contains(entry->first))) return found;
  found.resource = kinds_.resourceAt(resource);
  found.kind = found.resource ? catalogue_->storageKind(*found.resource) : nullptr;
  if (!found.kind) {
    found.resource = nullptr;
    unknown.try_emplace(entry->first);
  }
  return found;
}

std::vector<std::pair<std::string, Ref<const object::StoredResource>>> Replay::resources() const {
  std::vector<std::pair<std::string, Ref<const object::StoredResource>>> all;
  for (const auto& [name, found] : found_) {
    if (found.resource) all.emplace_back(name, found.resource);
  }
  return all;
}

ObjectRef Replay::read(const Found& found, std::string_view path, const Record& record) const {
  std::string_view ns, name = path;
  const size_t slash = path.find('/');
  if (slash != std::string_view::npos) {
    ns = path.substr(0, slash);
    name = path.substr(slash + 1);
  }
  object::KindRef kind = found.kind;
  auto unreadable = [&](std::string problem) {
    return object::Object::unreadable(*found.kind, std::string(ns), std::string(name), record.revision,
                                      std::string(record.value), std::move(problem));
  };
  if (!record.problem.empty()) return unreadable(std::string(record.problem));
  if (const StoredForm form = storedFormOf(record.value); form.provider != "identity") {
    return unreadable("it is stored encrypted with " + std::string(form.provider) +
                      ", and the server has no encryption_config");
  }
  const std::string_view version = apiVersionIn(record.value);
  if (version != kind->apiVersion()) kind = catalogue_->findStored(*found.resource, version);
  if (!kind) return unreadable("it is stored as " + std::string(version) + ", a version that no plugin brings");
  if (found.kind->namespaced == ns.empty()) {
    return unreadable(ns.empty() ? "it has no namespace" : "it has a namespace, and its kind has none");
  }
  return makeRef<const object::Object>(*kind, std::string(ns), std::string(name), record.revision,
                                       std::string(record.value));
}

Result<void> Replay::run(Engine& engine, uint64_t horizon, const std::set<std::string>* only, bool trusts) {
  CLEAT_TRY(engine.readChanges(0, [&](const Record& record) { apply(record, horizon, only); }));
  if (trusts && !hasProblems_) return {};
  for (const ObjectMap& map : maps) {
    map.visit({"", ""}, ObjectMap::Begin::at, [&](const ObjectRef& object) {
      const std::string* problem = object->problem();
      if (!problem) return true;
      ++unreadable;
      base::log(base::LogLevel::error, "store",
                "the stored object " + object->kind().storage->storagePrefix() + object->key() +
                    " cannot be read: " + *problem);
      return true;
    });
  }
  return {};
}

void Replay::noteUnknown(std::string_view resource, std::string_view path, bool deleted) {
  auto known = unknown.find(std::string(resource));
  if (known == unknown.end()) return;  // it is not asked for
  if (deleted) {
    known->second.erase(std::string(path));
  } else {
    known->second.emplace(path);
  }
}

void Replay::apply(const Record& record, uint64_t horizon, const std::set<std::string>* only) {
  if (!record.key.starts_with(kRegistry)) return;
  std::string_view rest = record.key.substr(kRegistry.size());
  size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return;
  const std::string_view resource = rest.substr(0, slash);
  const Found& found = find(resource, only);
  if (!found.resource) return noteUnknown(resource, rest.substr(slash + 1), record.deleted);

  ObjectRef object = read(found, rest.substr(slash + 1), record);
  ObjectMap& map = mapOf(maps, *found.resource);
  ObjectRef previous = record.deleted ? map.erase({object->ns(), object->name()}) : map.set(object);
  if (previous) stale.erase(previous->revision());
  if (record.isStale && !record.deleted) stale.insert(record.revision);
  hasProblems_ = hasProblems_ || !record.problem.empty();
  if (record.revision <= horizon || (record.deleted && !previous)) return;
  ChangeType type = record.deleted ? ChangeType::deleted : previous ? ChangeType::modified : ChangeType::added;
  changes.push_back({type, record.revision, std::move(object), std::move(previous)});
}

}  // namespace cleat::store
