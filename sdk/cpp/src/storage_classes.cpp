#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

namespace cleat {

namespace {

bool isDefaultClass(meta_v1::ObjectMeta::Reader meta) {
  return annotation(meta, "storageclass.kubernetes.io/is-default-class") == "true" ||
         annotation(meta, "storageclass.beta.kubernetes.io/is-default-class") == "true";
}

}  // namespace

std::optional<std::string_view> storageClassOf(core_v1::PersistentVolumeClaim::Reader claim) {
  if (auto old = annotation(claim.getMetadata(), "volume.beta.kubernetes.io/storage-class")) return old;
  if (claim.getSpec().hasStorageClassName()) return view(claim.getSpec().getStorageClassName());
  return std::nullopt;
}

Object<storage_v1::StorageClass> defaultClassAmong(const std::vector<Object<storage_v1::StorageClass>>& classes) {
  Object<storage_v1::StorageClass> chosen;
  for (const auto& candidate : classes) {
    if (!isDefaultClass(candidate.meta())) continue;
    // Times of one form compare as texts.
    const auto age = [](const auto& object) { return view(object.meta().getCreationTimestamp()); };
    const bool better =
        !chosen || age(candidate) > age(chosen) || (age(candidate) == age(chosen) && candidate.name() < chosen.name());
    if (better) chosen = candidate;
  }
  return chosen;
}

}  // namespace cleat
