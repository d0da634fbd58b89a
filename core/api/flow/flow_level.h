// FlowLevel: the seats of a level, and the requests that wait for one. A request that finds seats takes them; one that
// does not waits in a queue, if the level has any, until its turn comes or it has waited too long.
//
// Who waits is served by turns of what flows have had: each queue has a clock that goes on by the seats and the time
// that its requests take, and the queue whose clock is behind is next (start-time fair queueing). A flow waits in the
// shortest of a hand of queues that follow from it, so that one that floods its own leaves most others alone. The
// clocks begin anew when nobody waits any more: what was taken while there was enough is held against nobody.
//
// Thread-safe. The lock is held for some additions where there are seats.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/api/flow/flow_counts.h"
#include "core/http/wake_signal.h"

namespace cleat::api {

struct LevelSettings {
  bool unlimited = false;
  uint32_t seats = 0, leastSeats = 0, mostSeats = 0;
  uint32_t queues = 0, handSize = 0, queueLength = 0;
  uint32_t mostSeatsOfRequest = 1;
  bool operator==(const LevelSettings&) const = default;
};

// How many seats a level wanted, over some time.
struct SeatDemand {
  double average = 0, deviation = 0;
  uint32_t most = 0;
};

// A request that waits. Shared by it and its level.
struct FlowWait {
  enum class State { waiting, seated, timedOut };
  FlowWait(std::shared_ptr<base::Strand> strand, uint64_t flow, uint32_t seats)
      : wake(std::make_shared<http::WakeSignal>(std::move(strand))), flow(flow), seats(seats) {}
  const std::shared_ptr<http::WakeSignal> wake;  // raised with the state's change
  std::atomic<State> state = State::waiting;
  const uint64_t flow;  // a hash of what tells it apart
  const uint32_t seats;
  uint32_t queue = 0;
};

class FlowLevel {
 public:
  // A seat's place in a queue's account; kNone: it was free, and is on nobody's.
  static constexpr uint32_t kNone = UINT32_MAX;

  FlowLevel(std::string name, LevelSettings settings, base::Metrics& metrics);
  FlowLevel(const FlowLevel&) = delete;

  const std::string& name() const { return name_; }
  LevelSettings settings() const;
  // Who waits goes on waiting, in the queues that there are then.
  void configure(LevelSettings settings, int64_t now);
  // How many seats there are until the next such call; those that are taken stay so.
  void setLimit(uint32_t seats, int64_t now);
  uint32_t limit() const;

  // How many seats a request gets that asks for so many.
  uint32_t fitting(uint32_t seats) const;

  // False: there are none, or others wait for them.
  bool take(uint32_t seats, int64_t now);
  // How long the queue is with it; 0: it is not in, because its queues are full or there are none.
  uint32_t enqueue(const std::shared_ptr<FlowWait>& wait, int64_t now);
  bool hasQueues() const;
  // It has waited for too long. Nothing happens where it has a seat already.
  void giveUp(const std::shared_ptr<FlowWait>& wait, int64_t now);
  // Seats come back, which were had for so long; whoever is next gets them.
  void giveBack(uint32_t seats, uint32_t queue, int64_t heldNs, int64_t now);

  // Since the last call of it.
  SeatDemand takeDemand(int64_t now);
  const LevelCounts& counts() const { return counts_; }

 private:
  struct Queue {
    std::deque<std::shared_ptr<FlowWait>> waiting;
    uint32_t waitingSeats = 0, executing = 0;
    int64_t clock = 0;  // seat-nanoseconds
  };
  uint32_t fittingLocked(uint32_t seats) const CLEAT_REQUIRES(mutex_);
  bool isFree(uint32_t seats) const CLEAT_REQUIRES(mutex_);
  uint32_t queueFor(uint64_t flow) const CLEAT_REQUIRES(mutex_);
  void put(std::shared_ptr<FlowWait> wait) CLEAT_REQUIRES(mutex_);
  void note(int64_t now) CLEAT_REQUIRES(mutex_);
  void seatWhoIsNext() CLEAT_REQUIRES(mutex_);
  void restartClocks() CLEAT_REQUIRES(mutex_);

  const std::string name_;
  const LevelCounts counts_;
  mutable Mutex mutex_;
  LevelSettings settings_ CLEAT_GUARDED_BY(mutex_);
  uint32_t limit_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint32_t taken_ CLEAT_GUARDED_BY(mutex_) = 0, waiting_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint32_t waitingSeats_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::vector<Queue> queues_ CLEAT_GUARDED_BY(mutex_);
  int64_t clock_ CLEAT_GUARDED_BY(mutex_) = 0;  // that of the queue that was served last
  uint32_t next_ CLEAT_GUARDED_BY(mutex_) = 0;  // the queue that is looked at first where clocks are equal
  // Of the demand: seats times nanoseconds, and their squares, since `demandSince_`.
  double area_ CLEAT_GUARDED_BY(mutex_) = 0, squares_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint32_t mostDemand_ CLEAT_GUARDED_BY(mutex_) = 0;
  int64_t demandSince_ CLEAT_GUARDED_BY(mutex_) = 0, demandAt_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::api
