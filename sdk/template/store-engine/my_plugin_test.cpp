#include <cleat/schema/role/store_engine.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using testing::ElementsAre;

class MyPluginTest : public testing::Test {
 protected:
  MyPluginTest() { host.dataDir() = folder; }
  ~MyPluginTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  // As after a start of the server, which knows what it has told others.
  uint64_t open(std::optional<uint64_t> known = {}) {
    plugin.emplace(host.start(cleat_plugin_v1()));
    auto outcome = plugin->call(role::storeEngine::open, [&](role::OpenStoreParams::Builder params) {
      params.setHasKnown(known.has_value());
      params.setKnown(known.value_or(0));
    });
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return outcome.answer->getLastRevision();
  }
  test::Outcome<void> write(uint64_t revision, const char* key, const char* value, uint64_t replaces = 0) {
    return plugin->call(role::storeEngine::write, [&](role::WriteStoreParams::Builder params) {
      params.setIsFirst(true);
      params.setIsLast(true);
      auto record = params.initRecords(1)[0];
      record.setKey(key);
      record.setRevision(revision);
      record.setReplaces(replaces);
      record.setValue({reinterpret_cast<const kj::byte*>(value), strlen(value)});
    });
  }
  std::vector<std::string> all() {
    auto outcome = plugin->call(role::storeEngine::read,
                                [](role::ReadStoreParams::Builder params) { params.setMostBytes(1 << 20); });
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    std::vector<std::string> found;
    for (auto record : outcome.answer->getRecords()) {
      const auto value = record.getValue();
      found.push_back(concat(view(record.getKey()), "=",
                             std::string_view(reinterpret_cast<const char*>(value.begin()), value.size())));
    }
    return found;
  }

  const std::string folder = testing::TempDir() + "my-plugin-test-" + std::to_string(getpid());
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(MyPluginTest, WhatWasWrittenIsThereAfterARestart) {
  EXPECT_EQ(open(), 0u);
  EXPECT_TRUE(write(1, "/a", "one").ok());
  EXPECT_TRUE(write(2, "/b", "two").ok());
  EXPECT_EQ(open(), 2u);
  EXPECT_THAT(all(), ElementsAre("/a=one", "/b=two"));
}

TEST_F(MyPluginTest, ARecordThatWasCutOffIsNone) {
  open();
  EXPECT_TRUE(write(1, "/a", "one").ok());
  EXPECT_TRUE(write(2, "/b", "two").ok());
  const std::string file = readFile(folder + "/store").value_or("");
  EXPECT_TRUE(writeFile(folder + "/store", file.substr(0, file.size() - 1)).has_value());
  EXPECT_EQ(open(), 1u);
  EXPECT_TRUE(write(2, "/c", "three").ok());
  EXPECT_EQ(open(), 2u);
  EXPECT_THAT(all(), ElementsAre("/a=one", "/c=three"));
}

TEST_F(MyPluginTest, WhatTheServerDoesNotKnowOfIsUndone) {
  open();
  EXPECT_TRUE(write(1, "/a", "one").ok());
  EXPECT_TRUE(write(2, "/a", "two", 1).ok());
  EXPECT_EQ(open(1), 1u);
  EXPECT_THAT(all(), ElementsAre("/a=one"));
}

TEST_F(MyPluginTest, WhatWasOverwrittenIsForgottenWhenAsked) {
  open();
  EXPECT_TRUE(write(1, "/a", "one").ok());
  EXPECT_TRUE(write(2, "/a", "two", 1).ok());
  auto compacted =
      plugin->call(role::storeEngine::compact, [](role::CompactStoreParams::Builder params) { params.setRevision(2); });
  EXPECT_TRUE(compacted.ok());
  EXPECT_THAT(all(), ElementsAre("/a=two"));
  open();
  EXPECT_THAT(all(), ElementsAre("/a=two"));
}

TEST_F(MyPluginTest, NothingIsWrittenBeforeItIsOpened) {
  plugin.emplace(host.start(cleat_plugin_v1()));
  EXPECT_EQ(write(1, "/a", "one").status.code, 409);
}

}  // namespace
