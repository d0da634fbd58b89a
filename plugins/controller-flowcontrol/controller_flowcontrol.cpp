// Keeps the FlowSchemas and PriorityLevelConfigurations that every cluster has, and says of each FlowSchema whether its
// level exists.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <cleat/sdk/meta.h>

#include "flowcontrol-common/defaults.h"

using namespace cleat;
using flowcontrol::Default;
using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;

namespace {

constexpr const char* kByLevel = "level";
// The keys of the queue: a kind and a name.
constexpr std::string_view kSchemaKey = "schema/", kLevelKey = "level/";

std::string keyOf(const Object<FlowSchema>& schema) { return concat(kSchemaKey, schema.name()); }
std::string keyOf(const Object<PriorityLevelConfiguration>& level) { return concat(kLevelKey, level.name()); }

std::optional<bool> said(const AnyRef& object) {
  auto value = annotation(object.meta(), flowcontrol::kAutoUpdate);
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

// Whether its specification is kept as it was made: said by its annotation or, without one, by nobody having changed
// it.
template <class K>
bool keepsSpec(const Object<K>& object, bool mandatory) {
  return mandatory || said(object).value_or(object.meta().getGeneration() == 1);
}

template <class K>
const Default<K>* defaultCalled(const std::vector<Default<K>>& defaults, std::string_view name) {
  for (const Default<K>& each : defaults) {
    if (each.object.name() == name) return &each;
  }
  return nullptr;
}

bool sameSpec(const Object<FlowSchema>& a, const Object<FlowSchema>& b) {
  return capnp::toAny(a->getSpec()) == capnp::toAny(b->getSpec());
}
// Of the level `exempt` the part that is called so is anybody's to set.
bool sameSpec(const Object<PriorityLevelConfiguration>& a, const Object<PriorityLevelConfiguration>& b) {
  return a.name() == flowcontrol::kExempt || capnp::toAny(a->getSpec()) == capnp::toAny(b->getSpec());
}

class FlowControlController : public ControllerPlugin {
 public:
  explicit FlowControlController(Context& context) : ControllerPlugin(context, "flowcontrol") {}

  Result<void> watch() override {
    schemas_.addIndex(kByLevel, [](const Object<FlowSchema>& schema) {
      return std::vector{str(schema->getSpec().getPriorityLevelConfiguration().getName())};
    });
    controller().watch(schemas_, [](const Object<FlowSchema>& schema) { return keyOf(schema); });
    controller().watch(levels_, [this](const Object<PriorityLevelConfiguration>& level) {
      std::vector<std::string> keys{keyOf(level)};
      for (const auto& schema : schemas_.byIndex(kByLevel, level.name())) keys.push_back(keyOf(schema));
      return keys;
    });
    for (const auto& each : flowcontrol::defaultLevels()) controller().enqueue(keyOf(each.object));
    for (const auto& each : flowcontrol::defaultSchemas()) controller().enqueue(keyOf(each.object));
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    if (key.starts_with(kLevelKey)) {
      const std::string name = key.substr(kLevelKey.size());
      CLEAT_CO_TRY(co_await keep(defaultCalled(flowcontrol::defaultLevels(), name), levels_.get(name)));
      co_return Reconciled();
    }
    const std::string name = key.substr(kSchemaKey.size());
    CLEAT_CO_TRY(co_await keep(defaultCalled(flowcontrol::defaultSchemas(), name), schemas_.get(name)));
    CLEAT_CO_TRY(co_await sayWhetherDangling(name));
    co_return Reconciled();
  }

  // Makes it, or brings what is there to what it should be.
  template <class K>
  Task<Result<void>> keep(const Default<K>* wanted, Object<K> there) {
    if (wanted == nullptr) co_return Result<void>();
    if (!there) {
      Draft<K> made(wanted->object);
      auto created = co_await client_.create(std::move(made));
      if (created || created.error().reason == "AlreadyExists") co_return Result<void>();
      co_return fail(created.error());
    }
    const bool keeps = keepsSpec(there, wanted->mandatory);
    const bool changed = keeps && !sameSpec(there, wanted->object);
    if (!changed && said(there) == keeps) co_return Result<void>();
    Draft<K> draft(there);
    if (changed) draft->setSpec(wanted->object->getSpec());
    setAnnotation(draft.meta(), flowcontrol::kAutoUpdate, keeps ? "true" : "false");
    auto updated = co_await client_.update(std::move(draft));
    // Somebody was faster: their change brings the key again.
    if (updated || updated.error().is(409) || updated.error().is(404)) co_return Result<void>();
    co_return fail(updated.error());
  }

  Task<Result<void>> sayWhetherDangling(std::string name) {
    const Object<FlowSchema> schema = schemas_.get(name);
    if (!schema) co_return Result<void>();
    const std::string level = str(schema->getSpec().getPriorityLevelConfiguration().getName());
    const bool exists = static_cast<bool>(levels_.get(level));
    Draft<FlowSchema> draft(schema);
    ConditionUpdate condition{
        .type = "Dangling",
        .status = exists ? "False" : "True",
        .reason = exists ? "Found" : "NotFound",
        .message = concat("This FlowSchema references the PriorityLevelConfiguration object named \"", level,
                          exists ? "\" and it exists" : "\" but there is no such object"),
        .lastTransitionTime = formatTime(context().wallNow())};
    if (!setCondition<flowcontrol_v1::FlowSchemaCondition>(draft->getStatus(), condition)) co_return Result<void>();
    auto updated = co_await client_.updateStatus(std::move(draft));
    if (updated || updated.error().is(409) || updated.error().is(404)) co_return Result<void>();
    co_return fail(updated.error());
  }

  Client client_{context()};
  Informer<FlowSchema> schemas_{context()};
  Informer<PriorityLevelConfiguration> levels_{context()};
};

}  // namespace

CLEAT_PLUGIN(FlowControlController, .name = "controller-flowcontrol", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "flowcontrol.apiserver.k8s.io flowschemas,prioritylevelconfigurations create,get,list,watch,update\n"
                 "flowcontrol.apiserver.k8s.io flowschemas/status update\n");
