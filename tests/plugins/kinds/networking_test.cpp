// The rules, defaults and rows of networking.k8s.io: one violating object for each rule.
#include <cleat/sdk/kinds/networking_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using networking_v1::Ingress;
using networking_v1::IngressClass;
using networking_v1::IPAddress;
using networking_v1::NetworkPolicy;
using networking_v1::ServiceCIDR;

// What a specification is told.
struct Violation {
  std::string spec;
  std::vector<std::string> findings;
};

class NetworkingKinds : public KindsFixture {
 protected:
  NetworkingKinds() : KindsFixture("kinds-networking") {}

  static std::string withSpec(const std::string& spec) {
    return concat(R"({"metadata":{"name":"x","namespace":"d"},"spec":)", spec, "}");
  }
  template <class K>
  void expect(const std::vector<Violation>& violations) {
    for (const Violation& each : violations) {
      EXPECT_THAT(findings<K>(withSpec(each.spec)), ElementsAreArray(each.findings)) << each.spec;
    }
  }
};

constexpr const char* kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kWildcard =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower "
    "case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used "
    "for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

std::string backendOf(const std::string& backend) { return concat(R"({"defaultBackend":)", backend, "}"); }
std::string pathOf(const std::string& path) { return concat(R"({"rules":[{"http":{"paths":[)", path, "]}}]}"); }
std::string hostOf(const std::string& host) {
  return concat(R"({"defaultBackend":{"service":{"name":"s","port":{"number":1}}},"rules":[{"host":")", host,
                R"("}]})");
}
constexpr const char* kBackend = R"("backend":{"service":{"name":"s","port":{"number":1}}})";

TEST_F(NetworkingKinds, SayWhatIsWrongWithBackendsOfIngresses) {
  const std::string at = "spec.defaultBackend";
  expect<Ingress>({
      {"{}", {"spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"}},
      {backendOf("{}"), {at + ": Invalid value: \"\": resource or service backend is required"}},
      {backendOf(R"({"service":{"name":"s","port":{"number":1}},"resource":{"kind":"k","name":"n"}})"),
       {at + ": Invalid value: \"\": cannot set both resource and service backends"}},
      {backendOf(R"({"service":{"name":"","port":{"number":1}}})"), {at + ".service.name: Required value"}},
      {backendOf(R"({"service":{"name":"A","port":{"number":1}}})"),
       {concat(at, ".service.name: Invalid value: \"A\": ", kLabel)}},
      {backendOf(R"({"service":{"name":"1s","port":{"number":1}}})"), {}},
      {backendOf(R"({"service":{"name":"s"}})"), {at + ": Required value: port name or number is required"}},
      {backendOf(R"({"service":{"name":"s","port":{"number":1,"name":"n"}}})"),
       {at + ": Invalid value: \"\": cannot set both port name & port number"}},
      {backendOf(R"({"service":{"name":"s","port":{"number":65536}}})"),
       {at + ".service.port.number: Invalid value: 65536: must be between 1 and 65535, inclusive"}},
      {backendOf(R"({"service":{"name":"s","port":{"name":"1"}}})"),
       {at + ".service.port.name: Invalid value: \"1\": must contain at least one letter (a-z)"}},
      {backendOf(R"({"resource":{"apiGroup":"A","kind":"","name":"a/b"}})"),
       {concat(at, ".resource.apiGroup: Invalid value: \"A\": ", kSubdomain), at + ".resource.kind: Required value",
        at + ".resource.name: Invalid value: \"a/b\": may not contain '/'"}},
  });
}

