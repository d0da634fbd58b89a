#include <cleat/sdk/containers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cleat {
namespace {

void fill(core_v1::PodSpec::Builder spec) {
  spec.initInitContainers(1)[0].setName("prepare");
  spec.initContainers(1)[0].setName("web");
  spec.initEphemeralContainers(1)[0].setName("look");
}

std::vector<std::string> namesIn(core_v1::PodSpec::Reader spec) {
  std::vector<std::string> names;
  eachContainer(spec, [&](auto container, ContainerSort sort) {
    names.push_back(concat(fieldOf(sort), " ", view(container.getName())));
  });
  return names;
}

const std::vector<std::string> kAll = {"initContainers prepare", "containers web", "ephemeralContainers look"};

TEST(Containers, AreVisitedWhateverTheyAreFor) {
  Draft<core_v1::Pod> pod;
  fill(pod->initSpec());
  eachContainer(pod->getSpec(), [](auto container, ContainerSort) { container.setImage("mirror.example/x"); });
  EXPECT_EQ(view(pod->getSpec().getEphemeralContainers()[0].getImage()), "mirror.example/x");
  EXPECT_EQ(namesIn(std::move(pod).freeze()->getSpec()), kAll);
}

template <class K, class Fill>
void expectVisited(std::string_view resource, Fill fillIt) {
  Draft<K> draft;
  fillIt(*draft);
  std::vector<std::string> names;
  EXPECT_TRUE(eachPodSpec(resource, std::move(draft).freezeAny(), [&](core_v1::PodSpec::Reader spec) {
    names = namesIn(spec);
  })) << resource;
  EXPECT_EQ(names, kAll) << resource;
}

TEST(Containers, OfAWorkloadAreThoseOfItsTemplate) {
  const auto ofTemplate = [](auto builder) { fill(builder.initSpec().initTemplate().initSpec()); };
  expectVisited<core_v1::Pod>("pods", [](auto builder) { fill(builder.initSpec()); });
  expectVisited<core_v1::PodTemplate>("podtemplates", [](auto builder) { fill(builder.initTemplate().initSpec()); });
  expectVisited<apps_v1::Deployment>("deployments", ofTemplate);
  expectVisited<apps_v1::ReplicaSet>("replicasets", ofTemplate);
  expectVisited<apps_v1::StatefulSet>("statefulsets", ofTemplate);
  expectVisited<apps_v1::DaemonSet>("daemonsets", ofTemplate);
  expectVisited<batch_v1::Job>("jobs", ofTemplate);
  expectVisited<core_v1::ReplicationController>("replicationcontrollers", ofTemplate);
  expectVisited<batch_v1::CronJob>("cronjobs", [](auto builder) {
    fill(builder.initSpec().initJobTemplate().initSpec().initTemplate().initSpec());
  });
  EXPECT_FALSE(eachPodSpec("configmaps", AnyRef(), [](core_v1::PodSpec::Reader) { FAIL(); }));
}

}  // namespace
}  // namespace cleat
