// Pods: what is filled in, what is refused and with which words.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Pod;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Pods : public KindsFixture {
 protected:
  Pods() : KindsFixture("kinds-core") {}

  // A pod with one container that has these fields as well.
  static std::string withContainer(std::string_view fields) {
    return concat(
        R"({"metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"c","image":"nginx")",
        fields.empty() ? "" : ",", fields, "}]}}");
  }
  static std::string withSpec(std::string_view fields) {
    return concat(
        R"({"metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"c","image":"nginx"}])",
        fields.empty() ? "" : ",", fields, "}}");
  }
};

TEST_F(Pods, GetTheDefaultsOfKubernetes) {
  Object<Pod> pod = defaulted<Pod>(
      withContainer(R"("ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":{"intVal":80}}},)"
                    R"("resources":{"limits":[{"key":"cpu","value":"100m"},{"key":"memory","value":"1Gi"}]})"));
  auto spec = pod->getSpec();
  EXPECT_EQ(view(spec.getRestartPolicy()), "Always");
  EXPECT_EQ(view(spec.getDnsPolicy()), "ClusterFirst");
  EXPECT_EQ(view(spec.getSchedulerName()), "default-scheduler");
  EXPECT_EQ(spec.getTerminationGracePeriodSeconds().getValue(), 30);
  EXPECT_TRUE(spec.hasSecurityContext());
  EXPECT_TRUE(spec.getEnableServiceLinks().getValue());
  auto container = spec.getContainers()[0];
  EXPECT_EQ(view(container.getImagePullPolicy()), "Always");
  EXPECT_EQ(view(container.getTerminationMessagePath()), "/dev/termination-log");
  EXPECT_EQ(view(container.getTerminationMessagePolicy()), "File");
  EXPECT_EQ(view(container.getPorts()[0].getProtocol()), "TCP");
  auto probe = container.getLivenessProbe();
  EXPECT_EQ(probe.getTimeoutSeconds(), 1);
  EXPECT_EQ(probe.getPeriodSeconds(), 10);
  EXPECT_EQ(probe.getFailureThreshold(), 3);
  EXPECT_EQ(view(probe.getHttpGet().getPath()), "/");
  EXPECT_EQ(view(probe.getHttpGet().getScheme()), "HTTP");
  EXPECT_EQ(valueIn(container.getResources().getRequests(), "memory"), "1Gi");
  EXPECT_EQ(view(pod->getStatus().getPhase()), "Pending");
  EXPECT_EQ(view(pod->getStatus().getQosClass()), "Guaranteed");
}

