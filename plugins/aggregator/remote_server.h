// RemoteServer: an API server behind an APIService, as requests and checks meet it.
#pragma once

#include <cleat/sdk/http_handler.h>
#include <cleat/sdk/time.h>

#include <string>

#include "aggregator/availability.h"
#include "aggregator/front_proxy.h"
#include "webhook-common/https_client.h"
#include "webhook-common/service_resolver.h"

namespace cleat::aggregator {

struct RemoteServer {
  explicit RemoteServer(APIService::Reader service);

  std::string group, version;
  int32_t groupPriority = 0, versionPriority = 0;
  std::string serviceNs, serviceName;
  uint16_t port = 443;
  std::string caBundle;
  bool skipVerify = false;

  Availability availability;  // as the APIService's condition has it, until it was looked at
  std::string resources;      // as it said last; see HandledPaths
  std::string openApi, openApiV2;
  Instant openApiSince{};

  std::string path() const { return concat("/apis/", group, "/", version); }
  // Whom its certificate is for.
  std::string serverName() const { return concat(serviceName, ".", serviceNs, ".svc"); }

  // Where a request of that user goes, when the server is at `place`.
  HttpForward forward(const webhook::Place& place, const FrontProxy& front, HttpRequest& request) const;
  // A question of this server's own.
  webhook::HttpsRequest question(const webhook::Place& place, const FrontProxy& front, std::string target) const;
};

}  // namespace cleat::aggregator
