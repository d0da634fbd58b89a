// The claims that the pods of a StatefulSet keep their storage by: made before the pods, found again by name, and owned
// by whom the set's retention policy says, so that the garbage collector takes them or leaves them.
//
//   Claims claims_{context(), events_};
//   …
//   CLEAT_CO_TRY(co_await claims_.ensure(set, ordinal));     // before the pod
//   CLEAT_CO_TRY(co_await claims_.settleOwners(set, pod));   // when the pod is there
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>

#include <optional>
#include <string>

#include "identity.h"

namespace cleat::statefulset {

// The claim with the owners that the policy gives it: the set, for what goes with the set; the pod, for what goes with
// a pod that is one too many; or neither. Nothing where it has them already, or where somebody else controls it.
std::optional<Draft<PersistentVolumeClaim>> withOwners(const Object<StatefulSet>& set, const Object<Pod>& pod,
                                                       const Object<PersistentVolumeClaim>& claim);

// Whether the claim belongs to a pod of this name that is another one, or has gone: it will go as well.
bool isStale(const Object<StatefulSet>& set, const Object<PersistentVolumeClaim>& claim, std::string_view podName,
             std::string_view podUid);

class Claims {
 public:
  Claims(Context& context, EventRecorder& events) : client_(context), events_(events), claims_(context) {}

  Informer<PersistentVolumeClaim>& informer() { return claims_; }

  // Makes the claims of this number that are missing. An error for one that is being deleted: the pod must not get it.
  Task<Result<void>> ensure(Object<StatefulSet> set, int64_t ordinal);
  bool isMissing(const Object<StatefulSet>& set, int64_t ordinal) const;
  // Whether a pod of this number has to wait until claims of an earlier one are gone.
  bool areStale(const Object<StatefulSet>& set, int64_t ordinal) const;

  bool ownersSettled(const Object<StatefulSet>& set, const Object<Pod>& pod) const;
  Task<Result<void>> settleOwners(Object<StatefulSet> set, Object<Pod> pod);

 private:
  Task<Result<void>> make(Object<StatefulSet> set, std::string pod, Draft<PersistentVolumeClaim> claim);

  Client client_;
  EventRecorder& events_;
  Informer<PersistentVolumeClaim> claims_;
};

}  // namespace cleat::statefulset
