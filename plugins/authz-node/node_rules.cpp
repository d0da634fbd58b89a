#include "node_rules.h"

#include <cleat/sdk/lists.h>

#include <algorithm>
#include <vector>

#include "volume-common/local_path_names.h"

namespace cleat::authz_node {
namespace {

using Attributes = role::Attributes::Reader;
using Kind = PodGraph::Kind;

constexpr std::string_view kLeaseNamespace = "kube-node-lease";

struct Rule {
  const char* group;
  std::vector<std::string> resources, verbs;
};

// What a node may whatever runs on it. The endpoint slices are for the proxy, which here acts in the node's name.
const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"authentication.k8s.io", {"tokenreviews"}, {"create"}},
      {"authorization.k8s.io", {"subjectaccessreviews", "localsubjectaccessreviews"}, {"create"}},
      {"", {"services"}, {"get", "list", "watch"}},
      {"", {"endpoints"}, {"get"}},
      {"discovery.k8s.io", {"endpointslices"}, {"get", "list", "watch"}},
      {"", {"events"}, {"create", "patch", "update"}},
      {"events.k8s.io", {"events"}, {"create", "patch", "update"}},
      {"certificates.k8s.io", {"certificatesigningrequests"}, {"create", "get", "list", "watch"}},
      {"certificates.k8s.io", {"clustertrustbundles"}, {"get", "list", "watch"}},
      {"storage.k8s.io", {"csidrivers"}, {"get", "list", "watch"}},
      {"node.k8s.io", {"runtimeclasses"}, {"get", "list", "watch"}},
  };
  return all;
}

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

Verdict allow() { return {true, {}, false}; }
// Every refusal says who refuses, beside those of other authorizers.
constexpr std::string_view kWho = "node: ";
Verdict refuse(std::string_view reason) { return {false, concat(kWho, reason), false}; }

Verdict related(const PodGraph& graph, std::string_view node, Kind kind, Attributes asked) {
  if (asked.getName().size() == 0) return refuse("No Object name found");
  if (graph.reaches(node, kind, view(asked.getNamespace()), view(asked.getName()))) return allow();
  return {false, concat(kWho, "no relationship found between node '", node, "' and this object"), true};
}

Verdict judgeRead(const PodGraph& graph, std::string_view node, Kind kind, Attributes asked) {
  if (!isOneOf(view(asked.getVerb()), {"get", "list", "watch"})) {
    return refuse("can only read resources of this type");
  }
  if (asked.getSubresource().size() > 0) return refuse("cannot read subresource");
  if (asked.getNamespace().size() == 0) return refuse("can only read namespaced object of this type");
  return related(graph, node, kind, asked);
}

// Also what the volumes of its pods name, for their drivers.
Verdict judgeSecret(const PodGraph& graph, std::string_view node, Attributes asked) {
  const bool isVolumes = view(asked.getVerb()) == "get" && asked.getSubresource().size() == 0 &&
                         graph.reachesSecret(node, view(asked.getNamespace()), view(asked.getName()));
  return isVolumes ? allow() : judgeRead(graph, node, Kind::secret, asked);
}

Verdict judgeGet(const PodGraph& graph, std::string_view node, Kind kind, Attributes asked) {
  if (view(asked.getVerb()) != "get") return refuse("can only get individual resources of this type");
  if (asked.getSubresource().size() > 0) return refuse("cannot get subresource");
  return related(graph, node, kind, asked);
}

Verdict judgeClaim(const PodGraph& graph, std::string_view node, Attributes asked) {
  if (view(asked.getSubresource()) != "status") return judgeGet(graph, node, Kind::volumeClaim, asked);
  if (isOneOf(view(asked.getVerb()), {"get", "update", "patch"})) {
    return related(graph, node, Kind::volumeClaim, asked);
  }
  return refuse("can only get/update/patch this type");
}

bool isLabelledFor(Attributes asked, std::string_view node) {
  for (auto requirement : asked.getLabelSelector()) {
    auto values = requirement.getValues();
    if (view(requirement.getKey()) == local_path::kNode && view(requirement.getOperator()) == "In" &&
        values.size() == 1 && view(values[0]) == node) {
      return true;
    }
  }
  return false;
}

