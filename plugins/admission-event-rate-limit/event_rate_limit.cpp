// Keeps the cluster from being flooded with events.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/events_v1.h>

#include "rate_limit.h"

using namespace cleat;
using role::Operation;

namespace {

template <class Source>
std::string keyOf(Source source, core_v1::ObjectReference::Reader object) {
  return concat(source.getComponent(), source.getHost(), object.getKind(), object.getNamespace(), object.getName(),
                object.getUid(), object.getApiVersion());
}

// Who tells the event, and of what.
std::string sourceAndObject(AdmissionRequest& request) {
  if (view(request.params().getRef().getGroup()).empty()) {
    const Object<core_v1::Event> event = request.object<core_v1::Event>();
    return keyOf(event->getSource(), event->getInvolvedObject());
  }
  const Object<events_v1::Event> event = request.object<events_v1::Event>();
  return keyOf(event->getDeprecatedSource(), event->getRegarding());
}

std::string keyFor(LimitType type, AdmissionRequest& request) {
  switch (type) {
    case LimitType::server: return {};
    case LimitType::nameSpace: return std::string(request.ns());
    case LimitType::user: return str(request.user().getName());
    case LimitType::sourceAndObject: return sourceAndObject(request);
  }
  return {};
}

class EventRateLimit : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    const std::vector<std::string> lines = config().list("limits");
    if (lines.empty()) co_return fail(Status::badRequest("limits: Invalid value: []: must not be empty"));
    for (size_t i = 0; i < lines.size(); ++i) {
      CLEAT_CO_TRY(LimitSetting limit, parseLimit(lines[i], concat("limits[", i, "]")));
      limits_.emplace_back(limit);
    }
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    const std::vector<Operation> writes{Operation::CREATE, Operation::UPDATE};
    return {{.resource = "events", .operations = writes, .validates = true},
            {.group = "events.k8s.io", .resource = "events", .operations = writes, .validates = true}};
  }

  // Every limit counts the event, also where another one refuses it.
  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (request.params().getDryRun()) co_return Result<void>();
    std::vector<std::string> reached;
    for (RateLimit& limit : limits_) {
      const std::string key = keyFor(limit.type(), request);
      if (limit.tryTake(key, context().now())) continue;
      reached.push_back(concat("limit reached on type ", nameOf(limit.type()), " for key ", key));
    }
    if (reached.empty()) co_return Result<void>();
    std::string all = reached[0];
    for (size_t i = 1; i < reached.size(); ++i) all += ", " + reached[i];
    co_return request.refuse(
        Status::tooManyRequests(concat("Too many requests: ", reached.size() > 1 ? concat("[", all, "]") : all), 0));
  }

 private:
  std::vector<RateLimit> limits_;
};

}  // namespace

CLEAT_PLUGIN(EventRateLimit, .name = "admission-event-rate-limit", .version = "0.1.0", .maturity = "beta",
             .roles = "admission",
             .configSchema =
                 "limits list # each TYPE qps=N burst=N [cache_size=N]; TYPE is Server, Namespace, User or "
                 "SourceAndObject\n");
