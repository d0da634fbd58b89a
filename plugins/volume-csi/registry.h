// Which CSI drivers are on this node: each has a socket in the folder of registrations, by which it says what it is and
// is told whether it is taken, as with the kubelet (pluginregistration/v1). Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/mutex.h>

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "csi_driver.h"

namespace cleat::csi {

class Registry {
 public:
  explicit Registry(std::string folder) : folder_(std::move(folder)) {}

  // Looks at the folder: takes drivers whose sockets are new, and forgets those whose sockets have gone. Gives what is
  // to be said of it.
  std::vector<std::string> look() CLEAT_EXCLUDES(mutex_);

  std::vector<DriverFacts> drivers() const CLEAT_EXCLUDES(mutex_);
  std::optional<DriverFacts> find(std::string_view name) const CLEAT_EXCLUDES(mutex_);

 private:
  // A socket of that name which is made anew is another one.
  struct Socket {
    uint64_t inode = 0;
    timespec changed{};
    bool isSame(const Socket& other) const;
  };
  struct Registered {
    Socket socket;
    std::optional<DriverFacts> driver;  // none: what is there could not be taken, and is tried again
    std::string problem;
  };
  std::map<std::string, Socket> sockets() const;

  const std::string folder_;
  mutable Mutex mutex_;
  std::map<std::string, Registered> registered_ CLEAT_GUARDED_BY(mutex_);  // by the socket's name
};

}  // namespace cleat::csi