TEST_F(NetworkingKinds, SayWhatIsWrongWithRulesOfIngresses) {
  const std::string at = "spec.rules[0].http.paths[0]";
  auto wrong = [&](const char* path, const char* detail) {
    return Violation{pathOf(concat(R"({"pathType":"Prefix","path":")", path, R"(",)", kBackend, "}")),
                     {concat(at, ".path: Invalid value: \"", path, "\": ", detail)}};
  };
  expect<Ingress>({
      {R"({"rules":[{"http":{"paths":[]}}]})", {"spec.rules[0].http.paths: Required value"}},
      {pathOf(concat("{", kBackend, "}")), {at + ".pathType: Required value: pathType must be specified"}},
      {pathOf(concat(R"({"pathType":"Odd",)", kBackend, "}")),
       {at +
        ".pathType: Unsupported value: \"Odd\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\""}},
      {pathOf(R"({"pathType":"Exact","path":"/a"})"),
       {at + ".backend: Invalid value: \"\": resource or service backend is required"}},
      {pathOf(concat(R"({"pathType":"ImplementationSpecific",)", kBackend, "}")), {}},
      {pathOf(concat(R"({"pathType":"ImplementationSpecific","path":"a",)", kBackend, "}")),
       {at + ".path: Invalid value: \"a\": must be an absolute path"}},
      wrong("", "must be an absolute path"),
      wrong("a", "must be an absolute path"),
      wrong("/a//b", "must not contain '//'"),
      wrong("/a/./b", "must not contain '/./'"),
      wrong("/a/../b", "must not contain '/../'"),
      wrong("/a%2fb", "must not contain '%2f'"),
      wrong("/a%2Fb", "must not contain '%2F'"),
      wrong("/a/..", "cannot end with '/..'"),
      wrong("/a/.", "cannot end with '/.'"),
      {hostOf("*.example.com"), {}},
      {hostOf("10.0.0.1"), {"spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address"}},
      {hostOf("a_b"), {concat("spec.rules[0].host: Invalid value: \"a_b\": ", kSubdomain)}},
      {hostOf("a.*.b"), {concat("spec.rules[0].host: Invalid value: \"a.*.b\": ", kWildcard)}},
  });
}

TEST_F(NetworkingKinds, SayWhatIsWrongWithTheRestOfIngresses) {
  const std::string backend = R"("defaultBackend":{"service":{"name":"s","port":{"number":1}}})";
  expect<Ingress>({
      {concat("{", backend, R"(,"tls":[{"hosts":["*.a","A"],"secretName":"B"}]})"),
       {concat("spec.tls[0].hosts[1]: Invalid value: \"A\": ", kSubdomain),
        concat("spec.tls[0].secretName: Invalid value: \"B\": ", kSubdomain)}},
      {concat("{", backend, R"(,"ingressClassName":"A"})"),
       {concat("spec.ingressClassName: Invalid value: \"A\": ", kSubdomain)}},
  });
  const std::string head =
      R"({"metadata":{"name":"x","annotations":[{"key":"kubernetes.io/ingress.class","value":"a"}]},"spec":{)";
  EXPECT_THAT(
      findings<Ingress>(concat(head, backend, R"(,"ingressClassName":"b"}})")),
      ElementsAre("annotations.kubernetes.io/ingress.class: Invalid value: \"a\": must match `ingressClassName` "
                  "when both are specified"));
  EXPECT_THAT(validated(object<Ingress>(concat(head, backend, "}}"))).warnings,
              ElementsAre("annotation \"kubernetes.io/ingress.class\" is deprecated, please use "
                          "'spec.ingressClassName' instead"));
}

TEST_F(NetworkingKinds, LeaveWhatIngressesHadUnderOlderRules) {
  const char* kOld =
      R"({"metadata":{"name":"x"},"spec":{"tls":[{"secretName":"B"}],"rules":[{"host":"*.a","http":{}}]}})";
  Object<Ingress> old = object<Ingress>(kOld);
  EXPECT_THAT(validated(old, old).findings, IsEmpty());
  EXPECT_EQ(validated(old).findings.size(), 2u);
}

