#include "quota-common/pending_writes.h"

namespace cleat::quota {

PendingWrites::Write PendingWrites::writeOf(const AnyRef& now, const AnyRef& old) {
  return {std::string((old ? old : now).uid()), old.revision()};
}

template <class F>
void PendingWrites::drop(std::string_view ns, F which) {
  auto at = writes_.find(ns);
  if (at == writes_.end()) return;
  std::erase_if(at->second, which);
  if (!at->second.empty()) return;
  writes_.erase(at);
  dropped_.set();
}

void PendingWrites::expect(std::string_view ns, const AnyRef& now, const AnyRef& old) {
  writes_[std::string(ns)].push_back(writeOf(now, old));
}

void PendingWrites::forget(std::string_view ns, const AnyRef& now, const AnyRef& old) {
  drop(ns, [write = writeOf(now, old)](const Write& one) { return one == write; });
}

void PendingWrites::seen(const AnyRef& before, const AnyRef& now) {
  const AnyRef& policy = now ? now : before;
  // One that is gone was there, whatever it was written over.
  drop(policy.ns(),
       [&](const Write& write) { return write.uid == policy.uid() && (!now || now.revision() > write.after); });
}

Task<void> PendingWrites::settled(std::string ns) {
  while (any(ns)) {
    dropped_.reset();
    co_await dropped_.wait();
  }
}

}  // namespace cleat::quota
