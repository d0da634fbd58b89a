// What becomes of a StorageVersionMigration, and of the definition of the kind that it migrates.
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/storagemigration_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apiextensions_v1::CustomResourceDefinition;
using core_v1::ConfigMap;
using storagemigration_v1::StorageVersionMigration;
using testing::ElementsAre;
using testing::IsEmpty;

class StorageMigrationTest : public testing::Test {
 protected:
  StorageMigrationTest() {
    host.know<StorageVersionMigration>();
    host.know<CustomResourceDefinition>();
    host.know<ConfigMap>();
    host.onRequest([this](std::string_view verb, std::string_view resource, std::string_view key) -> Result<void> {
      if (verb != "patch" || resource != "configmaps") return {};
      written.emplace_back(key);
      // The host in memory applies no patches. What somebody else has written meanwhile is as good as written.
      return fail(refusal.value_or(Status::conflict("configmaps", key, "written meanwhile")));
    });
    for (const char* name : {"a", "b"}) host.put(test::named<ConfigMap>("default", name));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  void migrate(const std::string& name, const std::string& resource = "configmaps", int secondsAgo = 0,
               const std::string& group = "") {
    auto draft = test::named<StorageVersionMigration>("", name);
    draft.meta().setCreationTimestamp(formatTime(host.wallNow() - std::chrono::seconds(secondsAgo)));
    auto of = draft->initSpec().initResource();
    of.setGroup(group);
    of.setResource(resource);
    host.put(std::move(draft));
    host.settle();
  }
  // "Running=True Succeeded=True", in their order.
  std::string conditions(const std::string& name) {
    std::string text;
    for (auto one : host.get<StorageVersionMigration>("", name)->getStatus().getConditions())
      text += concat(text.empty() ? "" : " ", one.getType(), "=", one.getStatus());
    return text;
  }
  std::string reason(const std::string& name, const char* type) {
    const auto migration = host.get<StorageVersionMigration>("", name);
    const auto found = findCondition(migration->getStatus().getConditions(), type);
    return found ? concat(found->getReason(), ": ", found->getMessage()) : "";
  }

  std::vector<std::string> written;
  std::optional<Status> refusal;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(StorageMigrationTest, EveryObjectIsWrittenOnceAndTheEndIsSaid) {
  migrate("all");
  EXPECT_THAT(written, ElementsAre("default/a", "default/b"));
  EXPECT_EQ(conditions("all"), "Running=False Succeeded=True");
  EXPECT_EQ(reason("all", "Running"), "MigrationCompleted: Migration completed");
  host.advance(10min);
  EXPECT_EQ(written.size(), 2u);
}

TEST_F(StorageMigrationTest, WhatAWriteComesToDecides) {
  struct Case {
    Status refusal;
    const char* conditions;
  };
  for (const Case& one : {Case{Status::notFound("configmaps", "a"), "Running=False Succeeded=True"},
                          Case{Status::forbidden("no"), "Running=False Failed=True"},
                          Case{Status::unavailable("later"), "Running=True"}}) {
    SCOPED_TRACE(one.refusal.message);
    refusal = one.refusal;
    const std::string name = concat("by-", one.refusal.code);
    migrate(name);
    EXPECT_EQ(conditions(name), one.conditions);
  }
  EXPECT_EQ(reason("by-403", "Failed"),
            "StorageVersionMigrationFailed: 2/2 not yet migrated. migration encountered unhandled error: no");
  refusal.reset();
  host.advance(1min);
  EXPECT_EQ(conditions("by-503"), "Running=False Succeeded=True") << "which was for the time being";
}

TEST_F(StorageMigrationTest, OfOneResourceOneIsUnderWayAtATimeTheOldestFirst) {
  refusal = Status::unavailable("later");
  migrate("first");
  migrate("young", "configmaps", 10);
  migrate("old", "configmaps", 20);
  migrate("b-old", "configmaps", 20);
  EXPECT_EQ(conditions("first"), "Running=True") << "one that has begun goes on";
  for (const char* name : {"young", "old", "b-old"}) EXPECT_EQ(conditions(name), "") << name;
  host.remove<StorageVersionMigration>("", "first");
  host.settle();
  EXPECT_EQ(conditions("b-old"), "Running=True") << "when one goes it is the next one's turn";
  EXPECT_EQ(conditions("old"), "");
  refusal.reset();
  host.advance(1min);
  for (const char* name : {"young", "old", "b-old"}) EXPECT_EQ(conditions(name), "Running=False Succeeded=True");
}

TEST_F(StorageMigrationTest, AResourceThatThereIsNotIsWaitedForForAMinute) {
  migrate("nothing", "widgets", 0, "example.com");
  EXPECT_EQ(conditions("nothing"), "");
  host.advance(70s);
  EXPECT_EQ(conditions("nothing"), "Failed=True");
  EXPECT_EQ(reason("nothing", "Failed"), "StorageVersionMigrationFailed: resource does not exist in discovery");
}

// The kind of the definition stands in for one of its own, which the host in memory has none of.
class DefinedTest : public StorageMigrationTest {
 protected:
  void define(int64_t generation = 1) {
    auto draft = test::named<CustomResourceDefinition>("", "configmaps.");
    draft.meta().setGeneration(generation);
    auto versions = draft->initSpec().initVersions(2);
    versions[0].setName("v1");
    versions[1].setName("v2");
    versions[1].setStorage(true);
    auto status = draft->initStatus();
    status.adoptStoredVersions(textList(orphanageOf(status), {"v1", "v2"}));
    host.put(std::move(draft));
    host.settle();
  }
  Object<CustomResourceDefinition> definition() { return host.get<CustomResourceDefinition>("", "configmaps."); }
  std::vector<std::string> stored() { return strings(definition()->getStatus().getStoredVersions()); }
  std::string migrating() {
    const auto found = findCondition(definition()->getStatus().getConditions(), "StorageMigrating");
    return found ? concat(found->getStatus(), " ", found->getReason(), ": ", found->getMessage()) : "";
  }
};

TEST_F(DefinedTest, ADefinitionSaysThatItsObjectsAreMigratedAndKeepsTheStorageVersionAlone) {
  define();
  refusal = Status::unavailable("later");
  migrate("all");
  EXPECT_EQ(migrating(), "True MigrationRunning: Migration all is running");
  EXPECT_THAT(stored(), ElementsAre("v1", "v2"));
  refusal.reset();
  host.advance(1min);
  EXPECT_EQ(migrating(),
            "False MigrationSucceeded: The migration has succeeded and the stored versions have been updated");
  EXPECT_THAT(stored(), ElementsAre("v2"));
  EXPECT_EQ(conditions("all"), "Running=False Succeeded=True");
}

TEST_F(DefinedTest, OneThatHasChangedMeanwhileKeepsWhatItHas) {
  define();
  refusal = Status::unavailable("later");
  migrate("all");
  host.change<CustomResourceDefinition>("", "configmaps.", [](auto) {});
  auto changed = Draft<CustomResourceDefinition>(definition());
  changed.meta().setGeneration(definition().meta().getGeneration() + 1);
  host.put(std::move(changed));
  refusal.reset();
  host.advance(1min);
  EXPECT_EQ(migrating(),
            "False MigrationSucceeded: The migration has succeeded but the stored versions have not been "
            "updated due to a generation mismatch");
  EXPECT_THAT(stored(), ElementsAre("v1", "v2"));
}

TEST_F(DefinedTest, AFailureLeavesItsVersions) {
  define();
  refusal = Status::forbidden("no");
  migrate("all");
  EXPECT_EQ(migrating(), "False MigrationFailed: The migration has failed");
  EXPECT_THAT(stored(), ElementsAre("v1", "v2"));
}

}  // namespace
}  // namespace cleat
