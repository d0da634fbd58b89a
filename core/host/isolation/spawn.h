// Starts the process of an isolated plugin: with one descriptor of ours, a pipe for what it prints, and, if it is
// confined, in namespaces and a control group of its own and without our environment.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/host/isolation/confinement.h"

namespace cleat::host {

struct ChildProcess {
  std::string program, pluginFile;
  int callbackMs = 5000;       // after which it reports a callback
  int socket = -1;             // becomes its descriptor kChildSocket
  int output = -1;             // its standard output and error; -1: ours
  std::vector<int> entrances;  // of its control group
  std::optional<Confinement> confinement;
};

inline constexpr int kChildSocket = 3;

// The process or, negative, an errno. Changes the confinement's `namespaces` and `lacks` to what was had.
pid_t spawnChild(ChildProcess& child);

}  // namespace cleat::host
