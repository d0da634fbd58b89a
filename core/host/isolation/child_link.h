// ChildLink: a plugin's instance in a child process, `cleat host`, that speaks the frames of frames.h over a socket.
// What the plugin is handed is copied once, into the socket; a crash there ends the child and nothing else. The child
// ends with this process, however this process ends.
#pragma once

#include <memory>
#include <string>

#include "core/host/link.h"

namespace cleat::host {

// `program` is run with the arguments `host --socket-fd 3 --plugin FILE` when the link is started.
Result<std::shared_ptr<Link>> makeChildLink(base::Executor& executor, const std::string& program,
                                            const std::string& file, std::shared_ptr<LinkUser> user);

}  // namespace cleat::host
