// What a plugin that is being written runs in: a server, or a cluster of one node, enclosed in namespaces of its own
// (core/app/dev/enclosure.h); a process of its own, whose state is in a folder that goes with it.
#pragma once

#include <cleat/sdk/status.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "core/app/control_socket.h"

namespace cleat::app {

enum class DevPlace { server, node };

class DevServer {
 public:
  // `configFile` may be empty. The folder's own name is that of the node's control groups too.
  DevServer(std::string folder, std::string listen, std::string configFile)
      : folder_(std::move(folder)), dataDir_(folder_ + "/data"), listen_(std::move(listen)),
        configFile_(std::move(configFile)) {}
  ~DevServer() { stop(); }
  DevServer(const DevServer&) = delete;

  // Starts it, with the plugin from `file` wherever the configuration names it, or in all of its roles where that does
  // not. Returns when it serves; an error when it ended, or `stopFd` became readable, before that.
  Result<void> start(DevPlace place, const std::string& plugin, const std::string& file, int stopFd);
  // Whether it is at work: false once it has ended by itself.
  bool runs();
  void stop();

  // Takes away what there is outside of its folder of one that was killed.
  static void removeLeft(const std::string& folder);

  // Another version of the plugin, which may ask for what the one before did not have.
  Result<void> swap(const std::string& file);
  // What its configuration says now: a line about what has changed.
  Result<std::string> reload();
  // How the plugin is: "running", or with a reason behind it.
  Result<std::string> state() const;

  DevPlace place() const { return place_; }
  // What somebody who tries the plugin does with it, in the shell.
  std::string hints() const;
  const std::string& listen() const { return listen_; }

 private:
  bool onNode() const { return place_ == DevPlace::node; }
  std::string serverSocket() const { return dataDir_ + "/server.sock"; }
  std::string nodeSocket() const { return dataDir_ + "/agent/agent.sock"; }
  // Where the plugin is looked after.
  std::string socket() const { return onNode() ? nodeSocket() : serverSocket(); }
  std::string kubeconfig() const { return dataDir_ + (onNode() ? "/dev.kubeconfig" : "/admin.kubeconfig"); }
  static std::string cgroupRootOf(const std::string& folder);
  std::string cgroupRoot() const { return cgroupRootOf(folder_); }
  std::vector<std::string> command() const;

  Result<void> untilItServes(int stopFd);
  Result<void> record(const std::string& file) const;
  Result<void> writeKubeconfig() const;
  Result<void> swapOnNode(const std::string& file) const;
  Result<void> change(const std::string& socket, HostMethod method, const std::string& file) const;

  std::string folder_, dataDir_, listen_, configFile_;
  DevPlace place_ = DevPlace::server;
  std::string plugin_, file_;
  pid_t pid_ = -1;
};

}  // namespace cleat::app
