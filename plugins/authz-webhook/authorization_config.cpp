#include "authorization_config.h"

#include <cleat/cel/environment.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "access_review.h"
#include "remote-common/config_document.h"

namespace cleat::authz {

namespace {

using remote::ConfigDocument;
using remote::ConfigNode;

constexpr Duration kLongestTimeout = std::chrono::seconds(30);
constexpr size_t kLongestName = 253;
constexpr const char* kWebhooks = "authz-webhook";  // the plugin of all webhooks of the file

// Complains of what is none of the values; the first of them then.
std::string oneOf(const ConfigNode& node, std::initializer_list<std::string_view> values) {
  const std::string found = node.text();
  if (std::ranges::find(values, found) != values.end()) return found;
  if (found.empty()) {
    node.required();
  } else {
    node.complain(
        concat("Unsupported value: ", inQuotes(found), ": supported values: ", joined(values, ", ", inQuotes)));
  }
  return str(*values.begin());
}

bool isName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  char before = '.';
  for (char c : name) {
    const bool isWord = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!isWord && !((c == '-' || c == '.') && before != '.' && !(c == '.' && before == '-'))) return false;
    before = c;
  }
  return before != '-' && before != '.';
}

// Says why an expression cannot be a condition, as Kubernetes does; empty: it can.
std::string addCondition(const std::string& text, WebhookConfig& webhook) {
  cel::Compiled compiled = reviewEnvironment().compile(text);
  const auto invalid = [&](std::string_view why) { return concat("Invalid value: ", inQuotes(text), ": ", why); };
  if (!compiled.program) return invalid(concat("compilation failed: ", compiled.message));
  if (compiled.program->type()->kind != cel::TypeKind::boolean) return invalid("must evaluate to bool");
  if (const std::string& fault = compiled.program->fault(); !fault.empty()) {
    return concat("Internal error: program instantiation failed: ", fault);
  }
  webhook.conditions.push_back({text, std::move(compiled.program)});
  return {};
}

void readConditions(const ConfigNode& node, WebhookConfig& webhook) {
  const ConfigNode version = node["matchConditionSubjectAccessReviewVersion"];
  const std::vector<ConfigNode> conditions = node["matchConditions"].items();
  if (!conditions.empty() || version.there()) oneOf(version, {"v1"});
  std::set<std::string> seen;
  for (const ConfigNode& condition : conditions) {
    condition.knows({"expression"});
    const ConfigNode expression = condition["expression"];
    const std::string text = expression.text();
    if (text.empty()) {
      expression.required();
      continue;
    }
    if (!seen.insert(text).second) expression.complain(concat("Duplicate value: ", inQuotes(text)));
    if (const std::string why = addCondition(text, webhook); !why.empty()) expression.complain(why);
  }
}

void readConnection(const ConfigNode& node, WebhookConfig& webhook) {
  node.knows({"type", "kubeConfigFile"});
  const ConfigNode type = node["type"], file = node["kubeConfigFile"];
  if (type.text() == "InClusterConfig") {
    return type.complain("the server does not run in a pod; a kubeConfigFile says where the webhook is");
  }
  oneOf(type, {"KubeConfigFile"});
  const std::string name = file.text();
  if (name.empty()) return file.required();
  if (!name.starts_with('/')) return file.invalid(name, "must be an absolute path");
  auto target = remote::readKubeconfig(name);
  if (!target) return file.invalid(name, concat("error loading kubeconfig: ", target.error().message));
  webhook.target = *std::move(target);
}

Duration ttlOf(const ConfigNode& ttl, const ConfigNode& cached, Duration otherwise) {
  const Duration found = ttl.duration(otherwise);
  if (found <= Duration::zero()) ttl.invalid(ttl.text(), "must be > 0s");
  return cached.boolean(true) ? found : Duration::zero();
}

WebhookConfig readWebhook(const ConfigNode& node, std::string name) {
  WebhookConfig webhook;
  webhook.name = std::move(name);
  if (!node.there()) {
    node.required("required when type=Webhook");
    return webhook;
  }
  node.knows({"authorizedTTL", "cacheAuthorizedRequests", "unauthorizedTTL", "cacheUnauthorizedRequests", "timeout",
              "subjectAccessReviewVersion", "matchConditionSubjectAccessReviewVersion", "failurePolicy",
              "connectionInfo", "matchConditions"});
  webhook.authorizedTtl = ttlOf(node["authorizedTTL"], node["cacheAuthorizedRequests"], webhook.authorizedTtl);
  webhook.unauthorizedTtl = ttlOf(node["unauthorizedTTL"], node["cacheUnauthorizedRequests"], webhook.unauthorizedTtl);
  const ConfigNode timeout = node["timeout"];
  webhook.timeout = timeout.duration(Duration::zero());
  if (!timeout.there()) {
    timeout.required();
  } else if (webhook.timeout <= Duration::zero() || webhook.timeout > kLongestTimeout) {
    timeout.invalid(timeout.text(), "must be > 0s and <= 30s");
  }
  webhook.reviewVersion = oneOf(node["subjectAccessReviewVersion"], {"v1", "v1beta1"});
  webhook.deniesOnFailure = oneOf(node["failurePolicy"], {"NoOpinion", "Deny"}) == "Deny";
  readConnection(node["connectionInfo"], webhook);
  readConditions(node, webhook);
  return webhook;
}

