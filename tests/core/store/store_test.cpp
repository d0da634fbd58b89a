#include "tests/core/store/store_fixture.h"

namespace cleat::store {
namespace {

TEST_F(StoreTest, ACommittedObjectCarriesItsRevisionInBothForms) {
  auto first = maps.create("a", "1");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)->revision(), 1u);
  EXPECT_EQ((*first)->message()->meta().getResourceVersion(), 1u);
  auto second = maps.update("a", "2");
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->message()->meta().getResourceVersion(), 2u);
  auto json = boost::json::parse((*second)->json());
  EXPECT_EQ(json.at("metadata").at("resourceVersion").as_string(), "2");
  EXPECT_EQ(json.at("data").at("value").as_string(), "2");
  EXPECT_EQ(disk.rows.back().key, "/registry/configmaps/default/a");
  EXPECT_EQ(disk.rows.back().value, (*second)->json());
  EXPECT_EQ(store->snapshot()->get(*kinds.configMap, "default", "a"), *second);
  EXPECT_EQ(store->revision(), 2u);
}

TEST_F(StoreTest, AMessageWithoutRoomForTheRevisionGetsIt) {
  capnp::MallocMessageBuilder builder;
  auto node = builder.initRoot<core_v1::Node>();
  node.initSpec().setPodCIDR("192.0.2.0/24");  // no metadata at all
  Write write{prepare(*kinds.node, "", "n1", object::Message::copy(node.asReader())), false, 0};
  auto committed = commit(*store, std::move(write));
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_EQ((*committed)->message()->meta().getResourceVersion(), 1u);
  EXPECT_STREQ((*committed)->message()->root<core_v1::Node>().getSpec().getPodCIDR().cStr(), "192.0.2.0/24");
  EXPECT_EQ(disk.rows.back().key, "/registry/nodes/n1");
}

TEST_F(StoreTest, AWriteIsRefusedInKubernetesWordsWhenItsRevisionIsNotTheLatest) {
  ASSERT_TRUE(maps.create("a"));
  auto again = maps.create("a");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), Status::alreadyExists("configmaps", "a"));
  ASSERT_TRUE(maps.update("a", "2"));
  auto stale = commit(*store, maps.putting("a", "3", 1));
  ASSERT_FALSE(stale);
  EXPECT_EQ(
      stale.error().message,
      "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to "
      "the latest version and try again");
  EXPECT_EQ(stale.error().code, 409);
  auto staleRemoval = commit(*store, maps.removing("a", 1));
  ASSERT_FALSE(staleRemoval);
  EXPECT_EQ(staleRemoval.error().reason, "Conflict");
  auto absent = commit(*store, maps.putting("b", "1", 5));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error(), Status::notFound("configmaps", "b"));
  EXPECT_EQ(commit(*store, maps.removing("b", 5)).error(), Status::notFound("configmaps", "b"));
  EXPECT_EQ(store->revision(), 2u) << "refused writes take no revision";
}

TEST_F(StoreTest, ADeletionLeavesTheLastStateWithTheRevisionOfTheDeletion) {
  ASSERT_TRUE(maps.create("a", "kept"));
  auto removed = maps.remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ((*removed)->revision(), 2u);
  EXPECT_EQ((*removed)->message()->meta().getResourceVersion(), 2u);
  EXPECT_EQ(valueOf(**removed), "kept");
  EXPECT_NE((*removed)->json().find(R"("resourceVersion":"2")"), std::string::npos);
  EXPECT_FALSE(store->snapshot()->get(*kinds.configMap, "default", "a"));
  EXPECT_EQ(changes(0), "+a@1 -a@2(1)");
}

TEST_F(StoreTest, ASnapshotStaysAsItWas) {
  ASSERT_TRUE(maps.create("a", "1"));
  ASSERT_TRUE(maps.create("b", "1"));
  SnapshotRef before = store->snapshot();
  ASSERT_TRUE(maps.update("a", "2"));
  ASSERT_TRUE(maps.remove("b"));
  EXPECT_EQ(list(*before), "a=1@1 b=1@2");
  EXPECT_EQ(before->revision(), 2u);
  EXPECT_EQ(before->count(*kinds.configMap), 2u);
  EXPECT_EQ(list(*store->snapshot()), "a=2@3");
}

