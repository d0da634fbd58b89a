// Reading and writing objects: Client and Informer against the fake host.
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apps_v1::ReplicaSet;
using core_v1::Binding;
using core_v1::Node;
using core_v1::Pod;
using test::EmptyPlugin;
using test::FakeHost;

Draft<Pod> podNamed(const std::string& name, const std::string& node = "", const std::string& app = "") {
  Draft<Pod> pod;
  auto meta = pod->initMetadata();
  meta.setName(name);
  meta.setNamespace("default");
  if (!app.empty()) setLabel(meta, "app", app);
  pod->initSpec().setNodeName(node);
  return pod;
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() { host.know<Pod>(); }
  FakeHost host;
  test::Started<EmptyPlugin> plugin = host.start<EmptyPlugin>();
  Client client{plugin->context()};
};

TEST_F(ClientTest, CreatesAndReadsBack) {
  auto created = plugin.await(client.create(podNamed("web")));
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_FALSE((*created).uid().empty());
  EXPECT_EQ(created->meta().getGeneration(), 1);
  EXPECT_EQ(view(created->meta().getCreationTimestamp()), "2026-01-01T00:00:01Z");
  auto read = plugin.await(client.get<Pod>("default/web"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->revision(), created->revision());
  EXPECT_EQ(host.requests(), (std::vector<std::string>{"create pods default/web", "get pods default/web"}));
  auto again = plugin.await(client.create(podNamed("web")));
  EXPECT_EQ(again.error().reason, "AlreadyExists");
  EXPECT_EQ(plugin.await(client.get<Pod>("default", "db")).error().message, "pods \"db\" not found");
}

TEST_F(ClientTest, GeneratesNames) {
  Draft<Pod> draft;
  draft->initMetadata().setGenerateName("web-");
  draft->getMetadata().setNamespace("default");
  auto created = plugin.await(client.create(std::move(draft)));
  ASSERT_TRUE(created);
  EXPECT_EQ(created->name().size(), 9u);
  EXPECT_TRUE(created->name().starts_with("web-"));
}

TEST_F(ClientTest, AnOldRevisionConflicts) {
  Object<Pod> first = host.put(podNamed("web"));
  Draft<Pod> mine(first);
  mine->getSpec().setHostname("a");
  host.change<Pod>("default", "web", [](Pod::Builder pod) { pod.getSpec().setHostname("b"); });
  auto updated = plugin.await(client.update(std::move(mine)));
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().code, 409);
  EXPECT_EQ(updated.error().reason, "Conflict");
  Draft<Pod> blind(first);
  blind->getMetadata().setResourceVersion(0);
  EXPECT_TRUE(plugin.await(client.update(std::move(blind))));
}

TEST_F(ClientTest, StatusAndSpecAreWrittenApart) {
  Object<Pod> pod = host.put(podNamed("web"));
  Draft<Pod> both(pod);
  both->getSpec().setHostname("h");
  both->initStatus().setPhase("Running");
  auto updated = plugin.await(client.update(std::move(both)));
  ASSERT_TRUE(updated);
  EXPECT_EQ(view((*updated)->getSpec().getHostname()), "h");
  EXPECT_EQ(view((*updated)->getStatus().getPhase()), "");
  EXPECT_EQ(updated->meta().getGeneration(), 2);
  Draft<Pod> status(*updated);
  status->getSpec().setHostname("other");
  status->initStatus().setPhase("Running");
  auto told = plugin.await(client.updateStatus(std::move(status)));
  ASSERT_TRUE(told);
  EXPECT_EQ(view((*told)->getSpec().getHostname()), "h");
  EXPECT_EQ(view((*told)->getStatus().getPhase()), "Running");
  EXPECT_EQ(told->meta().getGeneration(), 2);
  // The same once more is no new revision.
  auto same = plugin.await(client.updateStatus(Draft<Pod>(*told)));
  EXPECT_EQ(same->revision(), told->revision());
}

