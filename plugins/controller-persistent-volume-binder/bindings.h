// Writes what was planned: the two sides of a binding and what both say of it. Everything is written against the
// version that was read: what somebody else has changed meanwhile is looked at again, not overwritten.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>

#include <string>

#include "plan.h"

namespace cleat::volume_binder {

class Bindings {
 public:
  Bindings(Context& context, Informer<PersistentVolume>& volumes, Informer<PersistentVolumeClaim>& claims)
      : client_(context), volumes_(volumes), claims_(claims) {}

  // The volume first, so that two claims never have one; then its phase, the claim and its phase. Goes on where it was
  // left.
  Task<Result<void>> bind(Object<PersistentVolumeClaim> claim, Object<PersistentVolume> volume);
  Task<Result<void>> unbind(Object<PersistentVolume> volume);
  Task<Result<void>> setPhase(Object<PersistentVolume> volume, std::string phase, std::string message);
  // Returns whether it was in another phase.
  Task<Result<bool>> setPhase(Object<PersistentVolumeClaim> claim, std::string phase);
  Task<Result<void>> setClass(Object<PersistentVolumeClaim> claim, std::string storageClass);
  Task<Result<void>> askProvisioner(Object<PersistentVolumeClaim> claim, std::string provisioner);

 private:
  Task<Result<Object<PersistentVolume>>> holdVolume(Object<PersistentVolumeClaim> claim,
                                                    Object<PersistentVolume> volume);
  Task<Result<Object<PersistentVolumeClaim>>> giveVolume(Object<PersistentVolumeClaim> claim,
                                                         Object<PersistentVolume> volume);
  Task<Result<void>> setBound(Object<PersistentVolumeClaim> claim, Object<PersistentVolume> volume);
  template <class K>
  Task<Result<Object<K>>> seen(Informer<K>& informer, Task<Result<Object<K>>> write);

  Client client_;
  Informer<PersistentVolume>& volumes_;
  Informer<PersistentVolumeClaim>& claims_;
};

}  // namespace cleat::volume_binder
