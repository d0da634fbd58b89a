// One call of a gRPC service on a Unix socket, over a connection of its own: calls to drivers are few, and none suffers
// from what became of another. It blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <functional>
#include <string>
#include <string_view>

namespace cleat::grpc {

// `method` is "/csi.v1.Node/NodeGetInfo", `request` and the answer are messages. A failure that the service answered
// with reads as Kubernetes words it: `rpc error: code = NotFound desc = no such volume`.
Result<std::string> grpcCall(const std::string& socket, const std::string& method, const std::string& request,
                             Duration limit);

// A call that is answered with one message after the other: `take` gets each, on this thread. It ends with the
// service's answer, with the connection, or, which is no failure, when `stopFd` can be read.
Result<void> grpcWatch(const std::string& socket, const std::string& method, const std::string& request, int stopFd,
                       std::function<void(std::string_view message)> take);

}  // namespace cleat::grpc
