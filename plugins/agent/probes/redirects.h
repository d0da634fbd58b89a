// HTTP requests of probes and hooks that go on where an answer sends them, as long as that is the same host: what a pod
// answers must not make its node ask somebody else. Ten requests at most.
//
//   FollowedAnswer followed = co_await getFollowing(node, request, timeout);
//   if (followed.answer.status >= 300 …)   // it was sent elsewhere, or not told where
#pragma once

#include <cleat/sdk/context.h>

#include <optional>
#include <string>
#include <string_view>

#include "node_services.h"
#include "probes/net_client.h"

namespace cleat::agent {

struct FollowedAnswer {
  HttpAnswer answer;
  std::string url;  // of the last request
};
// `timeout` is for all requests together.
Task<FollowedAnswer> getFollowing(NodeServices& node, HttpRequest request, Duration timeout);

// Where `location` leads from `last`: nothing if that is no address of HTTP. Its headers are those of `first`, and the
// name that this calls the server by where the location does not name another.
std::optional<HttpRequest> redirected(const HttpRequest& first, const HttpRequest& last, std::string_view location);

// "10.0.0.1:8080", "[fd00::1]:80".
std::string authorityOf(const HttpRequest& request);

}  // namespace cleat::agent
