// Objects changed in plain C (<cleat/c/edit.h>), as C++ reads them afterwards.
#include <cleat/c/edit.h>
#include <cleat/c/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include <vector>

namespace cleat {
namespace {

using core_v1::ConfigMap;
using core_v1::Pod;

class CEdit : public testing::Test {
 protected:
  ~CEdit() override { free(copy_.words); }
  cleat_place copyOf(const AnyRef& object, cleat_shape shape, uint64_t more = 256) {
    copy_ = cleat_allocate(object.words().count + more);
    return cleat_copy_root(&copy_, object.words(), shape);
  }
  AnyRef made() const { return AnyRef::copyOf(cleat_message(&copy_), 0); }
  cleat_builder copy_{};
};

Draft<ConfigMap> mapWith(int annotations) {
  Draft<ConfigMap> map;
  map->initMetadata().setName("web");
  map->getMetadata().setNamespace("default");
  for (int i = 0; i < annotations; ++i) setAnnotation(map.meta(), concat("key", i), concat("value", i));
  setLabel(map.meta(), "app", "web");
  return map;
}

TEST_F(CEdit, EntriesAreAddedAndChangedAndTheRestStays) {
  const AnyRef map = mapWith(3).freezeAny();
  const cleat_place root = copyOf(map, core_v1_ConfigMap_shape);
  const cleat_place meta = cleat_edit_struct(root, core_v1_ConfigMap_metadata, meta_v1_ObjectMeta_shape);
  cleat_set_entry(meta, meta_v1_ObjectMeta_annotations, "key1", "another");
  cleat_set_entry(meta, meta_v1_ObjectMeta_annotations, "more", "of them");
  cleat_set_entry(meta, meta_v1_ObjectMeta_annotations, "yet", "more");
  ASSERT_FALSE(copy_.failed);
  EXPECT_STREQ(cleat_get_entry(cleat_written(meta), meta_v1_ObjectMeta_annotations, "yet"), "more");
  EXPECT_EQ(cleat_get_entry(cleat_written(meta), meta_v1_ObjectMeta_annotations, "none"), nullptr);
  const AnyRef changed = made();
  EXPECT_EQ(changed.name(), "web");
  EXPECT_EQ(changed.ns(), "default");
  EXPECT_EQ(annotation(changed.meta(), "key0"), "value0");
  EXPECT_EQ(annotation(changed.meta(), "key1"), "another");
  EXPECT_EQ(annotation(changed.meta(), "key2"), "value2");
  EXPECT_EQ(annotation(changed.meta(), "more"), "of them");
  EXPECT_EQ(changed.meta().getAnnotations().size(), 5u);
  EXPECT_EQ(view(changed.meta().getLabels()[0].getValue()), "web");
}

TEST_F(CEdit, WhatIsNotThereIsMade) {
  Draft<ConfigMap> empty;
  const AnyRef map = std::move(empty).freezeAny();
  const cleat_place root = copyOf(map, core_v1_ConfigMap_shape);
  const cleat_place meta = cleat_edit_struct(root, core_v1_ConfigMap_metadata, meta_v1_ObjectMeta_shape);
  cleat_set_text(meta, meta_v1_ObjectMeta_name, "new");
  cleat_set_entry(meta, meta_v1_ObjectMeta_labels, "app", "new");
  EXPECT_EQ(made().name(), "new");
  EXPECT_EQ(view(made().meta().getLabels()[0].getKey()), "app");
}

TEST_F(CEdit, AStructOfAnOlderSchemaIsMovedWithWhatIsBehindIt) {
  const AnyRef map = mapWith(2).freezeAny();
  cleat_shape larger = core_v1_ConfigMap_shape;
  larger.words = static_cast<uint16_t>(larger.words + 2);
  larger.pointers = static_cast<uint16_t>(larger.pointers + 3);
  const cleat_place root = copyOf(map, larger);
  EXPECT_EQ(root.shape.pointers, larger.pointers);
  EXPECT_EQ(made().name(), "web");
  EXPECT_EQ(annotation(made().meta(), "key1"), "value1");
}

TEST_F(CEdit, WhereTheRoomDoesNotSufficeNothingIsMade) {
  const AnyRef map = mapWith(2).freezeAny();
  const cleat_place root = copyOf(map, core_v1_ConfigMap_shape, 2);
  const cleat_place meta = cleat_edit_struct(root, core_v1_ConfigMap_metadata, meta_v1_ObjectMeta_shape);
  cleat_set_entry(meta, meta_v1_ObjectMeta_annotations, "a key that needs room", "and a value");
  EXPECT_TRUE(copy_.failed);
  EXPECT_EQ(cleat_message(&copy_).count, 0u);
}

TEST_F(CEdit, FieldsOfAnotherMessageAreCopiedWhole) {
  Draft<Pod> pod;
  pod->initMetadata().setName("web");
  setLabel(pod.meta(), "app", "web");
  auto spec = pod->initSpec();
  auto container = spec.initContainers(2)[1];
  container.setName("second");
  auto command = container.initCommand(2);
  command.set(0, "sh");
  command.set(1, "-c");
  container.initPorts(1)[0].setContainerPort(80);
  const AnyRef from = std::move(pod).freezeAny();
  copy_ = cleat_allocate(from.words().count * 2);
  const cleat_place root = cleat_new_root(&copy_, core_v1_Pod_shape);
  cleat_set_copy(root, core_v1_Pod_metadata, cleat_root(from.words()), core_v1_Pod_metadata);
  cleat_set_copy(root, core_v1_Pod_spec, cleat_root(from.words()), core_v1_Pod_spec);
  ASSERT_FALSE(copy_.failed);
  const Object<Pod> to(made());
  EXPECT_EQ(to.name(), "web");
  EXPECT_EQ(view(to.meta().getLabels()[0].getValue()), "web");
  EXPECT_EQ(view(to->getSpec().getContainers()[1].getCommand()[1]), "-c");
  EXPECT_EQ(to->getSpec().getContainers()[1].getPorts()[0].getContainerPort(), 80);
}

}  // namespace
}  // namespace cleat
