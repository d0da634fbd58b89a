// Templates of pods, as the owners of pods have them: pods made from them, the names that stand for them, and whether
// two are the same.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>

namespace cleat {

// A pod of the template that the owner controls, in its namespace, with a name to be generated behind the owner's.
Draft<core_v1::Pod> podFromTemplate(core_v1::PodTemplateSpec::Reader pattern, const Resource& ownerKind,
                                    const AnyRef& owner);
template <class K>
Draft<core_v1::Pod> podFromTemplate(const Object<K>& owner) {
  return podFromTemplate(owner->getSpec().getTemplate(), KindOf<K>::resource, owner);
}

// A short text that is the same for the same template and hardly for another one, fit for names and labels.
// `collisions` is how often it has turned out to be taken (`status.collisionCount`).
std::string templateHash(core_v1::PodTemplateSpec::Reader pattern, int64_t collisions);
// A number as such a text: its digits as letters that make no words.
std::string safeName(uint32_t hash);

// Whether both make the same pods. A label that only tells generations apart may be left out of account.
bool sameTemplate(core_v1::PodTemplateSpec::Reader a, core_v1::PodTemplateSpec::Reader b,
                  std::string_view butForLabel = {});

}  // namespace cleat
