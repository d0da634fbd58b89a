// Which objects belong to which owner, by their controlling owner reference: the pods of a ReplicaSet, the revisions of
// a DaemonSet. Takes what an owner's selector matches and belongs to nobody, and lets go of what it matches no longer,
// as the controllers of Kubernetes do.
//
//   Informer<ReplicaSet> sets_{context()};
//   Informer<Pod> pods_{context()};
//   Ownership<ReplicaSet, Pod> owned_{context(), sets_, pods_};     // before the informers are started
//   …
//   owned_.watch(controller());                             // in `watch`: a pod that changed is its owner's business
//   Claim<Pod> claim{.selector = selector, .concerns = isActive};
//   CLEAT_CO_TRY(bool stays, co_await owned_.settle(set, std::move(claim)));   // in `reconcile`
//   if (!stays) co_return Reconciled();
//   for (const Object<Pod>& pod : owned_.of(set)) …
//
// A new owner of a pod without one may be any of its namespace whose `spec.selector` matches; where owners have none,
// as CronJobs, they take nothing over. All on one strand. It must outlive neither informer.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>

#include <concepts>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cleat {

// The selector in an owner's spec, whether it is one with expressions or a mere map as that of a ReplicationController.
template <class K>
Result<LabelSelector> selectorOf(const Object<K>& owner) {
  auto selector = owner->getSpec().getSelector();
  if constexpr (std::same_as<decltype(selector), meta_v1::LabelSelector::Reader>) {
    return LabelSelector::compile(selector);
  } else {
    return LabelSelector::fromMap(selector);
  }
}

// Which objects an owner lays claim to.
template <class Owned>
struct Claim {
  LabelSelector selector;  // one that matches everything takes nothing over
  // What else an object must be. None: nothing else.
  std::function<bool(const Object<Owned>&)> fits{};
  // Others stay as they are, whoever owns them. None: it is about all of them.
  std::function<bool(const Object<Owned>&)> concerns{};
  // Given to what is taken over, and taken from what is let go. Empty: none.
  std::string finalizer{};
  // The caller knows that there is nothing to let go of, and spares a look at all that the owner has.
  bool keepsAll = false;
};

// Whether an object's controller is of that kind, or it has none: for the informer of who asks for nothing else,
// `Informer<Pod> pods_{context(), {.only = mayBelongTo<ReplicaSet>}}`.
template <class Owner>
bool mayBelongTo(const AnyRef& object) {
  auto owner = controllerOf(object.meta());
  return !owner || view(owner->getKind()) == KindOf<Owner>::resource.kind;
}

// The same for kinds that are known only at run time.
class AnyOwnership {
 public:
  using SelectorOf = std::function<Result<LabelSelector>(const AnyRef& owner)>;
  AnyOwnership(Context& context, AnyInformer& owners, AnyInformer& owned, SelectorOf selectorOf);

  // The keys of the owners that a change concerns.
  std::vector<std::string> ownersConcerned(const AnyRef& before, const AnyRef& now) const;
  // The key of the owner, or for an object without one of those that may take it.
  std::vector<std::string> ownersOf(const AnyRef& object) const;

  void forEach(std::string_view ownerUid, const std::function<void(const AnyRef&)>& visit) const;
  void forEachFree(std::string_view ns, const std::function<void(const AnyRef&)>& visit) const;
  Task<Result<bool>> settle(AnyRef owner, Claim<meta_v1::AnyObject> claim);

 private:
  using Drafts = std::vector<Draft<meta_v1::AnyObject>>;
  Drafts taken(const AnyRef& owner, const Claim<meta_v1::AnyObject>& claim) const;
  void letGo(const AnyRef& owner, const Claim<meta_v1::AnyObject>& claim, Drafts& changed) const;

  AnyClient client_;
  AnyInformer& owners_;
  AnyInformer& owned_;
  SelectorOf selectorOf_;
};

template <class Owner, class Owned>
class Ownership {
 public:
  Ownership(Context& context, Informer<Owner>& owners, Informer<Owned>& owned)
      : any_(context, owners.any(), owned.any(), selectors()), owned_(owned) {}

  // Every change of an object wakes the owner that it has or had, and where its labels or its owner changed and it has
  // none those that may take it. Starts the informer of the owned.
  void watch(Controller& controller) {
    owned_.any().onChange([this, &controller](const AnyRef& before, const AnyRef& now) {
      for (const std::string& key : any_.ownersConcerned(before, now)) controller.enqueue(key);
    });
    controller.needs(owned_);
  }
  // For those who watch otherwise: whom a change wakes in that way.
  std::vector<std::string> ownersConcerned(const Object<Owned>& before, const Object<Owned>& now) const {
    return any_.ownersConcerned(before, now);
  }

  // What has the owner as its controller, whatever its labels, in the order of the keys.
  std::vector<Object<Owned>> of(const Object<Owner>& owner) const {
    std::vector<Object<Owned>> all;
    any_.forEach(owner.uid(), [&](const AnyRef& object) { all.emplace_back(object); });
    return all;
  }

  // What has no controller in a namespace, in the order of the keys.
  std::vector<Object<Owned>> free(std::string_view ns) const {
    std::vector<Object<Owned>> all;
    any_.forEachFree(ns, [&](const AnyRef& object) { all.emplace_back(object); });
    return all;
  }

  // Takes over and lets go what there is to; what follows may count on seeing it in `of`. False: there was something to
  // take, and the API says that the owner is being deleted or gone. Its informer will show that; until then nothing is
  // to be made for it, least of all in place of what has just been taken from it. Not for an owner that the informer
  // shows as being deleted.
  Task<Result<bool>> settle(const Object<Owner>& owner, Claim<Owned> claim) {
    return any_.settle(owner, {std::move(claim.selector), typeless(std::move(claim.fits)),
                               typeless(std::move(claim.concerns)), std::move(claim.finalizer), claim.keepsAll});
  }

 private:
  static AnyOwnership::SelectorOf selectors() {
    if constexpr (requires(const Object<Owner>& owner) { owner->getSpec().getSelector(); }) {
      return [](const AnyRef& owner) { return selectorOf(Object<Owner>(owner)); };
    } else {
      return {};
    }
  }
  static std::function<bool(const Object<meta_v1::AnyObject>&)> typeless(
      std::function<bool(const Object<Owned>&)> question) {
    if (!question) return {};
    return [question = std::move(question)](const AnyRef& object) { return question(Object<Owned>(object)); };
  }

  AnyOwnership any_;
  Informer<Owned>& owned_;
};

}  // namespace cleat
