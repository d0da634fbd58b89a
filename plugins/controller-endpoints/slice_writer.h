// Writes what was planned for a service's EndpointSlices.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>

#include "slices.h"

namespace cleat::endpoints {

// Nothing can be made in a namespace that is going away.
bool namespaceEnds(const Status& status);
// Somebody else was first: what has changed brings the service's turn again.
bool outdated(const Status& status);

class SliceWriter {
 public:
  // The informer must outlive it.
  SliceWriter(Context& context, Informer<EndpointSlice>& slices) : client_(context), slices_(slices) {}

  // Returns when the informer shows what was written: the next plan counts on it.
  Task<Result<void>> carryOut(SlicePlan plan);

 private:
  Task<Result<void>> write(SlicePlan& plan, uint64_t& written);
  Client client_;
  Informer<EndpointSlice>& slices_;
};

}  // namespace cleat::endpoints
