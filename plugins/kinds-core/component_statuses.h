// ComponentStatuses: how the store, the controllers and the scheduler are, under the names that clients of Kubernetes
// look for. Nothing of it is stored: each look asks the server for its own health (/readyz) and sorts what it says of
// its plugins.
#pragma once

#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/context.h>
#include <cleat/sdk/kinds/core_v1_component.h>

#include <memory>

#include "https-common/https_reader.h"
#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

void addComponentStatuses(KindTable& table);

class ComponentHealth {
 public:
  explicit ComponentHealth(Context& context) : context_(context) {}

  Task<Result<void>> look(role::LookParams::Reader params, Call<role::LookResults>& call);
  // For Plugin::stop.
  void stop();

 private:
  Context& context_;
  std::unique_ptr<HttpsReader> reader_;  // once there is somebody to ask for
};

}  // namespace cleat::kinds::core
