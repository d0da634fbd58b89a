#include <cleat/sdk/informer.h>
#include <cleat/sdk/text_table.h>

#include <algorithm>

#include "strand.h"

namespace cleat {
namespace {

struct Entry {
  AnyRef object;
  uint64_t round = 0;  // the (re)start of the watch that delivered it last
};

// Every change of an object finds it here, in each informer that has it: by a hash, which a tree of ten thousand takes
// four times as long as.
using Store = TextTable<Entry>;

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

class AnyInformer::Impl {
 public:
  Impl(Context& context, const Resource& of, InformerOptions options)
      : context_(context), strand_(context.strand()), only_(std::move(options.only)),
        watch_(context, of, {std::move(options.ns), std::move(options.labelSelector), std::move(options.fieldSelector)},
               {.put = [this](const AnyRef& object) { put(object); },
                .gone = [this](const AnyRef& last) { erase(last); },
                .restarted =
                    [this] {
                      ++round_;
                      sweepAtSync_ = true;
                    },
                .synced =
                    [this] {
                      if (std::exchange(sweepAtSync_, false)) sweep();
                    }}) {}

  void onChange(Handler handler) { handlers_.push_back(std::move(handler)); }
  void addIndex(std::string name, IndexFunction values) { indexes_.emplace_back(std::move(name), std::move(values)); }
  const Index* index(std::string_view name) const {
    for (const Index& index : indexes_) {
      if (index.name() == name) return &index;
    }
    return nullptr;
  }

  const Store& store() const { return store_; }
  // In the order of the keys.
  const std::vector<const Store::value_type*>& ordered();
  AnyWatch& watch() { return watch_; }

 private:
  void put(const AnyRef& now);
  void erase(const AnyRef& last);
  void leave(const AnyRef& declined);
  void sweep();
  void remove(Store::iterator found);
  void replace(Store::value_type& node, const AnyRef& now);
  void tell(const AnyRef& before, const AnyRef& now);

  Context& context_;
  detail::Strand& strand_;
  const std::function<bool(const AnyRef&)> only_;
  std::vector<Handler> handlers_;
  std::vector<Index> indexes_;
  Store store_;
  std::vector<const Store::value_type*> ordered_;  // empty: to be made anew
  uint64_t round_ = 1;
  bool sweepAtSync_ = false;
  AnyWatch watch_;
};

void AnyInformer::Impl::put(const AnyRef& now) {
  if (only_ && !only_(now)) return leave(now);
  const auto [found, isNew] = store_.try_emplace(now.key());
  if (isNew) ordered_.clear();
  Store::value_type& node = *found;
  node.second.round = round_;
  AnyRef before = node.second.object;
  // After a restart what has not changed comes again.
  if (before && before.revision() == now.revision() && before.uid() == now.uid()) return;
  // Another object took the name while history was lost: the first one is gone.
  if (before && before.uid() != now.uid()) replace(node, AnyRef());
  replace(node, now);
}

void AnyInformer::Impl::erase(const AnyRef& last) {
  if (store_.empty()) return;
  auto found = store_.find(last.key());
  if (found == store_.end()) return;
  remove(found);
  tell(last, AnyRef());
}

// The last of it that was wanted is what goes.
void AnyInformer::Impl::leave(const AnyRef& declined) {
  if (store_.empty()) return;
  auto found = store_.find(declined.key());
  if (found == store_.end()) return;
  const AnyRef before = found->second.object;
  remove(found);
  tell(before, AnyRef());
}

void AnyInformer::Impl::remove(Store::iterator found) {
  for (Index& index : indexes_) index.change(&*found, found->second.object, AnyRef());
  ordered_.clear();
  store_.erase(found);
}

const std::vector<const Store::value_type*>& AnyInformer::Impl::ordered() {
  if (ordered_.size() != store_.size()) {
    ordered_.clear();
    for (const Store::value_type& node : store_) ordered_.push_back(&node);
    std::ranges::sort(ordered_, {}, [](const Store::value_type* node) -> std::string_view { return node->first; });
  }
  return ordered_;
}

void AnyInformer::Impl::sweep() {
  std::vector<AnyRef> gone;
  for (const Store::value_type* node : ordered()) {
    if (node->second.round != round_) gone.push_back(node->second.object);
  }
  for (const AnyRef& object : gone) remove(store_.find(object.key()));
  for (const AnyRef& object : gone) tell(object, AnyRef());
}

void AnyInformer::Impl::replace(Store::value_type& node, const AnyRef& now) {
  AnyRef before = std::exchange(node.second.object, now);
  for (Index& index : indexes_) index.change(&node, before, now);
  tell(before, now);
}

void AnyInformer::Impl::tell(const AnyRef& before, const AnyRef& now) {
  strand_.telling((now ? now : before).revision());
  for (Handler& handler : handlers_) {
    try {
      handler(before, now);
    } catch (...) {
      context_.log.error("a handler of ", watch_.resource().qualified(), " threw: ", detail::describeException());
    }
  }
  strand_.telling(0);
}

AnyInformer::AnyInformer(Context& context, const Resource& of, InformerOptions options)
    : impl_(std::make_unique<Impl>(context, of, std::move(options))) {}
AnyInformer::~AnyInformer() = default;

void AnyInformer::onChange(Handler handler) { impl_->onChange(std::move(handler)); }
void AnyInformer::addIndex(std::string name, IndexFunction values) {
  impl_->addIndex(std::move(name), std::move(values));
}
void AnyInformer::start() { impl_->watch().start(); }
bool AnyInformer::synced() const { return impl_->watch().synced(); }
Task<void> AnyInformer::waitSynced() { return impl_->watch().waitSynced(); }
Task<bool> AnyInformer::waitFor(uint64_t revision, Duration timeout) {
  return impl_->watch().waitFor(revision, timeout);
}

AnyRef AnyInformer::get(std::string_view key) const {
  auto found = impl_->store().find(key);
  return found == impl_->store().end() ? AnyRef() : found->second.object;
}

size_t AnyInformer::size() const { return impl_->store().size(); }

void AnyInformer::forEach(const std::function<void(const AnyRef&)>& visit) const {
  for (const Store::value_type* node : impl_->ordered()) visit(node->second.object);
}

void AnyInformer::forEach(std::string_view index, std::string_view value,
                          const std::function<void(const AnyRef&)>& visit) const {
  const Index* found = impl_->index(index);
  if (found != nullptr) found->forEach(value, visit);
}

uint64_t AnyInformer::revision() const { return impl_->watch().revision(); }
const Resource& AnyInformer::resource() const { return impl_->watch().resource(); }

}  // namespace cleat