TEST_F(NetworkingKinds, CheckTheStatusOfIngresses) {
  auto status = [](const std::string& place) {
    return object<Ingress>(concat(R"({"metadata":{"name":"x"},"status":{"loadBalancer":{"ingress":[)", place, "]}}}"));
  };
  const std::string at = "status.loadBalancer.ingress[0]";
  Object<Ingress> old = status(R"({"ip":"10.0.0.1"})");
  EXPECT_THAT(
      validated(status(R"({"ip":"a"})"), old, "status").findings,
      ElementsAre(at + ".ip: Invalid value: \"a\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  EXPECT_THAT(validated(status(R"({"ip":"10.0.0.01"})"), old, "status").findings,
              ElementsAre(at + ".ip: Invalid value: \"10.0.0.01\": must not have leading 0s"));
  EXPECT_THAT(validated(status(R"({"hostname":"10.0.0.1"})"), old, "status").findings,
              ElementsAre(at + ".hostname: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address"));
  Verdict verdict = validated(status(R"({"ip":"2001:db8::0"})"), old, "status");
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_THAT(verdict.warnings,
              ElementsAre(at + ": IPv6 address \"2001:db8::0\" should be in RFC 5952 canonical format "
                               "(\"2001:db8::\")"));
}

TEST_F(NetworkingKinds, SayWhatIsWrongWithClasses) {
  const std::string at = "spec.parameters";
  auto parameters = [](const std::string& text) { return concat(R"({"controller":"a.b/c","parameters":)", text, "}"); };
  expect<IngressClass>({
      {"{}", {"spec.controller: Required value"}},
      {R"({"controller":"a"})",
       {"spec.controller: Invalid value: \"a\": must be a domain-prefixed path (such as \"acme.io/foo\")"}},
      {R"({"controller":"A/b c"})",
       {concat("spec.controller: Invalid value: \"A\": ", kSubdomain),
        "spec.controller: Invalid value: \"b c\": Invalid path (regex used for validation is "
        "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"}},
      {concat(R"({"controller":"a.b/)", std::string(250, 'c'), "\"}"),
       {"spec.controller: Too long: may not be more than 250 bytes"}},
      {parameters(R"({"apiGroup":"A","kind":"","name":""})"),
       {concat(at, ".apiGroup: Invalid value: \"A\": ", kSubdomain), at + ".kind: Required value",
        at + ".name: Required value"}},
      {parameters(R"({"kind":"k","name":"n","scope":"Odd"})"),
       {at + ".scope: Unsupported value: \"Odd\": supported values: \"Cluster\", \"Namespace\""}},
      {parameters(R"({"kind":"k","name":"n","scope":"Namespace"})"),
       {at + ".namespace: Required value: `parameters.scope` is set to 'Namespace'"}},
      {parameters(R"({"kind":"k","name":"n","scope":"Namespace","namespace":"A"})"),
       {concat(at, ".namespace: Invalid value: \"A\": ", kLabel)}},
      {parameters(R"({"kind":"k","name":"n","namespace":"a"})"),
       {at + ".namespace: Forbidden: `parameters.scope` is set to 'Cluster'"}},
  });
  EXPECT_THAT(findings<IngressClass>(withSpec(R"({"controller":"a/b"})"), withSpec(R"({"controller":"a/c"})")),
              ElementsAre("spec.controller: Invalid value: \"a/c\": field is immutable"));
}