TEST_F(StoreTest, ListingKeepsToANamespaceAndContinuesAfterAPosition) {
  auto put = [&](const std::string& ns, const std::string& name) {
    Write write{prepare(*kinds.configMap, ns, name, configMapMessage(ns, name, ns)), false, 0};
    ASSERT_TRUE(commit(*store, std::move(write)));
  };
  put("b", "x");
  put("a", "y");
  put("b", "w");
  put("c", "z");
  SnapshotRef snapshot = store->snapshot();
  EXPECT_EQ(list(*snapshot), "y=a@2 w=b@3 x=b@1 z=c@4");
  EXPECT_EQ(list(*snapshot, "b"), "w=b@3 x=b@1");
  Snapshot::Position after{"b", "w"};
  EXPECT_EQ(list(*snapshot, "", &after), "x=b@1 z=c@4");
  EXPECT_EQ(list(*snapshot, "b", &after), "x=b@1");
  EXPECT_EQ(list(*snapshot, "c", &after), "z=c@4");
  Snapshot::Position gone{"b", "wa"};
  EXPECT_EQ(list(*snapshot, "b", &gone), "x=b@1");
}

TEST_F(StoreTest, EveryKeptRevisionCanBeReadAsItWas) {
  std::vector<std::string> expected{""};
  for (int i = 0; i < 1500; ++i) {
    std::string name = std::to_string(i % 7);
    if (i % 11 == 5 && maps.revisionOf(name) != 0) {
      ASSERT_TRUE(maps.remove(name));
    } else if (maps.revisionOf(name) == 0) {
      ASSERT_TRUE(maps.create(name, std::to_string(i)));
    } else {
      ASSERT_TRUE(maps.update(name, std::to_string(i)));
    }
    expected.push_back(list(*store->snapshot()));
  }
  for (uint64_t revision = 0; revision < expected.size(); revision += 13) {
    auto past = store->at(revision);
    ASSERT_TRUE(past) << past.error().message;
    EXPECT_EQ((*past)->revision(), revision);
    EXPECT_EQ(list(**past), expected[revision]) << "at " << revision;
  }
}

TEST_F(StoreTest, ARevisionOfTheFutureIsRefusedAsKubernetesDoes) {
  ASSERT_TRUE(maps.create("a"));
  auto future = store->at(9);
  ASSERT_FALSE(future);
  EXPECT_EQ(future.error().code, 504);
  EXPECT_EQ(future.error().message, "Timeout: Too large resource version: 9, current: 1");
}

TEST_F(StoreTest, HistoryIsBoundedInRevisionsAndTheRestIsGone) {
  reopen({.historyRevisions = 10});
  ASSERT_TRUE(maps.create("a", "0"));
  for (int i = 1; i < 30; ++i) ASSERT_TRUE(maps.update("a", std::to_string(i)));
  EXPECT_EQ(horizon(), 20u);
  EXPECT_EQ(list(**store->at(20)), "a=19@20");
  EXPECT_EQ(store->at(19).error().code, 410);
  EXPECT_EQ(changes(19), "given up");
  EXPECT_EQ(changes(28), "~a@29(28) ~a@30(29)");
}

