// Only one instance of the agent may look after a node's pods at a time. While `cleat plugin swap` replaces it, the new
// instance starts beside the old one and takes over when that has let go of the lock, which it does by ending, however
// it ends.
#pragma once

#include <cleat/sdk/file.h>

#include <string>

namespace cleat::agent {

class InstanceLock {
 public:
  // Does not wait. Returns whether this instance holds the lock.
  bool take(const std::string& path);

 private:
  Fd fd_;
};

}  // namespace cleat::agent