// Those that its pods have it reads one by one. Those on its own disk, which say so in a label, it follows, and lets
// them go when it has emptied them: admission sees to it that it writes no more than that.
Verdict judgeVolume(const PodGraph& graph, std::string_view node, Attributes asked) {
  const std::string_view verb = view(asked.getVerb()), name = view(asked.getName());
  if (asked.getSubresource().size() > 0) return refuse("cannot get subresource");
  if (isOneOf(verb, {"list", "watch"}) && isLabelledFor(asked, node)) return allow();
  if (verb == "update") return related(graph, node, Kind::localVolume, asked);
  if (verb != "get") return refuse("can only get individual resources of this type");
  if (name.empty()) return refuse("No Object name found");
  if (graph.reachesVolume(node, name)) return allow();
  return related(graph, node, Kind::localVolume, asked);
}

Verdict judgeAccount(const PodGraph& graph, std::string_view node, Attributes asked) {
  if (view(asked.getVerb()) == "get" && asked.getSubresource().size() == 0) {
    return related(graph, node, Kind::serviceAccount, asked);
  }
  if (view(asked.getVerb()) != "create" || asked.getName().size() == 0) {
    return refuse("can only create tokens for individual service accounts");
  }
  if (view(asked.getSubresource()) != "token") return refuse("can only create token subresource of serviceaccount");
  return related(graph, node, Kind::serviceAccount, asked);
}

// The name of what is created is not known here: admission sees to it.
bool isOwn(std::string_view node, Attributes asked) {
  return view(asked.getVerb()) == "create" || view(asked.getName()) == node;
}

Verdict judgeLease(std::string_view node, Attributes asked) {
  if (!isOneOf(view(asked.getVerb()), {"get", "create", "update", "patch", "delete"})) {
    return refuse("can only get, create, update, patch, or delete a node lease");
  }
  if (view(asked.getNamespace()) != kLeaseNamespace) {
    return refuse(concat("can only access leases in the \"", kLeaseNamespace, "\" system namespace"));
  }
  return isOwn(node, asked) ? allow() : refuse("can only access node lease with the same name as the requesting node");
}

Verdict judgeCsiNode(std::string_view node, Attributes asked) {
  if (!isOneOf(view(asked.getVerb()), {"get", "create", "update", "patch", "delete"})) {
    return refuse("can only get, create, update, patch, or delete a CSINode");
  }
  if (asked.getSubresource().size() > 0) return refuse("cannot authorize CSINode subresources");
  return isOwn(node, asked) ? allow() : refuse("can only access CSINode with the same name as the requesting node");
}

Verdict judgeNode(std::string_view node, Attributes asked) {
  const std::string_view verb = view(asked.getVerb()), name = view(asked.getName());
  if (view(asked.getSubresource()) == "status") return {isOneOf(verb, {"update", "patch"}), {}, false};
  if (asked.getSubresource().size() > 0) return {};
  if (isOneOf(verb, {"create", "update", "patch"})) return allow();
  if (!isOneOf(verb, {"get", "list", "watch"})) return {};
  if (name == node) return allow();
  if (name.empty()) return refuse(concat("node '", node, "' cannot read all nodes, only its own Node object"));
  return refuse(concat("node '", node, "' cannot read '", name, "', only its own Node object"));
}

bool choosesNode(Attributes asked, std::string_view node) {
  for (auto requirement : asked.getFieldSelector()) {
    auto values = requirement.getValues();
    if (view(requirement.getKey()) == "spec.nodeName" && view(requirement.getOperator()) == "In" &&
        values.size() == 1 && view(values[0]) == node) {
      return true;
    }
  }
  return false;
}

Verdict judgePod(const PodGraph& graph, std::string_view node, Attributes asked) {
  const std::string_view verb = view(asked.getVerb()), subresource = view(asked.getSubresource());
  if (subresource == "status") return {isOneOf(verb, {"update", "patch"}), {}, false};
  if (subresource == "eviction") return {verb == "create", {}, false};
  if (!subresource.empty()) return {};
  if (verb == "get") return judgeGet(graph, node, Kind::pod, asked);
  if (isOneOf(verb, {"create", "delete"})) return allow();
  if (!isOneOf(verb, {"list", "watch"})) return {};
  if (choosesNode(asked, node)) return allow();
  if (asked.getName().size() > 0) return related(graph, node, Kind::pod, asked);
  return refuse("can only list/watch pods with spec.nodeName field selector");
}

