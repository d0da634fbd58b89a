// Task<T>: a coroutine that is started by whoever awaits it, and Completion<T>: the way a callback
// resumes one. They know nothing of threads: a task goes on wherever the thing it waited for was completed, on that
// thread and at once. So who has a strand gives its code only what completes there: to a plugin the host completes
// everything on the plugin's strand, and the core comes back to its own by base::onStrand.
//
//   Task<Result<int>> answer(Client& client) {
//     auto pod = co_await client.get<Pod>("default", "web");
//     …
//   }
//   spawn(answer(client));   // from ordinary code: starts it and lets it run to its end
//
// g++ 12 destroys some temporaries twice inside co_await expressions: bind braced initialisers and lambdas with
// captures to named variables before passing them to a coroutine, and pass coroutine parameters by value.
#pragma once

#include <cleat/sdk/thread_blocks.h>

#include <atomic>
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace cleat {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
    auto next = self.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() noexcept {}
};

struct PromiseBase {
  static void* operator new(size_t size) { return takeBlock(size); }
  static void operator delete(void* frame, size_t size) noexcept { giveBlock(frame, size); }

  std::coroutine_handle<> continuation;
  std::exception_ptr error;
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U = T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void take() {
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> handle;
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
        handle.promise().continuation = waiting;
        return handle;
      }
      T await_resume() { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace detail

// The spawned tasks of one strand. While a `Scope` of it is open on a thread, tasks that are spawned there belong to
// it: an exception that leaves one goes to `failed` (without a group it ends the process), and `destroyAll` ends those
// that still wait, with everything their frames own. Used by whoever drives the strand, one thread at a time.
class TaskGroup {
 public:
  explicit TaskGroup(std::function<void(std::exception_ptr)> failed) : failed_(std::move(failed)) {}
  ~TaskGroup() { destroyAll(); }
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // What the tasks wait for must not resume them any more: it is dropped before, or withdrawn by their frames' ends.
  void destroyAll() {
    while (first_ != nullptr) std::coroutine_handle<>::from_address(first_->frame).destroy();
  }
  bool empty() const { return first_ == nullptr; }

  class Scope {
   public:
    explicit Scope(TaskGroup& group) : outer_(std::exchange(current_, &group)) {}
    ~Scope() { current_ = outer_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    TaskGroup* outer_;
  };

  struct Member {
    Member() : group(current_) {
      if (group == nullptr) return;
      next = group->first_;
      if (next != nullptr) next->previous = this;
      group->first_ = this;
    }
    ~Member() {
      if (group == nullptr) return;
      (previous != nullptr ? previous->next : group->first_) = next;
      if (next != nullptr) next->previous = previous;
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    void failed(std::exception_ptr error) const {
      if (group == nullptr) std::terminate();
      group->failed_(std::move(error));
    }
    TaskGroup* group;
    Member* next = nullptr;
    Member* previous = nullptr;
    void* frame = nullptr;
  };

 private:
  // Defined in the library: the SDK and what is built on it share one, also where they are two shared objects.
  static constinit thread_local TaskGroup* current_;
  std::function<void(std::exception_ptr)> failed_;
  Member* first_ = nullptr;
};

namespace detail {
struct Detached {
  struct promise_type : TaskGroup::Member {
    static void* operator new(size_t size) { return takeBlock(size); }
    static void operator delete(void* frame, size_t size) noexcept { giveBlock(frame, size); }
    Detached get_return_object() noexcept {
      frame = std::coroutine_handle<promise_type>::from_promise(*this).address();
      return {};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { failed(std::current_exception()); }
  };
};
}  // namespace detail

// Starts `task` and lets it run to its end by itself.
inline void spawn(Task<void> task) {
  [](Task<void> owned) -> detail::Detached { co_await std::move(owned); }(std::move(task));
}

// The same, with a function that is called with the result.
template <class T, class F>
void spawn(Task<T> task, F done) {
  [](Task<T> owned, F then) -> detail::Detached { then(co_await std::move(owned)); }(std::move(task), std::move(done));
}

// A value that is awaited once and completed once, in either order and from any threads:
//
//   Completion<int> done;
//   callLater([done](int value) mutable { done.complete(value); });
//   int value = co_await done;
//
// Copies share the one value. Whoever makes a Completion sees to it that it is completed on every path, failures and
// shutdowns included: a coroutine that waits for one which nobody will complete is neither resumed nor freed, with all
// that it holds, unless it belongs to a TaskGroup that destroys it.
template <class T>
class Completion {
 public:
  Completion() : state_(std::make_shared<State>()) {}

  void complete(T value) {
    State* state = state_.get();
    state->value.emplace(std::move(value));
    auto keep = state_;
    void* before = state->waiter.exchange(done(), std::memory_order_acq_rel);
    if (before != nullptr) std::coroutine_handle<>::from_address(before).resume();
  }

  bool completed() const { return state_->waiter.load(std::memory_order_acquire) == done(); }

  auto operator co_await() const noexcept {
    struct Awaiter {
      std::shared_ptr<State> state;
      void* suspended = nullptr;

      explicit Awaiter(std::shared_ptr<State> awaited) : state(std::move(awaited)) {}
      Awaiter(const Awaiter&) = delete;
      Awaiter& operator=(const Awaiter&) = delete;
      ~Awaiter() {
        // A coroutine that is destroyed while it waits must not be resumed.
        void* expected = suspended;
        if (expected != nullptr) state->waiter.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel);
      }
      bool await_ready() const noexcept { return state->waiter.load(std::memory_order_acquire) == done(); }
      bool await_suspend(std::coroutine_handle<> handle) noexcept {
        void* expected = nullptr;
        suspended = handle.address();
        return state->waiter.compare_exchange_strong(expected, handle.address(), std::memory_order_acq_rel);
      }
      T await_resume() { return std::move(*state->value); }
    };
    return Awaiter(state_);
  }

 private:
  struct State {
    std::atomic<void*> waiter{nullptr};
    std::optional<T> value;
  };
  // No coroutine frame is there. A number, so that it is one for all libraries of a process.
  static void* done() { return reinterpret_cast<void*>(uintptr_t{1}); }
  std::shared_ptr<State> state_;
};

}  // namespace cleat
