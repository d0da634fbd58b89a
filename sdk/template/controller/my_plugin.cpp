// Greets: every ConfigMap with the label `my-plugin/greet` gets the annotation `my-plugin/greeting`.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

namespace {

using namespace cleat;
using core_v1::ConfigMap;

class MyPlugin : public ControllerPlugin {
 public:
  explicit MyPlugin(Context& context) : ControllerPlugin(context, "greeter") {}

 private:
  // The plugin is ready when all that it watches is known.
  Result<void> watch() override {
    greeting_ = config().string("greeting");
    log().info("greeting config maps with \"", greeting_, "\"");
    controller().watch(maps_);
    return {};
  }

  // Called for every key that changed, and again with growing delays when it fails. It looks at what is, not at what
  // changed, and so may be called at any time.
  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<ConfigMap> map = maps_.get(key);
    if (!map || deletionPending(map.meta())) co_return Reconciled{};
    Draft<ConfigMap> draft(map);
    if (!setAnnotation(draft.meta(), "my-plugin/greeting", greeting_)) co_return Reconciled{};
    CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    co_return Reconciled{};
  }

  std::string greeting_;
  Client client_{context()};
  Informer<ConfigMap> maps_{context(), {.labelSelector = "my-plugin/greet"}};
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "controller",
             .grants = "- configmaps get,list,watch,update\n",
             .configSchema = "greeting string hello # what config maps are told\n");
