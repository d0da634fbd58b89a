// The Unix sockets that exec, attach and port-forward are answered with: each takes one connection within ten seconds
// and is then gone.
#pragma once

#include "machine/reactor.h"

#include <cleat/sdk/status.h>

#include <functional>
#include <string>

namespace cleat::runtime {

class StreamOffers {
 public:
  // `folder` is made, open to root only; sockets that an earlier process left in it are removed.
  StreamOffers(Reactor& reactor, std::string folder) : reactor_(reactor), folder_(std::move(folder)) {}
  Result<void> open();

  // The path of a new socket. `begin` is called on the reactor's thread with its connection, or never. Blocks for a
  // moment; not from the reactor's thread.
  Result<std::string> offer(std::function<void(Fd client)> begin);

 private:
  Reactor& reactor_;
  std::string folder_;
};

}  // namespace cleat::runtime
