// The rules of the smaller kinds.
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/kinds/events_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/kinds/rbac_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CoreKinds : public KindsFixture {
 protected:
  CoreKinds() : KindsFixture("kinds-core") {}
};

TEST_F(CoreKinds, RefuseWrongKeysOfConfigMaps) {
  using core_v1::ConfigMap;
  EXPECT_THAT(
      findings<ConfigMap>(R"({"metadata":{"name":"c"},"data":[{"key":"a b","value":""}]})"),
      ElementsAre("data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', "
                  "'_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
                  "'[-._a-zA-Z0-9]+')"));
  std::string large(1 << 20, 'x');
  EXPECT_THAT(
      findings<ConfigMap>(concat(R"({"metadata":{"name":"c"},"data":[{"key":"a","value":")", large, R"(y"}]})")),
      ElementsAre(": Too long: may not be more than 1048576 bytes"));
}

TEST_F(CoreKinds, KeepWhatIsImmutable) {
  using core_v1::ConfigMap;
  using core_v1::Secret;
  const char* kFixed = R"({"metadata":{"name":"c"},"immutable":{"value":true},"data":[{"key":"a","value":"b"}]})";
  EXPECT_THAT(findings<ConfigMap>(
                  kFixed, R"({"metadata":{"name":"c"},"immutable":{"value":true},"data":[{"key":"a","value":"c"}]})"),
              ElementsAre("data: Forbidden: field is immutable when `immutable` is set"));
  EXPECT_THAT(findings<Secret>(R"({"metadata":{"name":"s"}})", R"({"metadata":{"name":"s"},"type":"other"})"),
              ElementsAre("type: Invalid value: \"other\": field is immutable"));
}

TEST_F(CoreKinds, DemandTheKeysOfASecretsType) {
  using core_v1::Secret;
  EXPECT_THAT(findings<Secret>(R"({"metadata":{"name":"s"},"type":"kubernetes.io/tls"})"),
              ElementsAre("data[tls.crt]: Required value", "data[tls.key]: Required value"));
}

TEST_F(CoreKinds, RefuseWrongTaintsOfNodes) {
  using core_v1::Node;
  EXPECT_THAT(findings<Node>(R"({"metadata":{"name":"n"},"spec":{"taints":[{"key":"a","effect":"Never"}]}})"),
              ElementsAre("metadata.taints[0].effect: Unsupported value: \"Never\": supported values: \"NoSchedule\", "
                          "\"PreferNoSchedule\", \"NoExecute\""));
}

TEST_F(CoreKinds, RefuseEventsOfOtherNamespaces) {
  using core_v1::Event;
  EXPECT_THAT(findings<Event>(R"({"metadata":{"name":"e","namespace":"a"},"involvedObject":{"namespace":"b"}})"),
              ElementsAre("involvedObject.namespace: Invalid value: \"b\": does not match event.namespace"));
}

TEST_F(CoreKinds, AskMoreOfEventsThatSayWhenTheyHappened) {
  using core_v1::Event;
  EXPECT_THAT(
      findings<Event>(R"({"metadata":{"name":"e","namespace":"a"},"involvedObject":{"namespace":"a"},
                                  "eventTime":"2026-01-01T00:00:00.000000Z"})"),
      ElementsAre("reportingComponent: Required value",
                  "reportingComponent: Invalid value: \"\": name part must be non-empty",
                  "reportingComponent: Invalid value: \"\": name part must consist of alphanumeric characters, '-', "
                  "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  "
                  "or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
                  "reportingInstance: Required value", "action: Required value", "reason: Required value"));
}

TEST_F(CoreKinds, AskMoreOfEventsOfTheNewerGroup) {
  using events_v1::Event;
  const std::string good = R"("eventTime":"2026-01-01T00:00:00.000000Z","reportingController":"c","type":"Normal",
                              "reportingInstance":"i","action":"A","reason":"R")";
  const std::string meta = R"("metadata":{"name":"e","namespace":"a"},"regarding":{"namespace":"a"})";
  EXPECT_THAT(findings<Event>("{" + meta + "," + good + "}"), ElementsAre());
  EXPECT_THAT(findings<Event>("{" + meta + R"(,"type":"Odd"})"),
              ElementsAre("eventTime: Required value", "type: Invalid value: \"\": has invalid value: Odd"));
  EXPECT_THAT(
      findings<Event>("{" + meta + "," + good + R"(,"series":{"count":1},"deprecatedCount":1,
                              "deprecatedFirstTimestamp":"2026-01-01T00:00:00Z","deprecatedSource":{"host":"h"}})"),
      ElementsAre("series.count: Invalid value: \"\": should be at least 2", "series.lastObservedTime: Required value",
                  "firstTimestamp: Invalid value: \"\": needs to be unset",
                  "count: Invalid value: \"\": needs to be unset", "source: Invalid value: \"\": needs to be unset"));
}

