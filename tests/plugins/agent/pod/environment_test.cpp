// What a container finds in its environment and its files.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "pod/env.h"
#include "pod/field_ref.h"
#include "pod/pod_files.h"
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

using ::testing::Contains;
using ::testing::Pair;

struct ExpandCase {
  const char *text, *expanded;
};
TEST(Expand, ReplacesKnownNamesAndLeavesEverythingElse) {
  Environment environment{{"A", "1"}, {"EMPTY", ""}};
  for (const ExpandCase& one : std::initializer_list<ExpandCase>{{"$(A)", "1"},
                                                                 {"x$(A)$(A)y", "x11y"},
                                                                 {"$(UNKNOWN)", "$(UNKNOWN)"},
                                                                 {"$$(A)", "$(A)"},
                                                                 {"$A", "$A"},
                                                                 {"$(A", "$(A"},
                                                                 {"$(EMPTY)", ""},
                                                                 {"$", "$"},
                                                                 {"a$", "a$"},
                                                                 {"$$", "$"}}) {
    EXPECT_EQ(expand(one.text, environment), one.expanded) << one.text;
  }
}

Object<core_v1::Service> service(const std::string& name, const std::string& ip, int port) {
  Draft<core_v1::Service> draft;
  draft->initMetadata().setName(name);
  auto spec = draft->initSpec();
  spec.setClusterIP(ip);
  auto ports = spec.initPorts(1);
  ports[0].setName("http");
  ports[0].setPort(port);
  ports[0].setProtocol("TCP");
  return std::move(draft).freeze();
}

TEST(ServiceEnvironment, NamesEachServiceWithAnAddressTheWayDockerLinksDid) {
  auto environment = serviceEnvironment({service("my-web", "10.96.0.5", 80), service("headless", "None", 80)});
  EXPECT_THAT(environment, Contains(Pair("MY_WEB_SERVICE_HOST", "10.96.0.5")));
  EXPECT_THAT(environment, Contains(Pair("MY_WEB_SERVICE_PORT", "80")));
  EXPECT_THAT(environment, Contains(Pair("MY_WEB_SERVICE_PORT_HTTP", "80")));
  EXPECT_THAT(environment, Contains(Pair("MY_WEB_PORT", "tcp://10.96.0.5:80")));
  EXPECT_THAT(environment, Contains(Pair("MY_WEB_PORT_80_TCP_ADDR", "10.96.0.5")));
  EXPECT_EQ(environment.size(), 8u);
}

class ContainerEnvironment : public ::testing::Test {
 protected:
  ContainerEnvironment() {
    Draft<core_v1::ConfigMap> map;
    map->initMetadata().setName("settings");
    auto data = map->initData(2);
    data[0].setKey("color");
    data[0].setValue("blue");
    data[1].setKey("size");
    data[1].setValue("9");
    objects_.configMaps["settings"] = std::move(map).freeze();
    Draft<core_v1::Secret> secret;
    secret->initMetadata().setName("key");
    auto bytes = secret->initData(1);
    bytes[0].setKey("password");
    bytes[0].setValue(dataOf("hush"));
    objects_.secrets["key"] = std::move(secret).freeze();
    facts_.podIps = {"10.244.0.9"};
    facts_.nodeName = "node1";
    facts_.nodeMilliCpu = 2000;
  }

  Result<Environment> build() {
    auto pod = pod_.reader();
    return environmentOf(pod, pod.getSpec().getContainers()[0], {objects_, facts_, services_});
  }
  core_v1::Container::Builder container() { return pod_->getSpec().getContainers()[0]; }

  Draft<Pod> pod_ = podNamed("web");
  ReferencedObjects objects_;
  PodFacts facts_;
  Environment services_{{"DB_SERVICE_HOST", "10.96.0.7"}};
};

TEST_F(ContainerEnvironment, ValuesReferToEarlierOnesAndToServices) {
  auto env = container().initEnv(2);
  env[0].setName("A");
  env[0].setValue("one");
  env[1].setName("B");
  env[1].setValue("$(A) at $(DB_SERVICE_HOST)");
  EXPECT_THAT(*build(), Contains(Pair("B", "one at 10.96.0.7")));
}

TEST_F(ContainerEnvironment, ComesFromConfigMapsSecretsAndThePodItself) {
  container().initEnvFrom(1)[0].initConfigMapRef().setName("settings");
  container().getEnvFrom()[0].setPrefix("S_");
  auto env = container().initEnv(3);
  env[0].setName("PASSWORD");
  auto key = env[0].initValueFrom().initSecretKeyRef();
  key.setName("key");
  key.setKey("password");
  env[1].setName("IP");
  env[1].initValueFrom().initFieldRef().setFieldPath("status.podIP");
  env[2].setName("CPUS");
  env[2].initValueFrom().initResourceFieldRef().setResource("limits.cpu");
  auto environment = *build();
  EXPECT_THAT(environment, Contains(Pair("S_color", "blue")));
  EXPECT_THAT(environment, Contains(Pair("PASSWORD", "hush")));
  EXPECT_THAT(environment, Contains(Pair("IP", "10.244.0.9")));
  EXPECT_THAT(environment, Contains(Pair("CPUS", "2"))) << "without a limit, what the node has";
}

