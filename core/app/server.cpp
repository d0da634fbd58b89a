#include "core/app/server.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/mutex.h>
#include <algorithm>
#include <filesystem>

#include "core/api/api_server.h"
#include "core/app/addon_keeper.h"
#include "core/app/admin_credentials.h"
#include "core/app/client_limits.h"
#include "core/app/control_socket.h"
#include "core/app/cooler.h"
#include "core/app/idle_settings.h"
#include "core/app/installation.h"
#include "core/app/kubeconfig.h"
#include "core/app/passed_requests.h"
#include "core/app/pki.h"
#include "core/app/plugin_notices.h"
#include "core/app/plugin_operations.h"
#include "core/app/plugin_plan.h"
#include "core/app/plugin_start.h"
#include "core/app/server_metrics.h"
#include "core/app/server_place.h"
#include "core/app/store_engine.h"
#include "core/app/store_times.h"
#include "core/app/test_clock.h"
#include "core/app/tokens.h"
#include "core/app/wait.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/base/process_metrics.h"
#include "core/bus/watch.h"
#include "core/gate/gate.h"
#include "core/host/plugin_host.h"
#include "core/store/directory_lock.h"
#include "core/store/encryption/encrypted_engine.h"
#include "core/store/store.h"

namespace cleat::app {
namespace {

constexpr const char* kServerCert = "server";
constexpr const char* kChain = "server-chain.crt";
constexpr const char* kAgentClient = "agent-client";
constexpr auto kStopGrace = std::chrono::seconds(5);
constexpr const char* kIssuer = "https://kubernetes.default.svc.";

// The facts that everything else is made from.
struct Facts {
  std::string dataDir, address, url, apiServiceAddress, domain;
  ListenAddress listen;
};

Result<Facts> gatherFacts(const ServerSettings& settings) {
  const base::Config& config = settings.config;
  Facts facts;
  facts.dataDir = settings.dataDir;
  CLEAT_TRY(auto listen, settings.listen.empty() ? parseListen(config.server.listen, "server.listen")
                                                 : parseListen(settings.listen, "--listen"));
  facts.listen = listen;
  facts.address = config.server.advertiseAddress;
  if (facts.address.empty()) {
    const bool any = facts.listen.address == "0.0.0.0" || facts.listen.address == "::";
    facts.address = any ? machineAddress(config.server.serviceCidr) : facts.listen.address;
  }
  // Nobody would reach it there: all addresses are then those of both families.
  if (isIpv6(facts.address) && facts.listen.address == "0.0.0.0") facts.listen.address = "::";
  facts.domain = config.server.clusterDomain;
  CLEAT_TRY(auto first, firstServiceAddress(config.server.serviceCidr));
  facts.apiServiceAddress = first;
  facts.url = "https://" + hostPort(facts.address, facts.listen.port);
  return facts;
}

Result<Pki> makeCertificates(const Facts& facts, const Given& given) {
  CLEAT_TRY(Pki pki, Pki::open(facts.dataDir + "/pki", given.isForTests ? Sync::no : Sync::yes));
  CertificateRequest server;
  server.commonName = "kube-apiserver";
  server.names = {facts.address,
                  "127.0.0.1",
                  "localhost",
                  machineName(),
                  "kubernetes",
                  "kubernetes.default",
                  "kubernetes.default.svc",
                  "kubernetes.default.svc." + facts.domain,
                  facts.apiServiceAddress};
  if (isIpv6(facts.address)) server.names.emplace_back("::1");
  CertificateRequest agentClient;
  agentClient.commonName = "kube-apiserver-kubelet-client";
  agentClient.organizations = {"system:masters"};
  Result<void> made = pki.ensure(kAgentClient, agentClient);
  if (made) made = pki.ensureSigningKey("sa");
  if (!given.certFile.empty()) return made ? Result<Pki>(pki) : fail(made.error());
  if (made) made = pki.ensure(kServerCert, server);
  CLEAT_TRY(made);
  // With the authority behind it: a node that joins knows the authority by its fingerprint alone.
  CLEAT_TRY(auto leaf, readFile(pki.file("server.crt")));
  CLEAT_TRY(auto authority, readFile(pki.caCertFile()));
  made = writeFile(pki.file(kChain), leaf + authority, 0644);
  CLEAT_TRY(made);
  return pki;
}

Result<std::string> ensureJoinToken(const Facts& facts, const Pki& pki) {
  const std::string file = facts.dataDir + "/node-token";
  if (std::filesystem::exists(file)) {
    CLEAT_TRY(auto token, readFile(file));
    while (!token.empty() && token.back() == '\n') token.pop_back();
    return token;
  }
  CLEAT_TRY(auto fingerprint, pki.caFingerprint());
  CLEAT_TRY(auto token, addJoinToken(pki.file("tokens.csv"), fingerprint));
  CLEAT_TRY(writeFile(file, token + "\n", 0600));
  return token;
}

Result<std::string> writeAdminKubeconfig(const Facts& facts, const Pki& pki) {
  auto authority = readFile(pki.caCertFile());
  auto cert = readFile(pki.file("admin.crt"));
  auto key = readFile(pki.file("admin.key"));
  if (!authority || !cert || !key) return fail(Status::internal("cannot read the administrator's certificate"));
  const std::string file = facts.dataDir + "/admin.kubeconfig";
  KubeconfigUser user;
  user.name = "kubernetes-admin";
  user.certPem = *cert;
  user.keyPem = *key;
  CLEAT_TRY(writeFile(file, makeKubeconfig(facts.url, *authority, user), 0600));
  return file;
}

host::HostOptions hostOptions(const Facts& facts, const base::Config& config, const Pki& pki, const Given& given,
                              base::Metrics& metrics) {
  host::HostOptions options;
  options.dataDir = facts.dataDir + "/plugins";
  options.metrics = &metrics;
  host::Installation& installation = options.installation;
  installation.url = facts.url;
  installation.caFile = pki.caCertFile();
  installation.pkiDir = pki.folder();
  installation.serviceCidr = config.server.serviceCidr;
  installation.clusterCidr = config.server.clusterCidr;
  installation.nodePortRange = config.server.nodePortRange;
  installation.clusterDomain = config.server.clusterDomain;
  installation.address = facts.address;
  installation.agentPort = config.agent.port;
  installation.serviceAccountIssuer =
      given.serviceAccountIssuer.empty() ? kIssuer + config.server.clusterDomain : given.serviceAccountIssuer;
  return options;
}

}  // namespace

// In the order in which they are made; they go in the opposite one.
struct Server::Parts {
  Parts(base::AsioExecutor& e, base::ManualTime* moved)
      : executor(e), time(moved ? static_cast<base::Executor&>(*moved) : e), movedTime(moved) {}