TEST_F(CoreKinds, KeepEventsOfTheNewerGroupAsTheyAreButForTheSeries) {
  using events_v1::Event;
  const std::string head = R"({"metadata":{"name":"e","namespace":"a"},"eventTime":"2026-01-01T00:00:00.000000Z",
                              "reportingController":"c","type":"Normal","reportingInstance":"i","action":"A",)";
  const std::string before = head + R"("reason":"R","note":"n","regarding":{"namespace":"a"}})";
  EXPECT_THAT(findings<Event>(before, head + R"("reason":"R","note":"n","regarding":{"namespace":"a"},
                                            "series":{"count":2,"lastObservedTime":"2026-01-01T00:00:01.000000Z"}})"),
              ElementsAre());
  EXPECT_THAT(
      findings<Event>(before, head + R"("reason":"S","note":"m","regarding":{"namespace":"a","name":"p"}})"),
      ElementsAre(R"(involvedObject: Invalid value: {"Kind":"","Namespace":"a","Name":"p","UID":"","APIVersion":"",)"
                  R"("ResourceVersion":"","FieldPath":""}: field is immutable)",
                  "reason: Invalid value: \"S\": field is immutable",
                  "message: Invalid value: \"m\": field is immutable"));
}

TEST_F(CoreKinds, RefuseEndpointsThatAreNoAddresses) {
  using core_v1::Endpoints;
  EXPECT_THAT(findings<Endpoints>(
                  R"({"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"127.0.0.1"}],"ports":[{"port":80}]}]})"),
              ElementsAre("subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range "
                          "(127.0.0.0/8, ::1/128)"));
}

class RbacKinds : public KindsFixture {
 protected:
  RbacKinds() : KindsFixture("kinds-rbac") {}
};

TEST_F(RbacKinds, RefuseRulesThatSayNothing) {
  EXPECT_THAT(findings<rbac_v1::Role>(R"({"metadata":{"name":"r"},"rules":[{"apiGroups":[""]}]})"),
              ElementsAre("rules[0].resources: Required value: resource rules must supply at least one resource",
                          "rules[0].verbs: Required value"));
}

TEST_F(RbacKinds, KeepTheRoleOfABinding) {
  using rbac_v1::RoleBinding;
  EXPECT_THAT(findings<RoleBinding>(R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"a"}})",
                                    R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"b"}})"),
              ElementsAre(HasSubstr("field is immutable")));
  EXPECT_THAT(
      findings<rbac_v1::ClusterRoleBinding>(R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"a"}})"),
      ElementsAre("roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""));
}

class CertificateKinds : public KindsFixture {
 protected:
  CertificateKinds() : KindsFixture("kinds-certificates") {}
};

TEST_F(CertificateKinds, NoteWhoAsks) {
  using certificates_v1::CertificateSigningRequest;
  auto request = defaulted<CertificateSigningRequest>(
      R"({"metadata":{"name":"c"},"spec":{"username":"liar","usages":["client auth"],"signerName":"kubernetes.io/kube-apiserver-client"}})");
  EXPECT_EQ(view(request->getSpec().getUsername()), "jane");
  EXPECT_THAT(row(request),
              ElementsAre("c", "<unknown>", "kubernetes.io/kube-apiserver-client", "jane", "<none>", "Pending"));
}

