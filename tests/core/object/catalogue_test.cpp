// Kinds that come, change and go while the server runs.
#include <gtest/gtest.h>

#include <thread>

#include "core/object/codec.h"
#include "core/object/object.h"
#include "tests/core/object/open/open_kinds.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

constexpr const char* kPreserve = R"({"type":"object","x-kubernetes-preserve-unknown-fields":true})";

ObjectRef objectOf(const Kind& kind, const std::string& members) {
  std::string json = R"({"apiVersion":")" + kind.apiVersion() + R"(","kind":"CronTab","metadata":{"name":"a",)" +
                     R"("namespace":"ns","resourceVersion":"7"})" + members + "}";
  return makeRef<const Object>(kind, "ns", "a", uint64_t{7}, std::move(json));
}

TEST(Catalogue, VersionsOfOneResourceShareWhereTheyAreStored) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(
      registry, {{.name = "v1beta1"}, {.name = "v1", .storage = true}, {.name = "v0", .served = false}}));
  KindRef beta = registry.find("example.com", "v1beta1", "crontabs"),
          stable = registry.find("example.com", "v1", "crontabs");
  ASSERT_TRUE(beta && stable);
  EXPECT_EQ(beta->storage, stable->storage);
  EXPECT_EQ(&beta->stored(), stable.get());
  EXPECT_EQ(&stable->stored(), stable.get());
  EXPECT_FALSE(registry.find("example.com", "v0", "crontabs"));
  KindRef unserved = registry.latest()->findStored(*stable->storage, "example.com/v0");
  ASSERT_TRUE(unserved);
  EXPECT_EQ(unserved->storage, stable->storage);
  EXPECT_EQ(registry.findResource("example.com", "crontabs"), stable);
  EXPECT_EQ(registry.latest()->storageKind(*stable->storage), stable);
}

TEST(Catalogue, WhatIsOfferedAnewTakesThePlaceOfWhatWas) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{.name = "v1"}, {.name = "v2"}}));
  KindRef first = registry.find("example.com", "v1", "crontabs");
  ASSERT_TRUE(test::offerCronTabs(registry, {{.name = "v1"}}));
  KindRef second = registry.find("example.com", "v1", "crontabs");
  EXPECT_NE(first, second);
  EXPECT_EQ(first->storage, second->storage);
  EXPECT_FALSE(registry.find("example.com", "v2", "crontabs"));
  EXPECT_EQ(first->name, "CronTab");  // who holds it goes on
}

TEST(Catalogue, WhatIsWithdrawnIsGoneAndComesBackToItsPlace) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{}}));
  const uint32_t id = registry.find("example.com", "v1", "crontabs")->storage->id;
  capnp::MallocMessageBuilder nothing;
  ASSERT_TRUE(
      registry.offer("custom", nothing.initRoot<role::KindsDescription>().asReader(), {{"example.com", "crontabs"}}));
  EXPECT_FALSE(registry.find("example.com", "v1", "crontabs"));
  ASSERT_TRUE(registry.resourceAt("crontabs.example.com"));
  EXPECT_FALSE(registry.latest()->storageKind(*registry.resourceAt("crontabs.example.com")));
  ASSERT_TRUE(test::offerCronTabs(registry, {{}}));
  EXPECT_EQ(registry.find("example.com", "v1", "crontabs")->storage->id, id);
}

TEST(Catalogue, NobodyReplacesAnothersKinds) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{}}, "first"));
  Result<void> offered = test::offerCronTabs(registry, {{}}, "second");
  ASSERT_FALSE(offered);
  EXPECT_EQ(offered.error().code, 409);
  EXPECT_EQ(registry.find("example.com", "v1", "crontabs")->plugin, "first");
}

TEST(Catalogue, AnObjectIsReadByTheSchemaThatIsAskedFor) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{.schema = kPreserve}}));
  KindRef before = registry.find("example.com", "v1", "crontabs");
  ObjectRef stored = objectOf(*before, R"(,"spec":{"a":1,"b":2})");
  EXPECT_EQ(stored->as(*before), stored);
  ASSERT_TRUE(test::offerCronTabs(
      registry, {{.name = "v2", .schema = R"({"type":"object","properties":{"spec":{"type":"object","properties":{
                      "a":{"type":"integer"},"c":{"type":"string","default":"new"}}}}})"}}));
  KindRef after = registry.find("example.com", "v2", "crontabs");
  ObjectRef seen = stored->as(*after);
  EXPECT_EQ(seen->json(), R"({"apiVersion":"example.com/v2","kind":"CronTab","metadata":{"name":"a","namespace":"ns",)"
                          R"("resourceVersion":"7"},"spec":{"a":1,"c":"new"}})");
  EXPECT_EQ(stored->as(*after), seen);  // made once
  EXPECT_EQ(seen->revision(), 7u);
}

