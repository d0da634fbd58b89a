@0xf269ab514a831157;
# The kind of the group certificates.k8s.io/v1: CertificateSigningRequest, by which nodes and users
# obtain X.509 certificates from the cluster.

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
  usages @4 :List(Text) $C.proto([5]) $C.listType("atomic");
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
