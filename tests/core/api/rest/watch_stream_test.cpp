#include <boost/json/parse.hpp>

#include "core/object/json/json_text.h"
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

// A watch on a connection of its own, read event by event.
class Watcher {
 public:
  Watcher(uint16_t port, const std::string& target, const std::string& accept = "application/json") : client_(port) {
    client_.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nAccept: " + accept +
                 "\r\n\r\n");
    head_ = client_.readHead();
    if (head_.status != 200) return;
    EXPECT_EQ(head_.headers["transfer-encoding"], "chunked");
  }

  // "" when the stream has ended.
  std::string line() {
    while (lines_.find('\n') == std::string::npos) {
      std::string chunk = client_.readChunk();
      if (chunk.empty()) return "";
      lines_ += chunk;
    }
    std::string line = lines_.substr(0, lines_.find('\n'));
    lines_.erase(0, line.size() + 1);
    return line;
  }

  // "ADDED web", or "BOOKMARK".
  std::string event() {
    std::string text = line();
    if (text.empty()) return "end";
    last_ = boost::json::parse(text);
    std::string event(last_.at("type").as_string());
    const auto& metadata = last_.at("object").at("metadata").as_object();
    if (auto name = metadata.if_contains("name")) event += " " + std::string(name->as_string());
    return event;
  }
  const boost::json::value& last() const { return last_; }
  int status() const { return head_.status; }

 private:
  TestClient client_;
  TestResponse head_;
  std::string lines_;
  boost::json::value last_;
};

class WatchStreamTest : public ApiFixture {
 protected:
  std::string revision() { return get(kMaps).at("metadata.resourceVersion"); }
  void remove(const std::string& name) { EXPECT_EQ(call("DELETE", kMaps + "/" + name).status, 200); }
  void label(const std::string& name, const std::string& value) {
    Answer patched = call("PATCH", kMaps + "/" + name, R"({"metadata":{"labels":{"app":")" + value + R"("}}})",
                          {"Content-Type: application/merge-patch+json"});
    EXPECT_EQ(patched.status, 200) << patched.body;
  }
};

TEST_F(WatchStreamTest, BeginsWithWhatExistsAndGoesOnWithEveryChange) {
  makeConfigMap("a");
  Watcher watcher(port(), kMaps + "?watch=true");
  EXPECT_EQ(watcher.event(), "ADDED a");
  makeConfigMap("b");
  EXPECT_EQ(watcher.event(), "ADDED b");
  label("a", "x");
  EXPECT_EQ(watcher.event(), "MODIFIED a");
  remove("a");
  EXPECT_EQ(watcher.event(), "DELETED a");
}

TEST_F(WatchStreamTest, SendsTheStoredObjectAsItIs) {
  Watcher watcher(port(), kMaps + "?watch=true");
  makeConfigMap("a");
  std::string object = get(kMaps + "/a").body;
  object.pop_back();
  EXPECT_EQ(watcher.line(), R"({"type":"ADDED","object":)" + object + "}");
}

TEST_F(WatchStreamTest, FromARevisionGivesOnlyWhatCameAfterIt) {
  makeConfigMap("a");
  std::string from = revision();
  makeConfigMap("b");
  Watcher watcher(port(), kMaps + "?watch=true&resourceVersion=" + from);
  EXPECT_EQ(watcher.event(), "ADDED b");
}

TEST_F(WatchStreamTest, SelectorsTurnChangesIntoComingAndGoing) {
  makeConfigMap("a", "x");
  makeConfigMap("b", "y");
  Watcher watcher(port(), kMaps + "?watch=true&labelSelector=app%3Dx");
  EXPECT_EQ(watcher.event(), "ADDED a");
  label("b", "x");
  EXPECT_EQ(watcher.event(), "ADDED b");
  label("a", "y");
  EXPECT_EQ(watcher.event(), "DELETED a");
  Watcher one(port(), "/api/v1/configmaps?watch=1&fieldSelector=metadata.name%3Db");
  EXPECT_EQ(one.event(), "ADDED b");
}

