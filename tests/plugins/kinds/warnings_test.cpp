// What whoever writes a pod is told of, though it is valid.
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Case {
  const char* what;
  std::string container, spec, meta;
  std::vector<std::string> warnings;
};

// The rest of the pod is as it should be.
std::string podText(const Case& one) {
  auto more = [](const std::string& text) { return text.empty() ? "" : "," + text; };
  return concat(R"({"metadata":{"name":"p")", more(one.meta), R"(},"spec":{"containers":[{"name":"c","image":"i")",
                more(one.container), "}]", more(one.spec), "}}");
}

// Of where a pod goes, and of its annotations.
std::vector<Case> placeCases() {
  return {
      {"nothing", "", "", "", {}},
      {"an old label of nodes",
       "",
       R"("nodeSelector":[{"key":"beta.kubernetes.io/arch","value":"x"}])",
       "",
       {"spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use \"kubernetes.io/arch\" instead"}},
      {"an old label in an affinity",
       "",
       R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[)"
       R"({"matchExpressions":[{"key":"node-role.kubernetes.io/master","operator":"Exists"}]}]}}})",
       "",
       {"spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]."
        "key: node-role.kubernetes.io/master is use \"node-role.kubernetes.io/control-plane\" instead"}},
      {"a spread over nothing",
       "",
       R"("topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}])",
       "",
       {"spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"}},
      {"an affinity to nothing",
       "",
       R"("affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone"}]}})",
       "",
       {"spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null "
        "labelSelector results in matching no pod"}},
      {"an old annotation",
       "",
       "",
       R"("annotations":[{"key":"scheduler.alpha.kubernetes.io/critical-pod","value":""}])",
       {"metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "
        "\"priorityClassName\" field instead"}},
      {"seccomp by annotations",
       "",
       "",
       R"("annotations":[{"key":"container.seccomp.security.alpha.kubernetes.io/c","value":"unconfined"},)"
       R"({"key":"seccomp.security.alpha.kubernetes.io/pod","value":"unconfined"}])",
       {"metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "
        "\"seccompProfile\" field instead",
        "metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "
        "\"seccompProfile\" field instead"}},
  };
}

// Of what belongs to it.
std::vector<Case> partCases() {
  return {
      {"a volume that is no more",
       "",
       R"("volumes":[{"name":"v","gitRepo":{"repository":"r"}}])",
       "",
       {"spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"}},
      {"files in each other's way",
       "",
       R"("volumes":[{"name":"v","configMap":{"name":"m","items":[{"key":"a","path":"p"},{"key":"b","path":"p/q"}]}}])",
       "",
       {"volume \"v\" (ConfigMap \"m\"): overlapping paths: \"p/q\" with \"p\""}},
      {"files of several sources in each other's way",
       "",
       R"("volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"s","items":[{"key":"a","path":"token"}]}},)"
       R"({"configMap":{"name":"m","items":[{"key":"a","path":"token/x"}]}},)"
       R"({"serviceAccountToken":{"path":"token/x/y"}}]}}],"serviceAccountName":"a")",
       "",
       {"volume \"v\" (Projected): overlapping paths: \"token/x\" (ConfigMap \"m\") with \"token\" (Secret \"s\")",
        "volume \"v\" (Projected): overlapping paths: \"token/x/y\" (ServiceAccountToken) with \"token\" (Secret \"s\")",
        "volume \"v\" (Projected): overlapping paths: \"token/x/y\" (ServiceAccountToken) with \"token/x\" "
        "(ConfigMap \"m\")"}},
      {"two names of an address",
       "",
       R"("hostAliases":[{"ip":"10.0.0.1","hostnames":["a"]},{"ip":"10.0.0.1","hostnames":["b"]}])",
       "",
       {"spec.hostAliases[1].ip: duplicate ip \"10.0.0.1\""}},
      {"secrets twice, and one without a name",
       "",
       R"("imagePullSecrets":[{"name":"s"},{"name":"s"},{}])",
       "",
       {"spec.imagePullSecrets[1].name: duplicate name \"s\"",
        "spec.imagePullSecrets[2].name: invalid empty name \"\""}},
      {"no time to end",
       "",
       R"("terminationGracePeriodSeconds":{"value":-1})",
       "",
       {"spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"}},
      {"an address in other words",
       "",
       R"("dnsConfig":{"nameservers":["2001:DB8::0"]})",
       "",
       {"spec.dnsConfig.nameservers[0]: IPv6 address \"2001:DB8::0\" should be in RFC 5952 canonical format "
        "(\"2001:db8::\")"}},
  };
}