// It was written before the schema had the default, and comes from the disk after a restart.
TEST(Catalogue, AnObjectFromTheDiskIsReadByThePresentSchema) {
  KindRegistry registry;
  ASSERT_TRUE(
      test::offerCronTabs(registry, {{.schema = R"({"type":"object","properties":{"spec":{"type":"object","properties":{
                      "a":{"type":"integer"},"c":{"type":"string","default":"new"}}}}})"}}));
  KindRef kind = registry.find("example.com", "v1", "crontabs");
  ObjectRef stored = objectOf(*kind, R"(,"spec":{"a":1,"b":2})");
  ObjectRef seen = stored->as(*kind);
  EXPECT_EQ(seen->json(), R"({"apiVersion":"example.com/v1","kind":"CronTab","metadata":{"name":"a","namespace":"ns",)"
                          R"("resourceVersion":"7"},"spec":{"a":1,"c":"new"}})");
  EXPECT_EQ(stored->as(*kind), seen);  // made once
  ObjectRef same = objectOf(*kind, R"(,"spec":{"a":1,"c":"old"})");
  EXPECT_EQ(same->as(*kind), same);  // nothing is kept twice
}

TEST(Catalogue, VersionsOfOneLayoutShareTheirWords) {
  KindRegistry registry;
  capnp::MallocMessageBuilder message;
  auto description = message.initRoot<role::KindsDescription>();
  test::describe(
      description, test::compileSchema({"core_v1", "events_v1"}),
      {{"events.k8s.io", "v1", "Event", "events", true, "events_v1"}, {"", "v1", "Event", "events", true, "core_v1"}});
  description.getKinds()[0].setStoredAs("events");
  ASSERT_TRUE(registry.add("core", description.asReader()));
  KindRef core = registry.find("", "v1", "events"), own = registry.find("events.k8s.io", "v1", "events");
  ASSERT_TRUE(core && own);
  EXPECT_EQ(core->storage, own->storage);
  EXPECT_EQ(&own->stored(), core.get());
  auto event = makeRef<const Object>(
      *core, "ns", "e", uint64_t{3},
      R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e","namespace":"ns"},"involvedObject":{"name":"p"},)"
      R"("message":"m","count":2,"source":{"host":"h"},"reportingComponent":"c"})");
  ObjectRef seen = event->as(*own);
  EXPECT_EQ(seen->message(), event->message());
  EXPECT_EQ(seen->json(), R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e","namespace":"ns"},)"
                          R"("regarding":{"name":"p"},"note":"m","deprecatedSource":{"host":"h"},)"
                          R"("deprecatedCount":2,"eventTime":null,"reportingController":"c"})");
}

// Each field has the place and the type of its twin, so that an event of one group can be read as one of the other.
void expectTwins(capnp::StructSchema a, capnp::StructSchema b) {
  auto left = a.getFields(), right = b.getFields();
  ASSERT_EQ(left.size(), right.size());
  EXPECT_EQ(a.getProto().getStruct().getDataWordCount(), b.getProto().getStruct().getDataWordCount());
  EXPECT_EQ(a.getProto().getStruct().getPointerCount(), b.getProto().getStruct().getPointerCount());
  for (unsigned i = 0; i < left.size(); ++i) {
    const char* name = left[i].getProto().getName().cStr();
    EXPECT_EQ(left[i].getProto().getSlot().getOffset(), right[i].getProto().getSlot().getOffset()) << name;
    ASSERT_EQ(left[i].getType().which(), right[i].getType().which()) << name;
    if (!left[i].getType().isStruct() || left[i].getType() == right[i].getType()) continue;
    expectTwins(left[i].getType().asStruct(), right[i].getType().asStruct());
  }
}

TEST(Catalogue, EventsOfBothGroupsHaveOneLayout) {
  expectTwins(test::kinds().find("", "v1", "events")->schema,
              test::kinds().find("events.k8s.io", "v1", "events")->schema);
}

TEST(Catalogue, AResourceIsStoredAsOneThatIsThere) {
  KindRegistry registry;
  capnp::MallocMessageBuilder message;
  auto description = message.initRoot<role::KindsDescription>();
  test::describe(description, test::compileSchema({"events_v1"}),
                 {{"events.k8s.io", "v1", "Event", "events", true, "events_v1"}});
  description.getKinds()[0].setStoredAs("events");
  Result<void> added = registry.add("events", description.asReader());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message,
            "kind events.k8s.io/v1 Event is to be stored as events, which is not registered yet");
}

TEST(Catalogue, AnObjectThatCannotBeReadIsItsNameAndAProblem) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{}}));
  KindRef kind = registry.find("example.com", "v1", "crontabs");
  auto object = makeRef<const Object>(*kind, "ns", "a", uint64_t{9}, R"({"metadata":{"labels":5}})");
  ASSERT_TRUE(object->problem());
  EXPECT_NE(object->problem()->find("json: cannot unmarshal number"), std::string::npos) << *object->problem();
  EXPECT_STREQ(object->message()->meta().getName().cStr(), "a");
  EXPECT_EQ(object->message()->meta().getResourceVersion(), 9u);
  EXPECT_FALSE(objectOf(*kind, "")->problem());
}

TEST(Catalogue, ObjectsAreReadInSeveralVersionsAtOnce) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{.name = "v1", .storage = true}, {.name = "v2"}, {.name = "v3"}}));
  KindRef kinds[] = {registry.find("example.com", "v1", "crontabs"), registry.find("example.com", "v2", "crontabs"),
                     registry.find("example.com", "v3", "crontabs")};
  for (int round = 0; round < 50; ++round) {
    ObjectRef stored = objectOf(*kinds[0], R"(,"spec":{"a":1})");
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] {
        for (const KindRef& kind : kinds) ASSERT_EQ(&stored->as(*kind)->kind(), kind.get());
      });
    }
    for (std::thread& reader : readers) reader.join();
  }
}

}  // namespace
}  // namespace cleat::object
