// PluginHost: loads plugins, puts them into roles, keeps them running and replaces them. Everything that the core asks
// of a plugin goes through it (gate::Roles), and everything that a plugin asks of the cluster.
//
//   PluginHost host(executor, kinds, options);
//   host.setCluster(gate);
//   auto loaded = co_await host.load({.name = "authz-rbac", .file = "/usr/lib/cleat/plugins/authz-rbac.so"});
//   …
//   co_await host.stop();        // before it is destroyed
//
// Thread-safe. The order in which plugins are loaded is the order of each role's chain unless the options say another,
// and they are stopped in the reverse order. A chain has its plugins from the moment that their loading begins: until
// one is ready, what needs it fails.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "core/bus/cluster.h"
#include "core/gate/plugin_roles.h"
#include "core/host/host_services.h"
#include "core/host/isolation/confinement.h"
#include "core/host/link.h"
#include "core/host/loading/settings.h"
#include "core/object/catalogue.h"

namespace cleat::host {

struct PluginSpec {
  std::string name;  // must be the manifest's
  std::string file;
  bool isolated = false;
  std::vector<base::PluginSetting> settings;
  // Nothing: its file need not be signed. Otherwise by one of these public keys.
  std::optional<std::vector<std::string>> signedBy = {};
  bool privateCopy = false;  // of one in this process: nobody who writes into its file changes code that runs
  std::vector<std::string> roles = {};                  // which of its roles it is to fill; empty: all of them
  std::optional<Confinement> confinement = {};          // of an isolated one; nothing: its process may do what ours may
  std::optional<std::vector<std::string>> grants = {};  // what is left of those that it asks for; nothing: all
};

// Something that happened to a plugin and that whoever operates it should know.
struct PluginNotice {
  std::string plugin, reason, message;  // "frobnicator", "Crashed", "its process …"
  bool warning = true;
};

// How a plugin is asked that fills a role where it decides whether a request goes on, and others are asked after it.
struct AskPolicy {
  // It fails, or does not answer in time: it has said nothing, and the next is asked. Otherwise an authorizer's failure
  // refuses the request (as without a policy), and an authenticator's too (without a policy the next is asked).
  bool isPassedOver = false;
  std::chrono::nanoseconds timeout{0};  // 0: the one of all
};
// By role ("authenticator", "authorizer") and plugin.
using AskPolicies = std::map<std::string, std::map<std::string, AskPolicy, std::less<>>, std::less<>>;

struct HostOptions {
  std::string dataDir;  // each plugin gets the folder dataDir/NAME
  Installation installation;
  std::string program = "/proc/self/exe";  // what `host` is a command of: runs isolated plugins
  HostLimits limits;
  base::Metrics* metrics = nullptr;                        // null: the host keeps its own
  std::function<void(const PluginNotice& notice)> notice;  // called on any thread, with no lock held
  // By role, the order in which those that fill it are asked, behind those that are not named here.
  std::map<std::string, std::vector<std::string>, std::less<>> chains;
  AskPolicies askPolicies;
  // A failure that a policy has passed over. Called on any thread, with no lock held.
  std::function<void(const std::string& plugin, const std::string& why)> passedOver;
};

struct PluginHealth {
  std::string name, version, maturity, file, grants;
  std::vector<std::string> roles;
  bool isolated = false;
  std::string state;    // "starting", "running", "stuck", "restarting", "stopped"
  std::string message;  // why, where it is not running; otherwise what it says of itself
  uint32_t restarts = 0;
  int processId = 0;  // of an isolated one that runs
  uint64_t residentBytes = 0;
  bool confined = false;
  std::string lacks;  // what of its confinement it has not got
  bool healthy() const { return state == "running"; }
};

// Who acts when a plugin does: "system:plugin:NAME".
bus::User identityOf(const std::string& plugin);

class PluginHost final : public gate::Roles {
 public:
  PluginHost(base::Executor& executor, object::KindRegistry& kinds, HostOptions options);
  ~PluginHost() override;

  // Before the first plugin is loaded.
  void setCluster(bus::Cluster& cluster);
  // Lets kinds plugins bring kinds while they run; `adopt` is called after each offer. Before the first plugin is
  // loaded. Without it offers are refused.
  void allowOffers(std::function<Result<void>()> adopt);

  // Loads a plugin, starts it and waits until it is ready and its kinds and interests are known. All or nothing.
  Task<Result<void>> load(PluginSpec spec);
  // The same as the program starts: one that does not start is kept, so that what needs it fails, and is tried again,
  // ever more seldom; so is one whose file is none, or not signed, at present. The error is what is wrong with
  // its settings.
  Task<Result<void>> loadOrRetry(PluginSpec spec);
  // Takes a plugin out of its roles and its kinds out of the catalogue, lets it finish its calls and stops it. What is
  // stored of its kinds stays on the disk.
  Task<Result<void>> unload(std::string name);
  // Starts the same plugin from another file beside the running one, moves its roles over when it is ready, lets the
  // old one finish its calls and stops it. When the new one fails to start, the old one goes on as if nothing had been.
  // The new one writes nothing before the old one has ended: two of them never act at once. One that asks to be allowed
  // more than the one before is refused, with the list, unless that is given.
  enum class NewGrants { refused, given };
  Task<Result<void>> swap(PluginSpec spec, NewGrants grants);
  Task<Result<void>> swap(std::string name, std::string file);
  // How a loaded plugin is run.
  std::optional<PluginSpec> specOf(std::string_view name) const;
  // The order of the chains from now on (HostOptions::chains).
  void setChains(std::map<std::string, std::vector<std::string>, std::less<>> chains);
  void setAskPolicies(AskPolicies policies);
  // Until they have stopped and what they had asked of the cluster has been answered, so that it may go then. What
  // takes seconds is not waited for.
  Task<void> stop();

  // gate::Roles.
  std::vector<std::string> chain(std::string_view role) const override;
  Ref<const Message> interests(const std::string& plugin) const override;
  uint64_t generation() const override;
  Task<RoleAnswer> call(std::string_view plugin, RoleCall call) override;

  // Whichever plugin fills the interface's role; of the authenticators and authorizers the whole chain.
  Task<RoleAnswer> callRole(RoleCall call);

  // What operators see of a plugin in its health until it says something itself; empty: nothing.
  void setReport(const std::string& plugin, std::string message);
  // In the order of loading.
  std::vector<PluginHealth> health() const;
  // Where the executor's clock is moved by hand: sets those of the plugins' processes to it, and waits until none has
  // anything left to do then; for so long at most. The names are of those that have.
  struct AllAtRest {
    AtRest all;
    std::vector<std::string> restless;
  };
  AllAtRest setClocks(std::chrono::nanoseconds most);
  // Brings the metrics up to date that are measured, not counted.
  void measure() const;
  // What plugins count of themselves, as text to stand behind that one.
  std::string publishedMetrics(std::string_view before) const;

 private:
  struct Entry;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cleat::host
