// Greets: every ConfigMap with the label `my-plugin/greet` gets the annotation `my-plugin/greeting`.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

namespace {

using namespace cleat;
using core_v1::ConfigMap;

class MyPlugin : public Plugin {
 public:
  using Plugin::Plugin;

  // The plugin is ready when this has ended: when it knows what is there.
  Task<Result<void>> start() override {
    greeting_ = config().string("greeting");
    controller_.watch(maps_);
    controller_.run();
    co_await maps_.waitSynced();
    log().info("greeting ", maps_.size(), " config maps with \"", greeting_, "\"");
    co_return {};
  }

 private:
  // Called for every key that changed, and again with growing delays when it fails. It looks at what is, not at what
  // changed, and so may be called at any time.
  Task<Result<Reconciled>> reconcile(std::string key) {
    Object<ConfigMap> map = maps_.get(key);
    if (!map || deletionPending(map.meta())) co_return Reconciled{};
    Draft<ConfigMap> draft(map);
    if (!setAnnotation(draft.meta(), "my-plugin/greeting", greeting_)) co_return Reconciled{};
    auto updated = co_await client_.update(std::move(draft));
    if (!updated) co_return fail(updated.error());
    co_return Reconciled{};
  }

  std::string greeting_;
  Client client_{context()};
  Informer<ConfigMap> maps_{context(), {.labelSelector = "my-plugin/greet"}};
  Controller controller_{context(), "greeter", [this](std::string key) { return reconcile(std::move(key)); }};
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "controller",
             .grants = "- configmaps get,list,watch,update\n",
             .configSchema = "greeting string hello # what config maps are told\n");
