// The history of an owner's pod template, as ControllerRevisions keep it: what `kubectl rollout history` and `undo`
// read of a DaemonSet or StatefulSet, and what tells the pods of one state from those of another.
//
//   RevisionHistory history_{context(), KindOf<DaemonSet>::resource};
//   Ownership<DaemonSet, ControllerRevision> revisions_{context(), sets_, revisionInformer_};
//   …
//   std::vector<Object<ControllerRevision>> owned = revisions_.of(set);
//   RevisionState state{templatePatch(pattern), pattern.getMetadata().getLabels(), kRevisionHashLabel};
//   CLEAT_CO_TRY(CurrentRevision current, co_await history_.ensure(set, owned, std::move(state), collisions));
//
// A revision's data is the strategic merge patch that brings the state back: its template, replacing what there is.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat {

using apps_v1::ControllerRevision;

// On the pods of a DaemonSet the hash of their revision, on those of a StatefulSet its name.
inline constexpr std::string_view kRevisionHashLabel = "controller-revision-hash";

// {"spec":{"template":{"$patch":"replace",…}}}, its members in the order of their names: equal templates, equal texts.
std::string templatePatch(core_v1::PodTemplateSpec::Reader pattern);
// The template in such a patch. 400 for data that has none.
Result<Draft<core_v1::PodTemplateSpec>> templateIn(std::string_view patch);

// Whether both are the same JSON value, however they are written.
bool sameData(std::string_view a, std::string_view b);

// A short text that stands for the data; without <, > and &, which Go writes in another way, the one of Kubernetes.
// `collisions` is how often it has turned out to be taken (`status.collisionCount`).
std::string revisionHash(std::string_view data, int32_t collisions);

// By their numbers, then by age, then by name: the newest is the last.
void sortByRevision(std::vector<Object<ControllerRevision>>& revisions);

// The state that the owner is in.
struct RevisionState {
  std::string data;
  TextMapReader labels;            // of its template: revisions are found by the owner's selector as well
  std::string_view hashLabel;      // which label of a revision has its hash
  TextMapReader annotations = {};  // of the owner: kubectl reads the cause of a change there
};

struct CurrentRevision {
  Object<ControllerRevision> revision;
  int32_t collisions = 0;  // for the owner's status
};

class RevisionHistory {
 public:
  RevisionHistory(Context& context, const Resource& ownerKind) : client_(context), ownerKind_(ownerKind) {}

  // The revision of the state: of those that are there the newest one that holds it, which becomes the newest of all if
  // it is not, or else a new one. `owned` are all that the owner has.
  Task<Result<CurrentRevision>> ensure(AnyRef owner, std::vector<Object<ControllerRevision>> owned, RevisionState state,
                                       int32_t collisions);

  // Deletes the oldest of those that nothing runs by, until no more than `limit` are left.
  Task<Result<void>> truncate(std::vector<Object<ControllerRevision>> idle, int64_t limit);

 private:
  Draft<ControllerRevision> makeRevision(const AnyRef& owner, const RevisionState& state, int64_t number,
                                         int32_t collisions) const;
  Task<Result<CurrentRevision>> create(AnyRef owner, RevisionState state, int64_t number, int32_t collisions);

  Client client_;
  const Resource& ownerKind_;
};

}  // namespace cleat
