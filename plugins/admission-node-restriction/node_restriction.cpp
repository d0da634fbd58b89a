// Holds nodes to what is theirs: their own Node, lease and certificate, and the pods that are bound to them.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_identity.h>

#include <algorithm>

#include "driver_audiences.h"
#include "mirror_pod.h"
#include "own_node.h"
#include "own_volume.h"
#include "x509-common/certificates.h"

using namespace cleat;
using namespace cleat::node_restriction;
using authentication_v1::TokenRequest;
using certificates_v1::CertificateSigningRequest;
using certificates_v1::PodCertificateRequest;
using core_v1::Node;
using core_v1::PersistentVolume;
using core_v1::Pod;
using core_v1::ServiceAccount;
using resource_v1::ResourceSlice;
using role::Operation;

namespace {

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
constexpr std::string_view kLeaseNamespace = "kube-node-lease";
constexpr std::string_view kServingSigner = "kubernetes.io/kubelet-serving";
constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";

// As messages name it.
std::string nameOf(Operation operation) {
  switch (operation) {
    case Operation::CREATE: return "CREATE";
    case Operation::UPDATE: return "UPDATE";
    case Operation::DELETE: return "DELETE";
    case Operation::CONNECT: return "CONNECT";
  }
  return {};
}

template <class Reader>
bool same(Reader a, Reader b) {
  return capnp::toAny(a) == capnp::toAny(b);
}

bool sameClaims(core_v1::PodStatus::Reader a, core_v1::PodStatus::Reader b) {
  auto before = a.getResourceClaimStatuses(), after = b.getResourceClaimStatuses();
  if (before.size() != after.size()) return false;
  for (uint32_t i = 0; i < before.size(); ++i) {
    if (!same(before[i], after[i])) return false;
  }
  return true;
}

bool asksFor(const Object<Pod>& pod, std::string_view audience) {
  for (auto volume : pod->getSpec().getVolumes()) {
    for (auto source : volume.getProjected().getSources()) {
      if (source.hasServiceAccountToken() && view(source.getServiceAccountToken().getAudience()) == audience)
        return true;
    }
  }
  return false;
}

class NodeRestriction : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    std::vector<AdmissionInterest> all;
    auto add = [&](const char* group, const char* resource) {
      all.push_back({.group = group, .resource = resource, .validates = true, .userGroups = {kNodesGroup}});
    };
    for (const char* resource : {"pods", "pods/*", "nodes", "nodes/*", "persistentvolumeclaims",
                                 "persistentvolumeclaims/*", "persistentvolumes", "serviceaccounts/token"}) {
      add("", resource);
    }
    add("coordination.k8s.io", "leases");
    add("storage.k8s.io", "csinodes");
    add("certificates.k8s.io", "certificatesigningrequests");
    add("certificates.k8s.io", "podcertificaterequests");
    add("certificates.k8s.io", "podcertificaterequests/*");
    add("resource.k8s.io", "resourceslices");
    return all;
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const std::optional<std::string_view> found = nodeNameOf(request.user());
    if (!found) co_return Result<void>();
    const std::string node(*found);
    if (node.empty()) {
      co_return request.forbid(concat("could not determine node from user ", inQuotes(view(request.user().getName()))));
    }
    const std::string_view resource = request.resource();
    if (resource == "pods") co_return co_await checkPod(request, node);
    if (resource == "serviceaccounts") co_return co_await checkToken(request, node);
    if (resource == "podcertificaterequests") co_return co_await checkPodCertificate(request, node);
    std::string wrong;
    if (resource == "nodes") wrong = wrongWithNodes(request, node);
    if (resource == "persistentvolumeclaims" && request.subresource() != "status") wrong = "may only update PVC status";
    if (resource == "persistentvolumes") wrong = wrongWithVolumes(request, node);
    if (resource == "leases") wrong = wrongWithLease(request, node);
    if (resource == "csinodes" && request.name() != node) {
      wrong = "can only access CSINode with the same name as the requesting node";
    }
    if (resource == "resourceslices") wrong = wrongWithSlice(request, node);
    if (resource == "certificatesigningrequests") wrong = wrongWithCertificate(request, node);
    if (!wrong.empty()) co_return request.forbid(wrong);
    co_return Result<void>();
  }

 private:
  Task<Result<void>> checkPod(AdmissionRequest& request, std::string node) {
    const std::string_view subresource = request.subresource();
    if (subresource.empty() && request.operation() == Operation::CREATE) co_return co_await checkNewPod(request, node);
    if (subresource == "eviction") co_return co_await checkEviction(request, node);
    std::string wrong;
    if (subresource.empty()) {
      wrong = wrongWithPod(request, node);
    } else if (subresource == "status") {
      wrong = wrongWithPodStatus(request, node);
    } else {
      wrong =
          concat("unexpected pod subresource ", inQuotes(subresource), ", only 'status' and 'eviction' are allowed");
    }
    if (!wrong.empty()) co_return request.forbid(wrong);
    co_return Result<void>();
  }

  Task<Result<void>> checkNewPod(AdmissionRequest& request, std::string node) {
    const Object<Pod> pod = request.object<Pod>();
    if (std::optional<std::string> wrong = wrongWithNewPod(node, pod)) co_return request.forbid(*wrong);
    Result<Object<Node>> own = co_await client_.get<Node>(node);
    if (!own && own.error().is(404)) co_return request.refuse(own.error());
    if (!own) co_return request.retry(own.error());
    const std::string_view claimed = view(pod.meta().getOwnerReferences()[0].getUid());
    if (claimed == own->uid()) co_return Result<void>();
    co_return request.forbid(concat("node ", node, " UID mismatch: expected ", claimed, " got ", own->uid()));
  }

  static std::string wrongWithPod(AdmissionRequest& request, const std::string& node) {
    if (request.operation() != Operation::DELETE) {
      return concat("unexpected operation ", inQuotes(nameOf(request.operation())), ", node ", inQuotes(node),
                    " can only create and delete mirror pods");
    }
    if (view(request.object<Pod>()->getSpec().getNodeName()) == node) return {};
    return concat("node ", inQuotes(node), " can only delete pods with spec.nodeName set to itself");
  }

  static std::string wrongWithPodStatus(AdmissionRequest& request, const std::string& node) {
    if (request.operation() != Operation::UPDATE) {
      return concat("unexpected operation ", inQuotes(nameOf(request.operation())));
    }
    const Object<Pod> old = request.old<Pod>(), now = request.object<Pod>();
    if (view(old->getSpec().getNodeName()) != node) {
      return concat("node ", inQuotes(node), " can only update pod status for pods with spec.nodeName set to itself");
    }
    auto before = old.meta().getLabels(), after = now.meta().getLabels();
    if (before.size() != after.size() || !isSubset(before, after)) {
      return concat("node ", inQuotes(node), " cannot update labels through pod status");
    }
    // Claims are what a node may read on behalf of the pod.
    if (!sameClaims(old->getStatus(), now->getStatus())) {
      return concat("node ", inQuotes(node), " cannot update resource claim statuses");
    }
    if (!same(old->getStatus().getExtendedResourceClaimStatus(), now->getStatus().getExtendedResourceClaimStatus())) {
      return concat("node ", inQuotes(node), " cannot update extended resource claim status");
    }
    return {};
  }

  Task<Result<void>> checkEviction(AdmissionRequest& request, std::string node) {
    if (request.operation() != Operation::CREATE) {
      co_return request.forbid(concat("unexpected operation ", inQuotes(nameOf(request.operation()))));
    }
    Result<Object<Pod>> pod = co_await client_.get<Pod>(request.ns(), request.name());
    if (!pod && pod.error().is(404)) co_return request.refuse(pod.error());
    if (!pod) co_return request.retry(pod.error());
    if (view((*pod)->getSpec().getNodeName()) == node) co_return Result<void>();
    co_return request.forbid(concat("node ", node, " can only evict pods with spec.nodeName set to itself"));
  }

  static std::string wrongWithNodes(AdmissionRequest& request, const std::string& node) {
    if (request.name() != node) {
      return concat("node ", inQuotes(node), " is not allowed to modify node ", inQuotes(request.name()));
    }
    std::optional<std::string> wrong;
    if (request.operation() == Operation::CREATE) wrong = wrongWithNewNode(node, request.object<Node>());
    if (request.operation() == Operation::UPDATE) {
      wrong = wrongWithNode(node, request.old<Node>(), request.object<Node>());
    }
    return wrong.value_or("");
  }

  static std::string wrongWithVolumes(AdmissionRequest& request, const std::string& node) {
    if (request.operation() != Operation::UPDATE) {
      return concat("unexpected operation ", inQuotes(nameOf(request.operation())));
    }
    return wrongWithVolume(node, request.old<PersistentVolume>(), request.object<PersistentVolume>());
  }

  static std::string wrongWithLease(AdmissionRequest& request, const std::string& node) {
    if (request.ns() != kLeaseNamespace) {
      return concat("can only access leases in the ", inQuotes(kLeaseNamespace), " system namespace");
    }
    return request.name() == node ? "" : "can only access node lease with the same name as the requesting node";
  }

  // A node asks for certificates of its own name only; the rest of a request is for its signer to check.
  static std::string wrongWithCertificate(AdmissionRequest& request, const std::string& node) {
    if (request.operation() != Operation::CREATE) return {};
    auto spec = request.object<CertificateSigningRequest>()->getSpec();
    const std::string_view signer = view(spec.getSignerName());
    if (signer != kServingSigner && signer != kClientSigner) return {};
    const x509::CertificateRequest asked = x509::parseRequest(view(spec.getRequest()));
    if (!asked) return "unable to parse csr: this is no certificate request in PEM form";
    const std::string wanted = concat(kNodeUserPrefix, node);
    const std::vector<std::string> names = x509::textsIn(X509_REQ_get_subject_name(asked.get()), NID_commonName);
    if (names.size() == 1 && names[0] == wanted) return {};
    return concat("can only create a node CSR with CN=", wanted);
  }

  static std::string wrongWithSlice(AdmissionRequest& request, const std::string& node) {
    const bool made = request.operation() == Operation::CREATE;
    if (!made && request.operation() != Operation::DELETE) return {};
    if (view(request.object<ResourceSlice>()->getSpec().getNodeName()) == node) return {};
    return concat("can only ", made ? "create" : "delete",
                  " ResourceSlice with the same NodeName as the requesting node");
  }

  // A node asks for certificates for the pods on it, as what they are, of the signers that they name. All that is
  // compared is as it is now: nothing of it can come right by trying again.
  Task<Result<void>> checkPodCertificate(AdmissionRequest& request, std::string node) {
    if (request.operation() != Operation::CREATE) {
      co_return request.forbid(concat("unexpected operation ", nameOf(request.operation())));
    }
    if (!request.subresource().empty()) {
      co_return request.forbid(concat("unexpected subresource ", request.subresource()));
    }
    const Object<PodCertificateRequest> asked = request.object<PodCertificateRequest>();
    auto spec = asked->getSpec();
    if (view(spec.getNodeName()) != node) {
      co_return request.forbid(concat("PodCertificateRequest.Spec.NodeName=", inQuotes(view(spec.getNodeName())),
                                      ", which is not the requesting node ", inQuotes(node)));
    }
    const std::string about =
        concat("PodCertificateRequest for pod ", inQuotes(concat(asked.ns(), "/", spec.getPodName())));
    Result<Object<Node>> own = co_await client_.get<Node>(node);
    if (!own && own.error().is(404)) co_return request.refuse(own.error());
    if (!own) co_return request.retry(own.error());
    if (own->uid() != view(spec.getNodeUID())) {
      co_return request.forbid(concat(about, " names node UID ", inQuotes(view(spec.getNodeUID())),
                                      ", inconsistent with the running node (", inQuotes(own->uid()), ")"));
    }
    Result<Object<Pod>> pod = co_await client_.get<Pod>(asked.ns(), view(spec.getPodName()));
    if (!pod && pod.error().is(404)) co_return request.refuse(pod.error());
    if (!pod) co_return request.retry(pod.error());
    if (const std::string wrong = wrongWithPodOf(asked, *pod, about); !wrong.empty()) co_return request.forbid(wrong);
    Result<Object<ServiceAccount>> account =
        co_await client_.get<ServiceAccount>(asked.ns(), view(spec.getServiceAccountName()));
    if (!account && account.error().is(404)) co_return request.refuse(account.error());
    if (!account) co_return request.retry(account.error());
    if (account->uid() != view(spec.getServiceAccountUID())) {
      co_return request.forbid(concat(about, " names service account UID ", inQuotes(view(spec.getServiceAccountUID())),
                                      ", which differs from the running service account (", inQuotes(account->uid()),
                                      ")"));
    }
    co_return co_await checkSigner(request, asked, *pod);
  }

  static std::string wrongWithPodOf(const Object<PodCertificateRequest>& asked, const Object<Pod>& pod,
                                    const std::string& about) {
    auto spec = asked->getSpec();
    const std::string named = concat("pod ", inQuotes(concat(pod.ns(), "/", pod.name())));
    if (pod.uid() != view(spec.getPodUID())) {
      return concat(about, " contains pod UID (", inQuotes(view(spec.getPodUID())), ") which differs from running pod ",
                    inQuotes(pod.uid()));
    }
    if (view(pod->getSpec().getNodeName()) != view(spec.getNodeName())) {
      return concat(named, " is not running on node ", inQuotes(view(spec.getNodeName())),
                    " named in the PodCertificateRequest");
    }
    if (annotation(pod.meta(), kMirrorAnnotation)) return concat(named, " is a mirror pod");
    const std::string_view account = view(pod->getSpec().getServiceAccountName());
    if (view(spec.getServiceAccountName()) == account) return {};
    return concat(about, " contains serviceAccountName (", inQuotes(view(spec.getServiceAccountName())),
                  ") that differs from running pod (", inQuotes(account), ")");
  }

  Task<Result<void>> checkSigner(AdmissionRequest& request, Object<PodCertificateRequest> asked, Object<Pod> pod) {
    const std::string signer = str(asked->getSpec().getSignerName());
    for (auto volume : pod->getSpec().getVolumes()) {
      for (auto source : volume.getProjected().getSources()) {
        if (source.hasPodCertificate() && view(source.getPodCertificate().getSignerName()) == signer) {
          co_return Result<void>();
        }
      }
    }
    // What stands for a resource has no slash in it.
    std::string resource = signer;
    std::ranges::replace(resource, '/', ':');
    auto build = [&](role::Attributes::Builder attributes) {
      attributes.setUser(request.user());
      attributes.setVerb("request-serviceaccounts-podcertificate-signer");
      attributes.setGroup("certificates.k8s.io");
      attributes.setVersion("v1");
      attributes.setResource(resource);
      attributes.setNamespace(str(request.ns()));
      attributes.setName(str(asked->getSpec().getServiceAccountName()));
    };
    auto pending = context().call(role::authorizer::authorize, build);
    auto answer = co_await std::move(pending);
    if (answer && (**answer).getDecision() == role::Decision::ALLOW) co_return Result<void>();
    co_return request.forbid(concat("pod ", inQuotes(concat(pod.ns(), "/", pod.name())),
                                    " does not mount a podCertificate projected volume for signer ", inQuotes(signer)));
  }

  // A node has tokens made for the pods that are bound to it: each bound to the pod, and for those whom the pod's own
  // volumes name.
  Task<Result<void>> checkToken(AdmissionRequest& request, std::string node) {
    if (request.operation() != Operation::CREATE) co_return Result<void>();
    const Object<TokenRequest> asked = request.object<TokenRequest>();
    auto bound = asked->getSpec().getBoundObjectRef();
    if (view(bound.getApiVersion()) != "v1" || view(bound.getKind()) != "Pod" || bound.getName().size() == 0) {
      co_return request.forbid("node requested token not bound to a pod");
    }
    if (bound.getUid().size() == 0) {
      co_return request.forbid("node requested token with a pod binding without a uid");
    }
    Result<Object<Pod>> pod = co_await client_.get<Pod>(request.ns(), view(bound.getName()));
    if (!pod && pod.error().is(404)) co_return request.refuse(pod.error());
    if (!pod) co_return request.retry(pod.error());
    if (pod->uid() != view(bound.getUid())) {
      co_return request.forbid(concat("the UID in the bound object reference (", bound.getUid(),
                                      ") does not match the UID in record. The object might have been deleted and "
                                      "then recreated"));
    }
    if (view((*pod)->getSpec().getNodeName()) != node) {
      co_return request.forbid("node requested token bound to a pod scheduled on a different node");
    }
    co_return co_await checkAudience(request, *pod);
  }

  Task<Result<void>> checkAudience(AdmissionRequest& request, Object<Pod> pod) {
    const std::vector<std::string> audiences = strings(request.object<TokenRequest>()->getSpec().getAudiences());
    if (audiences.size() > 1) co_return request.forbid("node may only request 0 or 1 audiences");
    const std::string audience = audiences.empty() ? "" : audiences[0];
    if (asksFor(pod, audience)) co_return Result<void>();
    auto asking = node_restriction::driverAsksFor(client_, pod, audience);
    const Result<bool> byDriver = co_await std::move(asking);
    if (!byDriver) co_return request.retry(byDriver.error());
    if (*byDriver) co_return Result<void>();
    auto build = [&](role::Attributes::Builder attributes) {
      attributes.setUser(request.user());
      attributes.setVerb("request-serviceaccounts-token-audience");
      attributes.setVersion("v1");
      attributes.setResource(audience);
      attributes.setNamespace(str(request.ns()));
      attributes.setName(str(request.name()));
    };
    auto pending = context().call(role::authorizer::authorize, build);
    auto answer = co_await std::move(pending);
    if (answer && (**answer).getDecision() == role::Decision::ALLOW) co_return Result<void>();
    co_return request.forbid(concat("audience ", inQuotes(audience), " not found in pod spec volume, ",
                                    request.user().getName(),
                                    " is not authorized to request tokens for this audience"));
  }

  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(NodeRestriction, .name = "admission-node-restriction", .version = "0.1.0", .maturity = "beta",
             .roles = "admission",
             .grants =
                 "- nodes,persistentvolumeclaims,persistentvolumes,pods,serviceaccounts get\n"
                 "storage.k8s.io csidrivers get\n");
