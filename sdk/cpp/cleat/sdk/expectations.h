// What a controller has written for its owners, and its informer has not shown yet. Without it a reconcile that comes
// between the answer to a creation and the news of it would make the same pod again.
//
//   Expectations ahead_{sets_.any(), pods_.any()};   // before the informers are started
//   …
//   auto pod = co_await client_.create<Pod>(…);
//   if (pod) ahead_.created(set, *pod);
//   ahead_.deleting(set, pod);                       // before the request
//   …
//   if (!ahead_.met(set.uid())) …                    // act another time
//
// An informer shows changes in the order of their revisions, so what was created at a revision that it has passed is
// over, even where it came and went while history was lost. That alone wakes nobody: a reconcile that finds something
// expected looks again after kLookAgain. What was kept for an owner goes with it. Bounded by what is under way.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/text_table.h>

#include <string>
#include <string_view>

namespace cleat {

class Expectations {
 public:
  static constexpr Duration kLookAgain = std::chrono::seconds(5);

  Expectations(AnyInformer& owners, AnyInformer& owned);

  // An answer has brought it.
  void created(const AnyRef& owner, const AnyRef& object);
  void updated(const AnyRef& owner, const AnyRef& object);
  // It is about to be deleted; and the deletion was refused.
  void deleting(const AnyRef& owner, const AnyRef& object);
  void notDeleted(const AnyRef& object);

  // How many creations are not shown yet.
  size_t unseen(std::string_view ownerUid);
  // Whether it was deleted, or is about to be, and does not show it.
  bool isDeleting(const AnyRef& object) const { return deleted_.contains(object.uid()); }
  // Whether the informer shows all that was written for the owner.
  bool met(std::string_view ownerUid);

 private:
  struct Ahead {
    TextTable<uint64_t> created;  // by uid, the revision
    TextSet deleted;              // uids
    uint64_t updated = 0;
  };
  Ahead* aheadOf(const AnyRef& owner);
  Ahead* settled(std::string_view ownerUid);
  void seen(const AnyRef& before, const AnyRef& now);
  void forget(std::string_view ownerUid);

  AnyInformer& owners_;
  AnyInformer& owned_;
  TextTable<Ahead> ahead_;          // by the owner's uid
  TextTable<std::string> deleted_;  // the owner of what is about to go, by its uid
};

}  // namespace cleat