TEST_F(Pods, AskForCertificatesThatASignerCanGive) {
  auto with = [](std::string_view fields) {
    return withSpec(concat(R"("volumes":[{"name":"v","projected":{"sources":[{"podCertificate":{)", fields, "}}]}}]"));
  };
  constexpr const char* kGood =
      R"("signerName":"a.example/b","keyType":"ED25519","keyPath":"key","certificateChainPath":"chain")";
  const std::string at = "spec.volumes[0].projected.sources[0].podCertificate";
  EXPECT_THAT(findings<Pod>(with(kGood)), IsEmpty());
  auto lifetime = [&](std::string_view signer, int seconds) {
    return findings<Pod>(
        with(concat(R"("signerName":")", signer,
                    R"(","keyType":"ED25519","keyPath":"key","maxExpirationSeconds":{"value":)", seconds, "}")));
  };
  EXPECT_THAT(lifetime("a.example/b", 3600), IsEmpty());
  EXPECT_THAT(
      lifetime("a.example/b", 3599),
      ElementsAre(at +
                  ".maxExpirationSeconds: Invalid value: 3599: if provided, maxExpirationSeconds must be >= 3600"));
  EXPECT_THAT(
      lifetime("a.example/b", 7862401),
      ElementsAre(
          at + ".maxExpirationSeconds: Invalid value: 7862401: if provided, maxExpirationSeconds must be <= 7862400"));
  EXPECT_THAT(
      lifetime("kubernetes.io/b", 86401),
      ElementsAre(at +
                  ".maxExpirationSeconds: Invalid value: 86401: if provided, maxExpirationSeconds must be <= 86400"));
  EXPECT_THAT(
      findings<Pod>(with(R"("signerName":"a.example/b","keyType":"RSA1")")),
      UnorderedElementsAre(at + ".keyType: Unsupported value: \"RSA1\": supported values: \"RSA3072\", \"RSA4096\", "
                                "\"ECDSAP256\", \"ECDSAP384\", \"ECDSAP521\", \"ED25519\"",
                           at + ": Required value: specify at least one of credentialBundlePath, keyPath, and "
                                "certificateChainPath"));
  EXPECT_THAT(findings<Pod>(with(R"("keyType":"ED25519","keyPath":"a","credentialBundlePath":"a")")),
              UnorderedElementsAre(at + ".signerName: Required value",
                                   "spec.volumes[0].projected: Invalid value: \"a\": conflicting duplicate paths"));
}

TEST_F(Pods, AreNotChangedByDefaultsASecondTime) {
  Object<Pod> once = defaulted<Pod>(
      withSpec(R"("volumes":[{"name":"v","secret":{"secretName":"s"}},{"name":"e"}],"serviceAccount":"robot")"));
  EXPECT_EQ(view(once->getSpec().getServiceAccountName()), "robot");
  EXPECT_EQ(once->getSpec().getVolumes()[0].getSecret().getDefaultMode().getValue(), 0644);
  EXPECT_TRUE(once->getSpec().getVolumes()[1].hasEmptyDir());
  EXPECT_EQ(json(*defaulted(once, once)), json(*once));
  EXPECT_THAT(validated(once).findings, IsEmpty());
}

// A new pod's keys come to what its own labels say, and to nothing where it has none.
TEST_F(Pods, HaveTheirLabelKeysInTheirSelectors) {
  const std::string pod =
      R"({"metadata":{"name":"web","labels":[{"key":"a","value":"1"},{"key":"t","value":"x"}]},"spec":{"containers":[{"name":"c",)"
      R"("image":"i"}],"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule",)"
      R"("labelSelector":{},"matchLabelKeys":["a","none"]}],"affinity":{"podAntiAffinity":{)"
      R"("requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z","labelSelector":{},"matchLabelKeys":["a"],)"
      R"("mismatchLabelKeys":["t"]}]}}}})";
  Object<Pod> made = defaulted<Pod>(pod);
  auto spread = made->getSpec().getTopologySpreadConstraints()[0].getLabelSelector().getMatchExpressions();
  ASSERT_EQ(spread.size(), 1u);
  EXPECT_EQ(json(spread[0]), R"({"key":"a","operator":"In","values":["1"]})");
  auto term = made->getSpec().getAffinity().getPodAntiAffinity().getRequiredDuringSchedulingIgnoredDuringExecution()[0];
  ASSERT_EQ(term.getLabelSelector().getMatchExpressions().size(), 2u);
  EXPECT_EQ(json(term.getLabelSelector().getMatchExpressions()[1]), R"({"key":"t","operator":"NotIn","values":["x"]})");
  EXPECT_THAT(validated(made).findings, IsEmpty());
}

TEST_F(Pods, PullImagesByTheirTag) {
  for (auto [image, policy] :
       std::vector<std::pair<std::string, std::string>>{{"nginx", "Always"},
                                                        {"nginx:latest", "Always"},
                                                        {"nginx:1.25", "IfNotPresent"},
                                                        {"registry:5000/nginx", "Always"},
                                                        {"registry:5000/nginx:1", "IfNotPresent"},
                                                        {"nginx@sha256:aa", "IfNotPresent"}}) {
    Object<Pod> pod = defaulted<Pod>(
        concat(R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":")", image, R"("}]}})"));
    EXPECT_EQ(view(pod->getSpec().getContainers()[0].getImagePullPolicy()), policy) << image;
  }
}

TEST_F(Pods, OnTheHostsNetworkUseTheHostsPorts) {
  Object<Pod> pod = defaulted<Pod>(
      R"({"metadata":{"name":"a"},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}]}})");
  EXPECT_EQ(pod->getSpec().getContainers()[0].getPorts()[0].getHostPort(), 80);
}

TEST_F(Pods, HaveTheQualityOfServiceThatTheirRequestsMake) {
  auto qos = [&](std::string_view resources) {
    Object<Pod> pod = defaulted<Pod>(withContainer(concat(R"("resources":)", resources)));
    return str(pod->getStatus().getQosClass());
  };
  EXPECT_EQ(qos("{}"), "BestEffort");
  EXPECT_EQ(qos(R"({"requests":[{"key":"cpu","value":"1"}]})"), "Burstable");
  EXPECT_EQ(qos(R"({"limits":[{"key":"cpu","value":"1"}]})"), "Burstable");
  EXPECT_EQ(
      qos(R"({"limits":[{"key":"cpu","value":"1"},{"key":"memory","value":"1Gi"}],"requests":[{"key":"cpu","value":"500m"}]})"),
      "Burstable");
}

TEST_F(Pods, ThatAreDeletedHaveTheirOwnTimeToStop) {
  auto graceOf = [&](std::string_view text) {
    Object<Pod> pod = defaulted(object<Pod>(text), {}, {}, role::Operation::DELETE);
    return pod.meta().getDeletionGracePeriodSeconds().getValue();
  };
  EXPECT_EQ(graceOf(R"({"spec":{"nodeName":"n","terminationGracePeriodSeconds":{"value":7}}})"), 7);
  EXPECT_EQ(
      graceOf(
          R"({"metadata":{"deletionGracePeriodSeconds":{"value":3}},"spec":{"nodeName":"n","terminationGracePeriodSeconds":{"value":7}}})"),
      3);
  EXPECT_EQ(graceOf(R"({"spec":{"terminationGracePeriodSeconds":{"value":7}}})"), 0);
  EXPECT_EQ(
      graceOf(
          R"({"spec":{"nodeName":"n","terminationGracePeriodSeconds":{"value":7}},"status":{"phase":"Succeeded"}})"),
      0);
}

struct Wrong {
  std::string pod;
  std::string finding;
};

TEST_F(Pods, AreRefusedInKubernetesWords) {
  const std::vector<Wrong> cases{
      {R"({"metadata":{"name":"web"},"spec":{}})", "spec.containers: Required value"},
      {R"({"metadata":{"name":"web"},"spec":{"containers":[{"image":"a"}]}})",
       "spec.containers[0].name: Required value"},
      {R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c"}]}})",
       "spec.containers[0].image: Required value"},
      {R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"Foo","image":"a"}]}})",
       "spec.containers[0].name: Invalid value: \"Foo\": a lowercase RFC 1123 label must consist of lower case alphanumeric "
       "characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
       "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"},
      {withSpec(R"("restartPolicy":"Sometimes")"),
       "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\""},
      {withContainer(R"("imagePullPolicy":"Often")"),
       "spec.containers[0].imagePullPolicy: Unsupported value: \"Often\": supported values: \"Always\", \"IfNotPresent\", \"Never\""},
      {withContainer(R"("ports":[{"containerPort":70000}])"),
       "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"},
      {withContainer(R"("volumeMounts":[{"name":"v","mountPath":"/v"}])"),
       "spec.containers[0].volumeMounts[0].name: Not found: \"v\""},
      {withContainer(R"("env":[{"name":""}])"), "spec.containers[0].env[0].name: Required value"},
      {withContainer(R"("env":[{"name":"A","value":"b","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}])"),
       "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"},
      {withContainer(R"("env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.foo"}}}])"),
       "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.foo\": error converting fieldPath: "
       "field label not supported: metadata.foo"},
      {withContainer(R"("resources":{"limits":[{"key":"cpu","value":"1"}],"requests":[{"key":"cpu","value":"2"}]})"),
       "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"},
      {withContainer(R"("resources":{"limits":[{"key":"gold","value":"1"}]})"),
       "spec.containers[0].resources.limits[gold]: Invalid value: \"gold\": must be a standard resource type or fully qualified"},
      {withContainer(R"("livenessProbe":{})"),
       "spec.containers[0].livenessProbe: Required value: must specify a handler type"},
      {withContainer(R"("livenessProbe":{"exec":{"command":["a"]},"tcpSocket":{"port":{"intVal":1}}})"),
       "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"},
      {withContainer(R"("readinessProbe":{"httpGet":{"port":{"strVal":"HTTP"}}})"),
       "spec.containers[0].readinessProbe.httpGet.port: Invalid value: \"HTTP\": must contain only alpha-numeric characters "
       "(a-z, 0-9), and hyphens (-)"},
      {withContainer(R"("securityContext":{"runAsUser":{"value":"-1"}})"),
       "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"},
  };
  for (const Wrong& wrong : cases) EXPECT_THAT(findings<Pod>(wrong.pod), Contains(wrong.finding)) << wrong.pod;
}

