#include "volumes/trust_anchors.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>

#include <set>

#include "volumes/pem_certificates.h"

namespace cleat::agent {

Result<std::string> trustAnchorsOf(core_v1::ClusterTrustBundleProjection::Reader source,
                                   const std::vector<TrustBundle>& bundles) {
  const bool optional = valueOr(source.getOptional(), false), byName = source.hasName();
  LabelSelector selector = LabelSelector::nothing();
  if (source.hasLabelSelector()) {
    CLEAT_TRY(selector, LabelSelector::compile(source.getLabelSelector()));
  }
  std::set<std::string> seen;
  std::vector<std::string> certificates;
  bool found = false;
  for (const TrustBundle& bundle : bundles) {
    const bool wanted = byName ? bundle.name() == view(source.getName())
                               : view(bundle->getSpec().getSignerName()) == view(source.getSignerName()) &&
                                     selector.matches(bundle.meta().getLabels());
    if (!wanted) continue;
    found = true;
    for (std::string& der : certificatesIn(view(bundle->getSpec().getTrustBundle()))) {
      if (seen.insert(der).second) certificates.push_back(std::move(der));
    }
  }
  if (found || optional) return pemOf(certificates);
  if (byName) {
    Status none = Status::notFound("clustertrustbundle.certificates.k8s.io", view(source.getName()));
    none.message = concat("while getting ClusterTrustBundle: ", none.message);
    return fail(std::move(none));
  }
  return fail(Status::badRequest("combination of signerName and labelSelector matched zero ClusterTrustBundles"));
}

}  // namespace cleat::agent
