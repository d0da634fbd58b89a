#include "core/app/plugin_events.h"

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/text.h>

#include <cstdio>

#include "core/base/log.h"
#include "core/object/message.h"
#include "core/object/time_text.h"

namespace cleat::app {
namespace {

constexpr int64_t kEvery = 10'000'000'000;
constexpr size_t kMostWaiting = 64;
constexpr const char* kComponent = "cleat-plugins";

// Whoever may do anything: the program itself.
bus::UserRef ourselves() {
  bus::User user;
  user.name = "system:cleat";
  user.groups = {"system:masters", "system:authenticated"};
  return user;
}

}  // namespace

void PluginEvents::writeTo(bus::Cluster& cluster) {
  std::vector<host::PluginNotice> waiting;
  {
    MutexLock lock(mutex_);
    cluster_ = &cluster;
    waiting.swap(waiting_);
  }
  for (const host::PluginNotice& notice : waiting) note(notice);
}

void PluginEvents::stop() {
  MutexLock lock(mutex_);
  cluster_ = nullptr;
}

void PluginEvents::note(const host::PluginNotice& notice) {
  MutexLock lock(mutex_);
  if (!cluster_) {
    if (waiting_.size() < kMostWaiting) waiting_.push_back(notice);
    return;
  }
  Told& told = told_[concat(notice.plugin, " ", notice.reason)];
  ++told.count;
  const int64_t now = executor_.now();
  if (told.at != 0 && now - told.at < kEvery) return;
  told.at = now;
  const int32_t count = std::exchange(told.count, 0);
  executor_.post([self = shared_from_this(), cluster = cluster_, notice, count] {
    {
      MutexLock inner(self->mutex_);
      if (!self->cluster_) return;
    }
    spawn(self->write(*cluster, notice, count));
  });
}

Task<void> PluginEvents::write(bus::Cluster& cluster, host::PluginNotice notice, int32_t count) {
  auto self = shared_from_this();
  bus::Target target;
  target.kind = kinds_.find("", "v1", "events");
  if (!target.kind) co_return;
  target.ns = "default";
  const int64_t now = executor_.wallNow();
  const std::string time = object::formatTime(now);
  char suffix[20];
  std::snprintf(suffix, sizeof suffix, ".%016llx", static_cast<unsigned long long>(now));
  const std::string name = notice.plugin + suffix;
  Ref<object::Message> body = object::makeMessage<core_v1::Event>([&](core_v1::Event::Builder event) {
    auto meta = event.initMetadata();
    meta.setName(name);
    meta.setNamespace("default");
    auto about = event.initInvolvedObject();
    about.setApiVersion("cleat.dev/v1");
    about.setKind("Plugin");
    about.setName(notice.plugin);
    event.setReason(notice.reason);
    event.setMessage(notice.message);
    event.setType(notice.warning ? "Warning" : "Normal");
    event.initSource().setComponent(kComponent);
    event.setReportingComponent(kComponent);
    event.setFirstTimestamp(time);
    event.setLastTimestamp(time);
    event.setCount(count);
  });
  bus::WriteOptions options;
  options.fieldManager = kComponent;
  auto written = co_await cluster.create(ourselves(), std::move(target), std::move(body), std::move(options));
  if (!written)
    base::log(base::LogLevel::debug, "app", "no event for " + notice.plugin + ": " + written.error().message);
}

}  // namespace cleat::app
