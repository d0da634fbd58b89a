// The kinds of certificates.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/certificates_v1.capnp.
#pragma once

#include <cleat/schema/kinds/certificates_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<certificates_v1::CertificateSigningRequest> {
  static constexpr Resource resource{"certificates.k8s.io", "v1", "certificatesigningrequests",
                                     "CertificateSigningRequest", false};
};

template <>
struct KindOf<certificates_v1::ClusterTrustBundle> {
  static constexpr Resource resource{"certificates.k8s.io", "v1", "clustertrustbundles", "ClusterTrustBundle", false};
};

template <>
struct KindOf<certificates_v1::PodCertificateRequest> {
  static constexpr Resource resource{"certificates.k8s.io", "v1", "podcertificaterequests", "PodCertificateRequest",
                                     true};
};

}  // namespace cleat
