// RoutedRequests: serves the requests at paths that plugins take (role http-handler): finds out whether the caller may
// make the request, asks the plugin, and gives its answer or forwards to where it says.
#pragma once

#include "core/api/handlers/http_routes.h"
#include "core/api/rest/resource_path.h"
#include "core/api/strand_gate.h"
#include "core/api/streams/forward_trust.h"
#include "core/api/streams/forwarder.h"

namespace cleat::api {

class RoutedRequests {
 public:
  RoutedRequests(base::Executor& executor, StrandGate gate, Forwarder& forwarder)
      : gate_(gate), forwarder_(forwarder), trust_(executor) {}

  // Whether it is a watch, which lasts.
  static bool lasts(const http::Request& request, const ParsedPath& path);
  // Once it is known who asks. On the exchange's strand, before and after.
  Task<void> serve(http::Exchange& exchange, bus::UserRef user, ParsedPath path, HttpRoute route);

 private:
  Task<void> forward(http::Exchange& exchange, role::HttpForward::Reader to, bool lasts);

  const StrandGate gate_;
  Forwarder& forwarder_;
  ForwardTrust trust_;
};

}  // namespace cleat::api
