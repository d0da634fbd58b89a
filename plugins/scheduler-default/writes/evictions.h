// Takes victims of preemption away: says so in their status, deletes them, and records an event.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/event_series.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <string>

#include "writes/outbox.h"

namespace cleat::scheduling {

using core_v1::Pod;

class Evictions {
 public:
  // `failed` is called when a victim could not be taken away, with the uids of it and of the pod that the room was for.
  using Failed = std::function<void(const std::string& victim, const std::string& preemptor)>;
  Evictions(Context& context, Informer<Pod>& pods, Failed failed)
      : context_(context), pods_(pods), failed_(std::move(failed)) {}

  void evict(const Object<Pod>& victim, const Object<Pod>& preemptor, const std::string& node);

 private:
  Task<void> run(Object<Pod> victim, Object<Pod> preemptor, std::string node);
  Task<Result<void>> mark(Object<Pod> victim, std::string scheduler);

  Context& context_;
  Informer<Pod>& pods_;
  Failed failed_;
  Client client_{context_};
  SeriesRecorder events_{context_, "default-scheduler"};
  Outbox outbox_{64};
};

}  // namespace cleat::scheduling