TEST_F(CertificateKinds, AreRequestsThatCanBeRead) {
  using certificates_v1::CertificateSigningRequest;
  const auto told = [&](std::string_view pem, std::string_view signer) {
    Draft<CertificateSigningRequest> request(object<CertificateSigningRequest>(
        concat(R"({"metadata":{"name":"c"},"spec":{"usages":["client auth"],"signerName":")", signer, R"("}})")));
    request->getSpec().setRequest(kj::ArrayPtr<const char>(pem.data(), pem.size()).asBytes());
    return validated(std::move(request).freeze()).findings;
  };
  EXPECT_THAT(told("x", "a.example/b"),
              ElementsAre("spec.request: Invalid value: \"eA==\": PEM block type must be CERTIFICATE REQUEST"));
  EXPECT_THAT(told("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "a.example/b"),
              ElementsAre("spec.request: Invalid value: \"\": x509: malformed certificate request"));
  EXPECT_THAT(told("x", "kubernetes.io/legacy-unknown"),
              Contains("spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": the legacy signerName is not "
                       "allowed via this API version"));
}

TEST_F(CertificateKinds, KeepTheCertificateThatWasIssued) {
  using certificates_v1::CertificateSigningRequest;
  const auto with = [&](std::string_view pem) {
    Draft<CertificateSigningRequest> request(object<CertificateSigningRequest>(R"({"metadata":{"name":"c"}})"));
    request->initStatus().setCertificate(kj::ArrayPtr<const char>(pem.data(), pem.size()).asBytes());
    return std::move(request).freeze();
  };
  const std::string at = "status.certificate: ";
  EXPECT_THAT(
      validated(with("x"), with(""), "status").findings,
      ElementsAre(at + "Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block"));
  EXPECT_THAT(
      validated(with("-----BEGIN X-----\nAAAA\n-----END X-----\n"), with(""), "status").findings,
      ElementsAre(at + "Invalid value: \"<certificate data>\": only CERTIFICATE PEM blocks are allowed, found \"X\""));
  EXPECT_THAT(validated(with(""), with("x"), "status").findings,
              ElementsAre(at + "Forbidden: updates may not modify existing certificate content"));
}

TEST_F(CertificateKinds, AreDecidedThroughApproval) {
  using certificates_v1::CertificateSigningRequest;
  auto pending = object<CertificateSigningRequest>(R"({"metadata":{"name":"c"},"spec":{"username":"jane"}})");
  auto outcome = plugin->call(
      role::kinds::transform,
      [&](role::TransformParams::Builder params) {
        fillRef(params, KindOf<CertificateSigningRequest>::resource, "approval");
      },
      {pending,
       object<CertificateSigningRequest>(
           R"({"metadata":{"name":"c"},"spec":{"username":"x"},"status":{"conditions":[{"type":"Approved","status":"True"}]}})")});
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto approved = outcome.answer.object<CertificateSigningRequest>();
  EXPECT_EQ(view(approved->getSpec().getUsername()), "jane");
  EXPECT_EQ(row(approved)[5], "Approved");
}

class SmallKinds : public KindsFixture {
 protected:
  SmallKinds() : KindsFixture("kinds-networking") {}
};

TEST_F(SmallKinds, AreAddressesOfWhatTheyAreFor) {
  EXPECT_THAT(
      row<networking_v1::IPAddress>(
          R"({"metadata":{"name":"10.0.0.1"},"spec":{"parentRef":{"resource":"services","namespace":"default","name":"web"}}})"),
      ElementsAre("10.0.0.1", "services/default/web"));
}

class LeaseKind : public KindsFixture {
 protected:
  LeaseKind() : KindsFixture("kinds-coordination") {}
};

TEST_F(LeaseKind, LastsSomeTime) {
  EXPECT_THAT(
      findings<coordination_v1::Lease>(R"({"metadata":{"name":"l"},"spec":{"leaseDurationSeconds":{"value":0}}})"),
      ElementsAre("spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"));
}

class SliceKind : public KindsFixture {
 protected:
  SliceKind() : KindsFixture("kinds-discovery") {}
};

TEST_F(SliceKind, HasAddressesOfItsType) {
  using discovery_v1::EndpointSlice;
  EXPECT_THAT(findings<EndpointSlice>(
                  R"({"metadata":{"name":"s"},"addressType":"IPv4","endpoints":[{"addresses":["fd00::"]},{}]})"),
              ElementsAre("endpoints[0].addresses: Invalid value: \"fd00::\": must be an IPv4 address",
                          "endpoints[1].addresses: Required value"));
  EXPECT_THAT(findings<EndpointSlice>(
                  R"({"metadata":{"name":"s"},"addressType":"IPv4","endpoints":[{"addresses":["010.0.0.1"]}]})"),
              ElementsAre("endpoints[0].addresses[0]: Invalid value: \"010.0.0.1\": must not have leading 0s"));
  EXPECT_THAT(
      findings<EndpointSlice>(
          R"({"metadata":{"name":"s"},"addressType":"FQDN","endpoints":[{"addresses":["a.example.","a"]}]})"),
      ElementsAre("endpoints[0].addresses[1]: Invalid value: \"a\": should be a domain with at least two segments "
                  "separated by dots"));
  EXPECT_THAT(
      row<EndpointSlice>(
          R"({"metadata":{"name":"s"},"addressType":"IPv4","ports":[{"port":{"value":80}}],"endpoints":[{"addresses":["10.0.0.1"]},{"addresses":["10.0.0.2"]},{"addresses":["10.0.0.3"]},{"addresses":["10.0.0.4"]}]})"),
      ElementsAre("s", "IPv4", "80", "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...", "<unknown>"));
}

}  // namespace
}  // namespace cleat::test