TEST_F(StoreTest, HistoryIsBoundedInBytes) {
  reopen({.historyBytes = 100'000});
  ASSERT_TRUE(maps.create("a"));
  for (int i = 1; i < 30; ++i) ASSERT_TRUE(maps.update("a", std::string(10'000, 'x')));
  EXPECT_GT(horizon(), 20u);
  EXPECT_LT(horizon(), 28u);
}

TEST_F(StoreTest, WhatWasGivenUpIsForgottenOnTheDiskAsWell) {
  reopen({.historyRevisions = 100});
  ASSERT_TRUE(maps.create("a", "0"));
  for (int i = 1; i < 2500; ++i) ASSERT_TRUE(maps.update("a", std::to_string(i)));
  store->close();
  EXPECT_GT(disk.compactions, 0);
  EXPECT_GE(disk.compacted, 1000u);
  EXPECT_LE(disk.compacted, 2400u);
  EXPECT_LT(disk.rows.size(), 1600u);
}

TEST_F(StoreTest, HistoryThatIsTooOldGoesWithTheNextWrite) {
  std::atomic<int> minute = 0;
  reopen({.historyAge = std::chrono::minutes(5),
          .clock = [&] { return std::chrono::steady_clock::time_point(std::chrono::minutes(minute.load())); }});
  ASSERT_TRUE(maps.create("a", "1"));
  minute = 3;
  ASSERT_TRUE(maps.update("a", "2"));
  minute = 6;
  EXPECT_EQ(list(**store->at(1)), "a=1@1") << "nothing goes by itself";
  ASSERT_TRUE(maps.update("a", "3"));
  EXPECT_EQ(horizon(), 1u);
  EXPECT_EQ(changes(1), "~a@2(1) ~a@3(2)");
  minute = 60;
  ASSERT_TRUE(maps.update("a", "4"));
  EXPECT_EQ(store->at(2).error().code, 410);
  EXPECT_EQ(list(*store->snapshot()), "a=4@4");
  store->close();
}

TEST_F(StoreTest, TheListenerHearsOfChangesAfterTheyCanBeReadAndBeforeTheirWriter) {
  reopen();
  std::vector<std::string> heard;
  store->setListener([&](std::span<const Change> changes) {
    for (const Change& change : changes) {
      EXPECT_GE(store->snapshot()->revision(), change.revision);
      heard.push_back(change.object->name());
    }
  });
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(maps.create(name));
    EXPECT_EQ(heard.back(), name);
  }
}

TEST_F(StoreTest, RefusesKeysThatCouldNotBeReadBack) {
  for (auto [ns, name] : {std::pair{"default", "a/b"}, {"default", ""}, {"", "a"}, {"x/y", "a"}}) {
    Write write{prepare(*kinds.configMap, ns, name, configMapMessage(ns, name, "1")), false, 0};
    EXPECT_EQ(commit(*store, std::move(write)).error().code, 400) << ns << " " << name;
  }
}

TEST_F(StoreTest, StateAndHistoryAreBackAfterARestart) {
  ASSERT_TRUE(maps.create("a", "1"));
  ASSERT_TRUE(maps.create("b", "1"));
  ASSERT_TRUE(maps.update("a", "2"));
  ASSERT_TRUE(maps.remove("b"));
  std::string before = changes(0);
  reopen();
  EXPECT_EQ(store->revision(), 4u);
  EXPECT_EQ(list(*store->snapshot()), "a=2@3");
  EXPECT_EQ(changes(0), before);
  EXPECT_EQ(changes(2), "~a@3(1) -b@4(2)");
  EXPECT_EQ(list(**store->at(2)), "a=1@1 b=1@2");
  ASSERT_TRUE(maps.update("a", "3"));
  EXPECT_EQ(list(*store->snapshot()), "a=3@5");
}

TEST_F(StoreTest, AfterARestartHistoryReachesBackToTheLastCompaction) {
  ASSERT_TRUE(maps.create("a", "1"));
  ASSERT_TRUE(maps.create("b", "1"));
  ASSERT_TRUE(maps.update("a", "2"));
  ASSERT_TRUE(maps.update("a", "3"));
  store->close();
  ASSERT_TRUE(MemoryEngine(disk).compact(3));
  reopen();
  EXPECT_EQ(horizon(), 3u);
  EXPECT_EQ(changes(3), "~a@4(3)");
  EXPECT_EQ(changes(2), "given up");
  EXPECT_EQ(list(**store->at(3)), "a=2@3 b=1@2");
  EXPECT_EQ(store->at(2).error().code, 410);
}

TEST_F(StoreTest, AnObjectThatCannotBeReadKeepsNothingElseFromBeingServed) {
  ASSERT_TRUE(maps.create("a"));
  ASSERT_TRUE(maps.create("b", "1"));
  ASSERT_TRUE(maps.create("c", "1"));
  store->close();
  disk.rows[0].value = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":7}})";
  disk.notes.clear();  // by other kinds than these it has not been read
  disk.rows[2].value = R"({"apiVersion":"v9","kind":"ConfigMap","metadata":{"name":"c"}})";
  reopen();
  EXPECT_EQ(store->unreadable(), 2u);
  auto at = [&](const char* name) { return store->snapshot()->get(*kinds.configMap, "default", name); };
  ASSERT_TRUE(at("a")->problem());
  EXPECT_NE(at("a")->problem()->find("json: cannot unmarshal number"), std::string::npos) << *at("a")->problem();
  EXPECT_EQ(*at("c")->problem(), "it is stored as v9, a version that no plugin brings");
  EXPECT_FALSE(at("b")->problem());
  ASSERT_TRUE(maps.remove("a"));
  EXPECT_FALSE(at("a"));
  EXPECT_EQ(store->unreadable(), 1u);
}

TEST_F(StoreTest, WhatTheSameKindsHaveReadWaitsUntilSomebodyWantsIt) {
  ASSERT_TRUE(maps.create("a", "1"));
  store->close();
  disk.rows[0].value = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":7}})";
  reopen();
  EXPECT_EQ(store->unreadable(), 0u);
  EXPECT_TRUE(store->snapshot()->get(*kinds.configMap, "default", "a")->problem());
}

TEST_F(StoreTest, ObjectsOfAKindThatComesLateAppearWhenItIsAdopted) {
  ASSERT_TRUE(maps.create("a", "1"));
  ASSERT_TRUE(maps.update("a", "2"));
  ASSERT_TRUE(maps.create("b", "1"));
  ASSERT_TRUE(maps.remove("b"));
  store.reset();

  TestKinds late{TestKinds::None{}};
  late.add("Node");
  auto second = openStore(late.registry, std::make_unique<MemoryEngine>(disk));
  Write node{prepare(*late.node, "", "n1", configMapMessage("", "n1", "")), false, 0};
  ASSERT_TRUE(commit(*second, std::move(node)));
  using Counts = std::map<std::string, size_t>;
  EXPECT_EQ(second->orphans(), (Counts{{"configmaps", 1}}));
  EXPECT_EQ(second->orphans("default"), (Counts{{"configmaps", 1}}));
  EXPECT_EQ(second->orphans("defaul"), Counts());
  late.add("ConfigMap");
  Maps lateMaps(*late.configMap, *second);
  EXPECT_EQ(lateMaps.create("a", "3").error().code, 503) << "it is on the disk, but not known yet";
  ASSERT_TRUE(second->adoptKinds());
  EXPECT_EQ(second->orphans(), Counts());
  EXPECT_EQ(lateMaps.create("a", "3").error().reason, "AlreadyExists");
  EXPECT_EQ(lateMaps.revisionOf("a"), 2u);
  size_t found = 0;
  EXPECT_TRUE(
      second->history(*late.configMap).visit(0, second->revision(), [&](const Change&) { return ++found > 0; }));
  EXPECT_EQ(found, 4u);
  auto past = second->at(1);
  ASSERT_TRUE(past);
  EXPECT_EQ((*past)->get(*late.configMap, "default", "a")->revision(), 1u);
  EXPECT_EQ((*past)->count(*late.node), 0u);
  ASSERT_TRUE(second->adoptKinds()) << "once more is no fault";
  ASSERT_TRUE(lateMaps.update("a", "4"));
}

TEST_F(StoreTest, ObjectsOfAKindThatHasGoneStayOnTheDiskUntilItComesBack) {
  using Counts = std::map<std::string, size_t>;
  ASSERT_TRUE(maps.create("a", "1"));
  ASSERT_TRUE(maps.update("a", "2"));
  ASSERT_TRUE(store->adoptKinds());
  EXPECT_EQ(store->orphans(), Counts());

  object::KindRef before = kinds.configMap;
  ASSERT_TRUE(kinds.registry.remove("kinds-ConfigMap"));
  ASSERT_TRUE(store->adoptKinds());
  EXPECT_EQ(store->orphans("default"), (Counts{{"configmaps", 1}}));
  EXPECT_FALSE(store->snapshot()->get(*before, "default", "a"));
  EXPECT_EQ(maps.create("late").error().code, 503) << "whoever has known the kind before can write no more";
  EXPECT_FALSE(store->history(*before).visit(1, store->revision(), [](const Change&) { return true; }))
      << "who watches begins anew";
  Write node{prepare(*kinds.node, "", "n1", configMapMessage("", "n1", "")), false, 0};
  ASSERT_TRUE(commit(*store, std::move(node)));

  kinds.add("ConfigMap");
  ASSERT_TRUE(store->adoptKinds());
  EXPECT_EQ(store->orphans(), Counts());
  Maps again(*kinds.configMap, *store);
  EXPECT_EQ(again.revisionOf("a"), 2u);
  ASSERT_TRUE(again.update("a", "3"));
  ASSERT_TRUE(again.create("b"));
}

}  // namespace
}  // namespace cleat::store
