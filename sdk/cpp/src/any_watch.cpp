#include <cleat/sdk/any_watch.h>

#include <cleat/schema/bus.methods.h>

#include <algorithm>

#include "status_codec.h"
#include "strand.h"

namespace cleat {
namespace {

constexpr Duration kFirstRetry = std::chrono::milliseconds(20);
constexpr Duration kWorthTelling = std::chrono::milliseconds(500);
constexpr Duration kLongestRetry = std::chrono::seconds(30);

}  // namespace

class AnyWatch::Impl final : public detail::EventSink {
 public:
  Impl(Context& context, const Resource& of, WatchOptions options, Handlers handlers)
      : context_(context), strand_(context.strand().shared_from_this()), of_(of), options_(std::move(options)),
        handlers_(std::move(handlers)) {}
  ~Impl() {
    if (token_ != 0) strand_->cancel(token_);
  }

  void start() {
    if (token_ == 0 && !retry_.pending()) open();
  }
  Signal& synced() { return synced_; }
  uint64_t revision() const { return revision_; }
  const Resource& resource() const { return of_; }
  Task<bool> waitFor(uint64_t revision, Duration timeout);
  void onEvent(const cleat_event& event) override;

 private:
  void open();
  void closed(const Status& why);
  void apply(const cleat_change& change);
  void tell(const std::function<void(const AnyRef&)>& handler, const cleat_object& object);

  Context& context_;
  std::shared_ptr<detail::Strand> strand_;
  const Resource& of_;
  const WatchOptions options_;
  const Handlers handlers_;
  Signal synced_;
  Signal advanced_;
  uint64_t revision_ = 0;
  uint64_t token_ = 0;
  Duration nextRetry_ = kFirstRetry;
  Timer retry_;
};

void AnyWatch::Impl::onEvent(const cleat_event& event) {
  if (event.type == CLEAT_EVENT_REPLY) {
    if (event.status != CLEAT_OK) closed(detail::decodeStatus(event.status, event.payload.message));
    return;
  }
  for (uint64_t i = 0; i < event.change_count; ++i) apply(event.changes[i]);
  advanced_.set();
}

Task<bool> AnyWatch::Impl::waitFor(uint64_t revision, Duration timeout) {
  bool late = false;
  Timer timer = context_.after(timeout, [&late, this] {
    late = true;
    advanced_.set();
  });
  while (revision_ < revision && !late) {
    advanced_.reset();
    co_await advanced_.wait();
  }
  co_return revision_ >= revision;
}

void AnyWatch::Impl::open() {
  Draft<wire::WatchParams> params;
  auto ref = params->initRef();
  ref.setGroup(str(of_.group));
  ref.setVersion(str(of_.version));
  ref.setResource(str(of_.resource));
  ref.setNamespace(options_.ns);
  params->setLabelSelector(options_.labelSelector);
  params->setFieldSelector(options_.fieldSelector);
  CallRequest request{wire::cluster::watch, std::move(params), {}, {}};
  token_ = strand_->add(*this);
  strand_->call(token_, request, Instant());
}

void AnyWatch::Impl::closed(const Status& why) {
  // While a cluster starts, what a watch needs may come a moment later: that is no news.
  const cleat_log_level level = nextRetry_ < kWorthTelling ? CLEAT_LOG_DEBUG : CLEAT_LOG_WARN;
  context_.log.write(
      level, concat("cannot watch ", of_.qualified(), ": ", why, "; trying again in ", formatDuration(nextRetry_)));
  strand_->remove(std::exchange(token_, 0));
  handlers_.restarted();
  retry_ = context_.after(nextRetry_, [this] { open(); });
  nextRetry_ = std::min(nextRetry_ * 2, kLongestRetry);
}

void AnyWatch::Impl::apply(const cleat_change& change) {
  switch (change.type) {
    case CLEAT_CHANGE_ADDED:
    case CLEAT_CHANGE_MODIFIED: tell(handlers_.put, change.object); break;
    case CLEAT_CHANGE_DELETED: tell(handlers_.gone, change.object); break;
    case CLEAT_CHANGE_RESTARTED: return handlers_.restarted();
    case CLEAT_CHANGE_SYNCED:
      nextRetry_ = kFirstRetry;
      handlers_.synced();
      revision_ = std::max(revision_, change.object.revision);
      synced_.set();
      return;
    default: return;  // of a newer host
  }
  revision_ = std::max(revision_, change.object.revision);
}

void AnyWatch::Impl::tell(const std::function<void(const AnyRef&)>& handler, const cleat_object& object) {
  const AnyRef ref = AnyRef::retain(strand_->link(), object);
  strand_->telling(ref.revision());
  try {
    handler(ref);
  } catch (...) {
    context_.log.error("a handler of ", of_.qualified(), " threw: ", detail::describeException());
  }
  strand_->telling(0);
}

AnyWatch::AnyWatch(Context& context, const Resource& of, WatchOptions options, Handlers handlers)
    : impl_(std::make_unique<Impl>(context, of, std::move(options), std::move(handlers))) {}
AnyWatch::~AnyWatch() = default;

void AnyWatch::start() { impl_->start(); }
bool AnyWatch::synced() const { return impl_->synced().isSet(); }

Task<void> AnyWatch::waitSynced() {
  impl_->start();
  co_await impl_->synced().wait();
}

Task<bool> AnyWatch::waitFor(uint64_t revision, Duration timeout) { return impl_->waitFor(revision, timeout); }
uint64_t AnyWatch::revision() const { return impl_->revision(); }
const Resource& AnyWatch::resource() const { return impl_->resource(); }

}  // namespace cleat
