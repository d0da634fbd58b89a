#include <cleat/sdk/informer.h>
#include <cleat/sdk/text_table.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "object_table.h"
#include "strand.h"

namespace cleat {
namespace {

using Entry = detail::ObjectTable::Entry;

std::string_view keyOfEntry(const Entry* entry) { return entry->key; }

// Puts those from `begin` on where they belong among the sorted ones before them.
void sortByKey(std::vector<const Entry*>& entries, size_t begin = 0) {
  const auto from = entries.begin() + static_cast<ptrdiff_t>(begin);
  std::ranges::sort(from, entries.end(), {}, keyOfEntry);
  std::ranges::inplace_merge(entries.begin(), from, entries.end(), {}, keyOfEntry);
}

// Finds objects by values computed from them. Points into the store, whose entries stay where they are.
class Index {
 public:
  Index(std::string name, AnyInformer::IndexFunction values) : name_(std::move(name)), values_(std::move(values)) {}
  const std::string& name() const { return name_; }

  void change(const Entry& entry, const AnyRef& before, const AnyRef& now) {
    std::vector<std::string> old = before ? values_(before) : std::vector<std::string>();
    std::vector<std::string> fresh = now ? values_(now) : std::vector<std::string>();
    if (old == fresh) return;
    for (const std::string& value : old) {
      auto bucket = buckets_.find(value);
      if (bucket == buckets_.end()) continue;
      bucket->second.erase(&entry);
      if (bucket->second.empty()) buckets_.erase(bucket);
    }
    for (std::string& value : fresh) buckets_[std::move(value)].insert(&entry);
  }

  // In the order of the keys.
  void forEach(std::string_view value, const std::function<void(const AnyRef&)>& visit) const {
    auto found = buckets_.find(value);
    if (found == buckets_.end()) return;
    for (const Entry* entry : found->second.ordered()) visit(entry->object);
  }

 private:
  // Some hold all there is, such as what nobody owns: coming and going must not cost more for that.
  class Bucket {
   public:
    void insert(const Entry* entry) {
      if (entries_.insert(entry).second && !ordered_.empty()) ordered_.push_back(entry);
    }
    void erase(const Entry* entry) {
      if (entries_.erase(entry) == 0 || ordered_.empty()) return;
      const auto sorted = ordered_.begin() + static_cast<ptrdiff_t>(sorted_);
      auto found = std::ranges::lower_bound(ordered_.begin(), sorted, std::string_view(entry->key), {}, keyOfEntry);
      if (found != sorted && *found == entry) {
        --sorted_;
      } else {
        found = std::find(sorted, ordered_.end(), entry);
      }
      ordered_.erase(found);
    }
    bool empty() const { return entries_.empty(); }
    const std::vector<const Entry*>& ordered() const {
      if (ordered_.empty()) ordered_.assign(entries_.begin(), entries_.end());
      if (sorted_ < ordered_.size()) sortByKey(ordered_, std::exchange(sorted_, ordered_.size()));
      return ordered_;
    }

   private:
    std::unordered_set<const Entry*> entries_;
    // Empty until somebody asks; then the sorted ones, and behind them those that have come since.
    mutable std::vector<const Entry*> ordered_;
    mutable size_t sorted_ = 0;
  };
  std::string name_;
  AnyInformer::IndexFunction values_;
  TextTable<Bucket> buckets_;
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

  const detail::ObjectTable& store() const { return store_; }
  // In the order of the keys.
  const std::vector<const Entry*>& ordered();
  AnyWatch& watch() { return watch_; }

 private:
  void put(const AnyRef& now);
  void erase(const AnyRef& last);
  void leave(const AnyRef& declined);
  void sweep();
  void remove(const Entry& entry);
  void replace(Entry& entry, const AnyRef& now);
  Entry* find(const AnyRef& object) const;
  void tell(const AnyRef& before, const AnyRef& now);

  Context& context_;
  detail::Strand& strand_;
  const std::function<bool(const AnyRef&)> only_;
  std::vector<Handler> handlers_;
  std::vector<Index> indexes_;
  detail::ObjectTable store_;
  std::vector<const Entry*> ordered_;  // empty: to be made anew
  uint64_t round_ = 1;
  bool sweepAtSync_ = false;
  AnyWatch watch_;
};

void AnyInformer::Impl::put(const AnyRef& now) {
  if (only_ && !only_(now)) return leave(now);
  const auto meta = now.meta();
  const auto [entry, isNew] = store_.add(view(meta.getNamespace()), view(meta.getName()));
  if (isNew) ordered_.clear();
  entry->round = round_;
  if (const AnyRef& before = entry->object) {
    const bool isSame = before.uid() == view(meta.getUid());
    // After a restart what has not changed comes again.
    if (isSame && before.revision() == now.revision()) return;
    // Another object took the name while history was lost: the first one is gone.
    if (!isSame) replace(*entry, AnyRef());
  }
  replace(*entry, now);
}

Entry* AnyInformer::Impl::find(const AnyRef& object) const {
  if (store_.empty()) return nullptr;
  const auto meta = object.meta();
  return store_.find(view(meta.getNamespace()), view(meta.getName()));
}

void AnyInformer::Impl::erase(const AnyRef& last) {
  const Entry* found = find(last);
  if (found == nullptr) return;
  remove(*found);
  tell(last, AnyRef());
}

// The last of it that was wanted is what goes.
void AnyInformer::Impl::leave(const AnyRef& declined) {
  const Entry* found = find(declined);
  if (found == nullptr) return;
  const AnyRef before = found->object;
  remove(*found);
  tell(before, AnyRef());
}

void AnyInformer::Impl::remove(const Entry& entry) {
  for (Index& index : indexes_) index.change(entry, entry.object, AnyRef());
  ordered_.clear();
  store_.erase(entry);
}

const std::vector<const Entry*>& AnyInformer::Impl::ordered() {
  if (ordered_.size() != store_.size()) {
    ordered_.clear();
    store_.forEach([this](const Entry& entry) { ordered_.push_back(&entry); });
    sortByKey(ordered_);
  }
  return ordered_;
}

void AnyInformer::Impl::sweep() {
  std::vector<AnyRef> gone;
  for (const Entry* entry : ordered()) {
    if (entry->round != round_) gone.push_back(entry->object);
  }
  for (const AnyRef& object : gone) remove(*find(object));
  for (const AnyRef& object : gone) tell(object, AnyRef());
}

void AnyInformer::Impl::replace(Entry& entry, const AnyRef& now) {
  AnyRef before = std::exchange(entry.object, now);
  for (Index& index : indexes_) index.change(entry, before, now);
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
  const Entry* found = impl_->store().find(key);
  return found == nullptr ? AnyRef() : found->object;
}

size_t AnyInformer::size() const { return impl_->store().size(); }

void AnyInformer::forEach(const std::function<void(const AnyRef&)>& visit) const {
  for (const Entry* entry : impl_->ordered()) visit(entry->object);
}

void AnyInformer::forEach(std::string_view index, std::string_view value,
                          const std::function<void(const AnyRef&)>& visit) const {
  const Index* found = impl_->index(index);
  if (found != nullptr) found->forEach(value, visit);
}

uint64_t AnyInformer::revision() const { return impl_->watch().revision(); }
const Resource& AnyInformer::resource() const { return impl_->watch().resource(); }

}  // namespace cleat
