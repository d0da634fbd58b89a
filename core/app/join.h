// How a node comes to its client certificate: it finds the right server by the fingerprint in its token, asks with a
// certificate signing request, and waits until the cluster has signed it. One that ends soon is renewed with itself. A
// token is for new nodes: the name of a node that the cluster has is given to nobody until somebody has deleted that
// Node.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

#include "core/base/asio_executor.h"

namespace cleat::app {

struct NodeIdentity {
  std::string caFile, certFile, keyFile;
};

// Uses what is in `folder` if it is still good for a while, or renews it while it is good at all; otherwise joins.
// Blocks, so not on one of the executor's threads: at most about a minute.
Result<NodeIdentity> ensureNodeIdentity(base::AsioExecutor& executor, const std::string& folder,
                                        const std::string& serverUrl, const std::string& token,
                                        const std::string& nodeName);

}  // namespace cleat::app
