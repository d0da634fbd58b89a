// A server for one plugin that is being written: a process of its own, whose state is in a folder that goes with it.
#pragma once

#include <cleat/sdk/status.h>
#include <sys/types.h>

#include <string>

#include "core/app/control_socket.h"

namespace cleat::app {

class DevServer {
 public:
  DevServer(std::string dataDir, std::string listen, std::string configFile)
      : dataDir_(std::move(dataDir)), listen_(std::move(listen)), configFile_(std::move(configFile)) {}
  ~DevServer() { stop(); }
  DevServer(const DevServer&) = delete;

  // Starts it, with the plugin from `file` wherever the configuration names it, and has it load the plugin where the
  // configuration does not. Returns when it serves; an error when it ended, or `stopFd` became readable, before that.
  Result<void> start(const std::string& plugin, const std::string& file, int stopFd);
  // Whether it is at work: false once it has ended by itself.
  bool runs();
  void stop();

  // Another version of the plugin, which may ask for what the one before did not have.
  Result<void> swap(const std::string& plugin, const std::string& file);
  // What its configuration says now: a line about what has changed.
  Result<std::string> reload();
  // How the plugin is: "running", or with a reason behind it.
  Result<std::string> stateOf(const std::string& plugin) const;

  std::string kubeconfig() const { return dataDir_ + "/admin.kubeconfig"; }
  const std::string& listen() const { return listen_; }

 private:
  Result<std::string> ask(HostMethod method, const std::string& plugin, const std::string& file) const;

  std::string dataDir_, listen_, configFile_;
  pid_t pid_ = -1;
};

}  // namespace cleat::app
