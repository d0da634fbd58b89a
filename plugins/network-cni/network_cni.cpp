// The role `network` by CNI plugins. See README.md for the settings.
#include "attachments.h"
#include "gateway_bridge.h"
#include "node_rules.h"

#include <cleat/schema/role/network.interface.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/service_ranges.h>

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

constexpr std::chrono::milliseconds kLookAgain{300};

class NetworkCni : public NetworkPlugin {
 public:
  using NetworkPlugin::NetworkPlugin;

  Task<Result<void>> start() override {
    if (geteuid() != 0) co_return fail(Status::forbidden("network-cni needs root: it makes interfaces and routes"));
    Preparation wish = preparation();
    const bool isSet = !wish.subnets.empty();
    // What the node was given before, also while the server cannot be asked.
    if (!isSet) wish.subnets = readFile(rangeFile()).value_or("");
    auto prepared = prepare(wish);
    CLEAT_CO_TRY(co_await std::move(prepared));
    if (!isSet && needsRange_) spawn(followRange(std::move(wish)));
    co_return Result<void>();
  }

 private:
  // What `prepareNode` needs to know, on another thread than the strand.
  struct Preparation {
    std::string confDir, bridge, subnets, dataDir, iptables, ip6tables, nft;
    std::vector<std::string> notMasqueraded;
    bool masquerade = true, sourceGuard = true;
    const Log* log = nullptr;
  };
  struct Prepared {
    NetworkList list;
    std::optional<Attachments::Guard> guard;  // of an operator's own network nothing is known
    bool isOwn = false;                       // an operator's
  };

  Preparation preparation() const {
    Preparation wish{.confDir = config().string("conf_dir"),
                     .bridge = config().string("bridge"),
                     .subnets = config().string("subnet"),
                     .dataDir = config().dataDir(),
                     .iptables = config().string("iptables"),
                     .ip6tables = config().string("ip6tables"),
                     .nft = config().string("nft"),
                     .notMasqueraded = config().list("not_masqueraded"),
                     .masquerade = config().boolean("masquerade"),
                     .sourceGuard = config().boolean("source_guard"),
                     .log = &log()};
    for (std::string_view pods : podRanges(config().server().clusterCidr)) wish.notMasqueraded.push_back(str(pods));
    return wish;
  }

  std::string rangeFile() const { return config().dataDir() + "/subnet"; }

  // Afterwards pods can be connected, unless the default network has no range yet.
  Task<Result<void>> prepare(Preparation wish) {
    auto work = [wish] { return prepareNode(wish); };
    CLEAT_CO_TRY(std::optional<Prepared> prepared, co_await context().blocking(work));
    needsRange_ = !prepared || !prepared->isOwn;
    if (!prepared) co_return Result<void>();
    int timeoutMs = int(std::chrono::ceil<std::chrono::milliseconds>(config().duration("timeout")).count());
    PluginRunner runner(config().list("bin_dirs"), timeoutMs);
    attachments_ = std::make_shared<Attachments>(std::move(prepared->list), std::move(runner),
                                                 config().dataDir() + "/attachments", std::move(prepared->guard));
    co_return Result<void>();
  }

  // Waits until the node has a part of the cluster's network (spec.podCIDR), and makes the default network of it. One
  // that it had before and has pods in stays what it is.
  Task<void> followRange(Preparation wish) {
    const std::string before = wish.subnets;
    for (;;) {
      const std::string range = co_await ownRange();
      if (!range.empty() && range == before) co_return;
      const bool hasPods = attachments_ && co_await hasAttachments();
      if (!range.empty() && !before.empty() && hasPods) {
        context().report(concat("pods have addresses of ", before, ", and the node was given ", range,
                                ": start it again when it has no pods"));
        co_return;
      }
      if (!range.empty()) {
        wish.subnets = range;
        auto prepared = prepare(wish);
        Result<void> done = co_await std::move(prepared);
        if (done) done = writeFile(rangeFile(), range, 0644);
        context().report(done ? std::string() : done.error().message);
        if (done) co_return;
      }
      co_await context().sleep(kLookAgain);
    }
  }

  Task<bool> hasAttachments() {
    auto look = [attachments = attachments_] { return attachments->sandboxIds(); };
    Result<std::vector<std::string>> sandboxes = co_await context().blocking(look);
    co_return !sandboxes || !sandboxes->empty();
  }

  // The first one of each family, in the node's order: "10.244.0.0/24,fd00:10:244::/64". Empty: there is none, or it
  // cannot be told.
  Task<std::string> ownRange() {
    const std::string name = config().nodeName();
    Result<Object<core_v1::Node>> node = co_await client_.get<core_v1::Node>(name);
    if (!node) co_return std::string();
    std::vector<std::string> ranges;
    for (auto text : (*node)->getSpec().getPodCIDRs()) {
      const std::string range = str(text);
      auto alike = [&](const std::string& one) { return isIpv6(one) == isIpv6(range); };
      if (std::ranges::none_of(ranges, alike)) ranges.push_back(range);
    }
    co_return joined(ranges, ",");
  }

