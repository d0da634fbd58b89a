#include <cleat/sdk/controller_plugin.h>

namespace cleat {

ControllerPlugin::ControllerPlugin(Context& context, std::string name, ControllerOptions options)
    : Plugin(context),
      controller_(context, std::move(name), [this](std::string key) { return reconcile(std::move(key)); }, options) {}

Task<Result<void>> ControllerPlugin::start() {
  CLEAT_CO_TRY(watch());
  co_await controller_.waitSynced();
  controller_.run();
  co_return Result<void>();
}

}  // namespace cleat
