#include <cleat/sdk/mutex.h>

#include <utility>

#include "core/base/check.h"
#include "core/base/one_at_a_time.h"
#include "core/bus/pending_conversion.h"
#include "core/bus/waiting_room.h"
#include "core/bus/watch.h"
#include "core/store/history.h"
#include "core/store/prepared.h"

namespace cleat::bus {
namespace {

using object::ObjectRef;

Status tooOld(uint64_t revision, uint64_t current) {
  return Status::gone("too old resource version: " + std::to_string(revision) + " (" + std::to_string(current) + ")");
}

// The waiting rooms of all resources. Shared by the hub, its watches and the store's listener, whichever lives longest.
class House {
 public:
  WaitingRoom& roomOf(const object::StoredResource& resource) {
    MutexLock lock(mutex_);
    if (rooms_.size() <= resource.id) rooms_.resize(resource.id + 1);
    if (!rooms_[resource.id]) rooms_[resource.id] = std::make_unique<Room>(resource);
    return rooms_[resource.id]->waiting;
  }

  // By the store's committer.
  void wake(std::span<const Change> changes) {
    if (changes.empty()) return;
    base::OneAtATime::Turn turn(waking_, "the committer alone wakes");
    const uint64_t batch = changes.back().revision;
    for (const Change& change : changes) {
      Room* room = existingRoom(*change.object->kind().storage);
      if (room == nullptr || std::exchange(room->wokenAt, batch) == batch) continue;
      room->waiting.wakeAll();
    }
  }

  // From any thread.
  void wakeWhereKindsChanged(const object::Catalogue& latest) {
    std::vector<WaitingRoom*> changed;  // rooms stay
    {
      MutexLock lock(mutex_);
      for (const std::unique_ptr<Room>& room : rooms_) {
        if (!room) continue;
        object::KindRef now = latest.storageKind(*room->resource);
        if (room->kind != now) changed.push_back(&room->waiting);
        room->kind = std::move(now);
      }
    }
    for (WaitingRoom* room : changed) room->wakeAllFromAnywhere();
  }

 private:
  struct Room {
    explicit Room(const object::StoredResource& of) : resource(Ref<const object::StoredResource>::share(&of)) {}
    Ref<const object::StoredResource> resource;
    object::KindRef kind;  // that objects are stored in, when that was last looked at
    WaitingRoom waiting;
    uint64_t wokenAt = 0;  // the committer's: the batch it was woken for
  };
  Room* existingRoom(const object::StoredResource& resource) {
    ReaderLock lock(mutex_);
    return resource.id < rooms_.size() ? rooms_[resource.id].get() : nullptr;
  }

  base::OneAtATime waking_;
  SharedMutex mutex_;
  std::vector<std::unique_ptr<Room>> rooms_ CLEAT_GUARDED_BY(mutex_);  // by the id of the resource
};

// What cannot be read nobody sees, as in a list.
bool matches(const WatchSpec& spec, const object::Object& object) {
  return !object.knownProblem() && (spec.ns.empty() || object.ns() == spec.ns) &&
         (spec.fields.empty() || spec.fields.matches(*object.as(*spec.kind))) &&
         (spec.labels.matchesEverything() || spec.labels.matches(object.message()->meta().getLabels()));
}

// The change as one sees it who only sees what matches; nothing if it is none of theirs.
std::optional<Change> asSeenBy(const WatchSpec& spec, const Change& change) {
  bool before = change.previous && matches(spec, *change.previous);
  bool after = change.type != ChangeType::deleted && matches(spec, *change.object);
  if (!before && !after) return std::nullopt;
  if (before && after) return change;
  if (after) return Change{ChangeType::added, change.revision, change.object, nullptr};
  if (change.type == ChangeType::deleted) return change;
  // It left their sight: the last state they could see, at the revision of the change. In their version already, where
  // a copy could not be converted without the plugin.
  ObjectRef seen = change.previous;
  if (seen->kind().isConvertedTo(*spec.kind)) seen = seen->as(*spec.kind);
  ObjectRef last = store::seal(store::prepareCopy(*seen), change.revision);
  return Change{ChangeType::deleted, change.revision, std::move(last), change.previous};
}

class HubWatch final : public Watch {
 public:
  HubWatch(std::shared_ptr<House> house, store::Store& store, WatchSpec spec)
      : house_(std::move(house)), room_(house_->roomOf(*spec.kind->storage)), store_(store),
        history_(store.history(*spec.kind)), spec_(std::move(spec)), cursor_(spec_.afterRevision) {}