TEST_F(Pods, AreRefusedForWhatTheirContainersShare) {
  const std::vector<Wrong> cases{
      {withSpec(R"("volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/x"}}])"),
       "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"},
      {withSpec(R"("volumes":[{"name":"v","configMap":{"name":"c","items":[{"key":"k","path":"../x"}]}}])"),
       "spec.volumes[0].configMap.items[0].path: Invalid value: \"../x\": must not contain '..'"},
      {withSpec(R"("tolerations":[{"operator":"Equal"}])"),
       "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means "
       "\"match all values and all keys\""},
      {withSpec(R"("dnsPolicy":"None")"),
       "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"},
      {withSpec(R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{}}})"),
       "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have "
       "at least one node selector term"},
      {withSpec(R"("initContainers":[{"name":"c","image":"i"}])"),
       "spec.initContainers[0].name: Duplicate value: \"c\""},
      {withSpec(R"("initContainers":[{"name":"i","image":"i","livenessProbe":{"exec":{"command":["a"]}}}])"),
       "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"},
      {withSpec(R"("topologySpreadConstraints":[{"maxSkew":0,"topologyKey":"a","whenUnsatisfiable":"DoNotSchedule"}])"),
       "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"},
      {withSpec(R"("hostAliases":[{"ip":"nope"}])"),
       "spec.hostAliases[0].ip: Invalid value: \"nope\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
      {R"({"metadata":{"name":"web","labels":[{"key":"a b","value":"c"}]},"spec":{"containers":[{"name":"c","image":"i"}]}})",
       "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must "
       "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
       "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
  };
  for (const Wrong& wrong : cases) EXPECT_THAT(findings<Pod>(wrong.pod), Contains(wrong.finding)) << wrong.pod;
}

