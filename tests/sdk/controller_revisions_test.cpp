// Templates as JSON, and the history of them that ControllerRevisions keep.
#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/struct_json.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using apps_v1::DaemonSet;
using core_v1::PodTemplateSpec;
using testing::ElementsAre;

Draft<PodTemplateSpec> makeTemplate(const std::string& image) {
  Draft<PodTemplateSpec> draft;
  test::setLabels(draft->initMetadata(), {{"app", "web"}});
  auto container = draft->initSpec().initContainers(1)[0];
  container.setName("main");
  container.setImage(image);
  return draft;
}

TEST(StructJson, ATemplateLooksAsTheApiShowsIt) {
  Draft<PodTemplateSpec> draft = makeTemplate("busybox");
  auto spec = draft->getSpec();
  spec.initTerminationGracePeriodSeconds().setValue(0);
  spec.setHostNetwork(true);
  auto container = spec.getContainers()[0];
  test::fillMap(container.initResources().initLimits(1), {{"cpu", "1"}});
  container.initPorts(1)[0].setContainerPort(80);
  auto probe = container.initReadinessProbe().initHttpGet();
  probe.initPort().setStrVal("http");
  probe.setPath("/a?b<c");
  auto other = container.initLivenessProbe().initTcpSocket();
  other.initPort().setIntVal(81);
  EXPECT_EQ(jsonText(structJson(draft.reader()).view()),
            R"({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"busybox",)"
            R"("livenessProbe":{"tcpSocket":{"port":81}},"name":"main","ports":[{"containerPort":80}],)"
            R"("readinessProbe":{"httpGet":{"path":"/a?b<c","port":"http"}},)"
            R"("resources":{"limits":{"cpu":"1"}}}],"hostNetwork":true,"terminationGracePeriodSeconds":0}})");
}

TEST(StructJson, WhatWasWrittenIsReadAgain) {
  Draft<PodTemplateSpec> draft = makeTemplate("busybox");
  auto spec = draft->getSpec();
  spec.initTerminationGracePeriodSeconds().setValue(0);
  test::fillMap(spec.initNodeSelector(2), {{"a", "1"}, {"b", "2"}});
  spec.getContainers()[0].adoptArgs(textList(orphanageOf(*draft), {"-v", "x"}));
  spec.getContainers()[0].initResources();
  spec.getContainers()[0].initReadinessProbe().initTcpSocket().initPort().setIntVal(81);
  Draft<PodTemplateSpec> read;
  ASSERT_TRUE(readStruct(structJson(draft.reader()).view(), *read));
  EXPECT_EQ(jsonText(structJson(read.reader()).view()), jsonText(structJson(draft.reader()).view()));
  EXPECT_TRUE(capnp::toAny(read.reader()) == capnp::toAny(draft.reader()));
}

TEST(StructJson, AWrongTypeIsRefusedByItsPath) {
  struct Case {
    const char* json;
    const char* message;
  };
  const Case cases[] = {
      {R"([])", "the value: must be an object"},
      {R"({"spec":{"containers":{}}})", "spec.containers: must be a list or a map"},
      {R"({"spec":{"containers":[{"image":1}]}})", "spec.containers[0].image: must be a text"},
      {R"({"spec":{"hostNetwork":"yes"}})", "spec.hostNetwork: must be a boolean"},
      {R"({"spec":{"terminationGracePeriodSeconds":"x"}})",
       "spec.terminationGracePeriodSeconds: must be an integer that fits"},
      {R"({"metadata":{"labels":{"app":1}}})", "metadata.labels.app: must be a text"},
      {R"({"spec":{"containers":[{"ports":[{"containerPort":99999999999}]}]}})",
       "spec.containers[0].ports[0].containerPort: must be an integer that fits"},
  };
  for (const Case& each : cases) {
    Draft<PodTemplateSpec> read;
    Result<void> done = readStruct(JsonTree::parse(each.json)->view(), *read);
    ASSERT_FALSE(done) << each.json;
    EXPECT_EQ(done.error().message, each.message);
  }
  Draft<PodTemplateSpec> read;
  EXPECT_TRUE(readStruct(JsonTree::parse(R"({"news":1,"spec":null})")->view(), *read));
}

TEST(ControllerRevisions, APatchHoldsTheTemplateAndReplacesAnother) {
  Draft<PodTemplateSpec> pattern = makeTemplate("busybox");
  const std::string patch = templatePatch(pattern.reader());
  EXPECT_EQ(patch, R"({"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"web"}},)"
                   R"("spec":{"containers":[{"image":"busybox","name":"main","resources":{}}]}}}})");
  auto read = templateIn(patch);
  ASSERT_TRUE(read);
  EXPECT_EQ(templatePatch(read->reader()), patch);
  EXPECT_FALSE(templateIn("{}"));
  EXPECT_FALSE(templateIn("no json"));
  EXPECT_TRUE(sameData(R"({"a":1,"b":2})", R"({ "b": 2, "a": 1 })"));
  EXPECT_FALSE(sameData(R"({"a":1})", R"({"a":2})"));
}

TEST(ControllerRevisions, TheHashIsTheOneOfKubernetes) {
  EXPECT_EQ(revisionHash(R"({"spec":{}})", 0), "59c9b4d596");
  EXPECT_NE(revisionHash("{}", 0), revisionHash("{}", 1));
}

