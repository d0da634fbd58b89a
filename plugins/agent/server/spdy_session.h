// exec and attach over SPDY/3.1, for clients that do not use WebSockets yet: a stream each for stdin, stdout, stderr,
// the terminal's size and the result.
#pragma once

#include <string>

#include "server/session.h"

namespace cleat::agent {

// `socketPath` is the runtime's end.
void beginSpdyExec(SessionPtr session, const std::string& socketPath, const StreamRequest& request);

}  // namespace cleat::agent
