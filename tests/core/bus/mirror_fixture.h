// A mirror before a server that the test answers for.
#pragma once

#include "core/bus/mirror.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "core/base/log.h"
#include "core/base/manual_executor.h"
#include "core/bus/shared_watch.h"
#include "tests/core/bus/change_text.h"
#include "tests/core/bus/fake_server.h"
#include "tests/core/store/fixtures.h"

namespace cleat::bus {

using namespace std::chrono_literals;
using ExchangeRef = std::shared_ptr<FakeServer::Exchange>;

inline std::string item(const std::string& name, uint64_t revision) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
         R"(","namespace":"default","resourceVersion":")" + std::to_string(revision) + R"("}})";
}

inline std::string page(uint64_t revision, const std::vector<std::string>& items,
                        const std::string& continueToken = "") {
  std::string text = R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                     std::to_string(revision) + R"(","continue":")" + continueToken + R"("},"items":[)";
  for (size_t i = 0; i < items.size(); ++i) text += (i > 0 ? "," : "") + items[i];
  return text + "]}";
}

inline std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

inline std::string statusText(int code, const std::string& reason, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message + R"(","reason":")" + reason +
         R"(","code":)" + std::to_string(code) + "}";
}

// The value of a parameter in a request's query.
inline std::string parameter(const http::ClientRequest& request, const std::string& name) {
  size_t at = request.target.find_first_of("?");
  while (at != std::string::npos) {
    size_t end = request.target.find('&', at + 1);
    std::string one = request.target.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
    at = end;
  }
  return "";
}

struct MirrorTest : ::testing::Test {
  base::LogCapture quiet{
      [this](base::LogLevel, std::string_view, std::string_view line) { log += std::string(line) + "\n"; }};
  std::string log;
  base::ManualExecutor executor;
  store::TestKinds kinds;
  std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();
  MirrorCluster mirror{executor, kinds.registry, server};

  ~MirrorTest() override { server->endAll(); }

  Target maps(const std::string& name = "", const std::string& subresource = "") {
    return {.kind = kinds.configMap, .subresource = subresource, .ns = "default", .name = name};
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
    return std::move(*result);
  }
  // Starts a call, lets the test answer it, and gives its result.
  template <class T, class Answer>
  T call(Task<T> task, Answer answer) {
    std::optional<T> result;
    spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
    answer(server->next());
    EXPECT_TRUE(result.has_value());
    return std::move(*result);
  }

  std::unique_ptr<Subscription> subscribe(const std::string& labels = "", const std::string& fields = "") {
    return std::move(*run(mirror.subscribe(User{}, maps(), labels, fields)));
  }
};

}  // namespace cleat::bus