class RevisionHistoryTest : public testing::Test {
 protected:
  RevisionHistoryTest() {
    host.know<ControllerRevision>();
    set = host.put(test::named<DaemonSet>("default", "agent"));
  }
  CurrentRevision ensure(const std::string& image, int32_t collisions = 0) {
    pattern = makeTemplate(image);
    RevisionState state{templatePatch(pattern.reader()), pattern.reader().getMetadata().getLabels(),
                        kRevisionHashLabel};
    auto current = plugin.await(history.ensure(set, owned(), std::move(state), collisions));
    if (!current) throw std::runtime_error(current.error().message);
    return *current;
  }
  std::vector<Object<ControllerRevision>> owned() {
    std::vector<Object<ControllerRevision>> all = host.list<ControllerRevision>();
    std::erase_if(all, [&](const auto& revision) { return !isControlledBy(revision.meta(), set.uid()); });
    return all;
  }
  std::vector<int64_t> numbers() {
    auto all = owned();
    sortByRevision(all);
    std::vector<int64_t> found;
    for (const auto& revision : all) found.push_back(revision->getRevision());
    return found;
  }

  test::FakeHost host;
  Object<DaemonSet> set;
  test::Started<test::EmptyPlugin> plugin = host.start<test::EmptyPlugin>();
  RevisionHistory history{plugin->context(), KindOf<DaemonSet>::resource};
  Draft<PodTemplateSpec> pattern;
};

TEST_F(RevisionHistoryTest, EachStateHasOneRevisionAndTheCurrentOneIsTheNewest) {
  CurrentRevision first = ensure("one");
  EXPECT_EQ(first.revision->getRevision(), 1);
  const std::string hash = revisionHash(view(first.revision->getData()), 0);
  EXPECT_EQ(first.revision.name(), concat("agent-", hash));
  EXPECT_EQ(label(first.revision.meta(), "controller-revision-hash"), hash);
  EXPECT_EQ(label(first.revision.meta(), "app"), "web");
  EXPECT_TRUE(isControlledBy(first.revision.meta(), set.uid()));

  EXPECT_EQ(ensure("one").revision.name(), first.revision.name());
  EXPECT_EQ(ensure("two").revision->getRevision(), 2);
  EXPECT_THAT(numbers(), ElementsAre(1, 2));
  CurrentRevision back = ensure("one");
  EXPECT_EQ(back.revision.name(), first.revision.name());
  EXPECT_EQ(back.revision->getRevision(), 3);
  EXPECT_THAT(numbers(), ElementsAre(2, 3));
}

TEST_F(RevisionHistoryTest, ANameThatIsTakenByAnotherStateLeadsToAnotherName) {
  CurrentRevision first = ensure("one");
  host.change<ControllerRevision>("default", first.revision.name(), [](auto revision) { revision.setData("{}"); });
  CurrentRevision second = ensure("one");
  EXPECT_EQ(second.collisions, 1);
  EXPECT_NE(second.revision.name(), first.revision.name());
  EXPECT_EQ(second.revision->getRevision(), 2);
}

TEST_F(RevisionHistoryTest, ARevisionThatTheInformerHasNotShownIsNoCollision) {
  CurrentRevision first = ensure("one");
  RevisionState state{templatePatch(pattern.reader()), pattern.reader().getMetadata().getLabels(), kRevisionHashLabel};
  auto again = plugin.await(history.ensure(set, {}, std::move(state), 0));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->revision.name(), first.revision.name());
  EXPECT_EQ(again->collisions, 0);
}

TEST_F(RevisionHistoryTest, TheOldestGoAndAsManyStayAsTheLimitSays) {
  for (const char* image : {"one", "two", "three", "four"}) ensure(image);
  ASSERT_TRUE(plugin.await(history.truncate(owned(), 2)));
  EXPECT_THAT(numbers(), ElementsAre(3, 4));
  ASSERT_TRUE(plugin.await(history.truncate(owned(), 5)));
  EXPECT_THAT(numbers(), ElementsAre(3, 4));
}

TEST(StructJson, AWholeHasEveryFieldByItsNameInGo) {
  Draft<core_v1::PersistentVolumeClaim> claim;
  auto spec = claim->initSpec();
  spec.initAccessModes(1).set(0, "ReadWriteOnce");
  auto selector = spec.initSelector().initMatchLabels(1)[0];
  selector.setKey("a");
  selector.setValue("b");
  spec.initDataSource().setKind("K");
  EXPECT_EQ(
      jsonText(structJson(claim.reader().getSpec(), StructLook::declared).view()),
      R"({"accessModes":["ReadWriteOnce"],"resources":{},"selector":{"matchLabels":{"a":"b"}},"dataSource":{"kind":"K","name":""}})");
  const std::string whole = jsonText(structJson(claim.reader().getSpec(), StructLook::whole).view());
  EXPECT_NE(whole.find(R"("AccessModes":["ReadWriteOnce"],)"), std::string::npos) << whole;
  EXPECT_NE(whole.find(R"("Selector":{"matchLabels":{"a":"b"}})"), std::string::npos) << whole;
  EXPECT_NE(whole.find(R"("VolumeName":"")"), std::string::npos) << whole;
  EXPECT_NE(whole.find(R"("StorageClassName":null)"), std::string::npos) << whole;
  EXPECT_NE(whole.find(R"("DataSource":{"APIGroup":null,"Kind":"K","Name":""})"), std::string::npos) << whole;
}

}  // namespace
}  // namespace cleat
