#include "kinds-core/pod_label_keys.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::kinds::core {
namespace {

std::optional<std::string> labelOf(core_v1::Pod::Reader pod, std::string_view key) {
  for (auto label : pod.getMetadata().getLabels()) {
    if (view(label.getKey()) == key) return str(label.getValue());
  }
  return std::nullopt;
}

// The selector asks the label `key` for `value`. Of pods with the same value it asks once: what was written for a label
// that has changed since gives way. Further ones of which it is to have another value are the user's.
void require(meta_v1::LabelSelector::Builder selector, std::string_view key, std::string_view op,
             const std::string& value) {
  for (auto requirement : selector.getMatchExpressions()) {
    auto reader = requirement.asReader();
    if (view(reader.getKey()) != key || view(reader.getOperator()) != op || reader.getValues().size() != 1) continue;
    const bool same = view(reader.getValues()[0]) == value;
    if (!same && op != "In") continue;
    if (!same) requirement.getValues().set(0, value);
    return;
  }
  auto requirements =
      extended<meta_v1::LabelSelectorRequirement>(selector.disownMatchExpressions(), orphanageOf(selector), 1);
  auto added = requirements.get()[requirements.get().size() - 1];
  added.setKey(str(key));
  added.setOperator(str(op));
  added.initValues(1).set(0, value);
  selector.adoptMatchExpressions(std::move(requirements));
}

// `Holder`: an affinity term, or a constraint.
template <class Holder>
void writeKeys(Holder holder, capnp::List<capnp::Text>::Reader keys, std::string_view op, core_v1::Pod::Reader pod) {
  if (!holder.hasLabelSelector()) return;
  for (auto key : keys) {
    if (const auto value = labelOf(pod, view(key))) require(holder.getLabelSelector(), view(key), op, *value);
  }
}

void writeTerm(core_v1::PodAffinityTerm::Builder term, core_v1::Pod::Reader pod) {
  writeKeys(term, term.asReader().getMatchLabelKeys(), "In", pod);
  writeKeys(term, term.asReader().getMismatchLabelKeys(), "NotIn", pod);
}

// PodAffinity or PodAntiAffinity: they have the same fields.
template <class Affinity>
void writeTerms(Affinity affinity, core_v1::Pod::Reader pod) {
  if (affinity.hasRequiredDuringSchedulingIgnoredDuringExecution()) {
    for (auto term : affinity.getRequiredDuringSchedulingIgnoredDuringExecution()) writeTerm(term, pod);
  }
  if (affinity.hasPreferredDuringSchedulingIgnoredDuringExecution()) {
    for (auto term : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
      writeTerm(term.getPodAffinityTerm(), pod);
    }
  }
}

}  // namespace

void writeLabelKeys(core_v1::Pod::Builder pod) {
  if (!pod.hasSpec()) return;
  auto spec = pod.getSpec();
  if (spec.hasTopologySpreadConstraints()) {
    for (auto constraint : spec.getTopologySpreadConstraints()) {
      writeKeys(constraint, constraint.asReader().getMatchLabelKeys(), "In", pod.asReader());
    }
  }
  if (!spec.hasAffinity()) return;
  auto affinity = spec.getAffinity();
  if (affinity.hasPodAffinity()) writeTerms(affinity.getPodAffinity(), pod.asReader());
  if (affinity.hasPodAntiAffinity()) writeTerms(affinity.getPodAntiAffinity(), pod.asReader());
}

}  // namespace cleat::kinds::core
