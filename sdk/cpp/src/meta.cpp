#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat {

std::optional<std::string_view> lookup(TextMapReader map, std::string_view key) {
  // Sorted by the convention of the schemas, but drafts may not be: the maps are short.
  for (auto entry : map) {
    if (view(entry.getKey()) == key) return view(entry.getValue());
  }
  return std::nullopt;
}

std::string_view valueIn(TextMapReader map, std::string_view key) {
  return lookup(map, key).value_or(std::string_view());
}

std::optional<std::string_view> label(meta_v1::ObjectMeta::Reader meta, std::string_view key) {
  return lookup(meta.getLabels(), key);
}

std::optional<std::string_view> annotation(meta_v1::ObjectMeta::Reader meta, std::string_view key) {
  return lookup(meta.getAnnotations(), key);
}

bool setLabel(meta_v1::ObjectMeta::Builder meta, std::string_view key, std::optional<std::string_view> value) {
  auto labels = meta.asReader().getLabels();
  if (lookup(labels, key) == value) return false;
  meta.adoptLabels(withEntry(labels, orphanageOf(meta), key, value));
  return true;
}

bool setAnnotation(meta_v1::ObjectMeta::Builder meta, std::string_view key, std::optional<std::string_view> value) {
  auto annotations = meta.asReader().getAnnotations();
  if (lookup(annotations, key) == value) return false;
  meta.adoptAnnotations(withEntry(annotations, orphanageOf(meta), key, value));
  return true;
}

capnp::Orphan<capnp::List<meta_v1::TextEntry>> withEntry(TextMapReader map, capnp::Orphanage orphanage,
                                                         std::string_view key, std::optional<std::string_view> value) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (auto entry : map) {
    if (view(entry.getKey()) != key) entries.emplace_back(str(entry.getKey()), str(entry.getValue()));
  }
  if (value) entries.emplace_back(key, *value);
  std::ranges::sort(entries);
  auto list = orphanage.newOrphan<capnp::List<meta_v1::TextEntry>>(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    auto entry = list.get()[i];
    entry.setKey(entries[i].first);
    entry.setValue(entries[i].second);
  }
  return list;
}

bool isSubset(TextMapReader map, TextMapReader within) {
  for (auto entry : map) {
    if (lookup(within, view(entry.getKey())) != view(entry.getValue())) return false;
  }
  return true;
}

std::optional<meta_v1::OwnerReference::Reader> controllerOf(meta_v1::ObjectMeta::Reader meta) {
  for (auto owner : meta.getOwnerReferences()) {
    if (valueOr(owner.getController(), false)) return owner;
  }
  return std::nullopt;
}

bool isControlledBy(meta_v1::ObjectMeta::Reader meta, std::string_view ownerUid) {
  auto owner = controllerOf(meta);
  return owner && view(owner->getUid()) == ownerUid;
}

namespace {

std::vector<meta_v1::OwnerReference::Reader> ownersBut(meta_v1::ObjectMeta::Reader meta, std::string_view uid) {
  std::vector<meta_v1::OwnerReference::Reader> others;
  for (auto reference : meta.getOwnerReferences()) {
    if (view(reference.getUid()) != uid) others.push_back(reference);
  }
  return others;
}

}  // namespace

bool removeOwner(meta_v1::ObjectMeta::Builder meta, std::string_view ownerUid) {
  auto others = ownersBut(meta.asReader(), ownerUid);
  if (others.size() == meta.asReader().getOwnerReferences().size()) return false;
  meta.adoptOwnerReferences(listOf<meta_v1::OwnerReference>(orphanageOf(meta), others));
  return true;
}

void setController(meta_v1::ObjectMeta::Builder meta, const Resource& ownerKind, const AnyRef& owner) {
  auto others = ownersBut(meta.asReader(), owner.uid());
  auto kept = listOf<meta_v1::OwnerReference>(orphanageOf(meta), others);
  auto list = extended<meta_v1::OwnerReference>(std::move(kept), orphanageOf(meta), 1);
  auto reference = list.get()[static_cast<uint32_t>(others.size())];
  reference.setApiVersion(ownerKind.apiVersion());
  reference.setKind(str(ownerKind.kind));
  reference.setName(str(owner.name()));
  reference.setUid(str(owner.uid()));
  reference.initController().setValue(true);
  reference.initBlockOwnerDeletion().setValue(true);
  meta.adoptOwnerReferences(std::move(list));
}

bool hasFinalizer(meta_v1::ObjectMeta::Reader meta, std::string_view finalizer) {
  return contains(meta.getFinalizers(), finalizer);
}

bool addFinalizer(meta_v1::ObjectMeta::Builder meta, std::string_view finalizer) {
  if (hasFinalizer(meta.asReader(), finalizer)) return false;
  std::vector<std::string> finalizers = strings(meta.asReader().getFinalizers());
  finalizers.emplace_back(finalizer);
  meta.adoptFinalizers(textList(orphanageOf(meta), finalizers));
  return true;
}

bool removeFinalizer(meta_v1::ObjectMeta::Builder meta, std::string_view finalizer) {
  if (!hasFinalizer(meta.asReader(), finalizer)) return false;
  std::vector<std::string> finalizers = strings(meta.asReader().getFinalizers());
  std::erase(finalizers, finalizer);
  meta.adoptFinalizers(textList(orphanageOf(meta), finalizers));
  return true;
}

}  // namespace cleat
