// Nodes: the machines of the cluster, as their agents report them.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <set>

#include "kinds-common/addresses.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-core/core_kinds.h"
#include "kinds-core/proxy_target.h"

namespace cleat::kinds::core {

namespace {

constexpr std::string_view kRolePrefix = "node-role.kubernetes.io/";
constexpr std::string_view kRoleLabel = "kubernetes.io/role";

void setDefaults(core_v1::Node::Builder node, const Change<core_v1::Node>& change) {
  if (node.hasSpec()) {
    auto spec = node.getSpec();
    // Who may not preempt is alpha in Kubernetes, and dropped there as well.
    if (!change.old || !change.old->getSpec().hasPodPreemptionPolicy()) spec.disownPodPreemptionPolicy();
    // Configuration of a node by the API is a feature that was removed.
    if (!change.old || !change.old->getSpec().hasConfigSource()) spec.disownConfigSource();
    if (spec.getPodCIDR().size() != 0 && !spec.hasPodCIDRs()) {
      spec.adoptPodCIDRs(textList(orphanageOf(spec), {view(spec.getPodCIDR().asReader())}));
    } else if (spec.getPodCIDR().size() == 0 && spec.hasPodCIDRs() && spec.getPodCIDRs().size() > 0) {
      spec.setPodCIDR(str(view(spec.getPodCIDRs().asReader()[0])));
    }
  }
  if (node.hasStatus() && (!change.old || !change.old->getStatus().hasConfig())) node.getStatus().disownConfig();
  if (node.hasStatus() && !node.getStatus().hasAllocatable() && node.getStatus().hasCapacity()) {
    node.getStatus().setAllocatable(node.getStatus().asReader().getCapacity());
  }
}

void checkTaints(capnp::List<core_v1::Taint>::Reader taints, const Path& path, Findings& findings) {
  std::set<std::string> seen;
  for (uint32_t i = 0; i < taints.size(); ++i) {
    const Path at = path[i];
    auto taint = taints[i];
    checkLabelName(view(taint.getKey()), at / "key", findings);
    Wrongs wrongs = wrongLabelValue(view(taint.getValue()));
    if (!wrongs.empty()) findings.invalidEach(at / "value", taint.getValue(), wrongs);
    if (taint.getEffect().size() == 0) {
      findings.required(at / "effect");
    } else {
      checkOneOf(view(taint.getEffect()), at / "effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"}, findings);
    }
    std::string identity = concat(view(taint.getKey()), ":", view(taint.getEffect()));
    if (!seen.insert(identity).second) {
      findings.add({"FieldValueDuplicate",
                    concat("Duplicate value: {\"Key\":", jsonText(view(taint.getKey())), ",\"Value\":",
                           jsonText(view(taint.getValue())), ",\"Effect\":", jsonText(view(taint.getEffect())),
                           ",\"TimeAdded\":null}: taints must be unique by key and effect pair"),
                    std::string(at.text())});
    }
  }
}

void checkResources(capnp::List<meta_v1::TextEntry>::Reader resources, const Path& path, Findings& findings) {
  for (auto resource : resources) {
    auto quantity = Quantity::parse(resource.getValue());
    if (!quantity || *quantity < Quantity()) {
      findings.invalid(path / view(resource.getKey()), resource.getValue(), kNotNegative);
    }
  }
}

void checkPodCidrs(core_v1::NodeSpec::Reader spec, const Path& path, Findings& findings) {
  auto cidrs = spec.getPodCIDRs();
  std::set<bool> families;
  for (uint32_t i = 0; i < cidrs.size(); ++i) {
    const auto cidr = checkStrictCidr(view(cidrs[i]), path[i], findings);
    if (!cidr) continue;
    warnOfCidr(view(cidrs[i]), path[i], findings);
    families.insert(cidr->is4());
  }
  if (cidrs.size() > 2 || (cidrs.size() == 2 && families.size() == 1)) {
    findings.invalid(path, Shown::list(strings(cidrs)), "may specify no more than one CIDR for each IP family");
  }
}

// "MyFeature/mySubFeature"
bool isFeatureName(std::string_view name) {
  const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto isPart = [&](char c) { return isLetter(c) || (c >= '0' && c <= '9') || c == '/'; };
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z' && std::ranges::all_of(name, isPart) &&
         name.back() != '/' && name.find("//") == std::string_view::npos;
}

void checkFeatures(capnp::List<capnp::Text>::Reader features, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < features.size(); ++i) {
    const std::string_view name = view(features[i]);
    if (i > 0 && name < view(features[i - 1])) findings.invalid(path[i], name, "list must be sorted alphabetically");
    if (isFeatureName(name)) continue;
    findings.invalid(
        path[i], name,
        concat("invalid feature name ", inQuotes(name),
               ": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., "
               "MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"));
  }
}

