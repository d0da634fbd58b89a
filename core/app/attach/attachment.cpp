#include "core/app/attach/attachment.h"

#include <cleat/sdk/text.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <map>
#include <thread>

#include "core/app/attach/attached_plugin.h"
#include "core/app/attach/credential_renewal.h"
#include "core/app/attach/probe_server.h"
#include "core/app/attach/rights.h"
#include "core/app/attach/server_access.h"
#include "core/app/installation.h"
#include "core/app/server_metrics.h"
#include "core/app/wait.h"
#include "core/base/log.h"
#include "core/base/process_metrics.h"
#include "core/bus/rest.h"
#include "core/host/loading/manifest.h"

namespace cleat::app {
namespace {

// Connections that are kept: a scheduler writes that many bindings at a time.
constexpr size_t kIdleConnections = 256;
// How long a server may take to be there when we begin; later on it may take as long as it likes.
constexpr auto kFirstContact = std::chrono::seconds(30);
constexpr auto kBetweenContacts = std::chrono::milliseconds(500);
// A plugin is ready when it knows all that there is, which may be a hundred thousand objects.
constexpr auto kMostStart = std::chrono::minutes(5);
constexpr size_t kLongestLease = 253;

// Roles whose work is watching and writing. The others answer calls of a server that they are loaded into.
bool worksFromOutside(const std::string& role) { return role == "controller" || role == "scheduler"; }

struct Chosen {
  host::PluginSpec spec;
  host::Manifest manifest;
};

Result<Chosen> choosePlugin(const base::Config& config, const std::string& named) {
  Chosen chosen;
  if (named.find('/') == std::string::npos && !named.ends_with(".so")) {
    chosen.spec = pluginSpec(config, named);
    CLEAT_TRY(chosen.manifest, host::readManifest(chosen.spec.file));
  } else {
    CLEAT_TRY(chosen.manifest, host::readManifest(named));
    chosen.spec = pluginSpec(config, chosen.manifest.name);
    chosen.spec.file = named;
  }
  for (const std::string& role : chosen.manifest.roles) {
    if (worksFromOutside(role)) continue;
    return fail(Status::badRequest(concat("plugin ", chosen.manifest.name, " fills the role ", role,
                                          ", which a server asks in its own process: only controllers and schedulers "
                                          "can be attached")));
  }
  CLEAT_TRY(host::checkSettings(chosen.manifest, chosen.spec.settings));
  return chosen;
}

Result<std::vector<Chosen>> choosePlugins(const AttachmentSettings& settings) {
  if (settings.plugins.empty()) return fail(Status::badRequest("--plugin: name at least one"));
  std::vector<Chosen> all;
  for (const std::string& named : settings.plugins) {
    CLEAT_TRY(Chosen chosen, choosePlugin(settings.config, named));
    for (const Chosen& other : all) {
      if (other.manifest.name != chosen.manifest.name) continue;
      return fail(Status::badRequest(concat("plugin ", chosen.manifest.name, " is named twice")));
    }
    all.push_back(std::move(chosen));
  }
  return all;
}

// By plugin; what is not said is "cleat-NAME".
Result<std::map<std::string, std::string>> leaseNames(const AttachmentSettings& settings,
                                                      const std::vector<Chosen>& plugins) {
  std::map<std::string, std::string> names;
  for (const Chosen& plugin : plugins) names[plugin.manifest.name] = "cleat-" + plugin.manifest.name;
  for (const std::string& given : settings.leaseNames) {
    const size_t sign = given.find('=');
    const std::string plugin = given.substr(0, sign);
    const std::string name = sign == std::string::npos ? "" : given.substr(sign + 1);
    if (name.empty() || name.size() > kLongestLease) {
      return fail(Status::badRequest(concat("--leader-elect-resource-name ", given, ": give it as PLUGIN=NAME")));
    }
    if (!names.contains(plugin)) {
      return fail(Status::badRequest(concat("--leader-elect-resource-name ", given, ": no --plugin is ", plugin)));
    }
    names[plugin] = name;
  }
  return names;
}

Result<void> checkTimes(const AttachmentSettings& settings) {
  if (!settings.elects) return {};
  auto refuse = [](const char* why) { return fail(Status::badRequest(why)); };
  if (settings.leaseDuration < std::chrono::seconds(1) ||
      settings.leaseDuration % std::chrono::seconds(1) != std::chrono::nanoseconds(0)) {
    return refuse("--leader-elect-lease-duration must be whole seconds");
  }
  if (settings.leaseDuration <= settings.renewDeadline) {
    return refuse("--leader-elect-lease-duration must be longer than --leader-elect-renew-deadline");
  }
  if (settings.retryPeriod <= std::chrono::nanoseconds(0) || settings.renewDeadline <= settings.retryPeriod * 6 / 5) {
    return refuse("--leader-elect-renew-deadline must be longer than 1.2 times --leader-elect-retry-period");
  }
  return {};
}

// The machine's name, and what no other process has.
std::string ownIdentity(base::Executor& executor) {
  uint64_t random = 0;
  executor.random(&random, sizeof random);
  std::array<char, 17> digits;
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(random));
  return concat(machineName(), "_", digits.data());
}

// Until the server has said who it is, so that what is wrong with the way to it is said at once and not by every watch.
Result<void> findServer(http::HttpClient& server, const ServerAccess& access) {
  const auto until = std::chrono::steady_clock::now() + kFirstContact;
  std::string told;
  while (true) {
    http::ClientRequest request;
    request.target = "/version";
    request.timeout = std::chrono::seconds(10);
    auto answer = wait(server.send(std::move(request)));
    if (answer && answer->head.status == 200) return {};
    if (answer && answer->head.status == 401) {
      return fail(Status::unauthorized(concat(access.url, " does not know the user ", inQuotes(access.user),
                                              " of the kubeconfig: ", bus::statusOf(*answer).message)));
    }
    // One that says that this user may not see its version is there all the same.
    if (answer && answer->head.status == 403) return {};
    const std::string why = answer ? bus::statusOf(*answer).message : answer.error().message;
    if (std::chrono::steady_clock::now() >= until) return fail(Status::unavailable(why));
    if (why != told) base::log(base::LogLevel::warn, "attach", concat(why, "; trying again"));
    told = why;
    std::this_thread::sleep_for(kBetweenContacts);
  }
}

Result<void> checkRights(std::shared_ptr<http::HttpClient> server, const ServerAccess& access, const Chosen& plugin,
                         const AttachmentSettings& settings) {
  std::vector<Right> needed = rightsIn(plugin.manifest.grants);
  if (settings.elects) {
    for (const char* verb : {"get", "create", "update"}) {
      needed.push_back({verb, "coordination.k8s.io", "leases", "", settings.leaseNamespace});
    }
  }
  CLEAT_TRY(std::vector<Right> missing, wait(missingRights(std::move(server), std::move(needed))));
  if (missing.empty()) return {};
  const std::string list = joined(missing, ", ", [](const Right& right) { return right.text(); });
  return fail(Status::forbidden(concat("the user ", inQuotes(access.user), " of the kubeconfig may not do what ",
                                       plugin.manifest.name, " needs: ", list)));
}

}  // namespace

