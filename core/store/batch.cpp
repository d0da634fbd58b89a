#include "core/store/batch.h"

#include "core/base/check.h"
#include "core/store/prepared.h"

namespace cleat::store {
namespace {

// Whatever comes here has been validated; this only keeps a fault elsewhere from making keys that cannot be read back.
Result<void> checkKey(const Prepared& object) {
  bool fits = !object.name.empty() && object.name.find('/') == std::string::npos &&
              object.ns.find('/') == std::string::npos && object.ns.empty() != object.kind->namespaced;
  if (fits && object.kind->storage) return {};
  return fail(Status::badRequest("the store cannot keep " + object.kind->resource() + " \"" + object.name +
                                 "\" in namespace \"" + object.ns + "\""));
}

Result<void> checkRevision(const Write& write, const object::Object* current) {
  std::string resource = write.object.kind->resource();
  const std::string& name = write.object.name;
  if (write.expectedRevision == 0 && !write.isDelete) {
    if (current != nullptr) return fail(Status::alreadyExists(resource, name));
    return {};
  }
  if (current == nullptr) return fail(Status::notFound(resource, name));
  // A deletion without its last state was asked for with a revision that had not been published.
  if (current->revision() != write.expectedRevision || !write.object.message) {
    return fail(Status::conflict(
        resource, name, "the object has been modified; please apply your changes to the latest version and try again"));
  }
  return {};
}

}  // namespace

std::string storageKey(const Kind& kind, std::string_view ns, std::string_view name) {
  std::string key = kind.storage->storagePrefix();
  key.reserve(key.size() + ns.size() + name.size() + 1);
  if (kind.namespaced) key.append(ns).push_back('/');
  return key.append(name);
}

Result<ObjectRef> Batch::add(Write write) {
  CHECK(!taken_, "nothing is added to a batch whose state is out");
  CLEAT_TRY(checkKey(write.object));
  ObjectMap& map = mapOf(maps_, *write.object.kind->storage);
  ObjectRef current = map.find({write.object.ns, write.object.name});
  CLEAT_TRY(checkRevision(write, current.get()));

  keys_.push_back(storageKey(*write.object.kind, write.object.ns, write.object.name));
  ObjectRef object = seal(std::move(write.object), ++revision_);
  ChangeType type = write.isDelete ? ChangeType::deleted : current ? ChangeType::modified : ChangeType::added;
  if (write.isDelete) {
    map.erase({object->ns(), object->name()});
  } else {
    map.set(object);
  }
  changes_.push_back({type, revision_, object, std::move(current)});
  return object;
}

std::vector<Record> Batch::records() const {
  CHECK(keys_.size() == changes_.size(), "every change has its key");
  std::vector<Record> records;
  records.reserve(changes_.size());
  for (size_t i = 0; i < changes_.size(); ++i) {
    const Change& change = changes_[i];
    uint64_t replaces = change.previous ? change.previous->revision() : 0;
    records.push_back({keys_[i], change.revision, change.object->json(), change.type == ChangeType::deleted, replaces});
  }
  return records;
}

}  // namespace cleat::store
