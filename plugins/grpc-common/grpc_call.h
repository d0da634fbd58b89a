// One call of a gRPC service on a Unix socket, over a connection of its own: calls to drivers are few, and none suffers
// from what became of another. It blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <string>

namespace cleat::grpc {

// `method` is "/csi.v1.Node/NodeGetInfo", `request` and the answer are messages. A failure that the service answered
// with reads as Kubernetes words it: `rpc error: code = NotFound desc = no such volume`.
Result<std::string> grpcCall(const std::string& socket, const std::string& method, const std::string& request,
                             Duration limit);

}  // namespace cleat::grpc
