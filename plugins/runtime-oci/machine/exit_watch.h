// Learns of the ends of containers and of pause processes without asking: by the files that conmon leaves in the exit
// folder, and by the ends of the monitors and pause processes themselves.
//
// Callbacks come on the reactor's thread; an end may be told more than once. Functions may be called from any thread
// but the reactor's.
#pragma once

#include "machine/reactor.h"

#include <cleat/sdk/status.h>

#include <functional>
#include <map>
#include <string>

namespace cleat::runtime {

class ExitWatch {
 public:
  struct Events {
    std::function<void(const std::string& containerId)> containerEnded;
    std::function<void(const std::string& sandboxId)> sandboxEnded;
  };
  ExitWatch(Reactor& reactor, Events events) : reactor_(reactor), events_(std::move(events)) {}

  // The folder exists. Files that are in it already are not told of.
  Result<void> open(const std::string& exitFolder);

  // A process that has ended already is told of at once.
  void watchMonitor(const std::string& containerId, int pid);
  void watchPause(const std::string& sandboxId, int pid);
  void forget(const std::string& id);

 private:
  void watchProcess(const std::string& id, int pid, std::function<void(const std::string&)> ended);
  void readInotify();

  Reactor& reactor_;
  Events events_;
  Fd inotify_;
  std::map<std::string, Fd> processes_;  // of the reactor's thread
};

}  // namespace cleat::runtime