TEST_F(ClientTest, ListsWithSelectorsAndPages) {
  for (const char* name : {"a", "b", "c"}) host.put(podNamed(name, "n1", "web"));
  host.put(podNamed("d", "n2", "web"));
  host.put(podNamed("e", "n1", "db"));
  ListOptions options{.ns = "default", .labelSelector = "app=web", .fieldSelector = "spec.nodeName=n1", .limit = 2};
  auto first = plugin.await(client.list<Pod>(options));
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(first->items.size(), 2u);
  EXPECT_EQ(first->items[1].name(), "b");
  options.continueToken = first->continueToken;
  auto second = plugin.await(client.list<Pod>(options));
  ASSERT_EQ(second->items.size(), 1u);
  EXPECT_EQ(second->items[0].name(), "c");
  EXPECT_EQ(second->continueToken, "");
  EXPECT_EQ(plugin.await(client.list<Pod>({.fieldSelector = "spec.color=red"})).error().code, 400);
}

TEST_F(ClientTest, DeletesWithFinalizersAndPreconditions) {
  Draft<Pod> draft = podNamed("web");
  addFinalizer(draft.meta(), "example.com/hold");
  Object<Pod> pod = host.put(std::move(draft));
  EXPECT_EQ(plugin.await(client.remove<Pod>("default", "web", {.preconditionUid = "other"})).error().code, 409);
  auto removed = plugin.await(client.remove<Pod>("default", "web"));
  ASSERT_TRUE(removed);
  EXPECT_TRUE(deletionPending(removed->meta()));
  Draft<Pod> released(*removed);
  removeFinalizer(released.meta(), "example.com/hold");
  ASSERT_TRUE(plugin.await(client.update(std::move(released))));
  EXPECT_FALSE(host.get<Pod>("default", "web"));
  EXPECT_EQ(plugin.await(client.remove<Pod>("default", "web")).error().code, 404);
}

TEST_F(ClientTest, GracefulDeletesWaitForWhoRunsIt) {
  host.deletesGracefully<Pod>();
  host.put(podNamed("running", "n1"));
  host.put(podNamed("waiting"));
  ASSERT_TRUE(plugin.await(client.remove<Pod>("default", "waiting")));
  EXPECT_FALSE(host.get<Pod>("default", "waiting"));
  ASSERT_TRUE(plugin.await(client.remove<Pod>("default", "running")));
  EXPECT_TRUE(deletionPending(host.get<Pod>("default", "running").meta()));
  ASSERT_TRUE(plugin.await(client.remove<Pod>("default", "running", {.gracePeriodSeconds = 0})));
  EXPECT_FALSE(host.get<Pod>("default", "running"));
}

TEST_F(ClientTest, BindsAPodToANode) {
  host.put(podNamed("web"));
  auto bindTo = [&](const char* node) {
    Draft<Binding> binding;
    binding->initMetadata().setName("web");
    binding->initTarget().setName(node);
    return plugin.await(client.createSubresource<Pod>("default", "web", "binding", std::move(binding)));
  };
  EXPECT_TRUE(bindTo("n1"));
  EXPECT_EQ(view(host.get<Pod>("default", "web")->getSpec().getNodeName()), "n1");
  EXPECT_EQ(bindTo("n2").error().code, 409);
  EXPECT_EQ(host.requests().back(), "create/binding pods default/web");
}

TEST_F(ClientTest, APatchIsRefusedByTheTestKit) {
  host.put(podNamed("web"));
  EXPECT_EQ(plugin.await(client.patch<Pod>("default", "web", PatchType::merge, "{}")).error().code, 415);
}

TEST_F(ClientTest, FaultsAreTheAnswer) {
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "pods") return fail(Status::forbidden("quota"));
    return {};
  });
  EXPECT_EQ(plugin.await(client.create(podNamed("web"))).error().message, "quota");
}

class InformerTest : public testing::Test {
 protected:
  InformerTest() { host.know<Pod>(); }

