#include "core/bus/local_subscription.h"

#include <utility>

#include "core/bus/pending_conversion.h"

namespace cleat::bus {
namespace {

// Objects looked at in one `next`, so that a selector that matches few of many does not keep the caller's thread.
constexpr size_t kMaxVisited = 10'000;

ClusterChange::Type clusterType(ChangeType type) {
  switch (type) {
    case ChangeType::added: return ClusterChange::Type::added;
    case ChangeType::modified: return ClusterChange::Type::modified;
    case ChangeType::deleted: return ClusterChange::Type::deleted;
  }
  std::abort();
}

class StoreSubscription final : public Subscription {
 public:
  StoreSubscription(base::Executor& clock, store::Store& store, Hub& hub, WatchSpec spec)
      : clock_(clock), store_(store), hub_(hub), spec_(std::move(spec)), listing_(store.snapshot()) {}

  std::vector<ClusterChange> next(size_t max) override;
  void onReady(std::function<void()> ready) override;
  std::optional<Status> failure() const override { return failure_; }

 private:
  bool matches(const object::Object& object) const;
  void list(size_t max, std::vector<ClusterChange>& changes);
  void endList(std::vector<ClusterChange>& changes);
  void follow(size_t max, std::vector<ClusterChange>& changes);
  void restart(std::vector<ClusterChange>& changes);

  base::Executor& clock_;
  store::Store& store_;
  Hub& hub_;
  const WatchSpec spec_;
  // While listing; null afterwards.
  store::SnapshotRef listing_;
  ObjectRef lastListed_;
  PendingConversion conversion_;
  bool listedAll_ = false;
  std::unique_ptr<Watch> watch_;
  uint64_t bookmark_ = 0;
  int64_t bookmarkTime_ = 0;
  std::optional<Status> failure_;
};

std::vector<ClusterChange> StoreSubscription::next(size_t max) {
  std::vector<ClusterChange> changes;
  if (max == 0) return changes;
  if (listing_) list(max, changes);
  if (!listing_ && !failure_ && changes.size() < max) follow(max - changes.size(), changes);
  return changes;
}

bool StoreSubscription::matches(const object::Object& object) const {
  return !object.knownProblem() && (spec_.fields.empty() || spec_.fields.matches(object)) &&
         (spec_.labels.matchesEverything() || spec_.labels.matches(object.message()->meta().getLabels()));
}

void StoreSubscription::list(size_t max, std::vector<ClusterChange>& changes) {
  if (!conversion_.settled()) return;
  if ((failure_ = conversion_.failure())) return;
  if (!listedAll_) {
    std::optional<store::Snapshot::Position> after;
    if (lastListed_) after = {lastListed_->ns(), lastListed_->name()};
    ObjectRef last;
    size_t visited = 0;
    bool stopped = false;
    listing_->visit(*spec_.kind, spec_.ns, after ? &*after : nullptr, [&](const ObjectRef& stored) {
      if (conversion_.needs(stored, *spec_.kind)) return !conversion_.full();
      if (!conversion_.empty()) return true;
      last = stored;
      ObjectRef object = stored->as(*spec_.kind);
      if (matches(*object)) changes.push_back({ClusterChange::Type::added, object->revision(), object});
      stopped = changes.size() >= max || ++visited >= kMaxVisited;
      return !stopped;
    });
    if (last) lastListed_ = std::move(last);
    listedAll_ = !stopped && conversion_.empty();
    conversion_.start(spec_.convert);
  }
  if (listedAll_ && changes.size() < max) endList(changes);
}

void StoreSubscription::endList(std::vector<ClusterChange>& changes) {
  WatchSpec spec = spec_;
  spec.afterRevision = listing_->revision();
  auto watch = hub_.watch(std::move(spec));
  if (!watch && watch.error().is(410)) return restart(changes);
  if (!watch) {
    failure_ = watch.error();
    return;
  }
  watch_ = std::move(*watch);
  bookmark_ = listing_->revision();
  bookmarkTime_ = clock_.now();
  changes.push_back({ClusterChange::Type::synced, bookmark_, nullptr});
  listing_ = {};
  lastListed_ = {};
}

void StoreSubscription::follow(size_t max, std::vector<ClusterChange>& changes) {
  auto next = watch_->next(max);
  if (!next && next.error().is(410)) return restart(changes);
  if (!next) {
    failure_ = next.error();
    return;
  }
  for (Change& change : *next) changes.push_back({clusterType(change.type), change.revision, std::move(change.object)});
  if (!next->empty() || watch_->cursor() == bookmark_) return;
  if (int64_t now = clock_.now(); now - bookmarkTime_ >= kBookmarkNs) {
    bookmark_ = watch_->cursor();
    bookmarkTime_ = now;
    changes.push_back({ClusterChange::Type::synced, bookmark_, nullptr});
  }
}

// History was overtaken: everything again, from the present.
void StoreSubscription::restart(std::vector<ClusterChange>& changes) {
  watch_ = nullptr;
  listing_ = store_.snapshot();
  lastListed_ = {};
  listedAll_ = false;
  changes.push_back({ClusterChange::Type::restarted, listing_->revision(), nullptr});
}

void StoreSubscription::onReady(std::function<void()> ready) {
  if (listing_ && conversion_.onReady(ready)) return;
  if (listing_ || failure_) return ready();
  watch_->onReady(std::move(ready));
}

}  // namespace

std::unique_ptr<Subscription> subscribeToStore(base::Executor& clock, store::Store& store, Hub& hub, WatchSpec spec) {
  return std::make_unique<StoreSubscription>(clock, store, hub, std::move(spec));
}

}  // namespace cleat::bus
