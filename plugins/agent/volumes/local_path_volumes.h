// This node's part in the life of volumes of the class local-path: when one is being deleted and nobody has it any
// more, its folder is removed, and then its finalizer, so that it may go. Volumes that are to be kept keep their
// folder. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1_storage.h>

#include <string>

namespace cleat::agent {

class LocalPathVolumes {
 public:
  LocalPathVolumes(Context& context, EventRecorder& events);

  // Begins, for the folder in which this node keeps them.
  void start(std::string root);

 private:
  using Volume = core_v1::PersistentVolume;
  bool isToGo(const Object<Volume>& volume) const;
  Task<Result<Reconciled>> reconcile(std::string name);
  Task<Result<void>> empty(Object<Volume> volume);

  Context& context_;
  Client client_;
  EventRecorder& events_;
  std::string node_, root_;
  Informer<Volume> volumes_;
  Controller controller_;
};

}  // namespace cleat::agent
