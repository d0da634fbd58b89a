#include "core/host/host_functions.h"

#include <gtest/gtest.h>

#include <new>
#include <vector>

#include "core/base/manual_executor.h"
#include "core/host/in_process_link.h"

namespace cleat::host {
namespace {

// What a plugin in C was given, and was told.
struct Plain {
  const cleat_host* host = nullptr;
  cleat_context* context = nullptr;
  std::vector<std::pair<uint64_t, int32_t>> replies;  // token and status
};

int32_t startPlain(const cleat_host* host, cleat_context* context, cleat_words, void** instance) {
  static Plain plain;
  plain = {host, context, {}};
  *instance = &plain;
  return CLEAT_OK;
}
void deliverToPlain(void* instance, const cleat_event* event) {
  if (event->type == CLEAT_EVENT_REPLY)
    static_cast<Plain*>(instance)->replies.emplace_back(event->token, event->status);
}
void stopPlain(void*) {}

// Has no memory left for anything but to count what it was asked.
class Exhausted final : public LinkUser {
 public:
  void pluginReady(int32_t, std::string) override { fail(); }
  void pluginGone(std::string) override {}
  void pluginLogs(int32_t, std::string_view) override { fail(); }
  void pluginCalls(uint64_t, MethodId, int64_t, const cleat_payload*, gate::StreamEnd) override { fail(); }
  void pluginCancels(uint64_t) override { fail(); }
  void pluginReplies(uint64_t, int32_t status, const cleat_payload*) override {
    statuses.push_back(status);
    fail();
  }
  int asked = 0;
  std::vector<int32_t> statuses;

 private:
  void fail() {
    ++asked;
    throw std::bad_alloc();
  }
};

}  // namespace

TEST(HostFunctions, NothingUnwindsIntoAPlugin) {
  base::ManualExecutor executor;
  base::Counter busy;
  auto watchdog = std::make_shared<Watchdog>(executor, std::chrono::seconds(1), [](const CallbackReport&) {});
  const cleat_plugin plugin{sizeof(cleat_plugin), 0, nullptr, startPlain, deliverToPlain, stopPlain};
  auto link = std::make_shared<InProcessLink>(executor, plugin, Manifest(), watchdog->watch("plain", busy));
  auto user = std::make_shared<Exhausted>();
  link->setUser(user);
  void* instance = nullptr;
  startPlain(nullptr, nullptr, {}, &instance);
  auto& plain = *static_cast<Plain*>(instance);
  link->start(emptyMessage());
  executor.runUntilIdle();
  ASSERT_NE(plain.host, nullptr);

  plain.host->log(plain.context, CLEAT_LOG_INFO, {"hello", 5});
  plain.host->ready(plain.context, CLEAT_OK, {nullptr, 0});
  plain.host->reply(plain.context, 7, CLEAT_OK, nullptr);
  plain.host->call(plain.context, 11, 1, 2, 0, nullptr);
  plain.host->call(plain.context, 12, 1, 2, 0, nullptr);
  plain.host->cancel(plain.context, 12);
  EXPECT_GE(user->asked, 7);
  executor.runUntilIdle();
  // Who waits for what could not be passed on is told.
  EXPECT_EQ(user->statuses, (std::vector<int32_t>{CLEAT_OK, CLEAT_RETRY}));
  EXPECT_EQ(plain.replies, (std::vector<std::pair<uint64_t, int32_t>>{{11, CLEAT_FAILED}}));

  bool stopped = false;
  link->stop([&] { stopped = true; });
  executor.runUntilIdle();
  EXPECT_TRUE(stopped);
}

}  // namespace cleat::host
