@0xf269ab514a831157;
# The kinds of the group certificates.k8s.io/v1: CertificateSigningRequest, by which nodes and users
# obtain X.509 certificates from the cluster, PodCertificateRequest, by which pods do, and
# ClusterTrustBundle, which says whose certificates to trust.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::certificates_v1");

struct CertificateSigningRequest $C.openapi("io.k8s.api.certificates.v1.CertificateSigningRequest") {
  # Asks a signer for an X.509 certificate. Once approved, the signer puts the certificate into
  # status; finished requests are removed after a while.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :CertificateSigningRequestSpec $C.proto([2]) $C.required;
  # The certificate wanted and who asks for it. Cannot change after creation.
  status @2 :CertificateSigningRequestStatus $C.proto([3]) $C.always;
  # The decision and the certificate, as far as they exist.
}

struct CertificateSigningRequestCondition $C.openapi("io.k8s.api.certificates.v1.CertificateSigningRequestCondition") {
  # A decision about a request, or a failure to fulfil it.
  type @0 :Text $C.proto([1]) $C.required;
  # Approved, Denied or Failed. Approved and Denied exclude each other, and none of the three can be
  # taken back.
  reason @1 :Text $C.proto([2]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @2 :Text $C.proto([3]);
  # Why the condition is as it is, in a sentence meant for people.
  lastUpdateTime @3 :Text $C.proto([4]) $C.format("date-time");
  # When the condition was last written.
  lastTransitionTime @4 :Text $C.proto([5]) $C.format("date-time");
  # When status last went from one value to another. Filled in by the server when absent.
  status @5 :Text $C.proto([6]) $C.required;
  # Whether the condition holds: True, False or Unknown. Approved, Denied and Failed can only be
  # True.
}

struct CertificateSigningRequestSpec $C.openapi("io.k8s.api.certificates.v1.CertificateSigningRequestSpec") {
  # The certificate wanted. The server fills in the fields about who asks.
  request @0 :Data $C.proto([1]) $C.required;
  # The PKCS#10 request as a PEM block of type CERTIFICATE REQUEST. In JSON the whole PEM text is
  # base64 once more.
  username @1 :Text $C.proto([2]);
  # Who created the request. Set by the server, whatever the client sent.
  uid @2 :Text $C.proto([3]);
  # The uid of who created the request. Set by the server.
  groups @3 :List(Text) $C.proto([4]) $C.listType("atomic");
  # The groups of who created the request. Set by the server.
  usages @4 :List(Text) $C.proto([5]) $C.listType("atomic")
      $C.values(["any", "cert sign", "client auth", "code signing", "content commitment", "crl sign",
        "data encipherment", "decipher only", "digital signature", "email protection", "encipher only",
        "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc",
        "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"]);
  # Key usages wanted, such as digital signature, key encipherment, client auth or server auth.
  # Signers may refuse other combinations than they know.
  extra @5 :List(Meta.TextListEntry) $C.proto([6]);
  # Further attributes of who created the request. Set by the server.
  signerName @6 :Text $C.proto([7]) $C.required;
  # Which signer should answer, such as kubernetes.io/kube-apiserver-client or
  # kubernetes.io/kubelet-serving. A name of the form domain/path.
  expirationSeconds @7 :Meta.Int32Value $C.proto([8]);
  # Wished lifetime of the certificate in seconds, at least 600. The signer may choose another. When
  # absent, the signer's default applies.
}

struct CertificateSigningRequestStatus $C.openapi("io.k8s.api.certificates.v1.CertificateSigningRequestStatus") {
  # What has become of a request.
  conditions @0 :List(CertificateSigningRequestCondition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]);
  # The decision and any failure. Approved and Denied are written through the approval subresource.
  certificate @1 :Data $C.proto([2]);
  # The certificate issued, as PEM blocks of type CERTIFICATE, the end-entity certificate first.
  # Once set it does not change. In JSON the PEM text is base64 once more.
}