struct Attachment::Parts {
  explicit Parts(base::AsioExecutor& e) : executor(e) {}

  base::AsioExecutor& executor;
  AttachmentSettings settings;
  ServerAccess access;
  base::Metrics metrics;
  object::KindRegistry kinds;
  std::shared_ptr<http::HttpsClient> client;
  std::shared_ptr<CredentialRenewal> renewal;
  std::unique_ptr<bus::MirrorCluster> mirror;
  std::unique_ptr<host::PluginHost> kindsHost;
  std::unique_ptr<AttachedPlugin::Surroundings> around;
  std::vector<std::shared_ptr<AttachedPlugin>> plugins;
  std::unique_ptr<ProbeServer> probes;
  bool stopped = false;

  host::HostOptions hostOptions() {
    host::HostOptions options;
    options.dataDir = settings.dataDir;
    options.metrics = &metrics;
    options.limits.start = kMostStart;
    host::Installation& installation = options.installation;
    installation.url = access.url;
    installation.caFile = access.caFile;
    installation.serviceCidr = settings.config.server.serviceCidr;
    installation.clusterCidr = settings.config.server.clusterCidr;
    installation.nodePortRange = settings.config.server.nodePortRange;
    installation.clusterDomain = settings.config.server.clusterDomain;
    installation.address = machineAddress(settings.config.server.serviceCidr);
    installation.agentPort = settings.config.agent.port;
    return options;
  }

