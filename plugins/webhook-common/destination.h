// Where a webhook is: a URL, or a Service, behind which it is one of the endpoints that are ready.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/text.h>

#include <optional>
#include <string>

#include "webhook-common/https_client.h"
#include "webhook-common/service_resolver.h"

namespace cleat::webhook {

struct Destination {
  std::string url;  // as messages name it, with its path: "https://hook.ns.svc:443/mutate"
  std::string host;
  uint16_t port = 443;
  std::string path = "/";
  std::string caBundle;                // PEM; empty: what this machine trusts
  std::string serviceNs, serviceName;  // empty: it is a URL

  static Destination ofUrl(std::string_view url, std::string_view caBundle);
  static Destination ofService(std::string_view ns, std::string_view name, std::string_view path, uint16_t port,
                               std::string_view caBundle);
  // Of a WebhookClientConfig of any group.
  template <class ClientConfig>
  static Destination of(ClientConfig client) {
    auto bytes = client.getCaBundle();
    const std::string_view bundle(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
    if (!client.hasService()) return ofUrl(view(client.getUrl()), bundle);
    auto service = client.getService();
    const int32_t port = service.hasPort() ? service.getPort().getValue() : 443;
    return ofService(view(service.getNamespace()), view(service.getName()), view(service.getPath()),
                     static_cast<uint16_t>(port), bundle);
  }
};

// The version of reviews that is to be sent: the first that is known here; empty: none is.
std::string knownReviewVersion(capnp::List<capnp::Text>::Reader understood);

// What a review is called: a UUID.
std::string newReviewUid(const Context& context);

// Finds the endpoints of Services, and calls what is there.
class WebhookCaller {
 public:
  explicit WebhookCaller(Context& context);

  void start() { services_.start(); }
  void stop() { client_.stop(); }
  struct Terms {
    Duration timeout;           // what the server is told that it has
    Duration left;              // what there is of the request's own time
    bool othersFollow = false;  // who calls makes more calls before there is an answer
  };
  // The body of the answer. An error says why there is none as Kubernetes does: `Post "https://…?timeout=10s": …`.
  Task<Result<std::string>> post(const Destination& to, std::string body, Terms terms);

 private:
  Task<Result<Place>> find(const Destination& to);

  HttpsClient client_;
  ServiceResolver services_;
};

}  // namespace cleat::webhook