TEST_F(Pods, SayOnlyWhatTheirOperatingSystemHas) {
  const std::vector<Wrong> cases{
      {withSpec(R"("os":{"name":"mac"})"),
       "spec.os: Unsupported value: \"mac\": supported values: \"linux\", \"windows\""},
      {withSpec(R"("os":{})"), "spec.os.name: Required value"},
      {withSpec(R"("os":{"name":"windows"},"hostPID":true)"),
       "spec.hostPID: Forbidden: cannot be set for a windows pod"},
      {withSpec(R"("os":{"name":"windows"},"securityContext":{"runAsUser":{"value":"1"}})"),
       "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod"},
      {withSpec(R"("os":{"name":"windows"},"securityContext":{"seccompProfile":{"type":"Unconfined"}})"),
       "spec.securityContext.seccompProfile: Forbidden: cannot be set for a windows pod"},
      {withSpec(R"("os":{"name":"linux"},"securityContext":{"windowsOptions":{}})"),
       "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"},
      {withSpec(R"("securityContext":{"windowsOptions":{"hostProcess":{"value":true}}})"),
       "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"},
      {withSpec(R"("securityContext":{"windowsOptions":{"gmsaCredentialSpec":""}})"),
       "spec.securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: \"\": gmsaCredentialSpec cannot be an empty "
       "string"},
      {withSpec(R"("securityContext":{"windowsOptions":{"runAsUserName":"a\\b\\c"}})"),
       "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"a\\\\b\\\\c\": runAsUserName cannot contain more "
       "than one backslash"},
      {withSpec(R"("securityContext":{"windowsOptions":{"runAsUserName":"...\\b"}})"),
       "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"...\\\\b\": runAsUserName's Domain doesn't match "
       "the NetBios nor the DNS format"},
      {withSpec(R"("securityContext":{"windowsOptions":{"runAsUserName":"a@b"}})"),
       "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"a@b\": runAsUserName's User cannot contain the "
       "following characters: \"/\\:;|=,+*?<>@[]"},
      {withSpec(R"("hostNetwork":true,"hostnameOverride":"x")"),
       "spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true"},
      {withSpec(R"("hostPID":true,"shareProcessNamespace":{"value":true})"),
       "spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled"},
  };
  for (const Wrong& wrong : cases) EXPECT_THAT(findings<Pod>(wrong.pod), Contains(wrong.finding)) << wrong.pod;
  EXPECT_THAT(
      findings<Pod>(withSpec(R"("os":{"name":"windows"},"hostNetwork":true,"securityContext":{"windowsOptions":)"
                             R"({"hostProcess":{"value":true},"runAsUserName":"NT AUTHORITY\\SYSTEM"}})")),
      IsEmpty());
}

