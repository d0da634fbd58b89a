#include "core/app/node.h"

#include <cleat/schema/role/runtime.methods.h>
#include <unistd.h>

#include "core/app/control_socket.h"
#include "core/app/installation.h"
#include "core/app/join.h"
#include "core/app/node_place.h"
#include "core/app/pki.h"
#include "core/app/plugin_plan.h"
#include "core/app/wait.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/bus/mirror.h"
#include "core/host/plugin_host.h"
#include "core/http/https_client.h"

namespace cleat::app {

struct Node::Parts {
  explicit Parts(base::AsioExecutor& e) : executor(e) {}

  base::AsioExecutor& executor;
  NodeSettings settings;
  base::Config config;  // what safe mode leaves of the one in the settings
  std::string name;
  base::Metrics metrics;
  object::KindRegistry kinds;
  std::unique_ptr<bus::MirrorCluster> mirror;
  std::unique_ptr<host::PluginHost> host;
  NodePlace place{[this] { return countSandboxes(); }};
  std::unique_ptr<PluginOperations> operations;
  std::unique_ptr<ControlSocket> control;
  bool stopped = false;

  Result<size_t> countSandboxes() {
    auto nothing = object::makeMessage<role::Runtime::ListSandboxesParams>([](auto) {});
    const gate::RoleAnswer answer = wait(host->callRole({role::runtime::listSandboxes, std::move(nothing), {}, 0}));
    if (answer.status != CLEAT_OK) return fail(answer.error.value_or(Status::unavailable("the runtime does not say")));
    return gate::resultsOf(role::runtime::listSandboxes, answer).getSandboxes().size();
  }

  void enterSafeMode() {
    for (const std::string& plugin : place.leaveOthersOut(config, {})) {
      base::log(base::LogLevel::warn, "app", "safe mode: plugin " + plugin + " is left out of the node");
    }
  }

  host::HostOptions hostOptions(const NodeIdentity& identity, const PluginPlan& plan) {
    host::HostOptions options;
    options.chains = plan.chains;
    options.dataDir = settings.dataDir + "/plugins";
    options.metrics = &metrics;
    host::Installation& installation = options.installation;
    installation.url = settings.serverUrl;
    installation.caFile = identity.caFile;
    installation.certFile = identity.certFile;
    installation.keyFile = identity.keyFile;
    installation.serviceCidr = config.server.serviceCidr;
    installation.clusterCidr = config.server.clusterCidr;
    installation.nodePortRange = config.server.nodePortRange;
    installation.clusterDomain = config.server.clusterDomain;
    installation.address = machineAddress(config.server.clusterCidr);
    installation.agentPort = config.agent.port;
    installation.nodeName = name;
    return options;
  }
};

namespace {

Result<std::shared_ptr<http::HttpsClient>> connect(base::AsioExecutor& executor, const std::string& url,
                                                   const NodeIdentity& identity) {
  CLEAT_TRY(auto authority, readFile(identity.caFile));
  CLEAT_TRY(auto cert, readFile(identity.certFile));
  CLEAT_TRY(auto key, readFile(identity.keyFile));
  http::HttpClientOptions options;
  options.url = url;
  options.caPem = authority;
  options.credentials.certificatePem = cert;
  options.credentials.keyPem = key;
  return http::makeHttpsClient(executor, std::move(options));
}

}  // namespace

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() { stop(); }
const std::string& Node::name() const { return parts_->name; }
PluginOperations& Node::operations() { return *parts_->operations; }

Result<void> Node::mayRunHere() {
  if (geteuid() == 0) return {};
  return fail(Status::forbidden("a node runs containers, and for that it must be root: use sudo"));
}

Result<std::unique_ptr<Node>> Node::start(base::AsioExecutor& executor, NodeSettings settings) {
  CLEAT_TRY(mayRunHere());
  auto parts = std::make_unique<Parts>(executor);
  parts->name = settings.nodeName.empty() ? settings.config.agent.nodeName : settings.nodeName;
  if (parts->name.empty()) parts->name = machineName();
  parts->settings = std::move(settings);
  const NodeSettings& s = parts->settings;
  parts->config = s.config;
  if (s.safeMode) parts->enterSafeMode();
  CLEAT_TRY(PluginPlan plan, planNode(parts->config));
  for (const std::string& warning : plan.warnings) base::log(base::LogLevel::warn, "config", warning);
  CLEAT_TRY(makePrivateFolder(s.dataDir));
  CLEAT_TRY(NodeIdentity identity, ensureNodeIdentity(executor, s.dataDir + "/pki", s.serverUrl, s.token, parts->name));

  CLEAT_TRY(std::shared_ptr<http::HttpsClient> client, connect(executor, s.serverUrl, identity));
  parts->mirror = std::make_unique<bus::MirrorCluster>(executor, parts->kinds, client);
  parts->host = std::make_unique<host::PluginHost>(executor, parts->kinds, parts->hostOptions(identity, plan));
  parts->host->setCluster(*parts->mirror);

  auto node = std::unique_ptr<Node>(new Node(std::move(parts)));
  Parts& p = *node->parts_;
  for (const auto& specs : {plan.kinds, plan.others}) {
    for (const host::PluginSpec& spec : specs) {
      CLEAT_TRY(wait(p.host->load(spec)));
    }
  }
  p.operations = std::make_unique<PluginOperations>(*p.host, p.place, p.settings.config, std::move(plan),
                                                    PluginOperations::Options{p.settings.sources, p.settings.safeMode});
  CLEAT_TRY(auto control, ControlSocket::open(executor, *p.host, p.settings.dataDir + "/agent.sock", *p.operations));
  p.control = std::move(control);
  return node;
}

void Node::stop() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  parts_->control.reset();
  if (parts_->host) wait(parts_->host->stop());
}

}  // namespace cleat::app