// The plugin that authorizes as an entry of the file says; empty: there is none.
std::string pluginOf(const ConfigNode& type) {
  static const std::map<std::string, std::string, std::less<>> kPlugins = {{"Node", "authz-node"},
                                                                           {"RBAC", "authz-rbac"},
                                                                           {"ABAC", "authz-abac"},
                                                                           {"AlwaysAllow", "authz-always-allow"},
                                                                           {"AlwaysDeny", "authz-always-deny"},
                                                                           {"Webhook", kWebhooks}};
  const std::string found = type.text();
  if (const auto known = kPlugins.find(found); known != kPlugins.end()) return known->second;
  if (found.empty()) {
    type.required();
  } else {
    type.complain(concat("Unsupported value: ", inQuotes(found)));
  }
  return {};
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string listed(const std::vector<std::string>& names) { return concat("[", joined(names, ", ", inQuotes), "]"); }

// The order in which authorizers are asked is the server's to say: a file that says it too must say the same.
void checkOrder(const ConfigNode& authorizers, std::vector<std::string> order, std::vector<std::string> chain) {
  const auto isOther = [](const std::string& name) { return name != kWebhooks; };
  if (std::ranges::none_of(order, isOther)) return;
  // Without webhooks in the file the place of their plugin is all the same.
  if (!has(order, kWebhooks)) std::erase(chain, kWebhooks);
  if (order == chain) return;
  if (!has(order, kWebhooks)) order.emplace_back(kWebhooks);
  authorizers.complain(concat("are not those that the server asks, in this order: set [authz] chain = ", listed(order),
                              " in its configuration, which has ", listed(chain)));
}

}  // namespace

Result<std::vector<WebhookConfig>> readAuthorizationConfig(const std::string& file,
                                                           const std::vector<std::string>& chain) {
  CLEAT_TRY(std::unique_ptr<ConfigDocument> document, ConfigDocument::read(file));
  document->expect("apiserver.config.k8s.io", {"v1", "v1beta1"}, "AuthorizationConfiguration");
  const ConfigNode root = document->root();
  root.knows({"apiVersion", "kind", "authorizers"});
  const std::vector<ConfigNode> authorizers = root["authorizers"].items();
  if (authorizers.empty()) root["authorizers"].required("at least one authorization mode must be defined");
  std::vector<WebhookConfig> webhooks;
  std::vector<std::string> order;
  std::set<std::string> names;
  for (const ConfigNode& node : authorizers) {
    node.knows({"type", "name", "webhook"});
    const std::string plugin = pluginOf(node["type"]);
    const ConfigNode name = node["name"];
    if (name.text().empty()) {
      name.required();
    } else if (!isName(name.text())) {
      name.invalid(name.text(), "is no DNS subdomain");
    } else if (!names.insert(name.text()).second) {
      name.complain(concat("Duplicate value: ", inQuotes(name.text())));
    }
    if (plugin.empty()) continue;
    const bool isWebhook = plugin == kWebhooks;
    // Webhooks one after the other are one plugin's.
    if (!isWebhook || order.empty() || order.back() != plugin) {
      if (has(order, plugin)) {
        node["type"].complain(isWebhook ? "webhooks with others between them cannot be asked in this order"
                                        : concat("Duplicate value: ", inQuotes(node["type"].text())));
      }
      order.push_back(plugin);
    }
    if (isWebhook) {
      webhooks.push_back(readWebhook(node["webhook"], name.text()));
    } else if (node["webhook"].there()) {
      node["webhook"].invalid("non-null", "may only be specified when type=Webhook");
    }
  }
  checkOrder(root["authorizers"], std::move(order), chain);
  CLEAT_TRY(document->verdict());
  return webhooks;
}

Result<std::vector<WebhookConfig>> webhookOfSettings(const Config& config) {
  const std::string file = config.string("kubeconfig");
  if (file.empty()) return std::vector<WebhookConfig>();
  auto wrong = [](std::string_view setting, std::string_view why) {
    return fail(Status::badRequest(concat("[plugins.authz-webhook] ", setting, ": ", why)));
  };
  WebhookConfig webhook;
  webhook.name = "default";
  CLEAT_TRY(webhook.target, remote::readKubeconfig(file));
  webhook.authorizedTtl = config.duration("authorized_ttl");
  webhook.unauthorizedTtl = config.duration("unauthorized_ttl");
  webhook.timeout = config.duration("timeout");
  if (webhook.timeout <= Duration::zero() || webhook.timeout > kLongestTimeout) {
    return wrong("timeout", "must be > 0s and <= 30s");
  }
  const std::string policy = config.string("failure_policy");
  if (policy != "NoOpinion" && policy != "Deny") return wrong("failure_policy", "is NoOpinion or Deny");
  webhook.deniesOnFailure = policy == "Deny";
  for (const std::string& text : config.list("match_conditions")) {
    if (const std::string why = addCondition(text, webhook); !why.empty()) return wrong("match_conditions", why);
  }
  return std::vector<WebhookConfig>{std::move(webhook)};
}

}  // namespace cleat::authz
