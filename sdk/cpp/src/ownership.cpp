#include <cleat/sdk/ownership.h>

#include <algorithm>

namespace cleat {
namespace {

constexpr std::string_view kOwnerIndex = "owner";
constexpr std::string_view kNamespaceIndex = "namespace";

using meta_v1::AnyObject;

std::string orphansOf(std::string_view ns) { return concat("orphans/", ns); }

std::string_view ownerUid(const AnyRef& object) {
  auto owner = controllerOf(object.meta());
  return owner ? view(owner->getUid()) : std::string_view();
}

bool relabelled(const AnyRef& before, const AnyRef& now) {
  return capnp::toAny(before.meta().getLabels()) != capnp::toAny(now.meta().getLabels());
}

bool claims(const Claim<AnyObject>& claim, const AnyRef& object) {
  return claim.selector.matches(object) && (!claim.fits || claim.fits(Object<AnyObject>(object)));
}

bool concerns(const Claim<AnyObject>& claim, const AnyRef& object) {
  return !claim.concerns || claim.concerns(Object<AnyObject>(object));
}

}  // namespace

AnyOwnership::AnyOwnership(Context& context, AnyInformer& owners, AnyInformer& owned, SelectorOf selectorOf)
    : client_(context), owners_(owners), owned_(owned), selectorOf_(std::move(selectorOf)) {
  owned_.addIndex(str(kOwnerIndex), [](const AnyRef& object) {
    const std::string_view uid = ownerUid(object);
    return std::vector<std::string>{uid.empty() ? orphansOf(object.ns()) : str(uid)};
  });
  owners_.addIndex(str(kNamespaceIndex),
                   [](const AnyRef& object) { return std::vector<std::string>{str(object.ns())}; });
}

std::vector<std::string> AnyOwnership::ownersConcerned(const AnyRef& before, const AnyRef& now) const {
  std::vector<std::string> keys;
  const bool moved = before && now && ownerUid(before) != ownerUid(now);
  // An object without an owner is nobody's business when it goes, or when it changes in what selectors do not ask for.
  if (before && (moved || !now) && !ownerUid(before).empty()) keys = ownersOf(before);
  if (!now) return keys;
  if (ownerUid(now).empty() && before && !moved && !relabelled(before, now)) return keys;
  for (std::string& key : ownersOf(now)) keys.push_back(std::move(key));
  return keys;
}

std::vector<std::string> AnyOwnership::ownersOf(const AnyRef& object) const {
  std::vector<std::string> keys;
  if (auto owner = controllerOf(object.meta())) {
    if (view(owner->getKind()) != owners_.resource().kind) return keys;
    AnyRef known = owners_.get(keyOf(object.ns(), view(owner->getName())));
    if (known && known.uid() == view(owner->getUid())) keys.push_back(known.key());
    return keys;
  }
  if (!selectorOf_) return keys;
  owners_.forEach(kNamespaceIndex, object.ns(), [&](const AnyRef& owner) {
    Result<LabelSelector> selector = selectorOf_(owner);
    if (selector && !selector->matchesEverything() && selector->matches(object)) keys.push_back(owner.key());
  });
  return keys;
}

void AnyOwnership::forEach(std::string_view ownerUid, const std::function<void(const AnyRef&)>& visit) const {
  owned_.forEach(kOwnerIndex, ownerUid, visit);
}

void AnyOwnership::forEachFree(std::string_view ns, const std::function<void(const AnyRef&)>& visit) const {
  owned_.forEach(kOwnerIndex, orphansOf(ns), visit);
}

AnyOwnership::Drafts AnyOwnership::taken(const AnyRef& owner, const Claim<AnyObject>& claim) const {
  Drafts changed;
  if (claim.selector.matchesEverything()) return changed;
  forEachFree(owner.ns(), [&](const AnyRef& object) {
    if (deletionPending(object.meta()) || !concerns(claim, object) || !claims(claim, object)) return;
    Draft<AnyObject>& draft = changed.emplace_back(object.as<AnyObject>());
    setController(draft.meta(), owners_.resource(), owner);
    if (!claim.finalizer.empty()) addFinalizer(draft.meta(), claim.finalizer);
  });
  return changed;
}

void AnyOwnership::letGo(const AnyRef& owner, const Claim<AnyObject>& claim, Drafts& changed) const {
  owned_.forEach(kOwnerIndex, owner.uid(), [&](const AnyRef& object) {
    if (!concerns(claim, object) || claims(claim, object)) return;
    Draft<AnyObject>& draft = changed.emplace_back(object.as<AnyObject>());
    removeOwner(draft.meta(), owner.uid());
    if (!claim.finalizer.empty()) removeFinalizer(draft.meta(), claim.finalizer);
  });
}

Task<Result<bool>> AnyOwnership::settle(AnyRef owner, Claim<AnyObject> claim) {
  Drafts changed = taken(owner, claim);
  if (!changed.empty()) {
    // An owner that is being deleted must not take what its deletion has just orphaned.
    Result<AnyRef> live = co_await client_.get(owners_.resource(), owner.ns(), owner.name());
    if (!live && !live.error().is(404)) co_return fail(live.error());
    if (!live || live->uid() != owner.uid() || deletionPending(live->meta())) co_return false;
  }
  if (!claim.keepsAll) letGo(owner, claim, changed);
  uint64_t revision = 0;
  for (Draft<AnyObject>& draft : changed) {
    AnyRef object = std::move(draft).freezeAny();
    Result<AnyRef> updated = co_await client_.update(owned_.resource(), object.ns(), object.name(), "", object);
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    if (updated) revision = std::max(revision, updated->revision());
  }
  const bool seen = co_await owned_.waitFor(revision);
  if (!seen) {
    co_return fail(Status::timeout(concat("the ", owned_.resource().resource, " taken over or let go are not seen")));
  }
  co_return true;
}

}  // namespace cleat
