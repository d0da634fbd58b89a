// Writes a pod's status to the API: the newest one, one write at a time, again after a failure or a conflict, and of it
// only what is the agent's, against the version of the pod that was read: what others write into it meanwhile stays.
// Also holds the newest state of the pod that is known, whether the informer brought it or the answer to a write.
// Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/signal.h>

#include <memory>

namespace cleat::agent {

class PodStatusWriter {
 public:
  explicit PodStatusWriter(Context& context) : state_(std::make_shared<State>(context)) {}

  const Object<core_v1::Pod>& pod() const { return state_->pod; }
  // Keeps the newer one of the same pod. Returns whether it is new.
  bool update(Object<core_v1::Pod> pod);

  // The status that was asked for last, or else the pod's.
  core_v1::PodStatus::Reader last() const;

  // Whether somebody has changed what of the status is the agent's, since it was written. Says so once.
  bool overwritten();

  // `wanted` is the pod with the status that it is to have.
  void write(Draft<core_v1::Pod> wanted);
  // Until everything that was asked for is written, or the pod is not there any more.
  Task<void> flushed();

 private:
  struct State {
    explicit State(Context& ctx) : context(ctx), client(ctx) { idle.set(); }
    Context& context;
    Client client;
    Object<core_v1::Pod> pod;
    Object<core_v1::Pod> lastWanted;
    Object<core_v1::Pod> wanted;  // refers to nothing when all is written
    uint64_t compared = 0;        // the revision of the pod that `overwritten` has looked at
    Signal idle;
    bool writing = false;
  };
  static Task<void> writeAll(std::shared_ptr<State> state);
  static Task<Result<void>> writeOne(std::shared_ptr<State> state, Object<core_v1::Pod> wanted);

  std::shared_ptr<State> state_;
};

}  // namespace cleat::agent