// What it creates is checked by admission, which sees it.
Verdict judgeSlice(const PodGraph& graph, std::string_view node, Attributes asked) {
  const std::string_view verb = view(asked.getVerb());
  if (asked.getSubresource().size() > 0) return refuse("cannot authorize ResourceSlice subresources");
  if (verb == "create") return allow();
  if (isOneOf(verb, {"get", "update", "patch", "delete"})) return related(graph, node, Kind::resourceSlice, asked);
  if (isOneOf(verb, {"watch", "list", "deletecollection"})) {
    return choosesNode(asked, node)
               ? allow()
               : refuse("can only list/watch/deletecollection resourceslices with nodeName field selector");
  }
  return refuse(
      "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, "
      "deletecollection");
}

Verdict judgePodCertificate(const PodGraph& graph, std::string_view node, Attributes asked) {
  const std::string_view verb = view(asked.getVerb());
  if (asked.getSubresource().size() > 0) {
    return refuse("nodes may not access the status subresource of PodCertificateRequests");
  }
  if (verb == "create") return allow();
  if (verb == "get") return related(graph, node, Kind::podCertificate, asked);
  if (!isOneOf(verb, {"list", "watch"})) return refuse(concat("nodes may not ", verb, " podcertificaterequests"));
  if (choosesNode(asked, node)) return allow();
  return refuse("can only list/watch podcertificaterequests with nodeName field selector");
}

bool covers(const Rule& rule, Attributes asked) {
  const std::string_view resource = view(asked.getResource()), subresource = view(asked.getSubresource());
  const std::string whole = subresource.empty() ? str(resource) : concat(resource, "/", subresource);
  return view(asked.getGroup()) == rule.group &&
         std::ranges::find(rule.verbs, view(asked.getVerb())) != rule.verbs.end() &&
         std::ranges::find(rule.resources, whole) != rule.resources.end();
}

}  // namespace

Verdict judge(const PodGraph& graph, std::string_view node, Attributes asked) {
  if (asked.getPath().size() > 0) return {};
  const std::string resource =
      asked.getGroup().size() == 0 ? str(asked.getResource()) : concat(asked.getGroup(), "/", asked.getResource());
  if (resource == "secrets") return judgeSecret(graph, node, asked);
  if (resource == "configmaps") return judgeRead(graph, node, Kind::configMap, asked);
  if (resource == "persistentvolumeclaims") return judgeClaim(graph, node, asked);
  if (resource == "persistentvolumes") return judgeVolume(graph, node, asked);
  if (resource == "serviceaccounts") return judgeAccount(graph, node, asked);
  if (resource == "resource.k8s.io/resourceclaims") return judgeGet(graph, node, Kind::resourceClaim, asked);
  if (resource == "resource.k8s.io/resourceslices") return judgeSlice(graph, node, asked);
  if (resource == "certificates.k8s.io/podcertificaterequests") return judgePodCertificate(graph, node, asked);
  if (resource == "coordination.k8s.io/leases") return judgeLease(node, asked);
  if (resource == "storage.k8s.io/csinodes") return judgeCsiNode(node, asked);
  if (resource == "storage.k8s.io/volumeattachments") return judgeGet(graph, node, Kind::volumeAttachment, asked);
  if (resource == "nodes") return judgeNode(node, asked);
  if (resource == "pods") return judgePod(graph, node, asked);
  return {std::ranges::any_of(rules(), [&](const Rule& rule) { return covers(rule, asked); }), {}, false};
}

void writeRules(role::RulesResults::Builder results) {
  auto list = results.initResourceRules(static_cast<uint32_t>(rules().size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    const Rule& rule = rules()[i];
    list[i].adoptVerbs(textList(orphanageOf(list[i]), rule.verbs));
    list[i].adoptGroups(textList(orphanageOf(list[i]), {std::string_view(rule.group)}));
    list[i].adoptResources(textList(orphanageOf(list[i]), rule.resources));
  }
}

}  // namespace cleat::authz_node
