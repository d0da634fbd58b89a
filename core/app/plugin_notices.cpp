#include "core/app/plugin_notices.h"

#include <cleat/schema/role/notices.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <chrono>

#include "core/base/log.h"
#include "core/object/time_text.h"

namespace cleat::app {
namespace {

using std::chrono::nanoseconds;

constexpr size_t kMostKept = 256;
// Rounds are so far apart at least, so that a plugin that fails all the time costs one call and not many.
constexpr std::chrono::seconds kRoundsApart{1};
constexpr int64_t kTellNs = nanoseconds(std::chrono::seconds(10)).count();
constexpr int64_t kFirstRetryNs = nanoseconds(std::chrono::milliseconds(500)).count();
constexpr int64_t kLongestRetryNs = nanoseconds(std::chrono::seconds(30)).count();

}  // namespace

PluginNotices::PluginNotices(base::Executor& executor, base::Metrics& metrics)
    : executor_(executor), metrics_(metrics), rounds_(std::make_shared<Rounds>(executor, kRoundsApart)) {}

void PluginNotices::begin(gate::Roles& roles) {
  {
    MutexLock lock(mutex_);
    roles_ = &roles;
  }
  rounds_->begin([weak = weak_from_this()]() -> Task<Rounds::Next> {
    auto self = weak.lock();
    if (!self) co_return std::nullopt;
    co_return co_await self->round();
  });
}

void PluginNotices::note(const host::PluginNotice& notice) {
  metrics_
      .counter("cleat_plugin_notices_total", "What has happened to plugins: crashes, restarts and the like, by reason.",
               {{"plugin", notice.plugin}, {"reason", notice.reason}})
      .add();
  MutexLock lock(mutex_);
  // Times are what a plugin knows happenings by.
  lastTime_ = std::max(executor_.wallNow(), lastTime_ + 1);
  if (notice.warning) {
    Trouble& trouble = troubles_[notice.plugin];
    if (trouble.reason != notice.reason) trouble = {.reason = notice.reason};
    trouble.message = notice.message;
    trouble.last = lastTime_;
    ++trouble.count;
  }
  kept_.push_back({++lastNumber_, notice, 1, lastTime_, lastTime_});
  if (kept_.size() > kMostKept) kept_.pop_front();
  rounds_->wantAt(executor_.now());
}

std::string PluginNotices::lastOf(const std::string& plugin) const {
  MutexLock lock(mutex_);
  auto found = troubles_.find(plugin);
  if (found == troubles_.end()) return {};
  const Trouble& last = found->second;
  const std::string when = object::formatTime(last.last);
  return last.count == 1 ? concat(last.reason, " at ", when, ": ", last.message)
                         : concat(last.reason, " ", last.count, " times, at last at ", when, ": ", last.message);
}

Task<Rounds::Next> PluginNotices::round() {
  std::vector<std::string> plugins;
  {
    MutexLock lock(mutex_);
    plugins = roles_->chain("notices");
  }
  std::erase_if(listeners_,
                [&](const auto& known) { return std::ranges::find(plugins, known.first) == plugins.end(); });
  for (const std::string& plugin : plugins) {
    if (rounds_->stopping()) break;
    co_await tell(plugin);
  }
  co_return nextDue();
}

Rounds::Next PluginNotices::nextDue() const {
  MutexLock lock(mutex_);
  Rounds::Next next;
  for (const auto& [plugin, listener] : listeners_) {
    if (listener.heard < lastNumber_) next = std::min(next.value_or(listener.due), listener.due);
  }
  return next;
}

// The same that happens again to the same plugin is one happening with a count.
PluginNotices::Batch PluginNotices::batchFor(const Listener& listener) const {
  Batch batch;
  MutexLock lock(mutex_);
  if (listener.heard >= lastNumber_) return batch;
  const uint64_t oldest = kept_.front().number;
  batch.lost = oldest > listener.heard + 1 ? oldest - listener.heard - 1 : 0;
  // Of a call that failed nothing may be left by now.
  batch.until = listener.failures > 0 && listener.until >= oldest ? listener.until : lastNumber_;
  for (const Happening& one : kept_) {
    if (one.number <= listener.heard || one.number > batch.until) continue;
    auto same = std::ranges::find_if(batch.happenings, [&](const Happening& other) {
      return other.notice.plugin == one.notice.plugin && other.notice.reason == one.notice.reason;
    });
    if (same == batch.happenings.end()) {
      batch.happenings.push_back(one);
      continue;
    }
    same->notice.message = one.notice.message;
    same->last = one.last;
    ++same->count;
  }
  return batch;
}

Task<void> PluginNotices::tell(std::string plugin) {
  Listener& listener = listeners_[plugin];
  if (listener.due > executor_.now()) co_return;
  const Batch batch = batchFor(listener);
  if (batch.happenings.empty()) co_return;
  gate::RoleCall call = gate::makeCall(role::notices::tell, [&](role::TellParams::Builder params) {
    auto list = params.initHappenings(static_cast<unsigned>(batch.happenings.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      const Happening& one = batch.happenings[i];
      list[i].setPlugin(one.notice.plugin);
      list[i].setReason(one.notice.reason);
      list[i].setMessage(one.notice.message);
      list[i].setIsWarning(one.notice.warning);
      list[i].setCount(one.count);
      list[i].setFirstTime(one.first);
      list[i].setLastTime(one.last);
    }
  });
  call.timeoutNs = kTellNs;
  gate::Roles* roles = nullptr;
  {
    MutexLock lock(mutex_);
    roles = roles_;
  }
  auto calling = roles->call(plugin, std::move(call));
  const gate::RoleAnswer answer = co_await std::move(calling);
  heard(plugin, batch, answer);
}

void PluginNotices::heard(const std::string& plugin, const Batch& batch, const gate::RoleAnswer& answer) {
  Listener& listener = listeners_[plugin];
  if (answer.status == CLEAT_OK) {
    if (listener.failures > 0) base::log(base::LogLevel::info, plugin, "it is told of what happens to plugins again");
    if (batch.lost > 0) {
      base::log(base::LogLevel::warn, plugin,
                concat("of what happened to plugins the first ", batch.lost, " are forgotten"));
    }
    listener.heard = std::max(listener.heard, batch.until);
    listener.failures = 0;
    return;
  }
  if (listener.failures == 0) {
    base::log(base::LogLevel::warn, plugin,
              concat("cannot be told what happens to plugins, which is tried again: ",
                     answer.error ? answer.error->message : std::string("it did not say why")));
  }
  listener.until = batch.until;
  const int64_t wait = std::min(kFirstRetryNs << std::min<uint32_t>(listener.failures++, 10), kLongestRetryNs);
  listener.due = executor_.now() + wait;
}

}  // namespace cleat::app
