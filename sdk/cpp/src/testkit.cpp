#include <cleat/sdk/testkit.h>

#include <cleat/sdk/kinds/core_v1.h>
#include <sys/socket.h>

#include <set>
#include <sstream>

#include "testkit_host.h"

namespace cleat::test {
namespace {

void addSettings(wire::PluginConfig::Builder config, const Settings& settings) {
  auto list = config.initSettings(settings.size());
  uint32_t at = 0;
  for (const auto& [key, value] : settings) {
    auto setting = list[at++];
    setting.setKey(key);
    setting.setValue(value);
    std::vector<std::string> elements;
    // Tables are JSON, one a line.
    const char between = value.starts_with('{') ? '\n' : ',';
    for (size_t begin = 0; begin < value.size();) {
      size_t comma = std::min(value.find(between, begin), value.size());
      elements.push_back(value.substr(begin, comma - begin));
      begin = comma + 1;
    }
    auto values = setting.initValues(elements.size());
    for (uint32_t i = 0; i < elements.size(); ++i) values.set(i, elements[i]);
  }
}

void addServer(wire::ServerConfig::Builder out, const ServerConfig& server) {
  out.setUrl(server.url);
  out.setCaFile(server.caFile);
  out.setPkiDir(server.pkiDir);
  out.setCertFile(server.certFile);
  out.setKeyFile(server.keyFile);
  out.setServiceCidr(server.serviceCidr);
  out.setClusterCidr(server.clusterCidr);
  out.setNodePortRange(server.nodePortRange);
  out.setClusterDomain(server.clusterDomain);
  out.setAddress(server.address);
  out.setAgentPort(server.agentPort);
  out.setServiceAccountIssuer(server.serviceAccountIssuer);
}

void copyText(char* field, size_t size, std::string_view text) {
  if (text.size() >= size) throw std::invalid_argument("a text is too long for its field of the manifest");
  text.copy(field, text.size());
}

// As a server refuses them.
void checkSettings(const Settings& settings, std::string_view configSchema) {
  std::set<std::string, std::less<>> declared;
  std::istringstream lines{std::string(configSchema)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    if (words >> key) declared.insert(key);
  }
  for (const auto& [key, value] : settings) {
    if (declared.contains(key)) continue;
    throw std::invalid_argument(concat("setting \"", key, "\" is not in the manifest's configSchema"));
  }
}

}  // namespace

// -- A started plugin --

AnyStarted::AnyStarted(std::shared_ptr<detail::Instance> instance) : instance_(std::move(instance)) {}

void AnyStarted::stop() {
  if (instance_ != nullptr && instance_->running) instance_->host->stop(*instance_);
}

bool AnyStarted::running() const { return instance_->running; }
bool AnyStarted::ready() const { return instance_->decided && instance_->readyStatus == CLEAT_OK; }
std::string AnyStarted::readyError() const { return ready() ? std::string() : instance_->readyMessage; }
bool AnyStarted::answered(uint64_t call) const {
  auto found = instance_->calls.find(call);
  return found != instance_->calls.end() && found->second.has_value();
}
void AnyStarted::cancelCall(uint64_t call) { instance_->host->cancelCall(*instance_, call); }
void AnyStarted::settle() { instance_->host->settle(); }
void* AnyStarted::instance() const { return instance_->plugin; }

void AnyStarted::enter(const std::function<void()>& function) {
  if (instance_->factory == nullptr) throw std::logic_error("only for a plugin that was started by its class");
  cleat::detail::enterInstance(instance_->plugin, function);
}

detail::AnyOutcome AnyStarted::callAny(CallRequest request) {
  uint64_t call = beginCall(std::move(request));
  settle();
  return takeOutcome(call);
}

uint64_t AnyStarted::beginCall(CallRequest request) {
  return instance_->host->beginCall(instance_, std::move(request));
}

AnyStarted::Opened AnyStarted::beginStream(CallRequest request) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("there is no socket");
  auto stream = std::make_shared<Stream>(Fd(ends[0]), Stream::Side::caller);
  return {instance_->host->beginCall(instance_, std::move(request), Fd(ends[1])), std::move(stream)};
}

detail::AnyOutcome AnyStarted::takeOutcome(uint64_t call) {
  if (!answered(call)) throw std::logic_error("the call is not answered (yet)");
  detail::AnyOutcome outcome = std::move(*instance_->calls[call]);
  instance_->calls.erase(call);
  return outcome;
}

// -- The host --

