// kinds-metrics: metrics.k8s.io/v1beta1, what nodes and pods use, computed from what their agents say when somebody
// asks.
#include <cleat/sdk/client.h>
#include <cleat/sdk/plugin.h>

#include "collector.h"
#include "https-common/https_reader.h"
#include "kinds-common/kinds_plugin.h"
#include "metric_kinds.h"

namespace cleat::metrics {

using core_v1::Node;
using core_v1::Pod;

class MetricsKinds : public kinds::KindsPlugin {
 public:
  explicit MetricsKinds(Context& context)
      : KindsPlugin(context), reader_(context, HttpsReader::asServer(context.config())),
        collector_(
            context, [this](HttpsGet request, Duration timeout) { return reader_.get(std::move(request), timeout); },
            context.config().duration("resolution")) {
    addMetricKinds(table());
  }

  Task<Result<void>> start() override {
    if (config().duration("resolution") < std::chrono::seconds(1)) {
      co_return fail(Status::badRequest("resolution: a second is the least"));
    }
    auto begun = KindsPlugin::start();
    co_return co_await std::move(begun);
  }
  void stop() override { reader_.stop(); }

  Task<Result<void>> look(role::LookParams::Reader params, Call<role::LookResults>& call) override {
    const std::string resource = str(params.getRef().getResource()), name = str(params.getRef().getName()),
                      ns = str(params.getRef().getNamespace());
    call.results();
    co_await collector_.current();
    auto looked = resource == "nodes" ? lookAtNodes(name, call) : lookAtPods(ns, name, call);
    co_return co_await std::move(looked);
  }

 private:
  Task<Result<void>> lookAtNodes(std::string name, Call<role::LookResults>& call) {
    auto found = those<Node>("", name);
    CLEAT_CO_TRY(std::vector<Object<Node>> nodes, co_await std::move(found));
    const WallTime now = context().wallNow();
    for (const Object<Node>& node : nodes) {
      if (const auto use = collector_.table().ofNode(node.name(), now)) call.addObject(metricsOf(node, *use, now));
    }
    co_return Result<void>();
  }

  Task<Result<void>> lookAtPods(std::string ns, std::string name, Call<role::LookResults>& call) {
    auto found = those<Pod>(ns, name);
    CLEAT_CO_TRY(std::vector<Object<Pod>> pods, co_await std::move(found));
    const WallTime now = context().wallNow();
    for (const Object<Pod>& pod : pods) {
      if (view(pod->getStatus().getPhase()) != "Running") continue;
      const std::string key = concat(pod.ns(), "/", pod.name());
      const auto use = collector_.table().ofPod(view(pod->getSpec().getNodeName()), key, now);
      if (use) call.addObject(metricsOf(pod, *use, now));
    }
    co_return Result<void>();
  }

  // The one of that name if there is one, or all.
  template <class K>
  Task<Result<std::vector<Object<K>>>> those(std::string ns, std::string name) {
    if (name.empty()) {
      const ListOptions options{.ns = ns};
      CLEAT_CO_TRY(ObjectList<K> list, co_await client_.list<K>(options));
      co_return std::move(list.items);
    }
    Result<Object<K>> one = co_await client_.get<K>(ns, name);
    std::vector<Object<K>> found;
    if (one) found.push_back(std::move(*one));
    if (!one && !one.error().is(404)) co_return fail(one.error());
    co_return found;
  }

  Client client_{context()};
  HttpsReader reader_;
  Collector collector_;
};

}  // namespace cleat::metrics

CLEAT_PLUGIN(cleat::metrics::MetricsKinds, .name = "kinds-metrics", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .grants = "- nodes,pods get,list\n",
             .configSchema = "resolution duration 15s # how often the agents are read while anybody asks\n",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
