#include "core/bus/mirror_subscription.h"

#include <utility>

#include "core/base/check.h"

namespace cleat::bus {
namespace {

using store::ObjectMap;

ClusterChange clusterChange(const store::Change& change) {
  ClusterChange::Type type = change.type == store::ChangeType::added      ? ClusterChange::Type::added
                             : change.type == store::ChangeType::modified ? ClusterChange::Type::modified
                                                                          : ClusterChange::Type::deleted;
  return {type, change.object->revision(), change.object};
}

class MirrorSubscription final : public Subscription {
 public:
  MirrorSubscription(base::Executor& clock, std::shared_ptr<SharedWatch> watch, std::shared_ptr<void> lease)
      : clock_(clock), lease_(std::move(lease)), watch_(std::move(watch)) {}

  ~MirrorSubscription() override {
    watch_->waiting().leave(guest_);
    guest_->signal.cancel();
  }

  std::vector<ClusterChange> next(size_t max) override;
  void onReady(std::function<void()> ready) override;
  std::optional<Status> failure() const override { return watch_->state()->failure; }

 private:
  void list(size_t max, std::vector<ClusterChange>& changes);
  void follow(const SharedWatchState& state, size_t max, std::vector<ClusterChange>& changes);
  bool mayGiveSomething() const;

  base::Executor& clock_;
  std::shared_ptr<void> lease_;
  std::shared_ptr<SharedWatch> watch_;
  WaitingRoom::GuestRef guest_ = std::make_shared<WaitingRoom::Guest>();

  bool listed_ = false;
  // While listing.
  Ref<const SharedWatchState> listing_;
  ObjectRef lastListed_;
  uint64_t cursor_ = 0;
  uint64_t bookmark_ = 0;
  int64_t bookmarkTime_ = 0;
};

std::vector<ClusterChange> MirrorSubscription::next(size_t max) {
  std::vector<ClusterChange> changes;
  Ref<const SharedWatchState> state = watch_->state();
  if (max == 0 || !state->synced) return changes;
  if (!listed_) {
    if (!listing_) listing_ = state;
    list(max, changes);
  }
  if (listed_ && changes.size() < max) follow(*state, max, changes);
  return changes;
}

void MirrorSubscription::list(size_t max, std::vector<ClusterChange>& changes) {
  ObjectMap::Key from;
  if (lastListed_) from = {lastListed_->ns(), lastListed_->name()};
  auto begin = lastListed_ ? ObjectMap::Begin::after : ObjectMap::Begin::at;
  ObjectRef last;
  listing_->objects.visit(from, begin, [&](const ObjectRef& object) {
    if (changes.size() >= max) return false;
    changes.push_back({ClusterChange::Type::added, object->revision(), object});
    last = object;
    return true;
  });
  if (last) lastListed_ = std::move(last);
  if (changes.size() >= max) return;
  bookmark_ = listing_->revision;
  bookmarkTime_ = clock_.now();
  changes.push_back({ClusterChange::Type::synced, bookmark_, nullptr});
  CHECK(listing_->changes >= cursor_, "a list is not older than what was seen");
  cursor_ = listing_->changes;
  listed_ = true;
  listing_ = {};
  lastListed_ = {};
}

void MirrorSubscription::follow(const SharedWatchState& state, size_t max, std::vector<ClusterChange>& changes) {
  size_t before = changes.size();
  bool whole = watch_->history().visit(cursor_, state.changes, [&](const store::Change& change) {
    CHECK(change.revision > cursor_, "a mirror's changes come in their order");
    changes.push_back(clusterChange(change));
    cursor_ = change.revision;
    return changes.size() < max;
  });
  if (!whole) {
    listed_ = false;
    changes.push_back({ClusterChange::Type::restarted, state.revision, nullptr});
    return;
  }
  int64_t now = clock_.now();
  if (changes.size() > before || state.revision == bookmark_ || now - bookmarkTime_ < kBookmarkNs) return;
  bookmark_ = state.revision;
  bookmarkTime_ = now;
  changes.push_back({ClusterChange::Type::synced, bookmark_, nullptr});
}

bool MirrorSubscription::mayGiveSomething() const {
  Ref<const SharedWatchState> state = watch_->state();
  return state->failure || (state->synced && (!listed_ || state->changes > cursor_));
}

void MirrorSubscription::onReady(std::function<void()> ready) {
  WaitingRoom::GuestRef guest = guest_;
  guest->signal.set(std::move(ready));
  watch_->waiting().join(guest);
  if (mayGiveSomething()) guest->signal.raise();
}

}  // namespace

std::unique_ptr<Subscription> makeMirrorSubscription(base::Executor& clock, std::shared_ptr<SharedWatch> watch,
                                                     std::shared_ptr<void> lease) {
  return std::make_unique<MirrorSubscription>(clock, std::move(watch), std::move(lease));
}

}  // namespace cleat::bus
