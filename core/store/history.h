// History: the recent changes of one kind, oldest first. The store's committer appends and trims; any number of readers
// read at the same time without a lock. A reader names the revision it knows and gets what came after, or learns that
// it is too late.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/shared_cell.h"
#include "core/store/store.h"

namespace cleat::store {

struct HistoryBlock;
struct HistoryView;

class History {
 public:
  // Nothing at or before `horizon` is kept.
  explicit History(uint64_t horizon);
  ~History();

  // Visits the changes with after < revision <= upTo, oldest first, until `visit` returns false. False if changes after
  // `after` have been given up: then nothing was visited.
  bool visit(uint64_t after, uint64_t upTo, const std::function<bool(const Change&)>& visit) const;
  // Whether there is a change with after < revision <= upTo, or one has been given up.
  bool hasAfter(uint64_t after, uint64_t upTo) const;
  // The last change that was given up.
  uint64_t horizon() const { return horizon_.load(std::memory_order_acquire); }

  // By one thread at a time. `horizon` only rises.
  void append(Change change);
  void giveUp(uint64_t horizon);

 private:
  std::atomic<uint64_t> horizon_;
  std::unique_ptr<base::SharedCell<HistoryView>> view_;
  Ref<HistoryBlock> last_;  // the block that is appended to, which the view holds as well
};

}  // namespace cleat::store
