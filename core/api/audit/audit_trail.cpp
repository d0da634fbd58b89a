#include "core/api/audit/audit_trail.h"

#include <cleat/schema/role/audit.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/base/log.h"

namespace cleat::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// As kube-apiserver has them: events that wait, events of one batch, and how long a batch that is not full waits.
constexpr size_t kMostQueued = 10'000, kMostInBatch = 400;
constexpr size_t kMostBytesInBatch = 8u << 20;
constexpr milliseconds kGathers{200};
constexpr milliseconds kFirstRetry{500}, kLongestRetry{30'000};
constexpr std::chrono::seconds kTimeout{30};

}  // namespace

AuditTrail::AuditTrail(base::Executor& executor, gate::Gate& gate, AuditOptions options)
    : executor_(executor), gate_(gate), options_(std::move(options)) {
  if (!options_.metrics) return;
  events_ = &options_.metrics->counter("apiserver_audit_event_total", "Events of the audit log.");
  dropped_ = &options_.metrics->counter("cleat_audit_dropped_total", "Events that no queue had room for.");
  failed_ = &options_.metrics->counter("cleat_audit_failed_batches_total", "Batches that a plugin did not keep.");
}

void AuditTrail::add(std::string event) {
  if (stopped_.load(std::memory_order_acquire)) return;
  if (events_) events_->add();
  const Text text = std::make_shared<const std::string>(std::move(event));
  const std::vector<std::string> plugins = gate_.auditSinks();
  MutexLock lock(mutex_);
  for (const std::string& plugin : plugins) {
    Sink& sink = sinks_[plugin];
    if (sink.queue.size() >= kMostQueued) {
      ++sink.dropped;
      if (dropped_) dropped_->add();
      continue;
    }
    sink.queue.push_back(text);
    if (!sink.writing) writeSoon(plugin);
  }
}

// A batch gathers for a moment, so that a busy server does not ask for every event.
void AuditTrail::writeSoon(const std::string& plugin) {
  sinks_[plugin].writing = true;
  executor_.after(kGathers, [weak = weak_from_this(), plugin] {
    if (auto self = weak.lock()) spawn(writeBatches(self, plugin));
  });
}

std::vector<AuditTrail::Text> AuditTrail::nextBatch(const std::string& plugin) {
  std::vector<Text> batch;
  MutexLock lock(mutex_);
  size_t bytes = 0;
  Sink& sink = sinks_[plugin];
  for (const Text& event : sink.queue) {
    bytes += event->size();
    if (batch.size() == kMostInBatch || (!batch.empty() && bytes > kMostBytesInBatch)) break;
    batch.push_back(event);
  }
  if (batch.empty()) {
    sink.writing = false;
    idle_.notifyAll();
  }
  return batch;
}

nanoseconds AuditTrail::took(const std::string& plugin, size_t events, const gate::RoleAnswer& answer) {
  MutexLock lock(mutex_);
  Sink& sink = sinks_[plugin];
  if (answer.status == CLEAT_OK) {
    sink.queue.erase(sink.queue.begin(), sink.queue.begin() + static_cast<std::ptrdiff_t>(events));
    if (sink.failures > 0) base::log(base::LogLevel::info, plugin, "the audit log is kept again");
    sink.failures = 0;
    sink.error.clear();
    return nanoseconds(0);
  }
  if (failed_) failed_->add();
  sink.error = answer.error ? answer.error->message : "it did not say why";
  if (sink.failures == 0) base::log(base::LogLevel::error, plugin, "cannot keep the audit log: " + sink.error);
  idle_.notifyAll();
  const milliseconds wait = kFirstRetry * (1 << std::min<uint32_t>(sink.failures++, 10));
  return std::min(wait, kLongestRetry);
}

bool AuditTrail::hasLeft(const std::string& plugin) {
  MutexLock lock(mutex_);
  const std::vector<std::string> plugins = gate_.auditSinks();
  if (std::ranges::find(plugins, plugin) != plugins.end()) return false;
  auto sink = sinks_.find(plugin);
  if (sink == sinks_.end()) return true;
  if (dropped_) dropped_->add(sink->second.queue.size());
  sinks_.erase(sink);
  idle_.notifyAll();
  return true;
}

Task<void> AuditTrail::writeBatches(std::shared_ptr<AuditTrail> self, std::string plugin) {
  for (;;) {
    const std::vector<Text> batch = self->nextBatch(plugin);
    if (batch.empty()) co_return;
    gate::RoleAnswer answer = co_await self->write(plugin, batch);
    if (self->stopped_.load(std::memory_order_acquire)) co_return;
    if (answer.status != CLEAT_OK && self->hasLeft(plugin)) co_return;
    const nanoseconds wait = self->took(plugin, batch.size(), answer);
    if (wait.count() == 0) continue;
    self->executor_.after(wait, [weak = self->weak_from_this(), plugin] {
      if (auto later = weak.lock()) spawn(writeBatches(later, plugin));
    });
    co_return;
  }
}

Task<gate::RoleAnswer> AuditTrail::write(std::string plugin, std::vector<Text> events) {
  gate::RoleCall call = gate::makeCall(role::audit::write, [&](role::WriteAuditParams::Builder params) {
    auto list = params.initEvents(static_cast<uint32_t>(events.size()));
    for (uint32_t i = 0; i < list.size(); ++i) list.set(i, *events[i]);
  });
  call.timeoutNs = nanoseconds(kTimeout).count();
  co_return co_await gate_.askAuditSink(plugin, std::move(call));
}

Task<Result<void>> AuditTrail::keep(std::shared_ptr<AuditTrail> self, std::string event) {
  if (self->events_) self->events_->add();
  const std::vector<Text> batch{std::make_shared<const std::string>(std::move(event))};
  const std::vector<std::string> plugins = self->gate_.auditSinks();
  for (const std::string& plugin : plugins) {
    gate::RoleAnswer answer = co_await self->write(plugin, batch);
    if (answer.status == CLEAT_OK) continue;
    const std::string why = answer.error ? answer.error->message : "it did not say why";
    MutexLock lock(self->mutex_);
    self->sinks_[plugin].error = why;
    co_return fail(Status::internal(concat("Internal error occurred: the audit log cannot be kept: ", why)));
  }
  MutexLock lock(self->mutex_);
  for (auto& [plugin, sink] : self->sinks_) {
    if (sink.failures == 0) sink.error.clear();
  }
  co_return Result<void>();
}

std::string AuditTrail::trouble() const {
  std::string text;
  const std::vector<std::string> plugins = gate_.auditSinks();
  MutexLock lock(mutex_);
  for (const auto& [plugin, sink] : sinks_) {
    if (std::ranges::find(plugins, plugin) == plugins.end()) continue;
    if (sink.error.empty() && sink.dropped == 0) continue;
    text += concat(text.empty() ? "" : "; ", plugin, ": ", sink.error);
    if (sink.dropped > 0) text += concat(sink.error.empty() ? "" : ", ", sink.dropped, " events were dropped");
  }
  return text;
}

void AuditTrail::drain(nanoseconds longest) {
  MutexLock lock(mutex_);
  (void)idle_.waitFor(mutex_, longest, [this]() CLEAT_REQUIRES(mutex_) {
    return std::ranges::none_of(sinks_, [](const auto& each) { return each.second.writing && !each.second.failures; });
  });
}

void AuditTrail::stop() { stopped_.store(true, std::memory_order_release); }

}  // namespace cleat::api