void validate(const Change<core_v1::Node>& change, Findings& findings) {
  const Path spec("spec");
  if (change.object.getSpec().getExternalID().size() > 0) {
    findings.warn("spec.externalID: this field is deprecated, and is unused by Kubernetes");
  }
  checkTaints(change.object.getSpec().getTaints(), Path("metadata") / "taints", findings);  // as Kubernetes says it
  checkPodCidrs(change.object.getSpec(), spec / "podCIDRs", findings);
  const Path status("status");
  checkResources(change.object.getStatus().getCapacity(), status / "capacity", findings);
  checkResources(change.object.getStatus().getAllocatable(), status / "allocatable", findings);
  checkFeatures(change.object.getStatus().getDeclaredFeatures(), status / "declaredFeatures", findings);
  auto addresses = change.object.getStatus().getAddresses();
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (uint32_t i = 0; i < addresses.size(); ++i) {
    auto address = addresses[i];
    if (!seen.emplace(view(address.getType()), view(address.getAddress())).second) {
      findings.duplicate((status / "addresses")[i],
                         Shown::plain(concat("{\"Type\":", jsonText(view(address.getType())),
                                             ",\"Address\":", jsonText(view(address.getAddress())), "}")));
    }
  }
  if (change.isCreate()) return;
  auto before = change.old->getSpec();
  auto now = change.object.getSpec();
  if (before.getPodCIDRs().size() > 0 && !sameStruct(before.getPodCIDRs(), now.getPodCIDRs())) {
    findings.forbidden(spec / "podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
  }
  if (before.getProviderID().size() > 0 && view(before.getProviderID()) != view(now.getProviderID())) {
    findings.invalid(spec / "providerID", Shown::null(), "field cannot be modified once set");
  }
  if (view(before.getExternalID()) != view(now.getExternalID())) {
    findings.forbidden(spec / "externalID", "may not be updated");
  }
}

std::string rolesOf(meta_v1::ObjectMeta::Reader meta) {
  std::set<std::string> roles;
  for (auto label : meta.getLabels()) {
    std::string_view key = view(label.getKey());
    if (key.starts_with(kRolePrefix)) {
      if (key.size() > kRolePrefix.size()) roles.emplace(key.substr(kRolePrefix.size()));
    } else if (key == kRoleLabel && label.getValue().size() != 0) {
      roles.insert(str(label.getValue()));
    }
  }
  return roles.empty() ? "<none>" : joined(roles, ",");
}

std::string statusOf(core_v1::Node::Reader node) {
  std::string status = "Unknown";
  if (auto ready = findCondition(node.getStatus().getConditions(), "Ready")) {
    status = view(ready->getStatus()) == "True" ? "Ready" : "NotReady";
  }
  if (node.getSpec().getUnschedulable()) status += ",SchedulingDisabled";
  return status;
}

std::string_view addressOf(core_v1::Node::Reader node, std::string_view type) {
  for (auto address : node.getStatus().getAddresses()) {
    if (view(address.getType()) == type) return view(address.getAddress());
  }
  return "<none>";
}

void print(core_v1::Node::Reader node, Cells& cells) {
  auto known = [&](capnp::Text::Reader text) { cells.text(text.size() == 0 ? "<unknown>" : view(text)); };
  auto system = node.getStatus().getNodeInfo();
  cells.text(node.getMetadata().getName());
  cells.text(statusOf(node));
  cells.text(rolesOf(node.getMetadata()));
  cells.age(node.getMetadata().getCreationTimestamp());
  cells.text(system.getKubeletVersion());
  cells.text(addressOf(node, "InternalIP"));
  cells.text(addressOf(node, "ExternalIP"));
  known(system.getOsImage());
  known(system.getKernelVersion());
  known(system.getContainerRuntimeVersion());
}

}  // namespace

void addNodes(KindTable& table) {
  table.add<core_v1::Node>(
      {.structFile = kSchemaFile,
       .shortNames = {"no"},
       .columns = {nameColumn(),
                   {"Status", "string", "Whether the node is ready, and whether pods may be put on it."},
                   {"Roles", "string", "The roles that the node's labels give it."},
                   ageColumn(),
                   {"Version", "string", "The version of the agent on the node."},
                   wide({"Internal-IP", "string", "The address by which the cluster reaches the node."}),
                   wide({"External-IP", "string", "The address by which the world reaches the node."}),
                   wide({"OS-Image", "string", "The operating system, as it names itself."}),
                   wide({"Kernel-Version", "string", "The version of the kernel."}),
                   wide({"Container-Runtime", "string", "The container runtime and its version."})},
       .selectableFields = {"spec.unschedulable"},
       .hasStatus = true,
       .keepsGeneration = true,
       .keepsStatusOnCreate = true},
      {setDefaults, validate, print});
  table.addStatus<core_v1::Node>();
  table.addSubresource<core_v1::Node>(proxySubresource("NodeProxyOptions"));
}

}  // namespace cleat::kinds::core