  Result<void> connect() {
    http::HttpClientOptions options = access.clientOptions();
    options.idleConnections = kIdleConnections;
    CLEAT_TRY(auto made, http::makeHttpsClient(executor, std::move(options)));
    client = std::move(made);
    if (!access.mayChange()) return {};
    renewal = std::make_shared<CredentialRenewal>(executor, access, client);
    renewal->begin();
    return {};
  }

  Result<void> loadKinds() {
    mirror = std::make_unique<bus::MirrorCluster>(executor, kinds, client);
    kindsHost = std::make_unique<host::PluginHost>(executor, kinds, hostOptions());
    kindsHost->setCluster(*mirror);
    for (const std::string& name : settings.config.kinds.enabled) {
      CLEAT_TRY(wait(kindsHost->load(pluginSpec(settings.config, name))));
    }
    return {};
  }

  void begin(const std::vector<Chosen>& chosen, const std::map<std::string, std::string>& names,
             std::function<void(const Status& why)> failed) {
    around.reset(
        new AttachedPlugin::Surroundings{executor, kinds, *mirror, client, metrics, hostOptions(), std::move(failed)});
    const std::string identity = ownIdentity(executor);
    for (const Chosen& plugin : chosen) {
      std::optional<LeaderLeaseOptions> lease;
      if (settings.elects) {
        lease = LeaderLeaseOptions{settings.leaseNamespace, names.at(plugin.manifest.name), identity,
                                   settings.leaseDuration,  settings.renewDeadline,         settings.retryPeriod};
      }
      plugins.push_back(std::make_shared<AttachedPlugin>(*around, plugin.spec, std::move(lease)));
    }
  }

  Result<void> serveProbes() {
    if (settings.listen.empty()) return {};
    ProbeServer::Sources sources;
    sources.checks = [this] {
      std::vector<api::HealthCheck> checks;
      for (const auto& plugin : plugins) checks.push_back(plugin->health());
      return checks;
    };
    sources.metrics = [this] { return metrics.text() + buildInfo() + base::processMetrics(); };
    CLEAT_TRY(auto started, ProbeServer::start(executor, settings.listen, std::move(sources)));
    probes = std::move(started);
    return {};
  }
};

Attachment::Attachment(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Attachment::~Attachment() { stop(); }
const std::string& Attachment::url() const { return parts_->access.url; }
const std::string& Attachment::user() const { return parts_->access.user; }

Result<std::unique_ptr<Attachment>> Attachment::start(base::AsioExecutor& executor, AttachmentSettings settings,
                                                      std::function<void(const Status& why)> failed) {
  CLEAT_TRY(checkTimes(settings));
  CLEAT_TRY(std::vector<Chosen> chosen, choosePlugins(settings));
  CLEAT_TRY(auto names, leaseNames(settings, chosen));
  auto attachment = std::unique_ptr<Attachment>(new Attachment(std::make_unique<Parts>(executor)));
  Parts& parts = *attachment->parts_;
  CLEAT_TRY(parts.access, readKubeconfig(settings.kubeconfig, settings.context));
  parts.settings = std::move(settings);
  CLEAT_TRY(makePrivateFolder(parts.settings.dataDir));
  CLEAT_TRY(parts.connect());
  CLEAT_TRY(findServer(*parts.client, parts.access));
  for (const Chosen& plugin : chosen) {
    CLEAT_TRY(checkRights(parts.client, parts.access, plugin, parts.settings));
  }
  CLEAT_TRY(parts.loadKinds());
  parts.begin(chosen, names, std::move(failed));
  CLEAT_TRY(parts.serveProbes());
  for (const auto& plugin : parts.plugins) plugin->begin();
  return attachment;
}

void Attachment::stop() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  for (const auto& plugin : parts_->plugins) wait(plugin->end());
  parts_->probes.reset();
  parts_->plugins.clear();
  if (parts_->kindsHost) wait(parts_->kindsHost->stop());
  if (parts_->renewal) parts_->renewal->stop();
}

}  // namespace cleat::app
