#include "pod/sandbox_keeper.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/meta.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "pod/container_config.h"

namespace cleat::agent {
namespace {

// Into the very file that running containers have mounted: a new one beside it would not reach them.
Result<void> rewrite(const std::string& path, const std::string& content) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return fail(systemError("cannot open " + path, errno));
  struct stat status{};
  if (fstat(fd.get(), &status) == 0 && static_cast<size_t>(status.st_size) == content.size()) {
    if (auto old = readFile(path); old && *old == content) return {};
  }
  if (pwrite(fd.get(), content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()) ||
      ftruncate(fd.get(), static_cast<off_t>(content.size())) != 0) {
    return fail(systemError("cannot write " + path, errno));
  }
  return {};
}

// A pod has one address of each family, that of the node's own family first.
std::vector<std::string> oneOfEachFamily(const std::vector<std::string>& addresses, bool ipv6First) {
  std::vector<std::string> chosen;
  for (const bool ipv6 : {ipv6First, !ipv6First}) {
    const auto found = std::ranges::find_if(addresses, [&](const std::string& one) { return isIpv6(one) == ipv6; });
    if (found != addresses.end()) chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace

void SandboxKeeper::failed(const char* key, const std::string& why) {
  pod_.event("Warning", "FailedCreatePodSandBox", concat("Failed to create pod sandbox: ", why));
  pod_.loop.retryLater(key);
}

Task<bool> SandboxKeeper::make(uint32_t attempt, std::function<Task<bool>()> meanwhile) {
  std::optional<uint32_t> firstId;
  if (!valueOr(pod_.pod()->getSpec().getHostUsers(), true)) {
    Result<uint32_t> taken = co_await pod_.node.userRanges.take(pod_.uid, pod_.folder());
    if (!taken) {
      failed(kSandboxKey, taken.error().message);
      co_return false;
    }
    firstId = *taken;
  }
  co_await dropStale();
  Completion<bool> meanwhileDone;
  std::function<void(bool)> told = [meanwhileDone](bool ready) mutable { meanwhileDone.complete(ready); };
  spawn(meanwhile(), told);

  Object<core_v1::Pod> of = resizer_.granted();
  resizer_.sandboxMade(of);
  NodeServices& node = pod_.node;
  std::string hostname = hostnameOf(*of, node.identity.name, node.dns.clusterDomain);
  std::string logs = concat(node.logsFolder, "/", logFolderName(*of));
  SandboxFacts facts{attempt, hostname, logs, firstId, dnsOf(*of, node.dnsFacts())};
  std::function<void(role::SandboxConfig::Builder)> build = [&](role::SandboxConfig::Builder config) {
    buildSandboxConfig(*of, facts, config);
    config.setCgroupParent(cgroupParentOf(*of, node.qos.settings()));
  };
  // The limits of all pods hold before another comes.
  Result<void> limited = co_await node.qos.bringAbout();
  Result<RuntimeSandbox> made = fail(limited ? Status() : limited.error());
  if (limited) made = co_await node.runtime.runSandbox(build);
  Result<void> listed = co_await node.runtime.refresh();
  bool connected = false;
  if (made && listed) connected = co_await connect();
  co_await meanwhileDone;
  if (!made || !listed) failed(kSandboxKey, made ? listed.error().message : made.error().message);
  co_return connected;
}

// Those whose processes have gone: their containers have nothing to run in.
Task<void> SandboxKeeper::dropStale() {
  auto seen = pod_.runtime();
  if (seen->sandboxes.empty()) co_return;
  bool first = true;
  for (const auto& sandbox : seen->sandboxes) {
    bool inUse = sandbox.ready;
    for (const auto& container : seen->containers) {
      inUse = inUse || (container.sandboxId == sandbox.id && container.running());
    }
    if (!first && !inUse) break;
    if (first) pod_.event("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    first = false;
    // It is not used any more either way, and is removed with the pod.
    Result<void> stopped = co_await stop(sandbox);
    (void)stopped;
  }
  co_await pod_.node.runtime.tryRefresh();
  co_await observer_.observe();
}

Task<Result<void>> SandboxKeeper::stop(RuntimeSandbox sandbox) {
  co_await disconnect(sandbox);
  Result<void> stopped = co_await pod_.node.runtime.stopSandbox(sandbox.id);
  if (!stopped) pod_.node.context.log.warn("cannot stop the sandbox ", sandbox.id, ": ", stopped.error());
  co_return stopped;
}

Task<bool> SandboxKeeper::stopAll() {
  for (const auto& sandbox : std::vector<RuntimeSandbox>(pod_.runtime()->sandboxes)) {
    Result<void> stopped = co_await stop(sandbox);
    if (!stopped) co_return false;
  }
  co_return true;
}

Task<bool> SandboxKeeper::removeAll() {
  for (const auto& sandbox : std::vector<RuntimeSandbox>(pod_.runtime()->sandboxes)) {
    Result<void> gone = co_await pod_.node.runtime.removeSandbox(sandbox.id);
    if (gone) continue;
    pod_.node.context.log.warn("cannot remove the sandbox ", sandbox.id, ": ", gone.error());
    co_return false;
  }
  co_await pod_.node.runtime.tryRefresh();
  co_return true;
}

void SandboxKeeper::fillNetworkParams(const RuntimeSandbox& sandbox, role::NetworkParams::Builder params) const {
  params.setSandboxId(sandbox.id);
  params.setNamespacePath(sandbox.networkNamespace);
  params.setPodNamespace(sandbox.podNamespace);
  params.setPodName(sandbox.podName);
  params.setPodUid(sandbox.podUid);
  if (!pod_.pod()) return;
  std::vector<core_v1::ContainerPort::Reader> ports = hostPortsOf(pod_.pod()->getSpec());
  auto list = params.initPorts(static_cast<uint32_t>(ports.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setHostIp(ports[i].getHostIP());
    list[i].setHostPort(static_cast<uint16_t>(ports[i].getHostPort()));
    list[i].setContainerPort(static_cast<uint16_t>(ports[i].getContainerPort()));
    list[i].setProtocol(ports[i].getProtocol().size() == 0 ? "TCP" : ports[i].getProtocol());
  }
}

Task<Result<std::vector<std::string>>> SandboxKeeper::addressesOf(RuntimeSandbox sandbox) {
  if (pod_.pod()->getSpec().getHostNetwork()) co_return pod_.node.identity.addresses();
  const bool ipv6First = isIpv6(pod_.node.identity.address);
  if (pod_.node.runtimeNetworksItself) co_return oneOfEachFamily(sandbox.addresses, ipv6First);
  std::function<void(role::NetworkParams::Builder)> build = [&](role::NetworkParams::Builder params) {
    fillNetworkParams(sandbox, params);
  };
  auto given = co_await pod_.node.network.setup(build);
  if (!given) {
    given.error().message = concat("failed to setup network for sandbox \"", sandbox.id, "\": ", given.error().message);
    co_return given;
  }
  co_return oneOfEachFamily(*given, ipv6First);
}

Task<bool> SandboxKeeper::connect() {
  auto seen = pod_.runtime();
  const RuntimeSandbox* sandbox = seen->newestSandbox();
  if (sandbox == nullptr || !sandbox->ready) co_return false;
  if (connectedSandbox_ == sandbox->id) co_return true;
  if (pod_.loop.tooEarly(kNetworkKey)) co_return false;
  auto addresses = co_await addressesOf(*sandbox);
  if (!addresses) {
    failed(kNetworkKey, addresses.error().message);
    co_return false;
  }
  pod_.ips = std::move(*addresses);
  Result<void> written = co_await writePodFiles();
  if (!written) {
    failed(kNetworkKey, written.error().message);
    co_return false;
  }
  connectedSandbox_ = sandbox->id;
  pod_.loop.succeeded(kNetworkKey);
  pod_.loop.succeeded(kSandboxKey);
  co_return true;
}

Task<Result<void>> SandboxKeeper::writePodFiles() {
  Object<core_v1::Pod> of = pod_.pod();
  std::string hostname = hostnameOf(*of, pod_.node.identity.name, pod_.node.dns.clusterDomain);
  std::string hosts = hostsFile(*of, pod_.ips, hostname, pod_.node.dns.clusterDomain, pod_.node.hostsFile);
  std::string resolver = resolvConf(*of, pod_.node.dnsFacts());
  auto write = [to = pod_.folder(), hosts, resolver, hostname]() -> Result<void> {
    CLEAT_TRY(makeFolders(to, 0750));
    CLEAT_TRY(rewrite(to + "/etc-hosts", hosts));
    CLEAT_TRY(rewrite(to + "/etc-hostname", hostname + "\n"));
    return rewrite(to + "/etc-resolv.conf", resolver);
  };
  return pod_.node.context.blocking(write);
}

Task<void> SandboxKeeper::disconnect(RuntimeSandbox sandbox) {
  if (connectedSandbox_ == sandbox.id) {
    connectedSandbox_.clear();
    pod_.ips.clear();
  }
  bool hostNetwork = sandbox.networkNamespace.empty();
  if (hostNetwork || pod_.node.runtimeNetworksItself) co_return;
  std::function<void(role::NetworkParams::Builder)> build = [&](role::NetworkParams::Builder params) {
    fillNetworkParams(sandbox, params);
  };
  auto done = co_await pod_.node.network.teardown(build);
  if (!done) pod_.node.context.log.warn("cannot disconnect the sandbox ", sandbox.id, ": ", done.error());
}

}  // namespace cleat::agent
