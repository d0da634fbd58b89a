#include "owner_references.h"

#include <cleat/sdk/meta.h>

namespace cleat {
namespace {

bool blocks(meta_v1::OwnerReference::Reader owner) { return valueOr(owner.getBlockOwnerDeletion(), false); }

bool sameFlag(meta_v1::BoolValue::Reader a, meta_v1::BoolValue::Reader b) {
  return isSet(a) == isSet(b) && a.getValue() == b.getValue();
}

bool sameOwner(meta_v1::OwnerReference::Reader a, meta_v1::OwnerReference::Reader b) {
  return view(a.getUid()) == view(b.getUid()) && view(a.getName()) == view(b.getName()) &&
         view(a.getKind()) == view(b.getKind()) && view(a.getApiVersion()) == view(b.getApiVersion()) &&
         sameFlag(a.getController(), b.getController()) &&
         sameFlag(a.getBlockOwnerDeletion(), b.getBlockOwnerDeletion());
}

}  // namespace

bool sameOwners(Owners before, Owners now) {
  if (before.size() != now.size()) return false;
  for (uint32_t i = 0; i < now.size(); ++i) {
    if (!sameOwner(before[i], now[i])) return false;
  }
  return true;
}

std::vector<meta_v1::OwnerReference::Reader> newlyBlocking(Owners before, Owners now) {
  std::vector<meta_v1::OwnerReference::Reader> found;
  for (auto owner : now) {
    bool blocked = !blocks(owner);
    for (auto old : before) blocked = blocked || (view(old.getUid()) == view(owner.getUid()) && blocks(old));
    if (!blocked) found.push_back(owner);
  }
  return found;
}

}  // namespace cleat
