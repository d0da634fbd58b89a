#include <cleat/sdk/controller.h>

#include "strand.h"

namespace cleat {
namespace {

// How many keys a worker takes in a row before other events of the plugin have their turn.
constexpr uint32_t kKeysInARow = 64;

}  // namespace

Controller::Controller(Context& context, std::string name, Reconcile reconcile, ControllerOptions options)
    : context_(context), name_(std::move(name)), reconcile_(std::move(reconcile)), options_(options),
      queue_(context, options.backoff) {}

Controller::~Controller() = default;

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
  queue_.done(key);
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
