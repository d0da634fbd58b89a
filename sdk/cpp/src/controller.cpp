#include <cleat/sdk/controller.h>

#include <algorithm>

#include "strand.h"

namespace cleat {
namespace {

// How many keys a worker takes in a row before other events of the plugin have their turn.
constexpr uint32_t kKeysInARow = 64;

// How often in a row a key may be woken by the plugin's own writes before it has to wait: 5 ms, doubling to half a
// minute. What converges has long come to an end.
constexpr uint32_t kFreeSelfWakes = 32;
constexpr Duration kFirstPause = std::chrono::milliseconds(5);
constexpr Duration kLongestPause = std::chrono::seconds(30);
// From which pause on it is told.
constexpr Duration kPauseWorthTelling = std::chrono::seconds(1);
// More wakes of one key than this are not told apart: then somebody else's is among them.
constexpr size_t kMostRevisions = 1024;
// Of how many keys it is remembered.
constexpr size_t kMostSelfWakes = 10'000;

}  // namespace

Controller::Controller(Context& context, std::string name, Reconcile reconcile, ControllerOptions options)
    : context_(context), name_(std::move(name)), reconcile_(std::move(reconcile)), options_(options),
      queue_(context, options.backoff) {
  context.strand().queues().add(queue_, context, name_);
}

Controller::~Controller() { context_.strand().queues().remove(queue_); }

void Controller::enqueue(const std::string& key) {
  Wakes& wakes = wakes_[key];
  const uint64_t revision = context_.strand().revisionTold();
  if (revision == 0) {
    // A reconcile that wakes its own key is no news from outside.
    wakes.foreign |= !queue_.isWorkedOn(key);
  } else if (wakes.revisions.size() < kMostRevisions) {
    wakes.revisions.push_back(revision);
  } else {
    wakes.foreign = true;
  }
  queue_.add(key);
}

void Controller::watchKeys(AnyInformer& informer) {
  informer.onChange([this](const AnyRef& before, const AnyRef& now) { enqueue((now ? now : before).key()); });
  keyed_.push_back(&informer);
  waitFor(informer);
}

void Controller::waitFor(AnyInformer& informer) {
  informers_.push_back(&informer);
  informer.start();
}

void Controller::run() {
  if (std::exchange(running_, true)) return;
  spawn(start());
}

Task<void> Controller::waitSynced() {
  for (size_t i = 0; i < informers_.size(); ++i) co_await informers_[i]->waitSynced();
}

Task<void> Controller::start() {
  co_await waitSynced();
  for (uint32_t i = 0; i < options_.workers; ++i) spawn(work());
  scheduleResync();
}

Task<void> Controller::work() {
  for (uint32_t taken = 1;; ++taken) {
    std::optional<std::string> key = co_await queue_.next();
    if (!key) co_return;
    co_await process(std::move(*key));
    if (taken % kKeysInARow == 0) co_await context_.yield();
  }
}

Task<void> Controller::process(std::string key) {
  if (mayRunNow(key)) co_await reconcileOnce(key);
  queue_.done(key);
}

// Whoever is woken by its own writes alone waits for the delay that it has. A key is never worked on twice at a time,
// so whatever its last reconcile has written is answered by now, and known as the plugin's own.
bool Controller::mayRunNow(const std::string& key) {
  auto found = wakes_.find(key);
  auto self = selfWakes_.find(key);
  if (found == wakes_.end()) {
    // Its time has come: the one that it was told to wait for, or one that it has asked for itself.
    if (self != selfWakes_.end() && !std::exchange(self->second.waits, false)) selfWakes_.erase(self);
    return true;
  }
  const Wakes wakes = std::move(found->second);
  wakes_.erase(found);
  detail::OwnWrites& own = context_.strand().ownWrites();
  const bool foreign =
      wakes.foreign || !std::ranges::all_of(wakes.revisions, [&](uint64_t revision) { return own.contains(revision); });
  if (foreign) {
    if (self != selfWakes_.end()) selfWakes_.erase(self);
    return true;
  }
  if (queue_.failures(key) > 0 && queue_.isDelayed(key)) return false;
  if (self == selfWakes_.end() || self->second.notBefore <= context_.now()) return true;
  self->second.waits = true;
  queue_.addAfter(key, self->second.notBefore - context_.now());
  return false;
}

void Controller::countSelfWake(const std::string& key) {
  if (selfWakes_.size() >= kMostSelfWakes) selfWakes_.clear();
  SelfWakes& self = selfWakes_[key];
  const uint32_t beyond = ++self.inARow > kFreeSelfWakes ? std::min(self.inARow - kFreeSelfWakes, 30u) : 0;
  const Duration pause =
      beyond == 0 ? Duration() : std::min<Duration>(kFirstPause * (int64_t{1} << (beyond - 1)), kLongestPause);
  self.notBefore = context_.now() + pause;
  if (pause < kPauseWorthTelling || std::exchange(reported_, true)) return;
  const std::string what = concat(name_, " wakes itself: ", key, " was reconciled ", self.inARow,
                                  " times in a row for nothing but its own writes, and is slowed down");
  context_.log.warn(what);
  context_.report(what);
}

Task<void> Controller::reconcileOnce(std::string key) {
  const uint64_t writes = context_.strand().ownWrites().count();
  Result<Reconciled> result = fail(Status());
  try {
    Task<Result<Reconciled>> work = reconcile_(key);
    result = co_await std::move(work);
  } catch (...) {
    result = fail(Status::internal(detail::describeException()));
  }
  if (result) {
    queue_.forget(key);
    if (result->requeueAfter > Duration::zero()) queue_.addAfter(key, result->requeueAfter);
  } else {
    // A conflict is the ordinary course of things: somebody else wrote first.
    cleat_log_level level = result.error().is(409) ? CLEAT_LOG_DEBUG : CLEAT_LOG_WARN;
    context_.log.write(level, concat(name_, ": ", key, ": ", result.error()));
    queue_.addBackedOff(key);
  }
  if (context_.strand().ownWrites().count() != writes) countSelfWake(key);
}

void Controller::scheduleResync() {
  if (options_.resync <= Duration::zero()) return;
  resync_ = context_.after(options_.resync, [this] {
    for (AnyInformer* informer : keyed_) {
      informer->forEach([this](const AnyRef& object) { enqueue(object.key()); });
    }
    scheduleResync();
  });
}

}  // namespace cleat
