#include "pod/status_writer.h"

#include "pod/status_builder.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kWriteRetry = 1s;
constexpr int kMostConflicts = 5;

}  // namespace

bool PodStatusWriter::update(Object<core_v1::Pod> pod) {
  if (state_->pod && state_->pod.uid() == pod.uid() && pod.revision() <= state_->pod.revision()) return false;
  state_->pod = std::move(pod);
  return true;
}

core_v1::PodStatus::Reader PodStatusWriter::last() const {
  return state_->lastWanted ? state_->lastWanted->getStatus() : state_->pod->getStatus();
}

void PodStatusWriter::write(Draft<core_v1::Pod> wanted) {
  state_->wanted = std::move(wanted).freeze();
  state_->lastWanted = state_->wanted;
  state_->idle.reset();
  if (state_->writing) return;
  state_->writing = true;
  spawn(writeAll(state_));
}

bool PodStatusWriter::overwritten() {
  if (!state_->lastWanted || state_->writing || state_->pod.revision() == state_->compared) return false;
  // Once for each state of the pod, whatever the API makes of what is written.
  state_->compared = state_->pod.revision();
  Draft<core_v1::Pod> draft(state_->pod);
  putOwnStatus(state_->lastWanted->getStatus(), draft->getStatus());
  return !sameStatus(draft.reader().getStatus(), state_->pod->getStatus());
}

Task<void> PodStatusWriter::flushed() { return state_->idle.wait(); }

Task<void> PodStatusWriter::writeAll(std::shared_ptr<State> state) {
  while (state->wanted) {
    Object<core_v1::Pod> wanted = std::exchange(state->wanted, {});
    Result<void> written = co_await writeOne(state, wanted);
    if (written || written.error().is(404)) continue;
    state->context.log.warn("cannot write the status of the pod ", wanted.key(), ": ", written.error());
    co_await state->context.sleep(kWriteRetry);
    if (!state->wanted) state->wanted = std::move(wanted);
  }
  state->writing = false;
  state->idle.set();
}

Task<Result<void>> PodStatusWriter::writeOne(std::shared_ptr<State> state, Object<core_v1::Pod> wanted) {
  for (int attempt = 0;; ++attempt) {
    // Onto the newest state of the pod, so that it conflicts only with what is not known here yet.
    Draft<core_v1::Pod> draft(state->pod);
    putOwnStatus(wanted->getStatus(), draft->getStatus());
    Result<Object<core_v1::Pod>> written = co_await state->client.updateStatus(std::move(draft));
    if (written) {
      if (*written && written->revision() > state->pod.revision()) state->pod = std::move(*written);
      co_return Result<void>();
    }
    if (!written.error().is(409) || attempt == kMostConflicts) co_return fail(std::move(written.error()));
    CLEAT_CO_TRY(Object<core_v1::Pod> newest, co_await state->client.get<core_v1::Pod>(wanted.ns(), wanted.name()));
    // Another pod has its name now.
    if (newest.uid() != wanted.uid()) co_return fail(Status::notFound("pods", wanted.name()));
    if (newest.revision() > state->pod.revision()) state->pod = std::move(newest);
  }
}

}  // namespace cleat::agent
