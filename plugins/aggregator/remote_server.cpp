#include "aggregator/remote_server.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/percent.h>
#include <cleat/sdk/text.h>

namespace cleat::aggregator {

namespace {

constexpr const char *kUser = "X-Remote-User", *kUid = "X-Remote-Uid", *kGroup = "X-Remote-Group",
                     *kExtra = "X-Remote-Extra-";
constexpr uint16_t kDefaultPort = 443;

// A key as part of a header's name: what may not stand in one is percent-encoded.
std::string headerKey(std::string_view key) { return percentEncoded(key, "!#$&'*+-.^_`|~"); }

HttpHeaders identityOf(role::User::Reader user) {
  HttpHeaders headers{{kUser, str(user.getName())}};
  if (user.getUid().size() > 0) headers.emplace_back(kUid, str(user.getUid()));
  for (auto group : user.getGroups()) headers.emplace_back(kGroup, str(group));
  for (auto extra : user.getExtra()) {
    for (auto value : extra.getValues()) {
      headers.emplace_back(concat(kExtra, headerKey(view(extra.getKey()))), str(value));
    }
  }
  return headers;
}

}  // namespace

RemoteServer::RemoteServer(APIService::Reader service) {
  auto spec = service.getSpec();
  group = str(spec.getGroup());
  version = str(spec.getVersion());
  groupPriority = spec.getGroupPriorityMinimum();
  versionPriority = spec.getVersionPriority();
  auto reference = spec.getService();
  serviceNs = str(reference.getNamespace());
  serviceName = str(reference.getName());
  port = reference.hasPort() ? static_cast<uint16_t>(reference.getPort().getValue()) : kDefaultPort;
  caBundle = str(view(spec.getCaBundle()));
  skipVerify = spec.getInsecureSkipTLSVerify();
  if (auto condition = findCondition(service.getStatus().getConditions(), "Available")) {
    availability = {view(condition->getStatus()) == "True", str(condition->getReason()), str(condition->getMessage())};
  }
}

HttpForward RemoteServer::forward(const webhook::Place& place, const FrontProxy& front, HttpRequest& request) const {
  HttpForward to;
  to.url = concat("https://", hostPort(place.host, place.port), request.target());
  to.caBundle = caBundle;
  to.skipVerify = skipVerify;
  to.serverName = serverName();
  to.certificateFile = front.certificateFile;
  to.keyFile = front.keyFile;
  to.headers = identityOf(request.user());
  return to;
}

webhook::HttpsRequest RemoteServer::question(const webhook::Place& place, const FrontProxy& front,
                                             std::string target) const {
  webhook::HttpsRequest request;
  request.host = place.host;
  request.port = place.port;
  request.serverName = serverName();
  request.authority = hostPort(place.host, place.port);
  request.target = std::move(target);
  request.trust = caBundle;
  request.trustsAnybody = skipVerify;
  request.certificate = front.certificatePem;
  request.key = front.keyPem;
  request.headers = {{kUser, "system:kube-aggregator"}, {kGroup, "system:masters"}};
  return request;
}

}  // namespace cleat::aggregator
