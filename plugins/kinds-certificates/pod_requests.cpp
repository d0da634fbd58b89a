// PodCertificateRequests: certificates for pods, which nodes ask for.
#include <cleat/sdk/meta.h>

#include "kinds-certificates/certificate_kinds.h"
#include "kinds-common/shown_struct.h"

namespace cleat::kinds::certificates {

namespace {

using PodRequest = v1::PodCertificateRequest;

constexpr int32_t kUsualSeconds = 24 * 60 * 60;

void setDefaults(PodRequest::Builder request, const Change<PodRequest>& change) {
  auto spec = request.getSpec();
  if (!change.isDelete() && !spec.hasMaxExpirationSeconds()) spec.initMaxExpirationSeconds().setValue(kUsualSeconds);
}

void validate(const Change<PodRequest>& change, Findings& findings) {
  const Path path("spec");
  if (change.isStatus()) return checkPodStatus(change, change.now, findings);
  if (change.isCreate()) return checkPodRequest(change.object.getSpec(), path, findings);
  if (!sameStruct(change.object.getSpec(), change.old->getSpec())) {
    findings.invalid(path, shownWhole(change.object.getSpec()), kImmutable);
  }
}

std::string stateOf(PodRequest::Reader request) {
  std::string state = "Pending";
  for (auto condition : request.getStatus().getConditions()) {
    const std::string_view type = view(condition.getType());
    if (type == "Issued" || type == "Denied" || type == "Failed") state = type;
  }
  return state;
}

void print(PodRequest::Reader request, Cells& cells) {
  auto spec = request.getSpec();
  cells.text(request.getMetadata().getName());
  cells.text(spec.getPodName());
  cells.text(spec.getServiceAccountName());
  cells.text(spec.getNodeName());
  cells.text(spec.getSignerName());
  cells.text(stateOf(request));
  cells.text(labelsText(spec.getUnverifiedUserAnnotations()));
}

}  // namespace

void addPodRequests(KindTable& table) {
  table.add<PodRequest>(
      {.structFile = kSchemaFile,
       .columns = {nameColumn(),
                   {"PodName", "string", "The pod that the certificate is for."},
                   {"ServiceAccountName", "string", "The service account that the pod runs as."},
                   {"NodeName", "string", "The node that the pod is on."},
                   {"SignerName", "string", "Who is asked to sign."},
                   {"State", "string", "What became of the request."},
                   {"UnverifiedUserAnnotations", "string", "What the pod's author says to the signer."}},
       .selectableFields = {"spec.nodeName", "spec.podName", "spec.signerName"},
       .hasStatus = true,
       .keepsGeneration = true,
       .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
       .updateNeedsRevision = true,
       .allocates = true},
      {setDefaults, validate, print});
  table.addStatus<PodRequest>();
}

}  // namespace cleat::kinds::certificates
