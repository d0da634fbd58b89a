// The kinds as the server knows them: registered together, and what becomes of manifests as people write them.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "core/object/catalogue.h"
#include "core/object/codec.h"
#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// All kinds plugins that there are, the first one's kinds being what others add subresources to.
std::vector<std::string> allPlugins() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(KINDS_PLUGINS)) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".so" || !name.starts_with("kinds-") || name == "kinds-core") continue;
    names.push_back(name);
  }
  std::ranges::sort(names);
  names.insert(names.begin(), "kinds-core");
  return names;
}

class Manifests : public ::testing::Test {
 protected:
  Manifests() {
    host_.serverConfig().serviceCidr = "10.96.0.0/24";
    for (const std::string& name : allPlugins()) {
      auto [at, added] = plugins_.emplace(name, host_.start(loadPlugin(name)));
      host_.settle();
      auto described = at->second.call(role::kinds::describe);
      EXPECT_TRUE(described.ok()) << name << described.status.message;
      Result<void> taken = registry.add(name, *described.answer);
      EXPECT_TRUE(taken) << name << ": " << (taken ? "" : taken.error().message);
    }
  }

  // A manifest's JSON after the defaults, as clients get it.
  std::string defaulted(std::string_view group, std::string_view kindName, std::string_view manifest) {
    const object::KindRef kind = registry.findByKind(group, "v1", kindName);
    EXPECT_NE(kind, nullptr) << kindName;
    auto decoded = object::decodeJson(*kind, manifest, object::FieldValidation::strict);
    EXPECT_TRUE(decoded) << (decoded ? "" : decoded.error().message);
    auto words = decoded->message->words();
    AnyRef before = AnyRef::copyOf({words.data(), words.size()}, 0);
    auto outcome = plugins_.at(kind->plugin)
                       .call(role::kinds::default_,
                             [&](role::DefaultParams::Builder params) {
                               auto ref = params.initRef();
                               ref.setGroup(kind->group);
                               ref.setVersion(kind->version);
                               ref.setResource(kind->plural);
                             },
                             {before});
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    AnyRef after = outcome.answer.objects().empty() ? before : outcome.answer.objects()[0];
    object::Words result(after.words().data, after.words().count);
    EXPECT_TRUE(object::verify(*kind, result));
    return object::encodeJson(*kind, result);
  }

  object::KindRegistry registry;

 private:
  FakeHost host_;
  std::map<std::string, AnyStarted> plugins_;
};

TEST_F(Manifests, AreOfKindsThatTheServerTakes) {
  for (auto [group, plural, kind] : std::vector<std::array<std::string, 3>>{
           {"", "namespaces", "Namespace"},
           {"", "nodes", "Node"},
           {"", "pods", "Pod"},
           {"", "services", "Service"},
           {"", "endpoints", "Endpoints"},
           {"", "configmaps", "ConfigMap"},
           {"", "secrets", "Secret"},
           {"", "serviceaccounts", "ServiceAccount"},
           {"", "events", "Event"},
           {"events.k8s.io", "events", "Event"},
           {"", "bindings", "Binding"},
           {"", "persistentvolumes", "PersistentVolume"},
           {"", "persistentvolumeclaims", "PersistentVolumeClaim"},
           {"storage.k8s.io", "storageclasses", "StorageClass"},
           {"storage.k8s.io", "csidrivers", "CSIDriver"},
           {"storage.k8s.io", "csinodes", "CSINode"},
           {"storage.k8s.io", "csistoragecapacities", "CSIStorageCapacity"},
           {"storage.k8s.io", "volumeattachments", "VolumeAttachment"},
           {"storage.k8s.io", "volumeattributesclasses", "VolumeAttributesClass"},
           {"apps", "deployments", "Deployment"},
           {"apps", "replicasets", "ReplicaSet"},
           {"apps", "statefulsets", "StatefulSet"},
           {"apps", "daemonsets", "DaemonSet"},
           {"apps", "controllerrevisions", "ControllerRevision"},
           {"", "replicationcontrollers", "ReplicationController"},
           {"", "podtemplates", "PodTemplate"},
           {"batch", "jobs", "Job"},
           {"batch", "cronjobs", "CronJob"},
           {"policy", "poddisruptionbudgets", "PodDisruptionBudget"},
           {"rbac.authorization.k8s.io", "clusterroles", "ClusterRole"},
           {"coordination.k8s.io", "leases", "Lease"},
           {"discovery.k8s.io", "endpointslices", "EndpointSlice"},
           {"networking.k8s.io", "ingresses", "Ingress"},
           {"networking.k8s.io", "ingressclasses", "IngressClass"},
           {"networking.k8s.io", "networkpolicies", "NetworkPolicy"},
           {"networking.k8s.io", "ipaddresses", "IPAddress"},
           {"networking.k8s.io", "servicecidrs", "ServiceCIDR"},
           {"node.k8s.io", "runtimeclasses", "RuntimeClass"},
           {"scheduling.k8s.io", "priorityclasses", "PriorityClass"},
           {"authentication.k8s.io", "tokenreviews", "TokenReview"},
           {"authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"},
           {"certificates.k8s.io", "certificatesigningrequests", "CertificateSigningRequest"},
           {"apiregistration.k8s.io", "apiservices", "APIService"},
           {"flowcontrol.apiserver.k8s.io", "flowschemas", "FlowSchema"},
           {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "PriorityLevelConfiguration"},
           {"storagemigration.k8s.io", "storageversionmigrations", "StorageVersionMigration"}}) {
    const object::KindRef found = registry.find(group, "v1", plural);
    ASSERT_NE(found, nullptr) << plural;
    EXPECT_EQ(found->name, kind);
  }
  const object::KindRef pods = registry.find("", "v1", "pods");
  for (const char* name : {"status", "binding", "log", "exec", "attach", "portforward", "eviction"}) {
    EXPECT_NE(pods->subresource(name), nullptr) << name;
  }
  const object::KindRef deployments = registry.find("apps", "v1", "deployments");
  ASSERT_NE(deployments->subresource("scale"), nullptr);
  EXPECT_EQ(deployments->subresource("scale")->body->name, "Scale");
}

