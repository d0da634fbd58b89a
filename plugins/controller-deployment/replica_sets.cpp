#include "replica_sets.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_template.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace cleat::deployment {
namespace {

// Annotations of the deployment that are its own and not its sets'.
constexpr std::string_view kOwn[] = {"kubectl.kubernetes.io/last-applied-configuration",
                                     kRevision,
                                     kRevisionHistory,
                                     kDesired,
                                     kMax,
                                     "deprecated.deployment.rollback.to"};
// How long the list of earlier revisions may get; the oldest go first.
constexpr size_t kMostHistory = 2000;

// A set that is rolled back to gets a new revision, and remembers those that it had.
void rememberRevision(meta_v1::ObjectMeta::Builder meta, std::string_view revision) {
  std::string history = concat(annotation(meta.asReader(), kRevisionHistory).value_or(""));
  if (!history.empty()) history += ',';
  history += revision;
  while (history.size() > kMostHistory) history.erase(0, std::min(history.find(','), history.size() - 1) + 1);
  setAnnotation(meta, kRevisionHistory, history);
}

int64_t numberIn(meta_v1::ObjectMeta::Reader meta, std::string_view key) {
  std::string_view text = annotation(meta, key).value_or("0");
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::vector<Object<ReplicaSet>> Sets::all() const {
  std::vector<Object<ReplicaSet>> sets = old;
  if (current) sets.push_back(current);
  return sets;
}

int64_t revisionOf(const AnyRef& object) { return numberIn(object.meta(), kRevision); }

int64_t wantedOf(const Object<ReplicaSet>& set) { return valueOr(set->getSpec().getReplicas(), 1); }

Sets sortOut(const Object<Deployment>& deployment, std::vector<Object<ReplicaSet>> owned) {
  std::ranges::sort(owned, [](const Object<ReplicaSet>& a, const Object<ReplicaSet>& b) {
    return std::make_tuple(str(a.meta().getCreationTimestamp()), revisionOf(a), a.name()) <
           std::make_tuple(str(b.meta().getCreationTimestamp()), revisionOf(b), b.name());
  });
  Sets sets;
  for (Object<ReplicaSet>& set : owned) {
    if (!sets.current && sameTemplate(deployment->getSpec().getTemplate(), set->getSpec().getTemplate(), kHashLabel)) {
      sets.current = std::move(set);
    } else {
      sets.old.push_back(std::move(set));
    }
  }
  return sets;
}

bool annotateSet(meta_v1::ObjectMeta::Builder meta, const Object<Deployment>& deployment, int64_t revision) {
  bool changed = false;
  for (auto entry : deployment.meta().getAnnotations()) {
    std::string_view key = view(entry.getKey());
    if (std::ranges::find(kOwn, key) != std::end(kOwn)) continue;
    changed |= setAnnotation(meta, key, view(entry.getValue()));
  }
  const int64_t before = numberIn(meta.asReader(), kRevision);
  if (before < revision) {
    if (before > 0) rememberRevision(meta, std::to_string(before));
    changed |= setAnnotation(meta, kRevision, std::to_string(revision));
  }
  return changed;
}

bool annotateSize(meta_v1::ObjectMeta::Builder meta, int64_t desired, int64_t max) {
  bool changed = setAnnotation(meta, kDesired, std::to_string(desired));
  changed |= setAnnotation(meta, kMax, std::to_string(max));
  return changed;
}

int64_t notedMax(const Object<ReplicaSet>& set) { return numberIn(set.meta(), kMax); }

Draft<ReplicaSet> makeSet(const Object<Deployment>& deployment, int64_t revision, int64_t replicas,
                          int64_t maxReplicas) {
  auto spec = deployment->getSpec();
  const std::string hash = templateHash(spec.getTemplate(), valueOr(deployment->getStatus().getCollisionCount(), 0));
  Draft<ReplicaSet> draft;
  draft.meta().setName(concat(deployment.name(), "-", hash));
  draft.meta().setNamespace(str(deployment.ns()));
  draft.meta().setLabels(spec.getTemplate().getMetadata().getLabels());
  setLabel(draft.meta(), kHashLabel, hash);
  setController(draft.meta(), deployment);
  annotateSet(draft.meta(), deployment, revision);
  annotateSize(draft.meta(), valueOr(spec.getReplicas(), 1), maxReplicas);
  auto setSpec = draft->initSpec();
  setSpec.initReplicas().setValue(static_cast<int32_t>(replicas));
  setSpec.setMinReadySeconds(spec.getMinReadySeconds());
  setSpec.setSelector(spec.getSelector());
  auto selector = setSpec.getSelector();
  selector.adoptMatchLabels(
      withEntry(spec.getSelector().getMatchLabels(), orphanageOf(*draft), kHashLabel, std::string_view(hash)));
  setSpec.setTemplate(spec.getTemplate());
  setLabel(setSpec.getTemplate().getMetadata(), kHashLabel, hash);
  return draft;
}

}  // namespace cleat::deployment
