// The rules for where a webhook is: a URL, or a path of a Service.
#pragma once

#include <cleat/sdk/text.h>

#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

struct WebhookAddress {
  bool hasUrl = false, hasService = false, hasPath = false;
  std::string_view url, serviceNamespace, serviceName, path;
  int32_t port = 0;

  // Of a WebhookClientConfig of any group.
  template <class ClientConfig>
  static WebhookAddress of(ClientConfig client) {
    WebhookAddress address{client.hasUrl(), client.hasService()};
    address.url = view(client.getUrl());
    if (!client.hasService()) return address;
    auto service = client.getService();
    address.serviceNamespace = view(service.getNamespace());
    address.serviceName = view(service.getName());
    address.hasPath = service.hasPath();
    address.path = view(service.getPath());
    address.port = service.getPort().getValue();
    return address;
  }
};

void checkWebhookAddress(const WebhookAddress& address, const Path& path, Findings& findings);

}  // namespace cleat::kinds
