#include "core/store/history.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace cleat::store {

// A stretch of changes. Slots below `size` never change again, so readers need no more than to read it first.
struct HistoryBlock : RefCounted {
  static constexpr size_t kCapacity = 32;
  std::array<Change, kCapacity> changes;
  std::atomic<size_t> size{0};

  size_t published() const { return size.load(std::memory_order_acquire); }
  uint64_t lastRevision() const { return changes[published() - 1].revision; }
};

// Which blocks there are. A new one is made only when a block is added or dropped.
struct HistoryView : RefCounted {
  std::vector<Ref<HistoryBlock>> blocks;  // none of them empty
};

History::History(uint64_t horizon)
    : horizon_(horizon), view_(std::make_unique<base::SharedCell<HistoryView>>(makeRef<HistoryView>())) {}

History::~History() = default;

bool History::visit(uint64_t after, uint64_t upTo, const std::function<bool(const Change&)>& visit) const {
  // In this order: the horizon is raised before blocks are dropped, so a view without what we need comes with a horizon
  // that says so.
  Ref<const HistoryView> view = view_->get();
  if (horizon() > after) return false;
  const auto& blocks = view->blocks;
  auto block = std::partition_point(blocks.begin(), blocks.end(),
                                    [&](const Ref<HistoryBlock>& b) { return b->lastRevision() <= after; });
  for (; block != blocks.end(); ++block) {
    size_t size = (*block)->published();
    for (size_t i = 0; i < size; ++i) {
      const Change& change = (*block)->changes[i];
      if (change.revision <= after) continue;
      if (change.revision > upTo || !visit(change)) return true;
    }
  }
  return true;
}

bool History::hasAfter(uint64_t after, uint64_t upTo) const {
  bool found = false;
  bool reaches = visit(after, upTo, [&](const Change&) {
    found = true;
    return false;
  });
  return found || !reaches;
}

void History::append(Change change) {
  CHECK(change.revision > horizon(), "what has been given up does not come back");
  if (last_) CHECK(change.revision > last_->lastRevision(), "a history is in the order of revisions");
  size_t size = last_ ? last_->published() : HistoryBlock::kCapacity;
  if (size < HistoryBlock::kCapacity) {
    last_->changes[size] = std::move(change);
    last_->size.store(size + 1, std::memory_order_release);
    return;
  }
  last_ = makeRef<HistoryBlock>();
  last_->changes[0] = std::move(change);
  last_->size.store(1, std::memory_order_release);
  Ref<const HistoryView> before = view_->get();
  Ref<HistoryView> next = makeRef<HistoryView>();
  next->blocks.reserve(before->blocks.size() + 1);
  next->blocks = before->blocks;
  next->blocks.push_back(last_);
  view_->set(std::move(next));
}

void History::giveUp(uint64_t horizon) {
  if (horizon <= horizon_.load(std::memory_order_relaxed)) return;  // it only rises
  horizon_.store(horizon, std::memory_order_release);
  Ref<const HistoryView> before = view_->get();
  const auto& blocks = before->blocks;
  size_t dead = 0;
  while (dead < blocks.size() && blocks[dead]->lastRevision() <= horizon) ++dead;
  if (dead == 0) return;
  Ref<HistoryView> next = makeRef<HistoryView>();
  next->blocks.assign(blocks.begin() + static_cast<ptrdiff_t>(dead), blocks.end());
  if (next->blocks.empty()) last_ = {};
  view_->set(std::move(next));
}

}  // namespace cleat::store