TEST_F(Pods, MayNotSayTheirLabelKeysTwice) {
  const auto term = [](std::string_view fields) {
    return withSpec(
        concat(R"("affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z",)",
               fields, "}]}}"));
  };
  const std::string at = "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].";
  const std::vector<Wrong> cases{
      {term(R"("matchLabelKeys":["a"])"),
       at + "matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"},
      {term(R"("labelSelector":{},"matchLabelKeys":["a b"])"),
       at +
           "matchLabelKeys[0]: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', "
           "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
           "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
      {term(R"("labelSelector":{},"matchLabelKeys":["a"],"mismatchLabelKeys":["a"])"),
       at + "matchLabelKeys[0]: Invalid value: \"a\": exists in both matchLabelKeys and mismatchLabelKeys"},
      {term(R"("labelSelector":{"matchLabels":[{"key":"a","value":"1"}],)"
            R"("matchExpressions":[{"key":"a","operator":"In","values":["1"]}]},"matchLabelKeys":["a"])"),
       at.substr(0, at.size() - 1) + "[0]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector"},
      {withSpec(R"("topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"a","whenUnsatisfiable":"DoNotSchedule",)"
                R"("matchLabelKeys":["a"]}])"),
       "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"},
  };
  for (const Wrong& wrong : cases) EXPECT_THAT(findings<Pod>(wrong.pod), Contains(wrong.finding)) << wrong.pod;
}

TEST_F(Pods, NameEveryWrongField) {
  EXPECT_THAT(findings<Pod>(R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"a"},{"image":"i"}]}})"),
              ElementsAre("spec.containers[0].image: Required value", "spec.containers[1].name: Required value"));
}

TEST_F(Pods, MayOnlyChangeTheirImages) {
  const std::string before = withContainer("");
  EXPECT_THAT(
      findings<Pod>(
          before,
          R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"nginx:1","imagePullPolicy":"Always"}]}})"),
      IsEmpty());
  EXPECT_THAT(
      findings<Pod>(before, withContainer(R"("tty":true)")),
      ElementsAre(HasSubstr("spec: Forbidden: pod updates may not change fields other than "
                            "`spec.containers[*].image`,`spec.initContainers[*].image`,"
                            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
                            "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
                            "previously negative)\n")));
  EXPECT_THAT(findings<Pod>(before, withSpec(R"("initContainers":[{"name":"x","image":"i"}])")),
              ElementsAre("spec.initContainers: Forbidden: pod updates may not add or remove containers"));
  EXPECT_THAT(findings<Pod>(before, withSpec(R"("tolerations":[{"key":"a","operator":"Exists"}])")), IsEmpty());
}

TEST_F(Pods, KeepWhatTheirTerminatedContainersBecame) {
  const char* kPod =
      R"({"metadata":{"name":"web"},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]},"status":{"containerStatuses":[{"name":"c","state":{)";
  Object<Pod> old = object<Pod>(concat(kPod, R"("terminated":{"exitCode":1}}}]}})"));
  Object<Pod> now = object<Pod>(concat(kPod, R"("running":{}}}]}})"));
  EXPECT_THAT(
      validated(now, old, "status").findings,
      ElementsAre("status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"));
}

TEST_F(Pods, HaveAddressesOfTheirFamilies) {
  const auto pod = [&](std::string_view node, std::string_view status) {
    return object<Pod>(concat(R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"i"}])", node,
                              R"(},"status":{)", status, "}}"));
  };
  const Object<Pod> old = pod("", ""), bound = pod(R"(,"nodeName":"n")", "");
  const auto told = [&](const Object<Pod>& before, std::string_view node, std::string_view status) {
    return validated(pod(node, status), before, "status").findings;
  };
  EXPECT_THAT(told(old, "", R"("podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}])"), IsEmpty());
  EXPECT_THAT(
      told(old, "", R"("podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}])"),
      ElementsAre("status.podIPs: Invalid value: [{\"IP\":\"10.0.0.1\"},{\"IP\":\"10.0.0.2\"}]: may specify no more "
                  "than one IP for each IP family"));
  EXPECT_THAT(told(old, "", R"("hostIP":"10.0.0.1","hostIPs":[{"ip":"10.0.0.2"}])"),
              ElementsAre("status.hostIPs[0].ip: Invalid value: \"10.0.0.2\": must be equal to `hostIP`"));
  EXPECT_THAT(
      told(old, "", R"("containerStatuses":[{"name":"c","user":{"linux":{"uid":"-1"}}}])"),
      ElementsAre("status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 4294967295, "
                  "inclusive"));
  EXPECT_THAT(
      told(bound, R"(,"nodeName":"n")", R"("nominatedNodeName":"m")"),
      ElementsAre("status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node"));
}

}  // namespace
}  // namespace cleat::test