std::vector<Case> containerCases() {
  return {
      {"a part of a byte",
       R"("resources":{"limits":[{"key":"memory","value":"1500m"}],"requests":[{"key":"memory","value":"1"}]})",
       "",
       "",
       {"spec.containers[0].resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer"}},
      {"a variable twice",
       R"("env":[{"name":"A","value":"1"},{"name":"A","value":"2"}])",
       "",
       "",
       {"spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"}},
      {"a variable that is made longer",
       R"("env":[{"name":"A","value":"1"},{"name":"A","value":"$(A)2"}])",
       "",
       "",
       {}},
      {"a variable that is itself",
       R"x("env":[{"name":"A","value":"1"},{"name":"A","value":"$(A)"}])x",
       "",
       "",
       {"spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"}},
      {"a port twice",
       R"("ports":[{"containerPort":80},{"containerPort":80},{"containerPort":80,"protocol":"UDP"}])",
       "",
       "",
       {"spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"}},
      {"a port within and at the host",
       R"("ports":[{"containerPort":80},{"containerPort":80,"hostPort":8080}])",
       "",
       "",
       {"spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]"}},
      {"a port at one address and at all",
       R"("ports":[{"containerPort":80,"hostPort":80},{"containerPort":80,"hostPort":80,"hostIP":"10.0.0.1"}])",
       "",
       "",
       {"spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]"}},
      {"an address without a port",
       R"("ports":[{"containerPort":80,"hostIP":"10.0.0.1"}])",
       "",
       "",
       {"spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP "
        "HostIP:10.0.0.1}"}},
  };
}

class PodWarnings : public KindsFixture {
 protected:
  PodWarnings() : KindsFixture("kinds-core") {}
};

TEST_F(PodWarnings, AreTheWordsOfKubernetes) {
  for (const auto& cases : {placeCases(), partCases(), containerCases()}) {
    for (const Case& one : cases) {
      const Verdict verdict = validated(defaulted<core_v1::Pod>(podText(one)));
      EXPECT_THAT(verdict.findings, IsEmpty()) << one.what;
      EXPECT_EQ(verdict.warnings, one.warnings) << one.what;
    }
  }
}

TEST_F(PodWarnings, AreOfAllContainersTogether) {
  const Verdict verdict = validated(defaulted<core_v1::Pod>(
      R"({"metadata":{"name":"p"},"spec":{"initContainers":[{"name":"i","image":"i","ports":[{"name":"web","containerPort":80}]}],)"
      R"("containers":[{"name":"c","image":"i","ports":[{"name":"web","containerPort":81}]}]}})"));
  EXPECT_THAT(
      verdict.warnings,
      ElementsAre("spec.containers[0].ports[0]: duplicate port name \"web\" with spec.initContainers[0].ports[0], "
                  "services and probes that select ports by name will use spec.initContainers[0].ports[0]"));
}

// The same file twice is no mere warning.
TEST_F(PodWarnings, AreNotAllThatIsSaidOfOneFileFromTwoSources) {
  const Verdict verdict = validated(defaulted<core_v1::Pod>(podText(
      {"",
       "",
       R"("volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"s","items":[{"key":"a","path":"token"}]}},)"
       R"({"configMap":{"name":"m","items":[{"key":"a","path":"token"}]}}]}}])",
       "",
       {}})));
  EXPECT_THAT(verdict.findings,
              ElementsAre("spec.volumes[0].projected: Invalid value: \"m\": conflicting duplicate paths"));
}

