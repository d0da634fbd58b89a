#include "core/host/watch_pump.h"

namespace cleat::host {
namespace {

uint32_t abiType(bus::ClusterChange::Type type) {
  using Type = bus::ClusterChange::Type;
  switch (type) {
    case Type::added: return CLEAT_CHANGE_ADDED;
    case Type::modified: return CLEAT_CHANGE_MODIFIED;
    case Type::deleted: return CLEAT_CHANGE_DELETED;
    case Type::synced: return CLEAT_CHANGE_SYNCED;
    case Type::restarted: break;
  }
  return CLEAT_CHANGE_RESTARTED;
}

using std::chrono::nanoseconds;
// Of what comes more often than so many times in such a span, several changes are told at once after a moment: each
// time costs every plugin that watches its turn. This ends with the first moment that has gathered few: then whoever
// makes the changes may wait to be told of each.
constexpr nanoseconds kSpan = std::chrono::milliseconds(20), kGather = std::chrono::milliseconds(5);
constexpr int kMostInSpan = 40;
constexpr size_t kWorthIt = 8;

}  // namespace

WatchPump::WatchPump(base::Executor& executor, std::shared_ptr<Link> link, uint64_t request, size_t batch,
                     std::unique_ptr<bus::Subscription> subscription, Failed failed)
    : executor_(executor.machine()), link_(std::move(link)), request_(request), batch_(batch),
      subscription_(std::move(subscription)), failed_(std::move(failed)) {}

void WatchPump::cancel() {
  std::unique_ptr<bus::Subscription> dropped;  // destroyed after the lock
  MutexLock lock(mutex_);
  dropped = std::move(subscription_);
}

void WatchPump::schedule() {
  auto pump = [self = shared_from_this()] { self->pump(); };
  const bool gathers = gathers_ || comeFast();
  gathers_ = gathers;
  gathered_ = gathers;
  if (gathers) {
    executor_.after(kGather, std::move(pump));
  } else {
    executor_.post(std::move(pump));
  }
}

bool WatchPump::comeFast() {
  const int64_t now = executor_.now();
  if (now - spanBegan_ > kSpan.count()) {
    spanBegan_ = now;
    scheduled_ = 0;
  }
  return ++scheduled_ > kMostInSpan;
}

void WatchPump::pump() {
  MutexLock lock(mutex_);
  if (!subscription_) return;
  std::vector<bus::ClusterChange> changes = subscription_->next(batch_);
  if (gathered_.exchange(false) && changes.size() < kWorthIt) {
    gathers_ = false;
    scheduled_ = 0;
  }
  if (!changes.empty()) {
    lock.unlock();
    std::vector<LinkChange> batch;
    batch.reserve(changes.size());
    for (const auto& change : changes) {
      batch.push_back({abiType(change.type), change.revision, {}});
      if (change.object) batch.back().object = change.object->message();
    }
    link_->changes(request_, std::move(batch), [self = shared_from_this()] { self->pump(); });
    return;
  }
  if (auto failure = subscription_->failure()) {
    lock.unlock();
    failed_(*failure);
    return;
  }
  subscription_->onReady([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->schedule();
  });
}

}  // namespace cleat::host
