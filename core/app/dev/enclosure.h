// The hidden command `cleat dev-node`, by which `cleat plugin dev` runs a plugin that works on a node: `cleat up` in a
// network, a mount and a process namespace of its own. The machine's network, mounts and other node are out of its
// reach; with the namespaces goes all that was started in them, however this ends, and what was mounted. The API is
// served on the machine's loopback too.
#pragma once

#include <string>

namespace cleat::app {

struct EnclosureOptions {
  std::string dataDir, configFile;
  std::string listen;  // ADDRESS:PORT outside; inside it is the same port
};

// Stays until SIGTERM, SIGINT or the end of what runs inside, and ends when its parent does: the exit code of what ran.
int runEnclosed(const EnclosureOptions& options);

}  // namespace cleat::app