TEST_F(PodWarnings, AreGivenToWhoMakesAPod) {
  const std::string text = podText({"", R"("env":[{"name":"A","value":"1"},{"name":"A","value":"2"}])", "", "", {}});
  const auto pod = defaulted<core_v1::Pod>(text);
  EXPECT_THAT(validated(pod, pod).warnings, IsEmpty());
  const auto named =
      defaulted<core_v1::Pod>(R"({"metadata":{"name":"a.b"},"spec":{"containers":[{"name":"c","image":"i"}]}})");
  EXPECT_THAT(
      validated(named).warnings,
      ElementsAre("metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a "
                  "DNS label is recommended: [must not contain dots]"));
}

TEST_F(PodWarnings, AreGivenOfServicesNodesAndAccountsToo) {
  auto ofService = [&](const char* spec) {
    return validated(defaulted<core_v1::Service>(
                         concat(R"({"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],)", spec, "}}")))
        .warnings;
  };
  EXPECT_THAT(ofService(R"("type":"ClusterIP")"), IsEmpty());
  EXPECT_THAT(ofService(R"("externalIPs":["1.2.3.4"])"),
              ElementsAre("spec.externalIPs is deprecated and may no longer be implemented in some clusters"));
  EXPECT_THAT(ofService(R"("clusterIP":"None","sessionAffinity":"ClientIP","externalIPs":["1.2.3.4"])"),
              ElementsAre("spec.externalIPs is ignored for headless services",
                          "spec.SessionAffinity is ignored for headless services"));
  EXPECT_THAT(ofService(R"("externalName":"example.com")"),
              ElementsAre("spec.externalName is ignored when spec.type is not \"ExternalName\""));
  EXPECT_THAT(validated(object<core_v1::Node>(R"({"metadata":{"name":"n"},"spec":{"externalID":"x"}})")).warnings,
              ElementsAre("spec.externalID: this field is deprecated, and is unused by Kubernetes"));
  const auto account = object<core_v1::ServiceAccount>(
      R"({"metadata":{"name":"a","annotations":[{"key":"kubernetes.io/enforce-mountable-secrets","value":"true"}]}})");
  EXPECT_THAT(validated(account).warnings,
              ElementsAre("metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer "
                          "separate namespaces to isolate access to mounted secrets"));
  EXPECT_THAT(validated(account, account).warnings, IsEmpty());
}

class TemplateWarnings : public KindsFixture {
 protected:
  TemplateWarnings() : KindsFixture("kinds-apps") {}
};

TEST_F(TemplateWarnings, AreGivenToWhoChangesAWorkload) {
  auto deployment = [&](const char* name, const char* label, int replicas) {
    return defaulted<apps_v1::Deployment>(concat(
        R"({"metadata":{"name":")", name, R"(","labels":[{"key":"x","value":")", label,
        R"("}]},"spec":{"replicas":{"value":)", replicas,
        R"(},"selector":{"matchLabels":[{"key":"a","value":"b"}]},"template":{"metadata":{"labels":[{"key":"a","value":"b"}]},)"
        R"("spec":{"containers":[{"name":"c","image":"i"}],"nodeSelector":[{"key":"beta.kubernetes.io/os","value":"l"}]}}}})"));
  };
  constexpr const char* kOld =
      "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead";
  EXPECT_THAT(validated(deployment("d", "1", 1)).warnings, ElementsAre(kOld));
  EXPECT_THAT(validated(deployment("d", "2", 1), deployment("d", "1", 1)).warnings, IsEmpty());
  EXPECT_THAT(validated(deployment("d", "1", 2), deployment("d", "1", 1)).warnings, ElementsAre(kOld));
}

}  // namespace
}  // namespace cleat::test
