// Which webhooks are asked whether a caller may do what it asks, in order: AuthorizationConfiguration of Kubernetes
// (apiserver.config.k8s.io), or the same for one webhook as settings of the plugin. Conditions are compiled.
#pragma once

#include <cleat/cel/program.h>
#include <cleat/sdk/config.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <memory>
#include <string>
#include <vector>

#include "remote-common/remote_target.h"

namespace cleat::authz {

struct WebhookConfig {
  std::string name;
  Duration authorizedTtl = std::chrono::minutes(5), unauthorizedTtl = std::chrono::seconds(30);  // 0: not kept
  Duration timeout = std::chrono::seconds(30);
  bool deniesOnFailure = false;  // failurePolicy: Deny; otherwise it has no opinion then
  std::string reviewVersion = "v1";
  remote::RemoteTarget target;
  struct Condition {
    std::string text;
    std::shared_ptr<const cel::Program> program;
  };
  std::vector<Condition> conditions;  // it is asked only where all hold
};

// `chain`: the plugins that authorize, in order ([authz] chain), of which the webhooks are one. Where the file names
// other authorizers than webhooks, it is an error unless the chain asks just them, in their order.
Result<std::vector<WebhookConfig>> readAuthorizationConfig(const std::string& file,
                                                           const std::vector<std::string>& chain);
// Of the settings kubeconfig, authorized_ttl, …; none where there is no kubeconfig.
Result<std::vector<WebhookConfig>> webhookOfSettings(const Config& config);

}  // namespace cleat::authz
