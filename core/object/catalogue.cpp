#include "core/object/catalogue.h"

#include <algorithm>
#include <tuple>

#include "core/object/schema/schema_comments.h"
#include "core/object/version_rank.h"

namespace cleat::object {
namespace {

using ResourceKey = std::tuple<std::string_view, std::string_view>;
ResourceKey resourceKey(const Kind* kind) { return {kind->plural, kind->group}; }

using KindKey = std::tuple<std::string_view, std::string_view, std::string_view>;
KindKey kindKey(const Kind* kind) { return {kind->name, kind->group, kind->version}; }

uint32_t storageKey(const Kind* kind) { return kind->storage->id; }

bool resourceBefore(const Kind* a, const Kind* b) {
  if (resourceKey(a) != resourceKey(b)) return resourceKey(a) < resourceKey(b);
  return prefersVersion(a->version, b->version);
}

}  // namespace

void Catalogue::index() {
  for (const KindRef& kind : kinds_) {
    if (kind->storage) byStorage_.push_back(kind.get());
    if (!kind->served) continue;
    served_.push_back(kind);
    byKind_.push_back(kind.get());
    if (!kind->plural.empty()) byResource_.push_back(kind.get());
  }
  std::ranges::sort(byResource_, resourceBefore);
  std::ranges::sort(byKind_, {}, kindKey);
  std::ranges::stable_sort(byStorage_, {}, storageKey);
  auto found = std::ranges::find_if(byResource_, &Kind::isNamespace);
  if (found != byResource_.end()) namespaces_ = *found;
}

KindRef Catalogue::find(std::string_view group, std::string_view version, std::string_view plural) const {
  for (const Kind* kind : std::ranges::equal_range(byResource_, ResourceKey{plural, group}, {}, resourceKey)) {
    if (kind->version == version) return KindRef::share(kind);
  }
  return nullptr;
}

KindRef Catalogue::findByKind(std::string_view group, std::string_view version, std::string_view kind) const {
  auto range = std::ranges::equal_range(byKind_, KindKey{kind, group, version}, {}, kindKey);
  return range.empty() ? nullptr : KindRef::share(range.front());
}

KindRef Catalogue::findResource(std::string_view group, std::string_view plural) const {
  auto range = std::ranges::equal_range(byResource_, ResourceKey{plural, group}, {}, resourceKey);
  return range.empty() ? nullptr : KindRef::share(range.front());
}

KindRef Catalogue::findStored(const StoredResource& resource, std::string_view apiVersion) const {
  for (const Kind* kind : std::ranges::equal_range(byStorage_, resource.id, {}, storageKey)) {
    if (kind->apiVersion() == apiVersion) return KindRef::share(kind);
  }
  return nullptr;
}

KindRef Catalogue::storageKind(const StoredResource& resource) const {
  auto range = std::ranges::equal_range(byStorage_, resource.id, {}, storageKey);
  return range.empty() ? nullptr : KindRef::share(&range.front()->stored());
}

uint64_t Catalogue::readingDigest() const {
  // In whatever order they were registered.
  uint64_t digest = 1;
  for (const Kind* kind : byStorage_) {
    if (!kind->open) digest += std::hash<std::string>()(kind->apiVersion() + "/" + kind->plural) ^ kind->schemaDigest;
  }
  return digest;
}

std::string_view Catalogue::structComment(uint64_t typeId) const {
  for (const auto& comments : comments_) {
    if (std::string_view found = comments->ofStruct(typeId); !found.empty()) return found;
  }
  return {};
}

std::string_view Catalogue::fieldComment(uint64_t typeId, uint16_t fieldIndex) const {
  for (const auto& comments : comments_) {
    if (std::string_view found = comments->ofField(typeId, fieldIndex); !found.empty()) return found;
  }
  return {};
}

}  // namespace cleat::object
