#include <cleat/sdk/slow_start.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace cleat {
namespace {

// Each that succeeds makes room for two.
class Creations : public std::enable_shared_from_this<Creations> {
 public:
  Creations(size_t count, std::function<Task<Result<void>>(size_t index)> makeOne)
      : count_(count), makeOne_(std::move(makeOne)) {}

  Completion<bool> done() const { return done_; }
  const std::optional<Status>& refusal() const { return refusal_; }

  void begin() {
    // Who is done at once comes back here from within.
    if (std::exchange(isBeginning_, true)) return;
    while (room_ > 0 && begun_ < count_ && !refusal_) {
      --room_;
      ++open_;
      spawn(makeOne_(begun_++), [self = shared_from_this()](Result<void> made) { self->end(std::move(made)); });
    }
    isBeginning_ = false;
    if (open_ == 0) done_.complete(true);
  }

 private:
  void end(Result<void> made) {
    --open_;
    if (made) {
      room_ += 2;
    } else if (!refusal_) {
      refusal_ = std::move(made).error();
    }
    begin();
  }

  const size_t count_;
  const std::function<Task<Result<void>>(size_t index)> makeOne_;
  size_t begun_ = 0, open_ = 0, room_ = 1;
  bool isBeginning_ = false;
  std::optional<Status> refusal_;
  Completion<bool> done_;
};

}  // namespace

bool namespaceEnds(const Status& refusal) {
  return std::ranges::any_of(refusal.details.causes,
                             [](const StatusCause& cause) { return cause.reason == "NamespaceTerminating"; });
}

Task<Result<void>> slowStart(size_t count, std::function<Task<Result<void>>(size_t index)> makeOne) {
  auto creations = std::make_shared<Creations>(count, std::move(makeOne));
  creations->begin();
  Completion<bool> done = creations->done();
  co_await done;
  if (creations->refusal() && !namespaceEnds(*creations->refusal())) co_return fail(*creations->refusal());
  co_return Result<void>();
}

}  // namespace cleat
