// The authorities that a projected volume's clusterTrustBundle asks for, out of the bundles that there are. Pure.
#pragma once

#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <vector>

namespace cleat::agent {

using TrustBundle = Object<certificates_v1::ClusterTrustBundle>;

// Their certificates as PEM, each once, in the order of the bundles. An optional source that nothing answers to is an
// empty file; what is not optional fails then.
Result<std::string> trustAnchorsOf(core_v1::ClusterTrustBundleProjection::Reader source,
                                   const std::vector<TrustBundle>& bundles);

}  // namespace cleat::agent
