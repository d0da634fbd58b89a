#include "image_policy_config.h"

#include <cleat/sdk/text.h>

#include <filesystem>

#include "remote-common/config_document.h"

namespace cleat::image_policy {

namespace {

using remote::ConfigDocument;
using remote::ConfigNode;

struct Range {
  Duration least, most;
};
constexpr Range kTtl{std::chrono::seconds(1), std::chrono::minutes(30)};
constexpr Range kBackoff{std::chrono::milliseconds(1), std::chrono::minutes(5)};

std::string outOf(const Range& range) {
  return concat("valid value is between ", formatDuration(range.least), " and ", formatDuration(range.most));
}
bool isIn(const Range& range, Duration value) { return value >= range.least && value <= range.most; }

// A number of `unit`; 0 is the default, -1 nothing at all.
Duration within(const ConfigNode& node, Duration unit, const Range& range, Duration otherwise) {
  const int64_t number = node.integer(0);
  if (number == 0) return otherwise;
  if (number == -1) return Duration::zero();
  const bool isSmall = number > 0 && number <= range.most / unit;
  if (!isSmall || !isIn(range, number * unit)) node.complain(concat(outOf(range), ", got ", number));
  return isSmall ? number * unit : otherwise;
}

}  // namespace

Result<ImagePolicyConfig> readImagePolicy(const std::string& file) {
  CLEAT_TRY(std::unique_ptr<ConfigDocument> document, ConfigDocument::read(file));
  const ConfigNode root = document->root();
  root.knows({"imagePolicy"});
  const ConfigNode policy = root["imagePolicy"];
  ImagePolicyConfig config;
  if (!policy.knows({"kubeConfigFile", "allowTTL", "denyTTL", "retryBackoff", "defaultAllow"})) policy.required();
  config.allowTtl = within(policy["allowTTL"], std::chrono::seconds(1), kTtl, config.allowTtl);
  config.denyTtl = within(policy["denyTTL"], std::chrono::seconds(1), kTtl, config.denyTtl);
  config.retryBackoff = within(policy["retryBackoff"], std::chrono::milliseconds(1), kBackoff, config.retryBackoff);
  config.allowsByDefault = policy["defaultAllow"].boolean(false);
  const ConfigNode kubeconfig = policy["kubeConfigFile"];
  if (kubeconfig.text().empty()) {
    kubeconfig.required();
  } else {
    auto target = remote::readKubeconfig(std::filesystem::path(file).parent_path() / kubeconfig.text());
    if (!target) kubeconfig.complain(target.error().message);
    if (target) config.target = *std::move(target);
  }
  CLEAT_TRY(document->verdict());
  return config;
}

Result<ImagePolicyConfig> imagePolicyOfSettings(const Config& config) {
  ImagePolicyConfig made;
  const std::string file = config.string("kubeconfig");
  auto wrong = [](std::string_view setting, std::string_view why) {
    return fail(Status::badRequest(concat("[plugins.admission-image-policy-webhook] ", setting, ": ", why)));
  };
  if (file.empty()) return wrong("config or kubeconfig", "one of them is needed");
  CLEAT_TRY(made.target, remote::readKubeconfig(file));
  made.allowTtl = config.duration("allow_ttl");
  made.denyTtl = config.duration("deny_ttl");
  made.retryBackoff = config.duration("retry_backoff");
  if (made.allowTtl != Duration::zero() && !isIn(kTtl, made.allowTtl)) return wrong("allow_ttl", outOf(kTtl));
  if (made.denyTtl != Duration::zero() && !isIn(kTtl, made.denyTtl)) return wrong("deny_ttl", outOf(kTtl));
  if (!isIn(kBackoff, made.retryBackoff)) return wrong("retry_backoff", outOf(kBackoff));
  made.allowsByDefault = config.boolean("default_allow");
  return made;
}

}  // namespace cleat::image_policy
