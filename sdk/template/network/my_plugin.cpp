// Connects pods by a wire each: a veth pair between the pod and the node, and a route to the pod's address. Pods of one
// node reach each other through the node, which forwards; other nodes are for somebody else.
#include <cleat/schema/role/network.interface.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <map>
#include <set>
#include <sstream>

namespace {

using namespace cleat;

class MyPlugin : public NetworkPlugin {
 public:
  using NetworkPlugin::NetworkPlugin;

  // What was given out before a restart is known again: pods outlive this process.
  Task<Result<void>> start() override {
    file_ = config().dataDir() + "/addresses";
    CLEAT_CO_TRY(makeFolders(config().dataDir()));
    std::istringstream given(readFile(file_).value_or(""));
    std::string sandbox;
    for (int host = 0; given >> sandbox >> host;) hosts_[sandbox] = host;
    co_return Result<void>();
  }

  Task<Result<void>> status(Call<role::NetworkStatus>& call) override {
    call.results().setReady(true);
    co_return Result<void>();
  }

  // Asked again for the same sandbox it gives the same address.
  Task<Result<void>> setup(role::NetworkParams::Reader params, Call<role::SetupResults>& call) override {
    const std::string sandbox = str(params.getSandboxId()), space = str(params.getNamespacePath());
    CLEAT_CO_TRY(const int host, take(sandbox));
    auto work = [this, host, space] { return wire(host, space); };
    auto wiring = context().blocking(std::move(work));
    CLEAT_CO_TRY(co_await std::move(wiring));
    call.results().initAddresses(1).set(0, addressOf(host));
    co_return Result<void>();
  }

  Task<Result<void>> teardown(role::NetworkParams::Reader params, Call<void>&) override {
    auto gone = release(str(params.getSandboxId()));
    co_return co_await std::move(gone);
  }

  Task<Result<void>> collect(role::CollectParams::Reader params, Call<void>&) override {
    std::set<std::string> known;
    for (auto id : params.getSandboxIds()) known.insert(str(id));
    std::vector<std::string> lost;
    for (const auto& [sandbox, host] : hosts_) {
      if (!known.contains(sandbox)) lost.push_back(sandbox);
    }
    for (const std::string& sandbox : lost) {
      auto gone = release(sandbox);
      CLEAT_CO_TRY(co_await std::move(gone));
    }
    co_return Result<void>();
  }

 private:
  std::string addressOf(int host) const { return concat(config().string("prefix"), ".", host); }
  static std::string linkOf(int host) { return concat("wire", host); }

  Result<int> take(const std::string& sandbox) {
    if (auto had = hosts_.find(sandbox); had != hosts_.end()) return had->second;
    std::set<int> taken;
    for (const auto& [other, host] : hosts_) taken.insert(host);
    int host = 2;  // 1 is the node
    while (taken.contains(host)) ++host;
    if (host > 254) return fail(Status::internal("all addresses of " + config().string("prefix") + " are taken"));
    hosts_[sandbox] = host;
    CLEAT_TRY(save());
    return host;
  }

  // Takes time, and so runs outside the strand: it touches nothing of this object but the settings.
  Result<void> wire(int host, const std::string& space) const {
    const std::string address = addressOf(host) + "/32", link = linkOf(host), node = addressOf(1);
    const std::string inside = "--net=" + space;
    if (ip({"link", "show", link})) return {};
    CLEAT_TRY(ip({"link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space}));
    CLEAT_TRY(ip({"addr", "add", node + "/32", "dev", link}));
    CLEAT_TRY(ip({"link", "set", link, "up"}));
    CLEAT_TRY(ip({"route", "add", address, "dev", link}));
    CLEAT_TRY(ipInside(inside, {"addr", "add", address, "dev", "eth0"}));
    CLEAT_TRY(ipInside(inside, {"link", "set", "lo", "up"}));
    CLEAT_TRY(ipInside(inside, {"link", "set", "eth0", "up"}));
    CLEAT_TRY(ipInside(inside, {"route", "add", node, "dev", "eth0"}));
    return ipInside(inside, {"route", "add", "default", "via", node});
  }

  Task<Result<void>> release(std::string sandbox) {
    const auto had = hosts_.find(sandbox);
    if (had == hosts_.end()) co_return Result<void>();
    const std::string link = linkOf(had->second);
    // The pod's end may have gone with its namespace, and the wire with it.
    auto work = [this, link] { return !ip({"link", "show", link}) ? Result<void>() : ip({"link", "del", link}); };
    auto cutting = context().blocking(std::move(work));
    CLEAT_CO_TRY(co_await std::move(cutting));
    // Nobody gets its address before.
    hosts_.erase(sandbox);
    co_return save();
  }

  Result<void> save() const {
    std::string text;
    for (const auto& [sandbox, host] : hosts_) text += concat(sandbox, " ", host, "\n");
    return writeFile(file_, text);
  }

  Result<void> ip(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), config().string("ip"));
    return checked(std::move(arguments));
  }
  Result<void> ipInside(const std::string& where, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {config().string("nsenter"), where, config().string("ip")});
    return checked(std::move(arguments));
  }
  static Result<void> checked(std::vector<std::string> argv) {
    CLEAT_TRY(Output output, run({.argv = argv}, {.timeoutMs = 5000}));
    if (output.succeeded()) return {};
    return fail(Status::internal(concat(argv[0], " ", argv[1], " failed: ", output.standardError)));
  }

  std::string file_;
  std::map<std::string, int> hosts_;  // by sandbox: the last part of its address
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "network",
             .configSchema =
                 "prefix string 10.250.0 # pods of this node get PREFIX.2 to PREFIX.254\n"
                 "ip string /usr/sbin/ip # the program that sets links and routes\n"
                 "nsenter string /usr/bin/nsenter # the one that runs it in a pod's namespace\n");
// The host knows by this what the role can be asked, as no other plugin that fills it need be there.
CLEAT_BRINGS(cleat::role::network);
