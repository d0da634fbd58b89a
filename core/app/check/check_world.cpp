#include "core/app/check/check_world.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <filesystem>

#include "core/app/installation.h"
#include "core/app/pki.h"
#include "core/app/plugin_plan.h"
#include "core/app/wait.h"
#include "core/host/messages.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAllowing = "authz-always-allow";

}  // namespace

Result<std::unique_ptr<CheckWorld>> CheckWorld::make(base::AsioExecutor& executor, base::Config config,
                                                     std::vector<PopulationObject> population) {
  std::unique_ptr<CheckWorld> world(new CheckWorld(executor, std::move(config), std::move(population)));
  CLEAT_TRY(world->makeFolders());
  CLEAT_TRY(world->loadKinds());
  return world;
}

CheckWorld::~CheckWorld() {
  if (host_) wait(host_->stop());
  gate_.reset();
  if (store_) store_->close();
  hub_.reset();
  store_.reset();
}

Result<void> CheckWorld::makeFolders() {
  CLEAT_TRY(TemporaryFolder made, TemporaryFolder::make("cleat-check"));
  folder_.emplace(std::move(made));
  std::error_code error;
  // The users of confined plugins pass through it to their own.
  fs::permissions(folder(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec, error);
  CLEAT_TRY(Pki pki, Pki::open(folder() + "/pki", Sync::no));
  CLEAT_TRY(pki.ensure("agent-client", {.commonName = "cleat-check", .organizations = {}, .names = {}}));
  CLEAT_TRY(pki.ensureSigningKey("sa"));
  // Nobody serves there: a documentation address (RFC 5737).
  installation_.url = "https://192.0.2.1:6443";
  installation_.address = "192.0.2.1";
  installation_.caFile = pki.caCertFile();
  installation_.pkiDir = pki.folder();
  installation_.certFile = pki.file("agent-client.crt");
  installation_.keyFile = pki.file("agent-client.key");
  installation_.serviceCidr = config_.server.serviceCidr;
  installation_.clusterCidr = config_.server.clusterCidr;
  installation_.nodePortRange = config_.server.nodePortRange;
  installation_.clusterDomain = config_.server.clusterDomain;
  installation_.agentPort = config_.agent.port;
  installation_.serviceAccountIssuer = concat("https://kubernetes.default.svc.", config_.server.clusterDomain);
  return {};
}

Result<void> CheckWorld::loadKinds() {
  CLEAT_TRY(auto engine, store::openSqliteEngine(folder() + "/store", store::Durability::none));
  CLEAT_TRY(store_, store::Store::open(kinds_, std::move(engine)));
  hub_ = bus::Hub::make(*store_);
  host::HostOptions options;
  options.dataDir = folder() + "/kinds";
  options.metrics = &metrics_;
  options.installation = installation_;
  host_ = std::make_unique<host::PluginHost>(executor_, kinds_, std::move(options));
  gate_ = std::make_unique<gate::Gate>(executor_, kinds_, *store_, *hub_, *host_);
  host_->setCluster(*gate_);
  CLEAT_TRY(PluginPlan plan, planNode(config_));
  std::vector<host::PluginSpec> specs = std::move(plan.kinds);
  for (host::PluginSpec& spec : plan.others) {
    if (spec.roles == std::vector<std::string>{"kinds"}) specs.push_back(std::move(spec));
  }
  specs.push_back(pluginSpec(config_, kAllowing));
  for (host::PluginSpec& spec : specs) {
    CLEAT_TRY(wait(host_->load(spec)));
    if (spec.name == kAllowing) continue;
    host::RoleCall ask{role::kinds::describe, host::emptyMessage(), {}, 0};
    host::RoleAnswer answer = wait(host_->call(spec.name, std::move(ask)));
    if (answer.status != CLEAT_OK) return fail(*answer.error);
    descriptions_.emplace_back(spec.name, answer.message);
  }
  return store_->adoptKinds();
}

object::KindRef CheckWorld::kindOf(const PopulationObject& object) const {
  return kinds_.findByKind(object.group, object.version, object.kind);
}

std::vector<object::KindRef> CheckWorld::populationKinds() const {
  std::vector<object::KindRef> kinds;
  for (const PopulationObject& object : population_) {
    object::KindRef kind = kindOf(object);
    if (kind && std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(std::move(kind));
  }
  return kinds;
}

Result<std::unique_ptr<object::KindRegistry>> CheckWorld::kindsWith(const std::string& plugin,
                                                                    role::KindsDescription::Reader description) {
  auto registry = std::make_unique<object::KindRegistry>();
  for (const auto& [name, known] : descriptions_) {
    if (name == plugin) continue;
    CLEAT_TRY(registry->add(name, known->root<role::KindsDescription>()));
  }
  CLEAT_TRY(registry->add(plugin, description));
  return registry;
}

}  // namespace cleat::app