TEST_F(WatchStreamTest, AStreamingListEndsItsInitialEventsWithABookmark) {
  makeConfigMap("a");
  Watcher watcher(
      port(), kMaps + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  EXPECT_EQ(watcher.event(), "ADDED a");
  EXPECT_EQ(watcher.event(), "BOOKMARK");
  const auto& metadata = watcher.last().at("object").at("metadata");
  EXPECT_EQ(metadata.at("annotations").at("k8s.io/initial-events-end").as_string(), "true");
  EXPECT_EQ(std::string(metadata.at("resourceVersion").as_string()), revision());
  makeConfigMap("b");
  EXPECT_EQ(watcher.event(), "ADDED b");
}

TEST_F(WatchStreamTest, CanBeginWithNothing) {
  makeConfigMap("a");
  Watcher watcher(port(), kMaps + "?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
  makeConfigMap("b");
  EXPECT_EQ(watcher.event(), "ADDED b");
}

TEST_F(WatchStreamTest, ManyObjectsComeInOrderAndOnce) {
  constexpr int kCount = 1200;  // more than two batches
  for (int i = 0; i < kCount; ++i) makeConfigMap("m" + std::to_string(10000 + i));
  Watcher watcher(port(), kMaps + "?watch=true");
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(watcher.event(), "ADDED m" + std::to_string(10000 + i));
  remove("m10007");
  EXPECT_EQ(watcher.event(), "DELETED m10007");
}

TEST_F(WatchStreamTest, EndsAfterTheClientsTimeWithABookmark) {
  Watcher watcher(port(), kMaps + "?watch=true&timeoutSeconds=1&allowWatchBookmarks=true");
  EXPECT_EQ(watcher.event(), "BOOKMARK");
  EXPECT_EQ(watcher.event(), "end");
}

TEST_F(WatchStreamTest, AsksForRevisionsThatMakeSense) {
  EXPECT_EQ(get(kMaps + "?watch=true&resourceVersionMatch=NotOlderThan").status, 422);
  EXPECT_EQ(get(kMaps + "?watch=true&sendInitialEvents=true").status, 422);
  EXPECT_EQ(get(kMaps + "?watch=true&resourceVersion=x").status, 400);
}

TEST_F(WatchStreamTest, TablesNameTheirColumnsOnce) {
  const std::string pods = "/api/v1/namespaces/default/pods";
  Watcher watcher(port(), pods + "?watch=true", "application/json;as=Table;v=v1;g=meta.k8s.io");
  for (const char* name : {"a", "b"}) {
    create(pods, R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")" + std::string(name) +
                     R"("},"spec":{"containers":[{"name":"c"}]}})");
  }
  watcher.event();
  EXPECT_EQ(watcher.last().at("object").at("columnDefinitions").as_array().size(), 3u);
  EXPECT_EQ(object::jsonText(watcher.last().at("object").at("rows").at(0).at("cells")), R"(["a",7,null])");
  watcher.event();
  EXPECT_TRUE(watcher.last().at("object").at("columnDefinitions").is_null());
  EXPECT_EQ(object::jsonText(watcher.last().at("object").at("rows").at(0).at("cells")), R"(["b",7,null])");
}

TEST_F(WatchStreamTest, EndsWellWhenTheServerStops) {
  Watcher watcher(port(), kMaps + "?watch=true");
  client_.reset();
  server_->stop();
  EXPECT_EQ(watcher.event(), "end");
}

TEST_F(WatchStreamTest, AThousandChangesReachEveryWatcher) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 20; ++i) watchers.push_back(std::make_unique<Watcher>(port(), kMaps + "?watch=true"));
  for (int i = 0; i < 100; ++i) makeConfigMap("m" + std::to_string(1000 + i));
  for (auto& watcher : watchers) {
    for (int i = 0; i < 100; ++i) ASSERT_EQ(watcher->event(), "ADDED m" + std::to_string(1000 + i));
  }
}

}  // namespace
}  // namespace cleat::api
