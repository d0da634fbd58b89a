// Recycler: empties volumes that nobody has any more, for the reclaim policy Recycle. A pod of its own does it for
// each, which mounts the volume and deletes what is in it; this makes the pod, tells the volume what happens to it, and
// takes it away. As in Kubernetes, hostPath and nfs volumes can be emptied so, and no others.
//
//   CLEAT_CO_TRY(const Recycler::Progress progress, co_await recycler_.empty(volume));
//
// is asked again until it is done or has failed: when the pod changes (`pods`), and after `again`.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>

#include <map>
#include <set>
#include <string>

namespace cleat::volume_binder {

class Recycler {
 public:
  Recycler(Context& context, EventRecorder& events, std::string image);

  // Those that empty volumes. `volumeOf` says of one which volume that is.
  Informer<core_v1::Pod>& pods() { return pods_; }
  static std::string volumeOf(const Object<core_v1::Pod>& pod);

  struct Progress {
    enum class State : uint8_t { working, done, failed };
    State state = State::working;
    std::string message{};  // why it failed
    Duration again{};       // when to ask again at the latest, unless it is done
  };
  Task<Result<Progress>> empty(Object<core_v1::PersistentVolume> volume);
  // The volume is gone, or is not to be emptied after all.
  Task<void> abandon(std::string volume);

 private:
  struct Attempt {
    std::string volume, pod;       // uids; no pod: the last one failed
    Instant notBefore{};           // of the next one
    std::set<std::string> told{};  // uids of the pod's events that the volume knows of
  };
  Task<Result<Progress>> begin(Object<core_v1::PersistentVolume> volume);
  Task<Result<Progress>> end(Object<core_v1::PersistentVolume> volume, std::string wrong);
  Progress failed(const Object<core_v1::PersistentVolume>& volume, std::string message);
  Task<void> tellOfPod(Object<core_v1::PersistentVolume> volume);
  Draft<core_v1::Pod> podFor(const Object<core_v1::PersistentVolume>& volume) const;

  Context& context_;
  Client client_;
  EventRecorder& events_;
  const std::string image_;
  std::map<std::string, Attempt, std::less<>> attempts_;  // by the volume's name
  Informer<core_v1::Pod> pods_;
};

}  // namespace cleat::volume_binder
