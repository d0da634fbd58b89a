// FinalizerGuard: keeps one finalizer on the objects of a kind for as long as they are in use. A controller asks it in
// its reconcile:
//
//   FinalizerGuard<PersistentVolume> guard_{context(), "kubernetes.io/pv-protection"};
//
//   if (guard_.mayGo(volume) && !isUsed(volume)) co_return co_await guard_.release(volume);
//   if (guard_.isUnguarded(volume)) co_return co_await guard_.guard(volume);
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/meta.h>

#include <string>
#include <utility>

namespace cleat {

template <class K>
class FinalizerGuard {
 public:
  FinalizerGuard(Context& context, std::string finalizer) : client_(context), finalizer_(std::move(finalizer)) {}

  // It is being deleted and has the finalizer.
  bool mayGo(const Object<K>& object) const {
    return deletionPending(object.meta()) && hasFinalizer(object.meta(), finalizer_);
  }
  // It is not being deleted and has lost the finalizer, or never had it.
  bool isUnguarded(const Object<K>& object) const {
    return !deletionPending(object.meta()) && !hasFinalizer(object.meta(), finalizer_);
  }

  Task<Result<Reconciled>> guard(Object<K> object) {
    Draft<K> draft(object);
    addFinalizer(draft.meta(), finalizer_);
    return write(std::move(draft));
  }
  Task<Result<Reconciled>> release(Object<K> object) {
    Draft<K> draft(object);
    removeFinalizer(draft.meta(), finalizer_);
    return write(std::move(draft));
  }

 private:
  // Whatever has changed meanwhile brings the next reconcile.
  Task<Result<Reconciled>> write(Draft<K> draft) {
    Result<Object<K>> written = co_await client_.update<K>(std::move(draft));
    if (!written && !written.error().is(404) && !written.error().is(409)) co_return fail(written.error());
    co_return Reconciled();
  }

  Client client_;
  std::string finalizer_;
};

}  // namespace cleat