TEST_F(NetworkingKinds, SayWhatIsWrongWithPolicies) {
  auto port = [](const std::string& text) { return concat(R"({"ingress":[{"ports":[)", text, "]}]}"); };
  auto peer = [](const std::string& text) { return concat(R"({"egress":[{"to":[)", text, "]}]}"); };
  const std::string portAt = "spec.ingress[0].ports[0]", peerAt = "spec.egress[0].to[0]";
  const std::string cidrAt = peerAt + ".ipBlock.cidr", exceptAt = peerAt + ".ipBlock.except[0]";
  expect<NetworkPolicy>({
      {R"({"podSelector":{"matchExpressions":[{"key":"a","operator":"Odd"}]}})",
       {"spec.podSelector.matchExpressions[0].operator: Invalid value: \"Odd\": not a valid selector operator"}},
      {port(R"({"protocol":"ICMP"})"),
       {portAt + ".protocol: Unsupported value: \"ICMP\": supported values: \"TCP\", \"UDP\", \"SCTP\""}},
      {port(R"({"port":{"intVal":0}})"), {portAt + ".port: Invalid value: 0: must be between 1 and 65535, inclusive"}},
      {port(R"({"port":{"strVal":"1"}})"),
       {portAt + ".port: Invalid value: \"1\": must contain at least one letter (a-z)"}},
      {port(R"({"port":{"intVal":5},"endPort":{"value":4}})"),
       {portAt + ".endPort: Invalid value: 4: must be greater than or equal to `port`"}},
      {port(R"({"port":{"intVal":5},"endPort":{"value":65536}})"),
       {portAt + ".endPort: Invalid value: 65536: must be between 1 and 65535, inclusive"}},
      {port(R"({"port":{"strVal":"a"},"endPort":{"value":4}})"),
       {portAt + ".endPort: Invalid value: 4: may not be specified when `port` is non-numeric"}},
      {port(R"({"endPort":{"value":4}})"),
       {portAt + ".endPort: Invalid value: 4: may not be specified when `port` is not specified"}},
      {peer("{}"), {peerAt + ": Required value: must specify a peer"}},
      {peer(R"({"podSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}})"),
       {peerAt + ": Forbidden: may not specify both ipBlock and another peer"}},
      {peer(R"({"ipBlock":{"cidr":""}})"), {cidrAt + ": Required value"}},
      {peer(R"({"ipBlock":{"cidr":"10.0.0.0"}})"),
       {cidrAt + ": Invalid value: \"10.0.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"}},
      {peer(R"({"ipBlock":{"cidr":"010.0.0.0/8"}})"),
       {cidrAt + ": Invalid value: \"010.0.0.0/8\": must not have leading 0s in IP or prefix length"}},
      {peer(R"({"ipBlock":{"cidr":"10.0.0.0/08"}})"),
       {cidrAt + ": Invalid value: \"10.0.0.0/08\": must not have leading 0s in IP or prefix length"}},
      {peer(R"({"ipBlock":{"cidr":"10.0.0.1/8"}})"),
       {cidrAt + ": Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length"}},
      {peer(R"({"ipBlock":{"cidr":"10.0.0.0/8","except":["10.0.0.0/8"]}})"),
       {exceptAt + ": Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`"}},
      {peer(R"({"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/16"]}})"),
       {exceptAt + ": Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`"}},
      {R"({"policyTypes":["Odd"]})",
       {"spec.policyTypes[0]: Unsupported value: \"Odd\": supported values: \"Ingress\", \"Egress\""}},
      {R"({"policyTypes":["Ingress","Egress","Ingress"]})",
       {"spec.policyTypes: Invalid value: [\"Ingress\",\"Egress\",\"Ingress\"]: may not specify more than two policyTypes"}},
  });
}

TEST_F(NetworkingKinds, LeaveTheNetworksThatPoliciesHad) {
  Object<NetworkPolicy> old =
      object<NetworkPolicy>(withSpec(R"({"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.1/8"}}]}]})"));
  Verdict verdict = validated(old, old);
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_THAT(verdict.warnings,
              ElementsAre("spec.egress[0].to[0].ipBlock.cidr: CIDR value \"10.0.0.1/8\" is ambiguous in this context "
                          "(should be \"10.0.0.0/8\" or \"10.0.0.1/32\"?)"));
}