TEST_F(Manifests, OfPodsAreFilledInAsKubernetesDoes) {
  EXPECT_EQ(
      defaulted(
          "", "Pod",
          R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"nginx"}]}})"),
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"nginx","resources":{},)"
      R"("terminationMessagePath":"/dev/termination-log","imagePullPolicy":"Always","terminationMessagePolicy":"File"}],)"
      R"("restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},)"
      R"("schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","qosClass":"BestEffort"}})");
}

TEST_F(Manifests, OfDeploymentsAreFilledInAsKubernetesDoes) {
  std::string json = defaulted(
      "apps", "Deployment",
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"app":"web"}},)"
      R"("template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}})");
  EXPECT_THAT(json, HasSubstr(R"("replicas":1,"selector":{"matchLabels":{"app":"web"}})"));
  EXPECT_THAT(
      json,
      HasSubstr(R"("strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}})"));
  EXPECT_THAT(json, HasSubstr(R"("revisionHistoryLimit":10)"));
  EXPECT_THAT(json, HasSubstr(R"("progressDeadlineSeconds":600)"));
  EXPECT_THAT(json, HasSubstr(R"("imagePullPolicy":"IfNotPresent")"));
  EXPECT_THAT(json, Not(HasSubstr("enableServiceLinks")));
}

TEST_F(Manifests, OfNamespacesAreActive) {
  EXPECT_EQ(
      defaulted("", "Namespace", R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"blue"}})"),
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"blue","labels":{"kubernetes.io/metadata.name":"blue"}},)"
      R"("spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})");
}

TEST_F(Manifests, OfSecretsHaveTheirTextsAsBytes) {
  EXPECT_EQ(
      defaulted(
          "", "Secret",
          R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"b2xk","c":"Yw=="},"stringData":{"a":"new"}})"),
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"bmV3","c":"Yw=="},"type":"Opaque"})");
}

TEST_F(Manifests, OfBindingsNameTheGroupOfTheirRole) {
  EXPECT_THAT(
      defaulted(
          "rbac.authorization.k8s.io", "ClusterRoleBinding",
          R"({"metadata":{"name":"b"},"subjects":[{"kind":"User","name":"jane"},{"kind":"ServiceAccount","name":"r","namespace":"d"}],)"
          R"("roleRef":{"kind":"ClusterRole","name":"view"}})"),
      AllOf(HasSubstr(R"({"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"jane"})"),
            HasSubstr(R"({"kind":"ServiceAccount","name":"r","namespace":"d"})"),
            HasSubstr(R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"})")));
}

}  // namespace
}  // namespace cleat::test
