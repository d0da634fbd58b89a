#include <cleat/sdk/expectations.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat {

Expectations::Expectations(AnyInformer& owners, AnyInformer& owned) : owners_(owners), owned_(owned) {
  owners.onChange([this](const AnyRef& before, const AnyRef& now) {
    if (!now) forget(before.uid());
  });
  owned.onChange([this](const AnyRef& before, const AnyRef& now) { seen(before, now); });
}

// None for an owner that has gone meanwhile: nobody would ever forget it.
Expectations::Ahead* Expectations::aheadOf(const AnyRef& owner) {
  AnyRef known = owners_.get(owner.key());
  return known && known.uid() == owner.uid() ? &ahead_[str(owner.uid())] : nullptr;
}

void Expectations::created(const AnyRef& owner, const AnyRef& object) {
  if (owned_.revision() >= object.revision()) return;
  if (Ahead* ahead = aheadOf(owner)) ahead->created[str(object.uid())] = object.revision();
}

void Expectations::updated(const AnyRef& owner, const AnyRef& object) {
  if (owned_.revision() >= object.revision()) return;
  if (Ahead* ahead = aheadOf(owner)) ahead->updated = std::max(ahead->updated, object.revision());
}

void Expectations::deleting(const AnyRef& owner, const AnyRef& object) {
  AnyRef known = owned_.get(object.key());
  if (known.uid() != object.uid() || deletionPending(known.meta())) return;  // there is no news to wait for
  Ahead* ahead = aheadOf(owner);
  if (ahead == nullptr) return;
  ahead->deleted.insert(str(object.uid()));
  deleted_[str(object.uid())] = str(owner.uid());
}

void Expectations::notDeleted(const AnyRef& object) {
  auto found = deleted_.find(object.uid());
  if (found == deleted_.end()) return;
  if (auto ahead = ahead_.find(found->second); ahead != ahead_.end()) ahead->second.deleted.erase(found->first);
  deleted_.erase(found);
}

void Expectations::seen(const AnyRef& before, const AnyRef& now) {
  if (!now || deletionPending(now.meta())) notDeleted(now ? now : before);
}

// What the informer has passed is no longer expected.
Expectations::Ahead* Expectations::settled(std::string_view ownerUid) {
  auto found = ahead_.find(ownerUid);
  if (found == ahead_.end()) return nullptr;
  Ahead& ahead = found->second;
  const uint64_t revision = owned_.revision();
  std::erase_if(ahead.created, [revision](const auto& object) { return object.second <= revision; });
  if (!ahead.created.empty() || !ahead.deleted.empty() || ahead.updated > revision) return &ahead;
  ahead_.erase(found);
  return nullptr;
}

size_t Expectations::unseen(std::string_view ownerUid) {
  Ahead* ahead = settled(ownerUid);
  return ahead == nullptr ? 0 : ahead->created.size();
}

bool Expectations::met(std::string_view ownerUid) { return settled(ownerUid) == nullptr; }

void Expectations::forget(std::string_view ownerUid) {
  auto found = ahead_.find(ownerUid);
  if (found == ahead_.end()) return;
  for (const std::string& uid : found->second.deleted) deleted_.erase(uid);
  ahead_.erase(found);
}

}  // namespace cleat
