// The other side of an isolated plugin: what the command `host` runs in the child process. It loads the plugin's file,
// gives it the same table of functions as it would have in the server, and passes what crosses it over the socket that
// it inherited.
//
// The child ends when it is told to, on SIGTERM, and when the server that started it is gone, however it went.
#pragma once

#include <string>

namespace cleat::host {

struct IsolatedArguments {
  int socketFd = -1;        // --socket-fd N
  std::string plugin;       // --plugin FILE
  int callbackMs = 5000;    // --callback-ms N: after which a callback is reported
  std::string confinement;  // --confinement TEXT, of encodeConfinement; empty: none
};

// A confined process that ends because of a signal ends with this and the signal's number as its status.
inline constexpr int kKilledBySignal = 128;

// Runs until the plugin is stopped; gives the process's exit status.
int runIsolatedPlugin(const IsolatedArguments& arguments);

}  // namespace cleat::host