  void watch(InformerOptions options = {}) {
    plugin.enter([&] {
      pods.emplace(plugin->context(), std::move(options));
      pods->addIndex("node", [](const Object<Pod>& pod) {
        std::vector<std::string> values;
        if (pod->getSpec().getNodeName().size() != 0) values.push_back(str(pod->getSpec().getNodeName()));
        return values;
      });
      pods->onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
        const char* what = !before ? "+" : !now ? "-" : "~";
        told.push_back(what + str(now ? now.name() : before.name()));
      });
      pods->start();
    });
    host.settle();
  }
  std::vector<std::string> takeTold() { return std::exchange(told, {}); }
  std::vector<std::string> onNode(std::string_view node) {
    std::vector<std::string> names;
    for (const Object<Pod>& pod : pods->byIndex("node", node)) names.push_back(str(pod.name()));
    return names;
  }

  FakeHost host;
  test::Started<EmptyPlugin> plugin = host.start<EmptyPlugin>();
  std::vector<std::string> told;
  std::optional<Informer<Pod>> pods;

  void TearDown() override {
    plugin.enter([&] { pods.reset(); });
    plugin.stop();
    EXPECT_EQ(host.heldObjects(), 0u);
  }
};

using Names = std::vector<std::string>;

TEST_F(InformerTest, TellsOfWhatIsThereAndOfEveryChange) {
  host.put(podNamed("a"));
  watch();
  EXPECT_TRUE(pods->synced());
  EXPECT_EQ(takeTold(), Names{"+a"});
  host.put(podNamed("b"));
  host.change<Pod>("default", "a", [](Pod::Builder pod) { pod.getSpec().setHostname("x"); });
  host.remove<Pod>("default", "b");
  host.settle();
  EXPECT_EQ(takeTold(), (Names{"+b", "~a", "-b"}));
  EXPECT_EQ(pods->size(), 1u);
  EXPECT_EQ(view(pods->get("default/a")->getSpec().getHostname()), "x");
  EXPECT_FALSE(pods->get("default", "b"));
}

TEST_F(InformerTest, KeepsItsIndexesCurrent) {
  host.put(podNamed("a", "n1"));
  host.put(podNamed("b", "n1"));
  host.put(podNamed("c"));
  watch();
  EXPECT_EQ(onNode("n1"), (Names{"a", "b"}));
  host.change<Pod>("default", "a", [](Pod::Builder pod) { pod.getSpec().setNodeName("n2"); });
  host.remove<Pod>("default", "b");
  host.change<Pod>("default", "c", [](Pod::Builder pod) { pod.getSpec().setNodeName("n2"); });
  host.settle();
  EXPECT_EQ(onNode("n1"), Names{});
  EXPECT_EQ(onNode("n2"), (Names{"a", "c"}));
  EXPECT_TRUE(pods->byIndex("color", "red").empty());
}

TEST_F(InformerTest, WhatIsFoundByAnIndexComesInTheOrderOfItsKeys) {
  watch();
  Names expected;
  for (const char* name : {"m", "c", "x", "a", "q"}) {
    host.put(podNamed(name, "n1"));
    host.settle();
    expected.emplace_back(name);
    std::ranges::sort(expected);
    EXPECT_EQ(onNode("n1"), expected);
  }
  host.remove<Pod>("default", "c");
  host.put(podNamed("b", "n1"));
  host.put(podNamed("z", "n1"));
  host.settle();
  EXPECT_EQ(onNode("n1"), (Names{"a", "b", "m", "q", "x", "z"}));
}

TEST_F(InformerTest, SeesOnlyWhatItsSelectorsMatch) {
  watch({.ns = "default", .fieldSelector = "spec.nodeName=n1"});
  host.put(podNamed("a", "n1"));
  host.put(podNamed("b", "n2"));
  host.settle();
  EXPECT_EQ(takeTold(), Names{"+a"});
  host.change<Pod>("default", "a", [](Pod::Builder pod) { pod.getSpec().setNodeName("n2"); });
  host.settle();
  EXPECT_EQ(takeTold(), Names{"-a"});
}