TEST_F(NetworkingKinds, AreFilledIn) {
  EXPECT_THAT(
      json(*defaulted<NetworkPolicy>(withSpec(R"({"ingress":[{"ports":[{"port":{"intVal":1}}]}],"egress":[{}]})"))),
      AllOf(HasSubstr(R"("protocol":"TCP")"), HasSubstr(R"("policyTypes":["Ingress","Egress"])")));
  EXPECT_THAT(json(*defaulted<NetworkPolicy>(withSpec("{}"))), HasSubstr(R"("policyTypes":["Ingress"])"));
  EXPECT_THAT(json(*defaulted<IngressClass>(withSpec(R"({"parameters":{"kind":"k","name":"n"}})"))),
              HasSubstr(R"("scope":"Cluster")"));
}

TEST_F(NetworkingKinds, AreShown) {
  EXPECT_THAT(row<Ingress>(R"({"metadata":{"name":"x"},"spec":{"ingressClassName":"c","tls":[{}],"rules":[{"host":"a"},
                {"host":"b"},{"host":"c"},{"host":"d"},{"host":"e"}]},
                "status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.2"},{"hostname":"h"},{"ip":"10.0.0.1"}]}}})"),
              ElementsAre("x", "c", "a,b,c + 2 more...", "10.0.0.1,10.0.0.2,h", "80, 443", "<unknown>"));
  EXPECT_THAT(row<Ingress>(R"({"metadata":{"name":"x"}})"), ElementsAre("x", "<none>", "*", "", "80", "<unknown>"));
  EXPECT_THAT(
      row<IngressClass>(R"({"metadata":{"name":"x","annotations":[{"key":"ingressclass.kubernetes.io/is-default-class",
                "value":"true"}]},"spec":{"controller":"a/b","parameters":{"apiGroup":"g","kind":"k","name":"n"}}})"),
      ElementsAre("x (default)", "a/b", "k.g/n", "<unknown>"));
  EXPECT_THAT(row<NetworkPolicy>(withSpec(R"({"podSelector":{"matchLabels":[{"key":"a","value":"b"}]}})")),
              ElementsAre("x", "a=b", "<unknown>"));
}

TEST_F(NetworkingKinds, LetARangeOfServicesGrowByTheOtherFamily) {
  auto cidrs = [](const std::string& list) {
    return concat(R"({"metadata":{"name":"k"},"spec":{"cidrs":)", list, "}}");
  };
  EXPECT_THAT(findings<ServiceCIDR>(cidrs("[]")),
              ElementsAre("spec.cidrs: Required value: at least one CIDR required"));
  EXPECT_THAT(
      findings<ServiceCIDR>(cidrs(R"(["10.0.0.0/24","10.1.0.0/24"])")),
      ElementsAre("spec.cidrs: Invalid value: [\"10.0.0.0/24\",\"10.1.0.0/24\"]: may specify no more than one IP "
                  "for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"));
  EXPECT_THAT(
      findings<ServiceCIDR>(cidrs(R"(["2001:db8::0/64"])")),
      ElementsAre("spec.cidrs[0]: Invalid value: \"2001:db8::0/64\": must be in canonical form (\"2001:db8::/64\")"));
  const std::string one = cidrs(R"(["10.0.0.0/24"])");
  EXPECT_THAT(findings<ServiceCIDR>(one, cidrs(R"(["10.0.0.0/24","2001:db8::/64"])")), IsEmpty());
  for (const char* ends : {"fd00::/112", "2001:db00::/24", "fd00:a000:b00:c0::/64"}) {
    EXPECT_THAT(findings<ServiceCIDR>(cidrs(concat("[\"", ends, "\"]"))), IsEmpty()) << ends;
  }
  EXPECT_THAT(findings<ServiceCIDR>(one, cidrs(R"(["10.1.0.0/24"])")),
              ElementsAre("spec.cidrs[0]: Invalid value: \"10.1.0.0/24\": field is immutable"));
  EXPECT_THAT(findings<ServiceCIDR>(one, cidrs("[]")),
              ElementsAre("spec.cidrs: Invalid value: null: field is immutable"));
}

}  // namespace
}  // namespace cleat::test
