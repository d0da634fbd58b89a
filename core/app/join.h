// How a node comes to its client certificate: it finds the right server by the fingerprint in its token, asks with a
// certificate signing request, and waits until the cluster has signed it.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::app {

struct NodeIdentity {
  std::string caFile, certFile, keyFile;
};

// Uses what is in `folder` if it is still good for a while; otherwise joins. Blocks: at most about a minute.
Result<NodeIdentity> ensureNodeIdentity(const std::string& folder, const std::string& serverUrl,
                                        const std::string& token, const std::string& nodeName);

}  // namespace cleat::app