  ~HubWatch() override {
    room_.leave(guest_);
    guest_->signal.cancel();
  }

  Result<std::vector<Change>> next(size_t max) override;
  uint64_t cursor() const override { return cursor_; }
  void onReady(std::function<void()> ready) override;
  // 410 when history does not reach back to the cursor.
  Result<void> check() const;

 private:
  // Whether a plugin has to convert it first.
  bool waitsForConversion(const Change& change);

  std::shared_ptr<House> house_;
  WaitingRoom& room_;
  store::Store& store_;
  const store::History& history_;
  const WatchSpec spec_;
  uint64_t cursor_;
  PendingConversion conversion_;
  WaitingRoom::GuestRef guest_ = std::make_shared<WaitingRoom::Guest>();
};

Result<void> HubWatch::check() const {
  if (history_.horizon() <= cursor_) return {};
  return fail(tooOld(cursor_, store_.revision()));
}

bool HubWatch::waitsForConversion(const Change& change) {
  if (!spec_.ns.empty() && change.object->ns() != spec_.ns) return false;
  const bool before = conversion_.needs(change.previous, *spec_.kind);
  return conversion_.needs(change.object, *spec_.kind) || before;
}

Result<std::vector<Change>> HubWatch::next(size_t max) {
  std::vector<Change> seen;
  if (!conversion_.settled()) return seen;
  if (const auto& failure = conversion_.failure()) return fail(*failure);
  // Not beyond what is published: whoever hears of a change must be able to read it.
  uint64_t upTo = store_.revision();
  if (upTo <= cursor_ || max == 0) return seen;
  uint64_t reached = upTo, given = cursor_;
  bool whole = history_.visit(cursor_, upTo, [&](const Change& change) {
    if (waitsForConversion(change)) return !conversion_.full();
    if (!conversion_.empty()) return true;
    given = change.revision;
    if (auto mine = asSeenBy(spec_, change)) {
      mine->object = mine->object->as(*spec_.kind);
      seen.push_back(std::move(*mine));
    }
    if (seen.size() < max) return true;
    reached = change.revision;
    return false;
  });
  if (!whole) return fail(tooOld(cursor_, upTo));
  if (!conversion_.empty()) {
    cursor_ = given;
    conversion_.start(spec_.convert);
    return seen;
  }
  CHECK(reached > cursor_, "a watch never goes back");
  cursor_ = reached;
  return seen;
}

void HubWatch::onReady(std::function<void()> ready) {
  if (conversion_.onReady(ready)) return;
  WaitingRoom::GuestRef guest = guest_;
  guest->signal.set(std::move(ready));
  room_.join(guest);
  // What was published before the joining woke nobody.
  if (history_.hasAfter(cursor_, store_.revision())) guest->signal.raise();
}

class StoreHub final : public Hub {
 public:
  explicit StoreHub(store::Store& store) : store_(store) {
    store.setListener([house = house_](std::span<const Change> changes) { house->wake(changes); });
  }

  Result<std::unique_ptr<Watch>> watch(WatchSpec spec) override {
    auto watch = std::make_unique<HubWatch>(house_, store_, std::move(spec));
    CLEAT_TRY(watch->check());
    return watch;
  }

  void kindsChanged(const object::Catalogue& latest) override { house_->wakeWhereKindsChanged(latest); }

 private:
  std::shared_ptr<House> house_ = std::make_shared<House>();
  store::Store& store_;
};

}  // namespace

std::unique_ptr<Hub> Hub::make(store::Store& store) { return std::make_unique<StoreHub>(store); }

}  // namespace cleat::bus
