#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/object.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using core_v1::Container;
using core_v1::Pod;

Draft<Pod> podCalled(const std::string& name) {
  Draft<Pod> pod;
  auto meta = pod->initMetadata();
  meta.setName(name);
  meta.setNamespace("default");
  meta.setResourceVersion(7);
  return pod;
}

TEST(Object, OneThatRefersToNothingReadsAsUnset) {
  Object<Pod> none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.name(), "");
  EXPECT_EQ(none->getSpec().getContainers().size(), 0u);
  EXPECT_EQ(none.revision(), 0u);
}

TEST(Object, IsReadWithTheKindsAccessors) {
  Draft<Pod> draft = podCalled("web");
  draft->initSpec().setNodeName("a");
  EXPECT_EQ(draft.key(), "default/web");
  Object<Pod> pod = std::move(draft).freeze();
  EXPECT_TRUE(pod);
  EXPECT_EQ(pod.key(), "default/web");
  EXPECT_EQ(pod.revision(), 7u);
  EXPECT_EQ(view(pod->getSpec().getNodeName()), "a");
  EXPECT_EQ(view((*pod).getSpec().getNodeName()), "a");
}

TEST(Object, CopiesShareTheWords) {
  Object<Pod> pod = podCalled("web").freeze();
  Object<Pod> copy = pod;
  pod = Object<Pod>();
  EXPECT_EQ(copy.name(), "web");
  Object<Pod> moved = std::move(copy);
  EXPECT_FALSE(copy);  // NOLINT: what a move leaves behind is specified
  EXPECT_EQ(moved.name(), "web");
}

TEST(Draft, OfAnObjectLeavesTheObjectAsItIs) {
  Object<Pod> pod = podCalled("web").freeze();
  Draft<Pod> draft(pod);
  draft->getMetadata().setName("other");
  EXPECT_EQ(pod.name(), "web");
  EXPECT_EQ(std::move(draft).freeze().name(), "other");
}

TEST(Draft, IsOnePieceHoweverMuchItGrows) {
  Draft<Pod> draft = podCalled("big");
  auto containers = draft->initSpec().initContainers(500);
  for (uint32_t i = 0; i < containers.size(); ++i) {
    containers[i].setName("container-" + std::to_string(i));
    containers[i].setImage(std::string(100, 'i'));
  }
  EXPECT_GT(draft.message().getSegmentsForOutput().size(), 1u);
  Object<Pod> pod = std::move(draft).freeze();
  ASSERT_EQ(pod->getSpec().getContainers().size(), 500u);
  EXPECT_EQ(view(pod->getSpec().getContainers()[499].getName()), "container-499");
  EXPECT_EQ(pod.name(), "big");
}

TEST(Draft, OfNothingIsAValidMessage) {
  AnyDraft empty(8);
  cleat_words words = empty.words();
  ASSERT_EQ(words.count, 1u);
  EXPECT_EQ(words.data[0], 0u);
}

TEST(Lists, GrowAndAreReplaced) {
  Draft<Pod> draft = podCalled("web");
  auto spec = draft->initSpec();
  spec.adoptContainers(extended<Container>(spec.disownContainers(), orphanageOf(spec), 1));
  spec.getContainers()[0].setName("first");
  spec.adoptContainers(extended<Container>(spec.disownContainers(), orphanageOf(spec), 1));
  spec.getContainers()[1].setName("second");
  spec.getContainers()[1].adoptArgs(textList(orphanageOf(spec), {"-v", "2"}));
  ASSERT_EQ(spec.getContainers().size(), 2u);
  EXPECT_EQ(view(spec.getContainers()[0].asReader().getName()), "first");

  std::vector<Container::Reader> kept = {spec.asReader().getContainers()[1]};
  spec.adoptContainers(listOf<Container>(orphanageOf(spec), kept));
  Object<Pod> pod = std::move(draft).freeze();
  ASSERT_EQ(pod->getSpec().getContainers().size(), 1u);
  EXPECT_EQ(strings(pod->getSpec().getContainers()[0].getArgs()), (std::vector<std::string>{"-v", "2"}));
}

TEST(Key, IsSplitAtTheSlash) {
  EXPECT_EQ(keyOf("a", "b"), "a/b");
  EXPECT_EQ(keyOf("", "b"), "b");
  EXPECT_EQ(splitKey("a/b").ns, "a");
  EXPECT_EQ(splitKey("a/b").name, "b");
  EXPECT_EQ(splitKey("node").ns, "");
  EXPECT_EQ(splitKey("node").name, "node");
}

}  // namespace
}  // namespace cleat
