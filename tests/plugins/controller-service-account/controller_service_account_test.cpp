#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::ConfigMap;
using core_v1::Namespace;
using core_v1::ServiceAccount;

constexpr const char* kAuthority = "kube-root-ca.crt";

class ServiceAccountTest : public testing::Test {
 protected:
  ServiceAccountTest() : caFile(testing::TempDir() + "ca-" + std::to_string(getpid()) + ".crt") {
    std::ofstream(caFile) << "CERTIFICATE";
    host.serverConfig().caFile = caFile;
    host.know<Namespace>();
    host.know<ConfigMap>();
    host.know<ServiceAccount>();
  }
  ~ServiceAccountTest() override { std::filesystem::remove(caFile); }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  void addNamespace(const char* name) {
    host.put(test::named<Namespace>("", name));
    host.settle();
  }
  std::string published(const char* ns) {
    host.settle();
    for (const auto& map : host.list<ConfigMap>(ns)) {
      if (map.name() == kAuthority) return std::string(valueIn(map->getData(), "ca.crt"));
    }
    return {};
  }
  bool hasAccount(const char* ns) {
    host.settle();
    auto accounts = host.list<ServiceAccount>(ns);
    return accounts.size() == 1 && accounts[0].name() == "default";
  }
  std::string caFile;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ServiceAccountTest, EveryNamespaceGetsTheDefaultAccountAndTheAuthority) {
  addNamespace("old");
  start();
  addNamespace("new");
  for (const char* ns : {"old", "new"}) {
    EXPECT_TRUE(hasAccount(ns)) << ns;
    EXPECT_EQ(published(ns), "CERTIFICATE") << ns;
  }
}

TEST_F(ServiceAccountTest, WhatIsDeletedIsMadeAgain) {
  start();
  addNamespace("shop");
  host.remove<ServiceAccount>("shop", "default");
  host.remove<ConfigMap>("shop", kAuthority);
  EXPECT_TRUE(hasAccount("shop"));
  EXPECT_EQ(published("shop"), "CERTIFICATE");
}

TEST_F(ServiceAccountTest, AnAccountThatIsThereStaysAsItIs) {
  auto account = test::named<ServiceAccount>("shop", "default", {{"team", "a"}});
  host.put(std::move(account));
  start();
  addNamespace("shop");
  EXPECT_EQ(label(host.get<ServiceAccount>("shop", "default").meta(), "team"), "a");
  EXPECT_EQ(test::countRequests(host, "create serviceaccounts"), 0u);
  EXPECT_EQ(test::countRequests(host, "update serviceaccounts"), 0u);
}

TEST_F(ServiceAccountTest, TheAuthorityIsPutRightButOthersLabelsStay) {
  start();
  addNamespace("shop");
  host.change<ConfigMap>("shop", kAuthority, [](ConfigMap::Builder map) {
    test::fillMap(map.initData(2), {{"ca.crt", "FORGED"}, {"more", "x"}});
    setLabel(map.getMetadata(), "team", "a");
  });
  EXPECT_EQ(published("shop"), "CERTIFICATE");
  auto map = host.get<ConfigMap>("shop", kAuthority);
  EXPECT_EQ(map->getData().size(), 1u);
  EXPECT_EQ(label(map.meta(), "team"), "a");
}

TEST_F(ServiceAccountTest, ADataKeyThatSomebodyAddsIsTakenAway) {
  start();
  addNamespace("shop");
  host.change<ConfigMap>("shop", kAuthority, [](ConfigMap::Builder map) {
    test::fillMap(map.initData(2), {{"ca.crt", "CERTIFICATE"}, {"more", "x"}});
  });
  host.settle();
  EXPECT_EQ(host.get<ConfigMap>("shop", kAuthority)->getData().size(), 1u);
}

TEST_F(ServiceAccountTest, ANewAuthorityIsPublishedEverywhere) {
  start();
  addNamespace("shop");
  plugin.reset();
  std::ofstream(caFile) << "RENEWED";
  start();
  EXPECT_EQ(published("shop"), "RENEWED");
}

TEST_F(ServiceAccountTest, OtherConfigMapsAndAccountsAreNobodysBusiness) {
  start();
  addNamespace("shop");
  host.put(test::named<ConfigMap>("shop", "mine"));
  host.put(test::named<ServiceAccount>("shop", "robot"));
  host.settle();
  const size_t before = host.requests().size();
  host.remove<ServiceAccount>("shop", "robot");
  host.change<ConfigMap>("shop", "mine", [](ConfigMap::Builder map) { setLabel(map.getMetadata(), "a", "b"); });
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(host.requests().size(), before);
}

TEST_F(ServiceAccountTest, ANamespaceThatEndsIsLeftAlone) {
  start();
  auto ns = test::named<Namespace>("", "ending");
  ns.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  host.put(std::move(ns));
  host.settle();
  EXPECT_TRUE(host.list<ServiceAccount>("ending").empty());
  host.onRequest([](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb != "create") return {};
    Status status = Status::forbidden("namespace shop is being terminated");
    status.details.causes.push_back(
        {"NamespaceTerminating", "namespace shop is being terminated", "metadata.namespace"});
    return fail(status);
  });
  addNamespace("shop");
  const size_t before = host.requests().size();
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(host.requests().size(), before);
}

TEST_F(ServiceAccountTest, RefusedWritesAreTriedAgain) {
  start();
  int refusals = 4;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "create" && refusals-- > 0) return fail(Status::tooManyRequests("slow down", 1));
    return {};
  });
  addNamespace("shop");
  host.advance(std::chrono::seconds(10));
  EXPECT_TRUE(hasAccount("shop"));
  EXPECT_EQ(published("shop"), "CERTIFICATE");
}

TEST_F(ServiceAccountTest, WithoutTheAuthoritysFileItDoesNotStart) {
  host.serverConfig().caFile = "/does/not/exist";
  start();
  EXPECT_FALSE(plugin->ready());
  EXPECT_NE(plugin->readyError().find("/does/not/exist"), std::string::npos);
}

}  // namespace
}  // namespace cleat
