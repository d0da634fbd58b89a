// A pod's sandbox: made when there is none that is ready, connected to the pod network, and given the files that all of
// its containers share.
#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "pod/pod_worker.h"

namespace cleat::agent {
namespace {

constexpr int32_t kMostPort = 65535;

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

}  // namespace

// Returns whether the pod has a new sandbox that is connected.
Task<bool> PodWorker::makeSandbox(uint32_t attempt) {
  if (!valueOr(pod()->getSpec().getHostUsers(), true)) {
    event("Warning", "FailedCreatePodSandBox",
          "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces");
    retryLater(kSandboxKey);
    co_return false;
  }
  co_await dropStaleSandboxes();
  // While the sandbox is made, the images of the first containers can be looked for, and the volumes be prepared.
  for (const auto& container : containersOf(pod()->getSpec())) {
    imageOf(container);
    if (container.role == ContainerRole::init) break;
  }
  Completion<bool> volumesDone;
  std::function<void(bool)> told = [volumesDone](bool ready) mutable { volumesDone.complete(ready); };
  spawn(prepareVolumes(), told);

  Object<core_v1::Pod> of = granted();
  resize_.cgroup = of;
  std::string hostname = hostnameOf(*of, node_.identity.name, node_.dns.clusterDomain);
  std::string logs = concat(node_.logsFolder, "/", logFolderName(*of));
  std::function<void(role::SandboxConfig::Builder)> build = [&](role::SandboxConfig::Builder config) {
    buildSandboxConfig(*of, attempt, hostname, logs, config);
  };
  Result<RuntimeSandbox> made = co_await node_.runtime.runSandbox(build);
  Result<void> listed = co_await node_.runtime.refresh();
  bool connected = false;
  if (made && listed) connected = co_await connect();
  co_await volumesDone;
  if (made && listed) co_return connected;

  std::string why = made ? listed.error().message : made.error().message;
  event("Warning", "FailedCreatePodSandBox", concat("Failed to create pod sandbox: ", why));
  retryLater(kSandboxKey);
  co_return false;
}

// The sandbox's processes have gone: its containers have nothing to run in.
Task<void> PodWorker::dropStaleSandboxes() {
  auto seen = runtime();
  if (seen->sandboxes.empty()) co_return;
  bool first = true;
  for (const auto& sandbox : seen->sandboxes) {
    bool inUse = sandbox.ready;
    for (const auto& container : seen->containers) {
      inUse = inUse || (container.sandboxId == sandbox.id && container.running());
    }
    if (!first && !inUse) break;
    if (first) event("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    first = false;
    co_await disconnect(sandbox);
    auto stopped = co_await node_.runtime.stopSandbox(sandbox.id);
    if (!stopped) node_.context.log.warn("cannot stop the sandbox ", sandbox.id, ": ", stopped.error());
  }
  co_await node_.runtime.refresh();
  co_await observe();
}

void PodWorker::fillNetworkParams(const RuntimeSandbox& sandbox, role::NetworkParams::Builder params) const {
  params.setSandboxId(sandbox.id);
  params.setNamespacePath(sandbox.networkNamespace);
  params.setPodNamespace(sandbox.podNamespace);
  params.setPodName(sandbox.podName);
  params.setPodUid(sandbox.podUid);
  if (!pod()) return;
  std::vector<core_v1::ContainerPort::Reader> ports;
  for (const auto& container : containersOf(pod()->getSpec())) {
    for (auto port : container.spec.getPorts()) {
      if (port.getHostPort() > 0 && port.getHostPort() <= kMostPort) ports.push_back(port);
    }
  }
  auto list = params.initPorts(static_cast<uint32_t>(ports.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setHostIp(ports[i].getHostIP());
    list[i].setHostPort(static_cast<uint16_t>(ports[i].getHostPort()));
    list[i].setContainerPort(static_cast<uint16_t>(ports[i].getContainerPort()));
    list[i].setProtocol(ports[i].getProtocol().size() == 0 ? "TCP" : ports[i].getProtocol());
  }
}

// Gives the sandbox its addresses, or learns which it has. Returns whether the pod is on the network.
Task<bool> PodWorker::connect() {
  auto seen = runtime();
  const RuntimeSandbox* sandbox = seen->newestSandbox();
  if (sandbox == nullptr || !sandbox->ready) co_return false;
  if (connectedSandbox_ == sandbox->id) co_return true;
  if (tooEarly(kNetworkKey)) co_return false;
  std::vector<std::string> addresses;
  if (pod()->getSpec().getHostNetwork()) {
    addresses = {node_.identity.address};
  } else if (node_.runtimeNetworksItself) {
    addresses = sandbox->addresses;
  } else {
    std::function<void(role::NetworkParams::Builder)> build = [&](role::NetworkParams::Builder params) {
      fillNetworkParams(*sandbox, params);
    };
    auto given = co_await node_.network.setup(build);
    if (!given) {
      event("Warning", "FailedCreatePodSandBox",
            concat("Failed to create pod sandbox: failed to setup network for sandbox \"", sandbox->id,
                   "\": ", given.error().message));
      retryLater(kNetworkKey);
      co_return false;
    }
    addresses = std::move(*given);
  }
  podIps_ = std::move(addresses);
  Result<void> written = co_await writePodFiles();
  if (!written) {
    event("Warning", "FailedCreatePodSandBox", concat("Failed to create pod sandbox: ", written.error().message));
    retryLater(kNetworkKey);
    co_return false;
  }
  connectedSandbox_ = sandbox->id;
  failures_.forget(kNetworkKey);
  failures_.forget(kSandboxKey);
  co_return true;
}

Task<Result<void>> PodWorker::writePodFiles() {
  Object<core_v1::Pod> of = pod();
  std::string hostname = hostnameOf(*of, node_.identity.name, node_.dns.clusterDomain);
  std::string hosts = hostsFile(*of, podIps_, hostname, node_.dns.clusterDomain, node_.hostsFile);
  std::string resolver = resolvConf(*of, node_.dns);
  auto write = [to = folder(), hosts, resolver, hostname]() -> Result<void> {
    if (auto made = makeFolders(to, 0750); !made) return made;
    if (auto written = rewrite(to + "/etc-hosts", hosts); !written) return written;
    if (auto written = rewrite(to + "/etc-hostname", hostname + "\n"); !written) return written;
    return rewrite(to + "/etc-resolv.conf", resolver);
  };
  return node_.context.blocking(write);
}

Task<void> PodWorker::disconnect(RuntimeSandbox sandbox) {
  if (connectedSandbox_ == sandbox.id) {
    connectedSandbox_.clear();
    podIps_.clear();
  }
  bool hostNetwork = sandbox.networkNamespace.empty();
  if (hostNetwork || node_.runtimeNetworksItself) co_return;
  std::function<void(role::NetworkParams::Builder)> build = [&](role::NetworkParams::Builder params) {
    fillNetworkParams(sandbox, params);
  };
  auto done = co_await node_.network.teardown(build);
  if (!done) node_.context.log.warn("cannot disconnect the sandbox ", sandbox.id, ": ", done.error());
}

}  // namespace cleat::agent