  base::AsioExecutor& executor;
  base::Executor& time;  // the cluster's: the same executor, or on a clock that a test moves
  base::ManualTime* const movedTime;
  Facts facts;
  base::Config config, wholeConfig;  // what safe mode leaves of it, and all of it
  ServerPlace place;
  PluginPlan plan;
  Given given;
  std::optional<Pki> pki;
  std::string kubeconfig, joinToken;
  http::ListeningSocket socket;  // until there is who serves at it
  base::Metrics metrics;
  object::KindRegistry kinds;
  std::shared_ptr<PluginNotices> notices;
  std::optional<store::DirectoryLock> storeLock;
  std::unique_ptr<EngineHost> engineHost;  // null: the store's engine is the built-in one
  std::unique_ptr<store::Store> store;
  std::unique_ptr<bus::Hub> hub;
  std::unique_ptr<host::PluginHost> host;
  std::unique_ptr<gate::Gate> gate;
  std::unique_ptr<api::ApiServer> api;
  std::unique_ptr<PluginOperations> operations;
  std::unique_ptr<TestClock> clock;  // null: nobody moves the time
  std::unique_ptr<ControlSocket> control;
  std::shared_ptr<Cooler> cooler;
  std::shared_ptr<AddonKeeper> addons;
  bool stopped = false;

  // What the configuration says that does not do what it seems to.
  void warn() const {
    for (const std::string& warning : plan.warnings) base::log(base::LogLevel::warn, "config", warning);
    for (const std::string& warning : idleInterests(config, *host, *kinds.latest())) {
      base::log(base::LogLevel::warn, "config", warning);
    }
  }

