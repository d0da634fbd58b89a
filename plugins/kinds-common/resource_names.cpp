#include "kinds-common/resource_names.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

// Known without a domain, besides huge pages.
constexpr std::array<std::string_view, 11> kMeasured{
    "cpu",          "memory",          "ephemeral-storage",        "storage",
    "requests.cpu", "requests.memory", "requests.storage",         "requests.ephemeral-storage",
    "limits.cpu",   "limits.memory",   "limits.ephemeral-storage",
};
constexpr std::array<std::string_view, 9> kCounted{
    "pods",       "resourcequotas",         "services",           "replicationcontrollers", "secrets",
    "configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
};

bool isPrefixed(std::string_view name) { return name.find('/') != std::string_view::npos; }

bool isStandardResource(std::string_view name) {
  return std::ranges::find(kMeasured, name) != kMeasured.end() || std::ranges::find(kCounted, name) != kCounted.end() ||
         isHugePages(name) || name.starts_with("requests.hugepages-");
}

bool isCounted(std::string_view name) {
  return std::ranges::find(kCounted, name) != kCounted.end() || isExtendedResource(name);
}

}  // namespace

bool isHugePages(std::string_view name) { return name.starts_with("hugepages-"); }

bool isNativeResource(std::string_view name) {
  return !isPrefixed(name) || name.find("kubernetes.io/") != std::string_view::npos;
}

bool isExtendedResource(std::string_view name) {
  if (isNativeResource(name) || name.starts_with("requests.")) return false;
  // A quota must be able to name it.
  return wrongQualifiedName(concat("requests.", name)).empty();
}

bool isOvercommitted(std::string_view name) { return isNativeResource(name) && !isHugePages(name); }

bool isQuotaResource(std::string_view name) { return name != "storage" && isStandardResource(name); }

void checkResourceName(std::string_view name, const Path& path, Findings& findings) {
  Wrongs wrongs = wrongQualifiedName(name);
  if (!wrongs.empty()) {
    findings.invalidEach(path, name, wrongs);
  } else if (!isPrefixed(name) && !isStandardResource(name)) {
    findings.invalid(path, name, "must be a standard resource type or fully qualified");
  }
}

void checkContainerResourceName(std::string_view name, const Path& path, Findings& findings) {
  checkResourceName(name, path, findings);
  if (!isPrefixed(name)) {
    const bool ofContainers = name == "cpu" || name == "memory" || name == "ephemeral-storage" || isHugePages(name);
    if (!ofContainers) findings.invalid(path, name, "must be a standard resource for containers");
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    findings.invalid(path, name, "doesn't follow extended resource name standard");
  }
}

void checkQuotaResourceName(std::string_view name, const Path& path, Findings& findings) {
  checkResourceName(name, path, findings);
  if (!isPrefixed(name) && !isQuotaResource(name)) {
    findings.invalid(path, name, "must be a standard resource for quota");
  }
}

void checkAmount(std::string_view name, capnp::Text::Reader text, const Path& path, Findings& findings) {
  auto amount = Quantity::parse(text);
  if (!amount || *amount < Quantity()) findings.invalid(path, text, kNotNegative);
  if (amount && isCounted(name) && *amount != Quantity::of(amount->value())) {
    findings.invalid(path, text, "must be an integer");
  }
}

void roundAmounts(capnp::List<meta_v1::TextEntry>::Builder amounts) {
  for (auto entry : amounts) {
    const auto amount = Quantity::parse(entry.getValue().asReader());
    if (!amount || amount->milliValue() == std::numeric_limits<int64_t>::max()) continue;
    const Quantity rounded = Quantity::ofMilli(amount->milliValue(), amount->format());
    if (rounded != *amount) entry.setValue(rounded.text());
  }
}

}  // namespace cleat::kinds
