#include <cleat/sdk/pod_template.h>

namespace cleat {
namespace {

using core_v1::Pod;
using core_v1::PodTemplateSpec;

constexpr size_t kLongestName = 253;

// The API shows them in every container, so a client that sends back what it read has not asked for anything else.
void dropEmptyResources(capnp::List<core_v1::Container>::Builder containers) {
  for (auto container : containers) {
    if (!container.hasResources()) continue;
    auto resources = container.asReader().getResources();
    if (resources.getLimits().size() + resources.getRequests().size() + resources.getClaims().size() == 0) {
      container.disownResources();
    }
  }
}

Draft<PodTemplateSpec> withoutNoise(PodTemplateSpec::Reader pattern, std::string_view butForLabel) {
  Draft<PodTemplateSpec> draft(pattern);
  if (draft->hasMetadata() && !butForLabel.empty()) setLabel(draft->getMetadata(), butForLabel, std::nullopt);
  if (draft->hasSpec()) {
    auto spec = draft->getSpec();
    if (spec.hasContainers()) dropEmptyResources(spec.getContainers());
    if (spec.hasInitContainers()) dropEmptyResources(spec.getInitContainers());
  }
  return draft;
}

}  // namespace

Draft<Pod> podFromTemplate(PodTemplateSpec::Reader pattern, const Resource& ownerKind, const AnyRef& owner) {
  Draft<Pod> pod;
  // The dash is for the eye, where there is room for it.
  pod.meta().setGenerateName(owner.name().size() < kLongestName ? concat(owner.name(), "-") : str(owner.name()));
  pod.meta().setNamespace(str(owner.ns()));
  pod.meta().setLabels(pattern.getMetadata().getLabels());
  pod.meta().setAnnotations(pattern.getMetadata().getAnnotations());
  pod.meta().setFinalizers(pattern.getMetadata().getFinalizers());
  setController(pod.meta(), ownerKind, owner);
  pod->setSpec(pattern.getSpec());
  return pod;
}

std::string templateHash(PodTemplateSpec::Reader pattern, int64_t collisions) {
  Draft<PodTemplateSpec> flat(pattern);
  cleat_words words = flat.words();
  // FNV-1a over the canonical message.
  uint32_t hash = 2166136261u;
  auto mix = [&](const void* bytes, size_t size) {
    for (size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<const unsigned char*>(bytes)[i]) * 16777619u;
  };
  mix(words.data, words.count * sizeof(uint64_t));
  if (collisions > 0) mix(&collisions, sizeof collisions);
  return safeName(hash);
}

std::string safeName(uint32_t hash) {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  for (char digit : std::to_string(hash)) text += kLetters[static_cast<unsigned char>(digit) % kLetters.size()];
  return text;
}

bool sameTemplate(PodTemplateSpec::Reader a, PodTemplateSpec::Reader b, std::string_view butForLabel) {
  auto left = withoutNoise(a, butForLabel), right = withoutNoise(b, butForLabel);
  auto meta = left.reader().getMetadata(), otherMeta = right.reader().getMetadata();
  return capnp::toAny(left.reader().getSpec()) == capnp::toAny(right.reader().getSpec()) &&
         capnp::toAny(meta.getLabels()) == capnp::toAny(otherMeta.getLabels()) &&
         capnp::toAny(meta.getAnnotations()) == capnp::toAny(otherMeta.getAnnotations());
}

}  // namespace cleat
