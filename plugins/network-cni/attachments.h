// The sandboxes that are connected to the pod network: connects and disconnects them by running the plugins of a
// network configuration list, and remembers each on disk, so that it can be disconnected with the configuration it was
// connected with, whatever has become of that, of the namespace and of us.
//
// Everything here blocks and may be called from several threads, but only once at a time for one sandbox.
//
// On disk an attachment is FOLDER/<sandbox>.json. It is written without a result before the first plugin runs, and
// with it after the last one: one without a result was interrupted, and is undone before it is tried again.
#pragma once

#include "cni_invocation.h"
#include "cni_result.h"
#include "network_list.h"
#include "source_guard.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cleat::network {

struct PortMapping {
  uint16_t hostPort = 0, containerPort = 0;
  std::string protocol, hostIp;
};

struct Sandbox {
  std::string id;
  std::string netns;
  std::string podNamespace, podName, podUid;
  std::vector<PortMapping> ports;
};

class Attachments {
 public:
  // With one, what leaves a sandbox on that bridge bears the sandbox's own addresses.
  struct Guard {
    SourceGuard guard;
    std::string bridge;
  };
  Attachments(NetworkList list, PluginRunner runner, std::string folder, std::optional<Guard> guard = {})
      : list_(std::move(list)), runner_(std::move(runner)), folder_(std::move(folder)), guard_(std::move(guard)) {}

  // Every plugin of the list is installed.
  Result<void> ready() const;

  // The sandbox's addresses, the primary one first. One that is connected already keeps what it has.
  Result<std::vector<std::string>> connect(const Sandbox& sandbox);

  // CHECK: whether the connection is still as it was made.
  Result<void> check(const std::string& sandboxId);

  // Succeeds for a sandbox that is not connected, too. `sandbox` is used only for one that is not on record.
  Result<void> disconnect(const Sandbox& sandbox);

  // Those on record.
  Result<std::vector<std::string>> sandboxIds() const;

  const NetworkList& list() const { return list_; }

 private:
  Result<void> guardSource(const boost::json::object& result) const;
  Result<void> forgetSource(const boost::json::object& result) const;
  std::string fileOf(const std::string& sandboxId) const { return folder_ + "/" + sandboxId + ".json"; }

  NetworkList list_;
  PluginRunner runner_;
  std::string folder_;
  std::optional<Guard> guard_;
};

}  // namespace cleat::network
