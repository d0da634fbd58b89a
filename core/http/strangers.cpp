#include "core/http/strangers.h"

#include <utility>

namespace cleat::http {

Strangers::Admission Strangers::admit(std::string origin) {
  Admission admission;
  MutexLock lock(mutex_);
  auto entry = origins_.try_emplace(std::move(origin)).first;
  Origin& own = entry->second;
  bool fits = true;
  if (own.places >= limits_.connectionsOfOne) {
    admission.putOut = putOutOf(own);
    fits = static_cast<bool>(admission.putOut);
  } else if (places_ >= limits_.connections) {
    Origin* from = largest();
    if (from) admission.putOut = putOutOf(*from);
    fits = static_cast<bool>(admission.putOut);
  }
  if (!fits) {
    if (own.holders == 0) origins_.erase(entry);
    return admission;
  }
  std::unique_ptr<Place> place(new Place(shared_from_this(), entry));
  ++own.holders;
  ++own.places;
  ++places_;
  place->counted_ = true;
  place->movedAt_ = ++moves_;
  place->position_ = own.waiting.insert(own.waiting.end(), place.get());
  place->waits_ = true;
  admission.place = std::move(place);
  return admission;
}

std::function<void()> Strangers::takeOne() {
  MutexLock lock(mutex_);
  Origin* from = largest();
  return from ? putOutOf(*from) : nullptr;
}

size_t Strangers::connections() const {
  MutexLock lock(mutex_);
  return places_;
}

// The place stays, without counting any more, until its connection has noticed.
std::function<void()> Strangers::putOutOf(Origin& origin) {
  for (auto each = origin.waiting.begin(); each != origin.waiting.end(); ++each) {
    Place& place = **each;
    if (!place.putOut_) continue;  // nobody could be told
    origin.waiting.erase(each);
    place.waits_ = place.counted_ = false;
    --origin.places;
    --places_;
    return std::exchange(place.putOut_, nullptr);
  }
  return nullptr;
}

// Of those that have the same number the one whose first has waited longest.
Strangers::Origin* Strangers::largest() {
  Origin* found = nullptr;
  for (auto& [key, origin] : origins_) {
    if (origin.waiting.empty()) continue;
    bool more = !found || origin.places > found->places;
    bool older =
        found && origin.places == found->places && origin.waiting.front()->movedAt_ < found->waiting.front()->movedAt_;
    if (more || older) found = &origin;
  }
  return found;
}

Strangers::Place::~Place() {
  endRequest();
  hold(0);
  MutexLock lock(all_->mutex_);
  Origin& origin = origin_->second;
  if (waits_) origin.waiting.erase(position_);
  if (counted_) {
    --origin.places;
    --all_->places_;
  }
  // One that lost its place may be the last that still names the origin.
  --origin.holders;
  if (origin.holders == 0) all_->origins_.erase(origin_);
}

void Strangers::Place::onPutOut(std::function<void()> putOut) {
  MutexLock lock(all_->mutex_);
  putOut_ = std::move(putOut);
}

void Strangers::Place::moved() {
  MutexLock lock(all_->mutex_);
  movedAt_ = ++all_->moves_;
  std::list<Place*>& waiting = origin_->second.waiting;
  if (waits_) waiting.splice(waiting.end(), waiting, position_);
}

bool Strangers::Place::beginRequest() {
  MutexLock lock(all_->mutex_);
  Origin& origin = origin_->second;
  const StrangerLimits& limits = all_->limits_;
  if (working_ || !counted_) return counted_;
  if (all_->requests_ >= limits.requests || origin.requests >= limits.requestsOfOne) return false;
  ++all_->requests_;
  ++origin.requests;
  working_ = true;
  origin.waiting.erase(position_);
  waits_ = false;
  return true;
}

void Strangers::Place::endRequest() {
  MutexLock lock(all_->mutex_);
  if (!working_) return;
  Origin& origin = origin_->second;
  --all_->requests_;
  --origin.requests;
  working_ = false;
  movedAt_ = ++all_->moves_;
  position_ = origin.waiting.insert(origin.waiting.end(), this);
  waits_ = true;
}

bool Strangers::Place::hold(size_t bytes) {
  MutexLock lock(all_->mutex_);
  Origin& origin = origin_->second;
  all_->bytes_ += bytes - bytes_;
  origin.bytes += bytes - bytes_;
  bytes_ = bytes;
  return all_->bytes_ <= all_->limits_.bytes && origin.bytes <= all_->limits_.bytesOfOne;
}

}  // namespace cleat::http
