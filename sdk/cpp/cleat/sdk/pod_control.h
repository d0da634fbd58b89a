// Makes and deletes the pods of owners of one kind, and tells of it: by the events that Kubernetes' controllers record
// (SuccessfulCreate, FailedCreate, SuccessfulDelete, FailedDelete), and to the controller's own expectations.
//
//   PodControl control_{context(), KindOf<ReplicaSet>::resource, events_, ahead_};
//   …
//   CLEAT_CO_TRY(co_await control_.createMany(set, missing, [&](size_t) { return podFromTemplate(set); }));
//   CLEAT_CO_TRY(co_await control_.removeMany(set, surplus));
//
// All on one strand. It must outlive neither the recorder nor the expectations.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <vector>

namespace cleat {

class PodControl {
 public:
  using Pod = core_v1::Pod;
  PodControl(Context& context, const Resource& ownerKind, EventRecorder& events, Expectations& ahead);

  Task<Result<Object<Pod>>> create(AnyRef owner, Draft<Pod> pod);
  // `make` is asked for the first pod, the second, …; they are created more and more at a time (slow_start.h). One that
  // a namespace refuses because it is being deleted is no failure.
  Task<Result<void>> createMany(AnyRef owner, size_t count, std::function<Draft<Pod>(size_t index)> make);

  // Just this pod, none that has taken its name. It is no failure that it is not there.
  Task<Result<void>> remove(AnyRef owner, Object<Pod> pod);
  // All at the same time; the result is the first failure.
  Task<Result<void>> removeMany(AnyRef owner, std::vector<Object<Pod>> pods);

 private:
  void tell(const AnyRef& owner, std::string_view type, std::string_view reason, std::string_view message);

  Client client_;
  const Resource& ownerKind_;
  EventRecorder& events_;
  Expectations& ahead_;
};

}  // namespace cleat
