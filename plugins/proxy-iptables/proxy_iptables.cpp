// Makes services reachable with netfilter rules.
#include <cleat/sdk/informer.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/signal.h>

#include <algorithm>
#include <fstream>

#include "proxy-common/service_table.h"
#include "rules.h"

using namespace cleat;
using namespace cleat::proxy;

namespace {

constexpr const char* kIptables = "/usr/sbin/iptables";
constexpr const char* kRestore = "/usr/sbin/iptables-restore";
constexpr const char* kConntrack = "/usr/sbin/conntrack";

void writeSetting(const char* path, const char* value) {
  std::ofstream out(path);
  out << value;
}

// Bridged packets pass the rules too, and node ports answer at 127.0.0.1.
void prepareKernel() {
  writeSetting("/proc/sys/net/ipv4/ip_forward", "1");
  writeSetting("/proc/sys/net/ipv4/conf/all/route_localnet", "1");
  writeSetting("/proc/sys/net/bridge/bridge-nf-call-iptables", "1");
}

Result<void> runOrFail(std::vector<std::string> argv, std::string_view input = {}) {
  Command command;
  command.argv = std::move(argv);
  RunOptions options;
  options.input = input;
  Result<Output> output = run(command, options);
  if (!output) return fail(output.error());
  if (output->succeeded()) return {};
  return fail(Status::internal(concat(command.argv[0], " failed: ", output->standardError)));
}

bool succeeds(std::vector<std::string> argv) { return runOrFail(std::move(argv)).has_value(); }

Result<void> ensureJumps() {
  for (const Jump& jump : jumps()) {
    auto argv = [&](const char* verb) {
      std::vector<std::string> words = {kIptables, "-w", "10", "-t", jump.table, verb, jump.chain};
      words.insert(words.end(), jump.rule.begin(), jump.rule.end());
      return words;
    };
    if (succeeds(argv("-C"))) continue;
    Result<void> added = runOrFail(argv(jump.first ? "-I" : "-A"));
    if (!added) return added;
  }
  return {};
}

// The service and endpoint chains that are there now, whoever of us made them.
std::vector<std::string> chainsInKernel() {
  Command command;
  command.argv = {kIptables, "-w", "10", "-t", "nat", "-S"};
  Result<Output> output = run(command);
  std::vector<std::string> chains;
  if (!output || !output->succeeded()) return chains;
  size_t begin = 0;
  const std::string& text = output->standardOutput;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line(text.data() + begin, end - begin);
    for (const char* prefix : {"-N KUBE-SVC-", "-N KUBE-SVL-", "-N KUBE-EXT-", "-N KUBE-SEP-"}) {
      if (line.starts_with(prefix)) chains.emplace_back(line.substr(3));
    }
    begin = end + 1;
  }
  return chains;
}

class IptablesProxy : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    options_.clusterCidr = config().server().clusterCidr;
    interval_ = config().duration("min_sync_interval");
    addServiceIndex(slices_);
    services_.onChange([this](const auto&, const auto&) { changed(); });
    slices_.onChange([this](const auto&, const auto&) { changed(); });
    auto prepare = [] {
      prepareKernel();
      return chainsInKernel();
    };
    chains_ = co_await context().blocking(prepare);
    co_await services_.waitSynced();
    co_await slices_.waitSynced();
    Result<void> first = co_await sync();
    if (!first) co_return first;
    ready_ = true;
    changed();
    co_return Result<void>();
  }

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
      const Instant began = context().now();
      Result<void> done = co_await sync();
      if (!done) {
        log().error("cannot write the rules: ", done.error().message);
        dirty_ = true;
        co_await context().sleep(std::chrono::seconds(5));
        continue;
      }
      const Duration took = context().now() - began;
      if (took < interval_) co_await context().sleep(interval_ - took);
    }
    syncing_ = false;
  }

  Task<Result<void>> sync() {
    std::vector<ServicePort> table = makeServiceTable(services_, slices_, config().nodeName());
    if (written_ && table == table_) co_return Result<void>();
    std::vector<std::string> chains = serviceChains(table);
    std::vector<std::string> stale;
    for (const std::string& chain : chains_) {
      if (std::ranges::find(chains, chain) == chains.end()) stale.push_back(chain);
    }
    const std::string rules = makeRules(table, options_, stale);
    const std::vector<std::string> flush = lostUdp(table);
    const bool first = !written_;
    auto apply = [rules, flush, first]() -> Result<void> {
      Result<void> loaded = runOrFail({kRestore, "-w", "10", "--noflush"}, rules);
      if (loaded && first) loaded = ensureJumps();
      // UDP has no end of a connection: what netfilter remembers of a gone endpoint must be forgotten by hand.
      for (const std::string& address : flush) succeeds({kConntrack, "-D", "-p", "udp", "--dst-nat", address});
      return loaded;
    };
    Result<void> done = co_await context().blocking(apply);
    if (!done) co_return done;
    chains_ = std::move(chains);
    table_ = std::move(table);
    written_ = true;
    co_return Result<void>();
  }

  // Addresses that were a UDP endpoint and are none any more.
  std::vector<std::string> lostUdp(const std::vector<ServicePort>& next) const {
    auto addresses = [](const std::vector<ServicePort>& table) {
      std::vector<std::string> list;
      for (const ServicePort& service : table) {
        for (const Endpoint& endpoint : service.endpoints) {
          if (service.protocol == "udp") list.push_back(endpoint.address);
        }
      }
      std::ranges::sort(list);
      return list;
    };
    const std::vector<std::string> before = addresses(table_), after = addresses(next);
    std::vector<std::string> lost;
    std::ranges::set_difference(before, after, std::back_inserter(lost));
    return lost;
  }

  RuleOptions options_;
  Duration interval_{};
  bool dirty_ = false, syncing_ = false, ready_ = false, written_ = false;
  std::vector<ServicePort> table_;
  std::vector<std::string> chains_;
  Informer<Service> services_{context()};
  Informer<EndpointSlice> slices_{context()};
};

}  // namespace

CLEAT_PLUGIN(IptablesProxy, .name = "proxy-iptables", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
             .grants = "- services get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
             .configSchema = "min_sync_interval duration 100ms # changes that come closer together are written together\n");
