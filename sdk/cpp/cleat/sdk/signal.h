// Something that coroutines of one strand wait for: once `set`, it stays set, and everyone who waits or comes later
// goes on. `reset` makes it wait again. `set` resumes those who wait before it returns: call it last.
#pragma once

#include <cleat/sdk/task.h>

#include <list>

namespace cleat {

class Signal {
 public:
  Signal() = default;
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  bool isSet() const { return set_; }
  void set();
  void reset() { set_ = false; }
  // The Signal must outlive the wait, unless the waiting coroutine is destroyed first.
  Task<void> wait();

 private:
  struct Waiter;
  bool set_ = false;
  std::list<Waiter*> waiters_;
};

}  // namespace cleat
