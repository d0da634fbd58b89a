// ChildLink: a plugin's instance in a child process, `cleat host`, that speaks the frames of frames.h over a socket.
// What the plugin is handed is copied once, into the socket; a crash there ends the child and nothing else. The child
// ends with this process, however this process ends.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/host/isolation/confinement.h"
#include "core/host/link.h"

namespace cleat::host {

struct ChildOptions {
  std::string program;  // run with the arguments `host --socket-fd 3 --plugin FILE` when the link is started
  std::string plugin, file;
  std::chrono::nanoseconds callbackLimit = std::chrono::seconds(5);  // after which it reports a callback
  std::optional<Confinement> confinement;  // nothing: a process of its own, with all rights of ours
};

std::shared_ptr<Link> makeChildLink(base::Executor& executor, ChildOptions options, std::shared_ptr<LinkUser> user);

}  // namespace cleat::host