FakeHost::FakeHost() : host_(std::make_unique<detail::Host>()) {
  auto bind = [](AnyDraft& pod, const AnyRef& binding) -> Result<void> {
    auto spec = pod.message().getRoot<core_v1::Pod>().getSpec();
    if (spec.getNodeName().size() != 0) {
      return fail(Status::conflict("pods/binding", "",
                                   concat("pod is already assigned to node ", spec.asReader().getNodeName())));
    }
    spec.setNodeName(binding.as<core_v1::Binding>().getTarget().getName());
    return {};
  };
  host_->objects().collection("", "pods").subresources["binding"] = bind;
}
FakeHost::~FakeHost() = default;

std::shared_ptr<detail::Instance> FakeHost::startInstance(const cleat_plugin* table,
                                                          cleat::detail::PluginFactory factory,
                                                          const Settings& settings, std::string_view configSchema) {
  auto instance = std::make_shared<detail::Instance>();
  if (table != nullptr) {
    instance->table = *table;
    instance->manifest = *table->manifest;
    checkSettings(settings, instance->manifest.config_schema);
  } else {
    instance->factory = factory;
    instance->table.deliver = cleat::detail::deliverToInstance;
    instance->table.stop = cleat::detail::stopInstance;
    copyText(instance->manifest.name, sizeof instance->manifest.name, "tested");
    copyText(instance->manifest.config_schema, sizeof instance->manifest.config_schema, configSchema);
  }
  Draft<wire::PluginConfig> config;
  config->setName(instance->manifest.name);
  config->setDataDir(host_->dataDir);
  config->setNodeName(host_->nodeName);
  addSettings(*config, settings);
  addServer(config->initServer(), host_->server);
  host_->start(instance, config.words());
  host_->settle();
  return instance;
}

ServerConfig& FakeHost::serverConfig() { return host_->server; }
std::string& FakeHost::nodeName() { return host_->nodeName; }
std::string& FakeHost::dataDir() { return host_->dataDir; }

void FakeHost::settle() { host_->settle(); }
void FakeHost::advance(Duration by) { host_->advance(by); }
Instant FakeHost::now() const { return Instant(Duration(host_->now())); }
WallTime FakeHost::wallNow() const { return WallTime(Duration(host_->wallNow())); }

void FakeHost::loseHistory() { host_->loseHistory(); }
void FakeHost::onRequest(Fault fault) { host_->fault = std::move(fault); }
const std::vector<std::string>& FakeHost::requests() const { return host_->requests; }

void FakeHost::setReply(MethodId method, AnyReply reply) { host_->replies[method] = std::move(reply); }
void FakeHost::onStream(MethodId method, std::function<void(Stream& stream)> talk) {
  host_->talks[method] = std::move(talk);
}
const std::vector<RecordedCall>& FakeHost::calls() const { return host_->recorded; }
std::vector<RecordedCall> FakeHost::calls(MethodId method) const {
  std::vector<RecordedCall> found;
  for (const RecordedCall& call : host_->recorded) {
    if (call.method == method) found.push_back(call);
  }
  return found;
}

const std::vector<std::string>& FakeHost::logLines() const { return host_->log; }
const std::vector<std::string>& FakeHost::reports() const { return host_->reports; }
size_t FakeHost::heldObjects() const { return host_->held.size(); }

void FakeHost::knowKind(const Resource& of, capnp::StructSchema schema) {
  detail::Collection& collection = host_->objects().collection(of.group, of.resource);
  collection.version = of.version;
  collection.kind = of.kind;
  collection.namespaced = of.namespaced;
  collection.schema = schema;
}
void FakeHost::setGraceful(const Resource& of) { host_->objects().collection(of.group, of.resource).graceful = true; }
void FakeHost::setSubresource(const Resource& of, std::string name, Subresource apply) {
  host_->objects().collection(of.group, of.resource).subresources[std::move(name)] = std::move(apply);
}
AnyRef FakeHost::putAny(const Resource& of, AnyRef object) {
  return host_->objects().put(host_->objects().collection(of.group, of.resource), object);
}
AnyRef FakeHost::getAny(const Resource& of, const std::string& key) const {
  detail::Collection& collection = host_->objects().collection(of.group, of.resource);
  auto found = collection.objects.find(key);
  return found == collection.objects.end() ? AnyRef() : found->second;
}
std::vector<AnyRef> FakeHost::listAny(const Resource& of, std::string_view ns) const {
  std::vector<AnyRef> found;
  for (const auto& [key, object] : host_->objects().collection(of.group, of.resource).objects) {
    if (ns.empty() || object.ns() == ns) found.push_back(object);
  }
  return found;
}
void FakeHost::removeAny(const Resource& of, const std::string& key) {
  host_->objects().drop(host_->objects().collection(of.group, of.resource), key);
}

}  // namespace cleat::test