TEST_F(InformerTest, KeepsOnlyWhatIsWanted) {
  host.put(podNamed("here"));
  host.put(podNamed("there", "n2"));
  watch({.only = [](const AnyRef& pod) { return view(Object<Pod>(pod)->getSpec().getNodeName()) != "n2"; }});
  EXPECT_TRUE(pods->synced());
  EXPECT_EQ(takeTold(), Names{"+here"});
  EXPECT_EQ(pods->size(), 1u);
  host.remove<Pod>("default", "there");
  host.settle();
  EXPECT_EQ(takeTold(), Names{});

  // What is not wanted any more goes, as it was when it was; and may come again.
  std::string lastNode = "none";
  plugin.enter([&] {
    pods->onChange([&](const Object<Pod>& before, const Object<Pod>& now) {
      if (!now) lastNode = str(before->getSpec().getNodeName());
    });
  });
  auto moveTo = [&](const char* node) {
    host.change<Pod>("default", "here", [&](Pod::Builder pod) { pod.getSpec().setNodeName(node); });
    host.settle();
  };
  moveTo("n1");
  moveTo("n2");
  EXPECT_EQ(takeTold(), (Names{"~here", "-here"}));
  EXPECT_EQ(lastNode, "n1");
  EXPECT_EQ(onNode("n1"), Names{});
  moveTo("n3");
  EXPECT_EQ(takeTold(), Names{"+here"});
  EXPECT_EQ(onNode("n3"), Names{"here"});
  moveTo("n2");
  host.loseHistory();
  host.settle();
  EXPECT_EQ(takeTold(), Names{"-here"});
}

TEST_F(InformerTest, TellsWhatWentAwayWhileHistoryWasLost) {
  host.put(podNamed("a", "n1"));
  host.put(podNamed("b", "n1"));
  host.put(podNamed("c", "n1"));
  watch();
  takeTold();
  // The changes are lost with the history: only what exists comes again.
  host.remove<Pod>("default", "a");
  host.change<Pod>("default", "b", [](Pod::Builder pod) { pod.getSpec().setNodeName("n2"); });
  host.remove<Pod>("default", "c");
  host.put(podNamed("c", "n3"));
  host.loseHistory();
  host.settle();
  EXPECT_EQ(takeTold(), (Names{"~b", "-c", "+c", "-a"}));
  EXPECT_EQ(onNode("n1"), Names{});
  EXPECT_EQ(onNode("n2"), Names{"b"});
  EXPECT_EQ(onNode("n3"), Names{"c"});
  EXPECT_EQ(pods->size(), 2u);
}

TEST_F(InformerTest, TriesAgainWhenAWatchFails) {
  int refused = 0;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "watch" && refused++ < 2) return fail(Status::unavailable("not yet"));
    return {};
  });
  host.put(podNamed("a"));
  watch();
  EXPECT_FALSE(pods->synced());
  host.advance(20ms);
  EXPECT_FALSE(pods->synced());
  host.advance(40ms);
  EXPECT_TRUE(pods->synced());
  EXPECT_EQ(takeTold(), Names{"+a"});
}

TEST_F(InformerTest, AHandlerThatThrowsKeepsNobodyFromHearing) {
  plugin.enter([&] {
    pods.emplace(plugin->context());
    pods->onChange([](const Object<Pod>&, const Object<Pod>&) { throw std::runtime_error("bad handler"); });
    pods->onChange([this](const Object<Pod>&, const Object<Pod>& now) { told.push_back(str(now.name())); });
    pods->start();
  });
  host.put(podNamed("a"));
  host.settle();
  EXPECT_EQ(takeTold(), Names{"a"});
  EXPECT_EQ(host.logLines().back(), "ERROR a handler of pods threw: bad handler");
}

Task<void> note(Informer<Pod>& pods, std::string& out) {
  co_await pods.waitSynced();
  out = concat(pods.size(), " pods");
}

TEST_F(InformerTest, LetsWhoWaitsKnowThatItIsSynced) {
  host.put(podNamed("a"));
  std::string out;
  plugin.enter([&] {
    pods.emplace(plugin->context());
    spawn(note(*pods, out));
  });
  EXPECT_EQ(out, "");
  host.settle();
  EXPECT_EQ(out, "1 pods");
}

}  // namespace
}  // namespace cleat
