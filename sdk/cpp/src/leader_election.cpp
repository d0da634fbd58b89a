#include <cleat/sdk/leader_election.h>

#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/meta.h>

namespace cleat {

using coordination_v1::Lease;

// One try every retry period: take or renew the Lease by compare-and-swap, and judge others' leases by the time at
// which this instance saw them change, so that clocks need not agree.
class LeaderElection::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Context& context, LeaderElectionOptions options)
      : context_(context), client_(context), options_(std::move(options)) {
    if (options_.identity.empty()) options_.identity = concat(context.config().name(), "_", context.random64());
  }

  std::function<void()> started, stopped;
  bool leading() const { return leading_; }
  const std::string& identity() const { return options_.identity; }
  void end() { ended_ = true; }

  void run() {
    if (std::exchange(running_, true)) return;
    spawn(loop(shared_from_this()));
  }

  Task<void> release() {
    if (!leading_) co_return;
    ended_ = true;
    leading_ = false;
    deadline_.cancel();
    Draft<Lease> draft(lease_);
    auto spec = draft->getSpec();
    spec.setHolderIdentity("");
    spec.initLeaseDurationSeconds().setValue(1);
    std::string now = formatMicroTime(context_.wallNow());
    spec.setRenewTime(now);
    Result<Object<Lease>> updated = co_await client_.update(std::move(draft));
    if (!updated) context_.log.warn("cannot give back the lease ", options_.name, ": ", updated.error());
    if (stopped) stopped();
  }

 private:
  static Task<void> loop(std::shared_ptr<Impl> self) {
    while (!self->ended_) {
      Instant began = self->context_.now();
      bool held = co_await self->attempt();
      if (self->ended_) co_return;
      if (held) self->renewed(began);
      co_await self->context_.sleep(self->options_.retryPeriod);
    }
  }

  // Leadership ends by a timer rather than after an attempt: an attempt may hang.
  void renewed(Instant began) {
    Duration left = options_.renewDeadline - (context_.now() - began);
    deadline_ = context_.after(left, [this] { lose(); });
    if (std::exchange(leading_, true)) return;
    context_.log.info(options_.identity, " leads ", options_.name);
    if (started) started();
  }

  void lose() {
    if (!std::exchange(leading_, false)) return;
    context_.log.warn(options_.identity, " lost the lease ", options_.name, ": it could not be renewed in time");
    if (stopped) stopped();
  }

  // Whether the Lease is ours now.
  Task<bool> attempt() {
    Result<Object<Lease>> current = co_await client_.get<Lease>(options_.ns, options_.name);
    if (!current && current.error().is(404)) {
      Draft<Lease> draft = fresh();
      Result<Object<Lease>> created = co_await client_.create(std::move(draft));
      co_return take(std::move(created));
    }
    if (!current) co_return false;
    observe(*current);
    auto spec = (*current)->getSpec();
    bool ours = view(spec.getHolderIdentity()) == options_.identity;
    bool vacant = spec.getHolderIdentity().size() == 0;
    Duration term = std::chrono::seconds(valueOr(spec.getLeaseDurationSeconds(), 0));
    if (!ours && !vacant && context_.now() < observedAt_ + term) co_return false;
    Draft<Lease> draft = renewal(*current, ours);
    Result<Object<Lease>> updated = co_await client_.update(std::move(draft));
    co_return take(std::move(updated));
  }

  bool take(Result<Object<Lease>> written) {
    if (!written) return false;
    lease_ = std::move(*written);
    observe(lease_);
    return true;
  }

  void observe(const Object<Lease>& lease) {
    if (lease.revision() == observedRevision_) return;
    observedRevision_ = lease.revision();
    observedAt_ = context_.now();
  }

  Draft<Lease> fresh() const {
    Draft<Lease> draft;
    auto meta = draft->initMetadata();
    meta.setName(options_.name);
    meta.setNamespace(options_.ns);
    fill(draft->initSpec(), false, 0);
    return draft;
  }

  Draft<Lease> renewal(const Object<Lease>& current, bool ours) const {
    Draft<Lease> draft(current);
    int32_t transitions = valueOr(current->getSpec().getLeaseTransitions(), 0);
    fill(draft->getSpec(), ours, ours ? transitions : transitions + 1);
    return draft;
  }

  void fill(coordination_v1::LeaseSpec::Builder spec, bool ours, int32_t transitions) const {
    std::string now = formatMicroTime(context_.wallNow());
    spec.setHolderIdentity(options_.identity);
    auto term = std::chrono::duration_cast<std::chrono::seconds>(options_.leaseDuration);
    spec.initLeaseDurationSeconds().setValue(static_cast<int32_t>(term.count()));
    if (!ours) spec.setAcquireTime(now);
    spec.setRenewTime(now);
    spec.initLeaseTransitions().setValue(transitions);
  }

  Context& context_;
  Client client_;
  LeaderElectionOptions options_;
  bool running_ = false;
  bool ended_ = false;
  bool leading_ = false;
  Timer deadline_;
  Instant observedAt_{};
  uint64_t observedRevision_ = 0;
  Object<Lease> lease_;
};

LeaderElection::LeaderElection(Context& context, LeaderElectionOptions options)
    : impl_(std::make_shared<Impl>(context, std::move(options))) {}
LeaderElection::~LeaderElection() {
  impl_->started = nullptr;
  impl_->stopped = nullptr;
  impl_->end();
}

void LeaderElection::onStarted(std::function<void()> leading) { impl_->started = std::move(leading); }
void LeaderElection::onStopped(std::function<void()> lost) { impl_->stopped = std::move(lost); }
void LeaderElection::run() { impl_->run(); }
bool LeaderElection::isLeader() const { return impl_->leading(); }
const std::string& LeaderElection::identity() const { return impl_->identity(); }
Task<void> LeaderElection::release() { return impl_->release(); }

}  // namespace cleat
