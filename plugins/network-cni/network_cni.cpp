// The role `network` by CNI plugins. See README.md for the settings.
#include "attachments.h"
#include "node_rules.h"

#include <cleat/schema/role/network.interface.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>

namespace cleat::network {
namespace {

Sandbox sandboxOf(role::NetworkParams::Reader params) {
  Sandbox sandbox{str(params.getSandboxId()), str(params.getNamespacePath()), str(params.getPodNamespace()),
                  str(params.getPodName()),   str(params.getPodUid()),        {}};
  for (auto port : params.getPorts())
    sandbox.ports.push_back(
        {port.getHostPort(), port.getContainerPort(), str(port.getProtocol()), str(port.getHostIp())});
  return sandbox;
}

class NetworkCni : public NetworkPlugin {
 public:
  using NetworkPlugin::NetworkPlugin;

  Task<Result<void>> start() override {
    if (geteuid() != 0) co_return fail(Status::forbidden("network-cni needs root: it makes interfaces and routes"));
    Preparation wish = preparation();
    auto prepare = [wish] { return prepareNode(wish); };
    CLEAT_CO_TRY(Prepared prepared, co_await context().blocking(prepare));
    int timeoutMs = int(std::chrono::ceil<std::chrono::milliseconds>(config().duration("timeout")).count());
    PluginRunner runner(config().list("bin_dirs"), timeoutMs);
    attachments_ = std::make_unique<Attachments>(std::move(prepared.list), std::move(runner),
                                                 config().dataDir() + "/attachments", std::move(prepared.guard));
    co_return Result<void>();
  }

 private:
  // What `prepareNode` needs to know, on another thread than the strand.
  struct Preparation {
    std::string confDir, bridge, subnet, dataDir, iptables, nft;
    std::vector<std::string> notMasqueraded;
    bool masquerade = true, sourceGuard = true;
    const Log* log = nullptr;
  };
  struct Prepared {
    NetworkList list;
    std::optional<Attachments::Guard> guard;  // of an operator's own network nothing is known
  };

  Preparation preparation() const {
    Preparation wish{.confDir = config().string("conf_dir"),
                     .bridge = config().string("bridge"),
                     .subnet = config().string("subnet"),
                     .dataDir = config().dataDir(),
                     .iptables = config().string("iptables"),
                     .nft = config().string("nft"),
                     .notMasqueraded = config().list("not_masqueraded"),
                     .masquerade = config().boolean("masquerade"),
                     .sourceGuard = config().boolean("source_guard"),
                     .log = &log()};
    const std::string& clusterCidr = config().server().clusterCidr;
    if (!clusterCidr.empty()) wish.notMasqueraded.insert(wish.notMasqueraded.begin(), clusterCidr);
    if (wish.subnet.empty()) wish.subnet = clusterCidr.empty() ? "10.244.0.0/16" : clusterCidr;
    return wish;
  }

  // The operator's own network, or the default one with what it needs of the node.
  static Result<Prepared> prepareNode(const Preparation& wish) {
    CLEAT_TRY(makeFolders(wish.dataDir + "/attachments", 0700));
    if (!wish.confDir.empty()) {
      auto own = loadNetworkList(wish.confDir);
      if (own) return Prepared{std::move(*own), {}};
      if (!own.error().is(404)) return fail(own.error());
    }
    CLEAT_TRY(auto subnet, firstSubnet(wish.subnet));
    if (auto prepared = prepareKernel(); !prepared) wish.log->warn(prepared.error());
    if (wish.masquerade) {
      NodeRules rules{.iptables = wish.iptables, .subnet = subnet, .notMasqueraded = wish.notMasqueraded};
      CLEAT_TRY(applyNodeRules(rules));
    }
    Prepared prepared;
    if (wish.sourceGuard) {
      prepared.guard = Attachments::Guard{SourceGuard(wish.nft), wish.bridge};
      CLEAT_TRY(prepared.guard->guard.ready());
    }
    DefaultNetwork network{.bridge = wish.bridge,
                           .subnet = subnet,
                           .allocations = wish.dataDir + "/allocations",
                           .mtu = defaultRouteMtu()};
    wish.log->info("pods get addresses of ", subnet, " on the bridge ", network.bridge);
    prepared.list = defaultNetworkList(network);
    return prepared;
  }

  Task<Result<void>> status(Call<role::NetworkStatus>& call) override {
    auto look = [attachments = attachments_.get()] { return attachments->ready(); };
    Result<void> ready = co_await context().blocking(look);
    call.results().setReady(bool(ready));
    if (!ready) {
      call.results().setReason("NetworkPluginNotReady");
      call.results().setMessage(ready.error().message);
    }
    co_return Result<void>();
  }

  Task<Result<void>> setup(role::NetworkParams::Reader params, Call<role::SetupResults>& call) override {
    Sandbox sandbox = sandboxOf(params);
    auto turn = co_await locks_.lock(sandbox.id);
    auto connect = [attachments = attachments_.get(), sandbox] { return attachments->connect(sandbox); };
    CLEAT_CO_TRY(std::vector<std::string> addresses, co_await context().blocking(connect));
    auto list = call.results().initAddresses(unsigned(addresses.size()));
    for (unsigned i = 0; i < list.size(); ++i) list.set(i, addresses[i]);
    co_return Result<void>();
  }

  Task<Result<void>> teardown(role::NetworkParams::Reader params, Call<void>&) override {
    return disconnect(sandboxOf(params));
  }

  Task<Result<void>> disconnect(Sandbox sandbox) {
    auto turn = co_await locks_.lock(sandbox.id);
    auto work = [attachments = attachments_.get(), sandbox] { return attachments->disconnect(sandbox); };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> collect(role::CollectParams::Reader params, Call<void>&) override {
    const std::vector<std::string> kept = strings(params.getSandboxIds());
    auto look = [attachments = attachments_.get()] { return attachments->sandboxIds(); };
    CLEAT_CO_TRY(std::vector<std::string> known, co_await context().blocking(look));
    std::set<std::string> keep(kept.begin(), kept.end());
    Result<void> result;
    for (const std::string& id : known) {
      if (keep.contains(id)) continue;
      Sandbox lost{.id = id};
      Result<void> done = co_await disconnect(lost);
      if (done)
        log().info("released what was held for sandbox ", id);
      else
        result = done;
    }
    co_return result;
  }

  std::unique_ptr<Attachments> attachments_;
  KeyedLock locks_{context()};
};

}  // namespace
}  // namespace cleat::network

CLEAT_PLUGIN(cleat::network::NetworkCni, .name = "network-cni", .version = "0.1.0", .maturity = "beta",
             .roles = "network",
             .configSchema =
                 "conf_dir string \"\" # folder with CNI configurations; without one there, the default network\n"
                 "bin_dirs list [\"/opt/cni/bin\", \"/usr/lib/cni\"] # where CNI plugins are installed\n"
                 "bridge string cleat0 # the default network's bridge\n"
                 "subnet string \"\" # this node's pods; the first /24 of the cluster's network\n"
                 "masquerade bool true # give what leaves the cluster the node's address\n"
                 "not_masqueraded list [] # further networks that see the pods' own addresses\n"
                 "source_guard bool true # the default network: what leaves a pod bears the pod's own addresses\n"
                 "nft string /usr/sbin/nft # for source_guard\n"
                 "iptables string /usr/sbin/iptables # with iptables-restore beside it\n"
                 "timeout duration 30s # how long a CNI plugin may take\n");
CLEAT_BRINGS(cleat::role::network);
