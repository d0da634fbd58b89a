// PendingConversion: the objects that a watch or a subscription cannot give before a plugin has converted them. It is
// asked away from the caller's thread, one batch at a time; meanwhile `next` gives nothing, and `onReady` waits here.
//
//   if (!conversion_.settled()) return {};                      // asked, and not answered yet
//   …if (conversion_.needs(object, kind)) stop before it…
//   conversion_.start(convert);                                 // does nothing when nothing was needed
#pragma once

#include <cleat/sdk/mutex.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/bus/ready_signal.h"
#include "core/bus/watch.h"

namespace cleat::bus {

class PendingConversion {
 public:
  ~PendingConversion() {
    if (asked_) asked_->signal.cancel();
  }

  // Whether the objects that were asked for have been answered for, well or not: see `failure`.
  bool settled() {
    if (!asked_) return true;
    std::optional<Result<void>> answer;
    {
      MutexLock lock(asked_->mutex);
      answer = asked_->answer;
    }
    if (!answer) return false;
    asked_->signal.cancel();  // nobody waits for it any more
    asked_.reset();
    if (!*answer) failure_ = answer->error();
    return true;
  }
  const std::optional<Status>& failure() const { return failure_; }

  // Notes the object, if it cannot be read as one of the kind yet.
  bool needs(const object::ObjectRef& object, const object::Kind& kind) {
    if (!object || object->isAt(kind)) return false;
    wanted_.push_back(object);
    return true;
  }
  bool full() const { return wanted_.size() >= kBatch; }
  bool empty() const { return wanted_.empty(); }

  void start(const ConvertObjects& convert) {
    if (wanted_.empty()) return;
    if (!convert) {
      failure_ = Status::internal("there is nobody to convert " + wanted_.front()->kind().resource());
      return wanted_.clear();
    }
    asked_ = std::make_shared<Asked>();
    convert(std::exchange(wanted_, {}), [asked = asked_](Result<void> answer) {
      {
        MutexLock lock(asked->mutex);
        asked->answer = std::move(answer);
      }
      asked->signal.raise();
    });
  }

  // Whether `ready` was taken, to be called once with the answer.
  bool onReady(const std::function<void()>& ready) {
    if (!asked_) return false;
    asked_->signal.set(ready);
    bool answered;
    {
      MutexLock lock(asked_->mutex);
      answered = asked_->answer.has_value();
    }
    if (answered) std::shared_ptr<Asked>(asked_)->signal.raise();
    return true;
  }

 private:
  static constexpr size_t kBatch = 500;
  struct Asked {
    Mutex mutex;
    std::optional<Result<void>> answer CLEAT_GUARDED_BY(mutex);
    ReadySignal signal;
  };
  std::vector<object::ObjectRef> wanted_;
  std::shared_ptr<Asked> asked_;
  std::optional<Status> failure_;
};

}  // namespace cleat::bus
