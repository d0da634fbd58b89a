// EndpointSlices for services without a selector whose Endpoints somebody makes by hand: whoever reads slices alone,
// such as a proxy, finds those addresses too.
#pragma once

#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>

#include "slice_writer.h"

namespace cleat::endpoints {

using core_v1::Endpoints;

inline constexpr std::string_view kMirror = "endpointslicemirroring-controller.k8s.io";
inline constexpr size_t kMostMirrored = 1000;  // of one subset
// Older programs elect their leader by an Endpoints object that belongs to no service.
inline constexpr std::string_view kLeader = "control-plane.alpha.kubernetes.io/leader";

// `existing`: the slices that mirror these Endpoints, or earlier ones of the same name. `skipped` counts the addresses
// that are too many.
SlicePlan planMirror(const Object<Endpoints>& endpoints, const std::vector<Object<EndpointSlice>>& existing,
                     size_t& skipped);

class Mirroring {
 public:
  // The informers must outlive it. Before they are started.
  Mirroring(Context& context, Informer<Service>& services, Informer<Endpoints>& endpoints,
            Informer<EndpointSlice>& slices);
  void run() { controller_.run(); }

 private:
  Task<Result<Reconciled>> reconcile(std::string key);

  Informer<Service>& services_;
  Informer<Endpoints>& endpoints_;
  Informer<EndpointSlice>& slices_;
  SliceWriter writer_;
  EventRecorder events_;
  Controller controller_;
};

}  // namespace cleat::endpoints