TEST_F(ContainerEnvironment, ALimitThatIsNotThereIsWhatPodsMayHaveOfTheNode) {
  facts_.nodeMemoryBytes = 1000;
  facts_.nodeEphemeralBytes = 500;
  auto limit = container().initResources().initLimits(1)[0];
  limit.setKey("cpu");
  limit.setValue("0");
  auto valueOfResource = [&](const char* resource) {
    auto env = container().initEnv(1);
    env[0].setName("VALUE");
    env[0].initValueFrom().initResourceFieldRef().setResource(resource);
    return (*build())[0].second;
  };
  EXPECT_EQ(valueOfResource("limits.cpu"), "2");
  EXPECT_EQ(valueOfResource("limits.memory"), "1000");
  EXPECT_EQ(valueOfResource("limits.ephemeral-storage"), "500");
  EXPECT_EQ(valueOfResource("limits.hugepages-2Mi"), "0") << "of these there is no telling";
  EXPECT_EQ(valueOfResource("requests.memory"), "0");
}

TEST_F(ContainerEnvironment, SaysWhichObjectOrKeyIsMissingUnlessItIsOptional) {
  auto env = container().initEnv(1);
  env[0].setName("A");
  auto reference = env[0].initValueFrom().initConfigMapKeyRef();
  reference.setName("nowhere");
  reference.setKey("a");
  EXPECT_EQ(build().error().message, "configmap \"nowhere\" not found");
  reference.setName("settings");
  EXPECT_EQ(build().error().message, "couldn't find key a in ConfigMap default/settings");
  reference.initOptional().setValue(true);
  EXPECT_EQ(build()->size(), 1u) << "only the service's";
}

TEST(FieldValue, WritesMapsAsFilesOfTheDownwardApiDo) {
  Draft<Pod> pod = podNamed("web");
  setLabel(pod.meta(), "app", "a\"b");
  setLabel(pod.meta(), "tier", "x");
  EXPECT_EQ(*fieldValue(pod.reader(), "metadata.labels", {}), "app=\"a\\\"b\"\ntier=\"x\"");
  EXPECT_EQ(*fieldValue(pod.reader(), "metadata.labels['tier']", {}), "x");
  EXPECT_FALSE(fieldValue(pod.reader(), "spec.anything", {}));
}

TEST(HostsFile, NamesThePodAndItsAliases) {
  Draft<Pod> pod = podNamed("web");
  auto alias = pod->getSpec().initHostAliases(1)[0];
  alias.setIp("1.2.3.4");
  alias.initHostnames(2).set(0, "a");
  alias.getHostnames().set(1, "b");
  std::string file = hostsFile(pod.reader(), {"10.244.0.2"}, "web", "cluster.local", "");
  EXPECT_TRUE(file.starts_with("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"));
  EXPECT_NE(file.find("10.244.0.2\tweb\n"), std::string::npos);
  EXPECT_TRUE(file.ends_with("\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n"));
  pod->getSpec().setSubdomain("group");
  file = hostsFile(pod.reader(), {"10.244.0.2"}, "web", "cluster.local", "");
  EXPECT_NE(file.find("10.244.0.2\tweb.group.default.svc.cluster.local\tweb\n"), std::string::npos);
}

TEST(ResolvConf, FollowsTheDnsPolicy) {
  DnsFacts facts{{"10.96.0.10"}, "cluster.local", "search example.org\nnameserver 9.9.9.9\noptions edns0\n"};
  Draft<Pod> pod = podNamed("web");
  EXPECT_EQ(resolvConf(pod.reader(), facts),
            "search default.svc.cluster.local svc.cluster.local cluster.local example.org\n"
            "nameserver 10.96.0.10\noptions ndots:5\n");
  pod->getSpec().setDnsPolicy("Default");
  EXPECT_EQ(resolvConf(pod.reader(), facts), "search example.org\nnameserver 9.9.9.9\noptions edns0\n");
  pod->getSpec().setDnsPolicy("None");
  auto own = pod->getSpec().initDnsConfig();
  own.initNameservers(1).set(0, "1.1.1.1");
  auto option = own.initOptions(1)[0];
  option.setName("ndots");
  option.setValue("2");
  EXPECT_EQ(resolvConf(pod.reader(), facts), "nameserver 1.1.1.1\noptions ndots:2\n");
  pod->getSpec().setDnsPolicy("ClusterFirst");
  facts.clusterDns.clear();
  EXPECT_EQ(resolvConf(pod.reader(), facts).substr(0, 19), "search example.org\n")
      << "without a cluster DNS, the node's";
}

TEST(Hostname, IsThePodsNameCutToWhatTheKernelTakes) {
  Draft<Pod> pod = podNamed(std::string(70, 'a'));
  EXPECT_EQ(hostnameOf(pod.reader(), "node1", "cluster.local").size(), 63u);
  pod->getSpec().setHostNetwork(true);
  EXPECT_EQ(hostnameOf(pod.reader(), "node1", "cluster.local"), "node1");
}

}  // namespace
}  // namespace cleat::agent::test
