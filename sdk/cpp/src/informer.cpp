#include <cleat/sdk/informer.h>

#include <cleat/schema/bus.methods.h>

#include <algorithm>
#include <set>

#include "status_codec.h"
#include "strand.h"

namespace cleat {
namespace {

constexpr Duration kFirstRetry = std::chrono::milliseconds(20);
constexpr Duration kWorthTelling = std::chrono::milliseconds(500);
constexpr Duration kLongestRetry = std::chrono::seconds(30);

struct Entry {
  AnyRef object;
  uint64_t round = 0;  // the (re)start of the watch that delivered it last
};

using Store = std::map<std::string, Entry, std::less<>>;

// Finds objects by values computed from them. Points into the store, whose nodes stay where they are.
class Index {
 public:
  Index(std::string name, AnyInformer::IndexFunction values) : name_(std::move(name)), values_(std::move(values)) {}
  const std::string& name() const { return name_; }

  void change(const Store::value_type* node, const AnyRef& before, const AnyRef& now) {
    std::vector<std::string> old = before ? values_(before) : std::vector<std::string>();
    std::vector<std::string> fresh = now ? values_(now) : std::vector<std::string>();
    if (old == fresh) return;
    for (const std::string& value : old) {
      auto bucket = buckets_.find(value);
      if (bucket == buckets_.end()) continue;
      bucket->second.erase(node->first);
      if (bucket->second.empty()) buckets_.erase(bucket);
    }
    for (std::string& value : fresh) buckets_[std::move(value)].emplace(node->first, node);
  }

  void forEach(std::string_view value, const std::function<void(const AnyRef&)>& visit) const {
    auto bucket = buckets_.find(value);
    if (bucket == buckets_.end()) return;
    for (const auto& [key, node] : bucket->second) visit(node->second.object);
  }

 private:
  std::string name_;
  AnyInformer::IndexFunction values_;
  std::map<std::string, std::map<std::string_view, const Store::value_type*>, std::less<>> buckets_;
};

}  // namespace

class AnyInformer::Impl final : public detail::EventSink {
 public:
  Impl(Context& context, const Resource& of, InformerOptions options)
      : context_(context), strand_(context.strand().shared_from_this()), of_(of), options_(std::move(options)) {}
  ~Impl() {
    if (token_ != 0) strand_->cancel(token_);
  }

  void onChange(Handler handler) { handlers_.push_back(std::move(handler)); }
  void addIndex(std::string name, IndexFunction values) { indexes_.emplace_back(std::move(name), std::move(values)); }
  void start() {
    if (token_ == 0 && !retry_.pending()) open();
  }

  const Index* index(std::string_view name) const {
    for (const Index& index : indexes_) {
      if (index.name() == name) return &index;
    }
    return nullptr;
  }

  const Store& store() const { return store_; }
  Signal& synced() { return synced_; }

