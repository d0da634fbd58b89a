// Makes services reachable through a relay in this process.
#include <cleat/sdk/informer.h>
#include <cleat/sdk/plugin.h>

#include <optional>

#include "proxy-common/service_table.h"
#include "redirects.h"
#include "relay.h"

using namespace cleat;
using namespace cleat::proxy;

namespace {

class UserspaceProxy : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    RelayOptions options;
    options.udpIdle = std::chrono::duration_cast<std::chrono::milliseconds>(config().duration("udp_idle"));
    options.maxConnections = static_cast<size_t>(config().integer("max_connections"));
    relay_.emplace(options);
    addServiceIndex(slices_);
    services_.onChange([this](const auto&, const auto&) { changed(); });
    slices_.onChange([this](const auto&, const auto&) { changed(); });
    co_await services_.waitSynced();
    co_await slices_.waitSynced();
    Result<void> first = co_await sync();
    if (!first) co_return first;
    ready_ = true;
    changed();
    co_return Result<void>();
  }

  void stop() override { relay_.reset(); }

 private:
  void changed() {
    dirty_ = true;
    if (!ready_ || syncing_) return;
    syncing_ = true;
    spawn(syncUntilClean());
  }

  Task<void> syncUntilClean() {
    while (dirty_) {
      dirty_ = false;
      Result<void> done = co_await sync();
      if (done) continue;
      log().error("cannot follow the services: ", done.error().message);
      dirty_ = true;
      co_await context().sleep(std::chrono::seconds(5));
    }
    syncing_ = false;
  }

  Task<Result<void>> sync() {
    std::vector<ServicePort> table = makeServiceTable(services_, slices_, config().nodeName());
    if (written_ && table == table_) co_return Result<void>();
    Relay* relay = &*relay_;
    const bool first = !written_;
    auto apply = [relay, table, first]() -> Result<void> {
      auto ports = relay->serve(table);
      if (!ports) return fail(ports.error());
      Result<void> loaded = loadRules(makeRedirects(table, *ports));
      if (loaded && first) loaded = ensureRedirectJumps();
      return loaded;
    };
    Result<void> done = co_await context().blocking(apply);
    if (!done) co_return done;
    table_ = std::move(table);
    written_ = true;
    co_return Result<void>();
  }

  bool dirty_ = false, syncing_ = false, ready_ = false, written_ = false;
  std::vector<ServicePort> table_;
  std::optional<Relay> relay_;
  Informer<Service> services_{context()};
  Informer<EndpointSlice> slices_{context()};
};

}  // namespace

CLEAT_PLUGIN(UserspaceProxy, .name = "proxy-userspace", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
             .grants = "- services get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
             .configSchema = "udp_idle duration 250ms # how long a silent UDP client keeps its endpoint\n"
                             "max_connections int 10000 # at most so many at a time; further ones are refused\n");
