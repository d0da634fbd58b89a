// The horizontal pod autoscaler's plugin: looks at every autoscaler in turn, so often as its settings say.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/quantity.h>

#include "autoscaling.h"

namespace cleat::autoscaler {

class HorizontalPodAutoscaling : public ControllerPlugin {
 public:
  explicit HorizontalPodAutoscaling(Context& context)
      : ControllerPlugin(context, "horizontal-pod-autoscaler"), reader_(context, readerOptions(context.config())) {}

  void stop() override { reader_.stop(); }

 private:
  // The API server knows who the certificate is for; the plugin asks in its own name and may no more than its grants
  // say.
  static HttpsReaderOptions readerOptions(const Config& config) {
    HttpsReaderOptions options = HttpsReader::asServer(config);
    options.caFile = config.server().caFile;
    options.impersonates = concat("system:plugin:", config.name());
    return options;
  }

  Result<void> watch() override {
    CLEAT_TRY(readSettings());
    // Whatever else changes, an autoscaler is looked at again in its time.
    hpas_.onChange([this](const auto& before, const auto& now) {
      if (!before || !now || before.meta().getGeneration() != now.meta().getGeneration()) {
        controller().enqueue(now ? keyOf(now.ns(), now.name()) : keyOf(before.ns(), before.name()));
      }
    });
    controller().needs(hpas_);
    return {};
  }

  Result<void> readSettings() {
    syncPeriod_ = config().duration("sync_period");
    settings_.downscaleStabilization = config().duration("downscale_stabilization");
    settings_.cpuInitialization =
        std::chrono::duration_cast<std::chrono::seconds>(config().duration("cpu_initialization_period"));
    settings_.initialReadiness =
        std::chrono::duration_cast<std::chrono::seconds>(config().duration("initial_readiness_delay"));
    const std::string tolerance = config().string("tolerance");
    const auto parsed = Quantity::parse(tolerance);
    if (!parsed || *parsed < Quantity()) {
      return fail(Status::badRequest(concat("tolerance: \"", tolerance, "\" is no part, such as 0.1")));
    }
    settings_.tolerance = static_cast<double>(parsed->milliValue()) / 1000;
    if (syncPeriod_ < std::chrono::seconds(1)) return fail(Status::badRequest("sync_period: a second is the least"));
    return {};
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<HorizontalPodAutoscaler> autoscaler = hpas_.get(key);
    if (!autoscaler || autoscaler.meta().hasDeletionTimestamp()) {
      memory_.forget(key);
      co_return Reconciled();
    }
    Autoscaling look({context(), client_, events_, targets_, proposals_, memory_, settings_}, autoscaler);
    auto run = look.run();
    CLEAT_CO_TRY(co_await std::move(run));
    co_return Reconciled{.requeueAfter = syncPeriod_};
  }

  Task<HttpsAnswer> get(std::string target) {
    const std::optional<HttpsGet> server = HttpsGet::ofUrl(config().server().url, std::move(target));
    if (!server) co_return HttpsAnswer{"the server's address is not known"};
    auto asked = reader_.get(*server, std::chrono::seconds(10));
    co_return co_await std::move(asked);
  }

  AutoscalerSettings settings_;
  Duration syncPeriod_{};
  Client client_{context()};
  EventRecorder events_{context(), "horizontal-pod-autoscaler"};
  HttpsReader reader_;
  ScaleTargets targets_{context()};
  MetricSources sources_{context(), [this](std::string target) { return get(std::move(target)); }};
  MetricProposals proposals_{sources_, targets_};
  AutoscalerMemory memory_;
  Informer<HorizontalPodAutoscaler> hpas_{context()};
};

}  // namespace cleat::autoscaler

CLEAT_PLUGIN(cleat::autoscaler::HorizontalPodAutoscaling, .name = "controller-horizontal-pod-autoscaler",
             .version = "0.1.0", .maturity = "alpha", .roles = "controller",
             .grants =
                 "autoscaling horizontalpodautoscalers get,list,watch\n"
                 "autoscaling horizontalpodautoscalers/status update\n"
                 "* */scale get,update\n"
                 "- pods list\n"
                 "metrics.k8s.io pods list\n"
                 "custom.metrics.k8s.io,external.metrics.k8s.io * get,list\n"
                 "- events create,patch,update\n",
             .configSchema =
                 "sync_period duration 15s # how often each autoscaler is looked at\n"
                 "downscale_stabilization duration 5m # for so long past proposals keep the number up\n"
                 "tolerance string 0.1 # how far off its target a metric may be, as a part of it\n"
                 "cpu_initialization_period duration 5m # for so long a new pod's use of the processor may be unusual\n"
                 "initial_readiness_delay duration 30s # a pod that is unready since then has never been ready\n");
