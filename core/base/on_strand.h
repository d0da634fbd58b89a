// Coming back to a strand: what is awaited through onStrand goes on there, wherever it was completed.
//
//   Result<User> user = co_await base::onStrand(strand, authenticate(token));   // still on the strand
//
// Who has a strand gives its own code only such things to await (core/http: the exchange's; core/api/strand_gate.h), so
// that nobody has to remember where they are. Costs one post when the task was completed elsewhere, and none when it
// was not.
#pragma once

#include <cleat/sdk/task.h>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/executor.h"

namespace cleat::base {

struct GoTo {
  Strand& strand;
  bool await_ready() const { return strand.runsHere(); }
  void await_suspend(std::coroutine_handle<> waiting) const {
    strand.post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};

// co_await goTo(strand): goes on, on the strand; at once if this is it. The strand outlives the wait.
inline GoTo goTo(Strand& strand) { return {strand}; }

struct NextTurn {
  Executor& executor;
  const std::shared_ptr<Strand>& strand;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    executor.post([strand = strand, waiting] { strand->dispatch([waiting] { waiting.resume(); }); });
  }
  void await_resume() const {}
};

// co_await nextTurn(executor, strand): goes on, on the strand, when the work has had its turn that waits by now for one
// of the executor's threads.
inline NextTurn nextTurn(Executor& executor, const std::shared_ptr<Strand>& strand) { return {executor, strand}; }

// The task's value, or what it throws, on the strand.
template <class T>
Task<T> onStrand(Strand& strand, Task<T> task) {
  std::optional<T> value;
  std::exception_ptr thrown;
  try {
    T got = co_await std::move(task);
    value.emplace(std::move(got));
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await goTo(strand);
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(*value);
}

}  // namespace cleat::base