struct ClusterTrustBundle $C.openapi("io.k8s.api.certificates.v1.ClusterTrustBundle") {
  # Certificates of authorities to trust, for everybody in the cluster to read. With a signer its name
  # begins with the signer's, with a colon for the slash and another behind it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ClusterTrustBundleSpec $C.proto([2]) $C.required;
  # Whose certificates, and which.
}

struct ClusterTrustBundleSpec $C.openapi("io.k8s.api.certificates.v1.ClusterTrustBundleSpec") {
  # Whose certificates, and which.
  signerName @0 :Text $C.proto([1]);
  # The signer whose certificates can be verified with these. Cannot change. To write it takes the
  # verb attest on signers of this name.
  trustBundle @1 :Text $C.proto([2]) $C.required;
  # PEM blocks of type CERTIFICATE, each of an authority and none twice. Their order means nothing. At
  # most 1 MiB.
}

struct PodCertificateRequest $C.openapi("io.k8s.api.certificates.v1.PodCertificateRequest") {
  # Asks a signer for a certificate for one pod. A node makes it, on behalf of a volume of a pod on it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :PodCertificateRequestSpec $C.proto([2]) $C.required;
  # The certificate wanted, and for whom. Cannot change after creation.
  status @2 :PodCertificateRequestStatus $C.proto([3]) $C.always;
  # The certificate, or why there is none.
}

struct PodCertificateRequestSpec $C.openapi("io.k8s.api.certificates.v1.PodCertificateRequestSpec") {
  # The certificate wanted, and for whom.
  signerName @0 :Text $C.proto([1]) $C.required;
  # Which signer should answer. A name of the form domain/path.
  podName @1 :Text $C.proto([2]) $C.required;
  # The pod that the certificate is for.
  podUID @2 :Text $C.proto([3]) $C.required;
  # The pod's uid.
  serviceAccountName @3 :Text $C.proto([4]) $C.required;
  # The service account that the pod runs as.
  serviceAccountUID @4 :Text $C.proto([5]) $C.required;
  # The service account's uid.
  nodeName @5 :Text $C.proto([6]) $C.required;
  # The node that the pod is on.
  nodeUID @6 :Text $C.proto([7]) $C.required;
  # The node's uid.
  maxExpirationSeconds @7 :Meta.Int32Value $C.proto([8]);
  # How long the certificate may be valid at most: an hour to 91 days, or to one day with a signer of
  # Kubernetes. Defaults to a day.
  unverifiedUserAnnotations @8 :List(Meta.TextEntry) $C.proto([11]);
  # What the pod's author has to say to the signer, by keys with a domain. Nobody has checked it.
  stubPKCS10Request @9 :Data $C.proto([12]) $C.required;
  # A PKCS#10 request in DER, signed with the key that the certificate is for. Only its key counts:
  # Ed25519, ECDSA on P256, P384 or P521, or RSA with 3072 or 4096 bits.
}

struct PodCertificateRequestStatus $C.openapi("io.k8s.api.certificates.v1.PodCertificateRequestStatus") {
  # The certificate, or why there is none. Written once.
  conditions @0 :List(Meta.Condition) $C.proto([1]) $C.listType("map") $C.patchStrategy("merge") $C.patchMergeKey("type") $C.mapKeys(["type"]);
  # One of Issued, Denied and Failed, with the status True.
  certificateChain @1 :Text $C.proto([2]);
  # PEM blocks of type CERTIFICATE: the pod's own and those that lead to the authority. At most 100 KiB.
  notBefore @2 :Text $C.proto([4]) $C.format("date-time");
  # From when on the certificate is valid.
  beginRefreshAt @3 :Text $C.proto([5]) $C.format("date-time");
  # When a new one should be asked for: ten minutes or more from either end.
  notAfter @4 :Text $C.proto([6]) $C.format("date-time");
  # Until when the certificate is valid.
}