  Result<std::unique_ptr<store::Engine>> openEngine() {
    const auto durability = given.isForTests ? store::Durability::none : store::Durability::synced;
    const std::string folder = facts.dataDir + "/store";
    CLEAT_TRY(auto lock, store::DirectoryLock::take(folder));
    storeLock.emplace(std::move(lock));
    CLEAT_TRY(claimStore(folder, config.store.engine));
    if (!plan.engine) return store::openLockedSqliteEngine(folder, durability);
    host::HostOptions options;
    options.dataDir = facts.dataDir + "/plugins";
    options.metrics = &metrics;
    options.notice = [told = notices](const host::PluginNotice& notice) { told->note(notice); };
    CLEAT_TRY(engineHost, EngineHost::start(*plan.engine, std::move(options), kinds));
    return engineHost->open(durability);
  }

  Result<void> openStore() {
    notices = std::make_shared<PluginNotices>(time, metrics);
    CLEAT_TRY(auto engine, openEngine());
    if (const std::string& file = config.server.encryptionConfig; !file.empty()) {
      CLEAT_TRY(auto encryption, store::readEncryptionConfig(file));
      engine = store::makeEncryptedEngine(std::move(engine), std::move(encryption));
    }
    store::Options options;
    options.written = storeTimes(metrics);
    // Who waits for a plugin does it on the committer's thread alone.
    if (engineHost) options.commitHereBelow = std::chrono::nanoseconds(0);
    if (movedTime) {
      options.clock = [this] { return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(time.now())); };
    }
    CLEAT_TRY(auto opened, store::Store::open(kinds, std::move(engine), options));
    store = std::move(opened);
    hub = bus::Hub::make(*store);
    return {};
  }

  // The host of the plugins, and the gate that asks them.
  void makeGate() {
    host::HostOptions hosting = hostOptions(facts, config, *pki, given, metrics);
    hosting.chains = plan.chains;
    hosting.askPolicies = askPoliciesOf(config);
    auto passed = std::make_shared<PassedRequests>(time, metrics);
    hosting.passedOver = [passed](const std::string& plugin, const std::string& why) {
      passed->passedOver(plugin, why);
    };
    hosting.notice = [told = notices](const host::PluginNotice& notice) { told->note(notice); };
    host = std::make_unique<host::PluginHost>(time, kinds, std::move(hosting));
    gate = std::make_unique<gate::Gate>(time, kinds, *store, *hub, *host);
    gate->setAnonymous(config.authn.anonymous, config.authn.anonymousPaths);
    // Also of those that safe mode leaves out: they may be loaded later.
    gate->setAdmissionPolicies(gate::policiesOf(wholeConfig.admission),
                               [passed](const std::string& plugin, gate::Passed what, const std::string& why) {
                                 passed->note(plugin, what, why);
                               });
    gate->measureAdmission(metrics);
    host->setCluster(*gate);
    host->allowOffers([this] {
      Result<void> adopted = store->adoptKinds();
      hub->kindsChanged(*kinds.latest());
      return adopted;
    });
  }

  Result<void> loadKinds() {
    CLEAT_TRY(startPlugins(*host, plan.kinds));
    return store->adoptKinds();
  }

  Result<void> serve() {
    api::ServerOptions options;
    options.address = facts.listen.address;
    options.port = facts.listen.port;
    options.socket = std::move(socket);
    options.certFile = given.certFile.empty() ? pki->file(kChain) : given.certFile;
    options.keyFile = given.keyFile.empty() ? pki->file("server.key") : given.keyFile;
    options.clientCertFile = pki->file("agent-client.crt");
    options.clientKeyFile = pki->file("agent-client.key");
    options.health = [this] { return checks(); };
    options.metrics = [this] {
      metrics.gauge("cleat_unreadable_objects", "Stored objects that no kind can read.")
          .set(static_cast<int64_t>(store->unreadable()));
      host->measure();
      if (engineHost) engineHost->host().measure();
      const std::string own =
          metrics.text() + serverMetrics(*kinds.latest(), *store, facts.dataDir + "/store") + base::processMetrics();
      return own + host->publishedMetrics(own);
    };
    options.requestMetrics = &metrics;
    if (const std::string& policy = config.audit.policy; !policy.empty()) {
      CLEAT_TRY(auto read, api::readAuditPolicy(policy));
      options.audit.emplace(api::AuditOptions{std::move(read), config.audit.mode == "strict", &metrics});
    }
    options.advertiseAddress = facts.address + ":" + std::to_string(facts.listen.port);
    setClientLimits(config.server, options);
    CLEAT_TRY(auto made, api::ApiServer::make(executor, *gate, std::move(options)));
    api = std::move(made);
    return {};
  }