  Task<bool> waitFor(uint64_t revision, Duration timeout) {
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
  uint64_t revision() const { return revision_; }
  const Resource& resource() const { return of_; }

  void onEvent(const cleat_event& event) override {
    if (event.type == CLEAT_EVENT_REPLY) {
      if (event.status == CLEAT_OK) return;
      closed(detail::decodeStatus(event.status, event.payload.message));
      return;
    }
    for (uint64_t i = 0; i < event.change_count; ++i) apply(event.changes[i]);
    advanced_.set();
  }

 private:
  void open();
  void closed(const Status& why);
  void apply(const cleat_change& change);
  void put(const cleat_object& object);
  void erase(const cleat_object& object);
  void sweep();
  void replace(Store::value_type& node, const AnyRef& now);
  void tell(const AnyRef& before, const AnyRef& now);

  Context& context_;
  std::shared_ptr<detail::Strand> strand_;
  const Resource& of_;
  InformerOptions options_;
  std::vector<Handler> handlers_;
  std::vector<Index> indexes_;
  Store store_;
  Signal synced_;
  Signal advanced_;
  uint64_t revision_ = 0;
  uint64_t token_ = 0;
  uint64_t round_ = 1;
  bool sweepAtSync_ = false;
  Duration nextRetry_ = kFirstRetry;
  Timer retry_;
};

void AnyInformer::Impl::open() {
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

void AnyInformer::Impl::closed(const Status& why) {
  // While a cluster starts, what a watch needs may come a moment later: that is no news.
  const cleat_log_level level = nextRetry_ < kWorthTelling ? CLEAT_LOG_DEBUG : CLEAT_LOG_WARN;
  context_.log.write(
      level, concat("cannot watch ", of_.qualified(), ": ", why, "; trying again in ", formatDuration(nextRetry_)));
  strand_->remove(std::exchange(token_, 0));
  ++round_;
  sweepAtSync_ = true;
  retry_ = context_.after(nextRetry_, [this] { open(); });
  nextRetry_ = std::min(nextRetry_ * 2, kLongestRetry);
}

void AnyInformer::Impl::apply(const cleat_change& change) {
  switch (change.type) {
    case CLEAT_CHANGE_ADDED:
    case CLEAT_CHANGE_MODIFIED: put(change.object); break;
    case CLEAT_CHANGE_DELETED: erase(change.object); break;
    case CLEAT_CHANGE_RESTARTED:
      ++round_;
      sweepAtSync_ = true;
      return;
    case CLEAT_CHANGE_SYNCED:
      nextRetry_ = kFirstRetry;
      if (std::exchange(sweepAtSync_, false)) sweep();
      revision_ = std::max(revision_, change.object.revision);
      synced_.set();
      return;
    default: return;  // of a newer host
  }
  revision_ = std::max(revision_, change.object.revision);
}

void AnyInformer::Impl::put(const cleat_object& object) {
  AnyRef now = AnyRef::retain(strand_->link(), object);
  Store::value_type& node = *store_.try_emplace(now.key()).first;
  node.second.round = round_;
  AnyRef before = node.second.object;
  // After a restart what has not changed comes again.
  if (before && before.revision() == now.revision() && before.uid() == now.uid()) return;
  // Another object took the name while history was lost: the first one is gone.
  if (before && before.uid() != now.uid()) replace(node, AnyRef());
  replace(node, now);
}

void AnyInformer::Impl::erase(const cleat_object& object) {
  AnyRef last = AnyRef::retain(strand_->link(), object);
  auto found = store_.find(last.key());
  if (found == store_.end()) return;
  for (Index& index : indexes_) index.change(&*found, found->second.object, AnyRef());
  store_.erase(found);
  tell(last, AnyRef());
}

void AnyInformer::Impl::sweep() {
  std::vector<AnyRef> gone;
  for (auto at = store_.begin(); at != store_.end();) {
    if (at->second.round == round_) {
      ++at;
      continue;
    }
    for (Index& index : indexes_) index.change(&*at, at->second.object, AnyRef());
    gone.push_back(std::move(at->second.object));
    at = store_.erase(at);
  }
  for (const AnyRef& object : gone) tell(object, AnyRef());
}

void AnyInformer::Impl::replace(Store::value_type& node, const AnyRef& now) {
  AnyRef before = std::exchange(node.second.object, now);
  for (Index& index : indexes_) index.change(&node, before, now);
  tell(before, now);
}

void AnyInformer::Impl::tell(const AnyRef& before, const AnyRef& now) {
  strand_->telling((now ? now : before).revision());
  for (Handler& handler : handlers_) {
    try {
      handler(before, now);
    } catch (...) {
      context_.log.error("a handler of ", of_.qualified(), " threw: ", detail::describeException());
    }
  }
  strand_->telling(0);
}

AnyInformer::AnyInformer(Context& context, const Resource& of, InformerOptions options)
    : impl_(std::make_unique<Impl>(context, of, std::move(options))) {}
AnyInformer::~AnyInformer() = default;

void AnyInformer::onChange(Handler handler) { impl_->onChange(std::move(handler)); }
void AnyInformer::addIndex(std::string name, IndexFunction values) {
  impl_->addIndex(std::move(name), std::move(values));
}
void AnyInformer::start() { impl_->start(); }
bool AnyInformer::synced() const { return impl_->synced().isSet(); }

Task<void> AnyInformer::waitSynced() {
  impl_->start();
  co_await impl_->synced().wait();
}

Task<bool> AnyInformer::waitFor(uint64_t revision, Duration timeout) { return impl_->waitFor(revision, timeout); }

AnyRef AnyInformer::get(std::string_view key) const {
  auto found = impl_->store().find(key);
  return found == impl_->store().end() ? AnyRef() : found->second.object;
}

size_t AnyInformer::size() const { return impl_->store().size(); }

void AnyInformer::forEach(const std::function<void(const AnyRef&)>& visit) const {
  for (const auto& [key, entry] : impl_->store()) visit(entry.object);
}

void AnyInformer::forEach(std::string_view index, std::string_view value,
                          const std::function<void(const AnyRef&)>& visit) const {
  const Index* found = impl_->index(index);
  if (found != nullptr) found->forEach(value, visit);
}

uint64_t AnyInformer::revision() const { return impl_->revision(); }
const Resource& AnyInformer::resource() const { return impl_->resource(); }

}  // namespace cleat