  std::unexpected<Status> notYet() const {
    return fail(
        Status::unavailable(concat("the node ", config().nodeName(),
                                   " has no podCIDR yet: controller-node-ipam gives it one, or the setting subnet "
                                   "of network-cni says which addresses its pods have")));
  }

  // The operator's own network, or the default one with what it needs of the node; nothing while it has no range.
  static Result<std::optional<Prepared>> prepareNode(const Preparation& wish) {
    CLEAT_TRY(makeFolders(wish.dataDir + "/attachments", 0700));
    if (!wish.confDir.empty()) {
      auto own = loadNetworkList(wish.confDir);
      if (own) return Prepared{.list = std::move(*own), .guard = {}, .isOwn = true};
      if (!own.error().is(404)) return fail(own.error());
    }
    if (wish.subnets.empty()) return std::optional<Prepared>();
    CLEAT_TRY(std::vector<std::string> subnets, firstSubnets(wish.subnets));
    for (const std::string& subnet : subnets) {
      CLEAT_TRY(prepareFamily(wish, subnet));
    }
    Prepared prepared;
    if (wish.sourceGuard) {
      prepared.guard = Attachments::Guard{SourceGuard(wish.nft), wish.bridge};
      CLEAT_TRY(prepared.guard->guard.ready());
    }
    DefaultNetwork network{.bridge = wish.bridge,
                           .subnets = subnets,
                           .allocations = wish.dataDir + "/allocations",
                           .mtu = defaultRouteMtu()};
    wish.log->info("pods get addresses of ", joined(subnets, " and "), " on the bridge ", network.bridge);
    prepared.list = defaultNetworkList(network);
    return prepared;
  }

  static Result<void> prepareFamily(const Preparation& wish, const std::string& subnet) {
    const Family family = isIpv6(subnet) ? Family::ipv6 : Family::ipv4;
    if (auto prepared = prepareKernel(family); !prepared) wish.log->warn(prepared.error());
    if (family == Family::ipv6) {
      if (auto made = makeGatewayBridge(wish.bridge); !made) wish.log->warn(made.error());
    }
    if (!wish.masquerade) return {};
    return applyNodeRules({.iptables = family == Family::ipv6 ? wish.ip6tables : wish.iptables,
                           .subnet = subnet,
                           .notMasqueraded = wish.notMasqueraded});
  }

  Task<Result<void>> status(Call<role::NetworkStatus>& call) override {
    Result<void> ready = notYet();
    if (attachments_) {
      auto look = [attachments = attachments_] { return attachments->ready(); };
      ready = co_await context().blocking(look);
    }
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
    if (!attachments_) co_return notYet();
    auto connect = [attachments = attachments_, sandbox] { return attachments->connect(sandbox); };
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
    // Nothing was connected.
    if (!attachments_) co_return Result<void>();
    auto work = [attachments = attachments_, sandbox] { return attachments->disconnect(sandbox); };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> collect(role::CollectParams::Reader params, Call<void>&) override {
    const std::vector<std::string> kept = strings(params.getSandboxIds());
    if (!attachments_) co_return Result<void>();
    auto look = [attachments = attachments_] { return attachments->sandboxIds(); };
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

  // Null while the default network has no range. Work under way keeps the one it began with.
  std::shared_ptr<Attachments> attachments_;
  bool needsRange_ = false;
  Client client_{context()};
  KeyedLock locks_{context()};
};

}  // namespace
}  // namespace cleat::network

CLEAT_PLUGIN(cleat::network::NetworkCni, .name = "network-cni", .version = "0.1.0", .maturity = "beta",
             .roles = "network", .grants = "- nodes get\n",
             .configSchema =
                 "conf_dir string \"\" # folder with CNI configurations; without one there, the default network\n"
                 "bin_dirs list [\"/opt/cni/bin\", \"/usr/lib/cni\"] # where CNI plugins are installed\n"
                 "bridge string cleat0 # the default network's bridge\n"
                 "subnet string \"\" # this node's pods, one network or one of each family; empty: its spec.podCIDRs\n"
                 "masquerade bool true # give what leaves the cluster the node's address\n"
                 "not_masqueraded list [] # further networks that see the pods' own addresses\n"
                 "source_guard bool true # the default network: what leaves a pod bears the pod's own addresses\n"
                 "nft string /usr/sbin/nft # for source_guard\n"
                 "iptables string /usr/sbin/iptables # with iptables-restore beside it\n"
                 "ip6tables string /usr/sbin/ip6tables # with ip6tables-restore beside it\n"
                 "timeout duration 30s # how long a CNI plugin may take\n");
CLEAT_BRINGS(cleat::role::network);