  std::vector<api::HealthCheck> checks() const {
    std::vector<api::HealthCheck> list(1);
    if (const std::string trouble = api ? api->auditTrouble() : std::string(); !trouble.empty()) {
      list.push_back({.name = "audit", .healthy = config.audit.mode != "strict", .message = trouble, .note = trouble});
    }
    list[0].name = "store";
    // Each of them is an error to who asks for it; the rest is served.
    list[0].note = noteOf(*store);
    std::vector<host::PluginHealth> plugins = host->health();
    if (engineHost) std::ranges::copy(engineHost->host().health(), std::back_inserter(plugins));
    for (const host::PluginHealth& plugin : plugins) {
      api::HealthCheck check;
      check.name = "plugin-" + plugin.name;
      check.healthy = plugin.healthy();
      check.message = plugin.state + (plugin.message.empty() ? "" : ": " + plugin.message);
      check.note = notices->lastOf(plugin.name);
      check.readyOnly = true;  // a plugin that is down may come back; the server itself is alive
      list.push_back(std::move(check));
    }
    return list;
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }
const std::string& Server::url() const { return parts_->facts.url; }
const std::string& Server::kubeconfig() const { return parts_->kubeconfig; }
const std::string& Server::joinToken() const { return parts_->joinToken; }

Result<std::unique_ptr<Server>> Server::start(base::AsioExecutor& executor, ServerSettings settings) {
  auto parts = std::make_unique<Parts>(executor, settings.time);
  CLEAT_TRY(Facts facts, gatherFacts(settings));
  parts->facts = facts;
  parts->config = settings.config;
  parts->wholeConfig = std::move(settings.config);
  if (settings.safeMode) CLEAT_TRY(parts->place.enterSafeMode(parts->config));
  CLEAT_TRY(parts->plan, planServer(parts->config));
  parts->given = std::move(settings.given);
  CLEAT_TRY(makePrivateFolder(parts->facts.dataDir));
  // First the lock on the data, so that a second server touches nothing.
  CLEAT_TRY(parts->openStore());
  CLEAT_TRY(parts->socket, http::ListeningSocket::at(parts->facts.listen.address, parts->facts.listen.port));
  CLEAT_TRY(Pki pki, makeCertificates(parts->facts, parts->given));
  parts->pki = pki;
  std::optional<AdminCredentials> admin;
  if (parts->given.certFile.empty()) {
    CLEAT_TRY(parts->joinToken, ensureJoinToken(parts->facts, pki));
    admin.emplace(executor, pki);
  }

  parts->makeGate();
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));
  Parts& p = *server->parts_;
  Result<void> done = p.loadKinds();
  if (done) done = startPluginsInTime(*p.host, p.plan.others);
  if (done) done = p.serve();
  CLEAT_TRY(done);
  p.notices->begin(*p.host);
  p.warn();
  if (p.given.certFile.empty()) {
    CLEAT_TRY(admin->wait());
    CLEAT_TRY(p.kubeconfig, writeAdminKubeconfig(p.facts, *p.pki));
  }
  host::PluginHost* engineHost = p.engineHost ? &p.engineHost->host() : nullptr;
  p.operations = std::make_unique<PluginOperations>(
      *p.host, p.place, p.wholeConfig, p.plan,
      PluginOperations::Options{std::move(settings.sources), settings.safeMode, engineHost});
  const std::string socket = p.facts.dataDir + "/server.sock";
  if (p.movedTime) p.clock = std::make_unique<TestClock>(*p.movedTime, *p.store, *p.host);
  CLEAT_TRY(p.control, ControlSocket::open(executor, *p.host, socket, *p.operations, engineHost, p.clock.get()));
  p.cooler = std::make_shared<Cooler>(executor, *p.store);
  p.cooler->begin();
  p.addons = std::make_shared<AddonKeeper>(p.time, p.kinds, *p.host, p.facts.dataDir + "/addons");
  p.addons->begin(*p.gate);
  return server;
}

Result<std::string> Server::reload() { return parts_->operations->reload({}); }

void Server::setNode(PluginOperations* node) { parts_->operations->setNode(node); }

void Server::stop() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  parts_->control.reset();
  if (parts_->addons) parts_->addons->stop();
  if (parts_->api) parts_->api->stop(kStopGrace);
  if (parts_->notices) parts_->notices->stop();
  if (parts_->host) wait(parts_->host->stop());
  if (parts_->cooler) parts_->cooler->stop();
  if (parts_->store) parts_->store->close();
}

}  // namespace cleat::app
