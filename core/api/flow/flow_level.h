// FlowLevel: the seats of a level, and the requests that wait for one. A request that finds seats takes them; one that
// does not waits in a queue, if the level has any, until its turn comes or it has waited too long.
//
// Who waits is served by turns of what flows have had. Each queue has a clock that goes on by the seats and the time
// that its requests take: by a guess when one is seated, whether it had to wait or not, and by what it has really taken
// when it is done. The level's own clock goes on by what each queue that has requests is due of the seats; a queue that
// gets its first request begins there, and one whose requests came late is no further behind than they came, so that
// nobody saves turns up. The next is who would be done first by these clocks. A flow is in the shortest of a hand of
// queues that follow from it, so that one that floods its own leaves most others alone.
//
// Who has changed what many watch keeps seats for some time after it is done, in which they are told of it.
//
// Thread-safe. The lock is held for some additions where there are seats.
#pragma once

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
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

// What a request asks of its level.
struct FlowWork {
  uint64_t flow = 0;       // a hash of what tells it apart
  uint32_t seats = 1;      // while it is served,
  uint32_t lastSeats = 0;  // and when it is done,
  int64_t lastsNs = 0;     // for so long

  // It has as many from the beginning.
  uint32_t mostSeats() const { return std::max(seats, lastSeats); }
};

// A request that waits. Shared by it and its level.
struct FlowWait {
  enum class State { waiting, seated, timedOut };
  FlowWait(std::shared_ptr<base::Strand> strand, const FlowWork& work)
      : wake(std::make_shared<http::WakeSignal>(std::move(strand))), work(work) {}
  const std::shared_ptr<http::WakeSignal> wake;  // raised with the state's change
  std::atomic<State> state = State::waiting;
  const FlowWork work;
  // The level's.
  uint32_t queue = 0;
  double came = 0;  // by its clock
};

class FlowLevel {
 public:
  // Whose account a seat is on: a queue's, or kNone where the level has none.
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

  // What a request gets that asks for this: not more seats than one may have; instead it keeps its last ones for
  // longer.
  FlowWork fitting(FlowWork work) const;

  // The queue that the seats are on the account of; nothing: there are none, or others wait for them.
  std::optional<uint32_t> take(const FlowWork& work, int64_t now);
  // How long the queue is with it; 0: it is not in, because its queues are full or there are none.
  uint32_t enqueue(const std::shared_ptr<FlowWait>& wait, int64_t now);
  bool hasQueues() const;
  // It has waited for too long. Nothing happens where it has a seat already.
  void giveUp(const std::shared_ptr<FlowWait>& wait, int64_t now);
  // It is done, after so long: seats come back, and whoever is next gets them.
  void finish(const FlowWork& work, uint32_t queue, int64_t heldNs, int64_t now);
  // A request that has given its seats back wants them again: at once (true) or when there are some, before all who
  // never had any. `insist`: it has waited long enough, and gets them although there are none.
  bool takeBack(const std::shared_ptr<FlowWait>& wait, int64_t now);
  void insist(const std::shared_ptr<FlowWait>& wait, int64_t now);
  // When seats come back by themselves that somebody waits for, so that `wake` is to be called; 0: never, or whoever
  // asked before does that in time. Asked after `enqueue` and `finish`.
  int64_t wakeAt();
  void wake(int64_t now);

  // Since the last call of it.
  SeatDemand takeDemand(int64_t now);
  const LevelCounts& counts() const { return counts_; }

 private:
  struct Queue {
    std::deque<std::shared_ptr<FlowWait>> waiting;
    uint32_t executing = 0;
    double waitingWork = 0, clock = 0;  // seat-nanoseconds

    bool isIdle() const { return waiting.empty() && executing == 0; }
  };
  struct LastSeats {
    int64_t until;
    uint32_t seats;
  };
  bool isFree(uint32_t seats) const CLEAT_REQUIRES(mutex_);
  // The queues that follow from a flow; until the next call.
  std::span<const uint32_t> handOf(uint64_t flow) CLEAT_REQUIRES(mutex_);
  void deal(uint64_t flow, std::span<uint32_t> hand) const CLEAT_REQUIRES(mutex_);
  uint32_t shortestFor(uint64_t flow) CLEAT_REQUIRES(mutex_);
  // The queue is about to have a request.
  void begin(Queue& queue) CLEAT_REQUIRES(mutex_);
  void endIfIdle(const Queue& queue) CLEAT_REQUIRES(mutex_);
  static void charge(Queue& queue, const FlowWork& work);
  // It is not owed turns from before who waits in it came.
  static void forgive(Queue& queue);
  void put(std::shared_ptr<FlowWait> wait) CLEAT_REQUIRES(mutex_);
  void note(int64_t now) CLEAT_REQUIRES(mutex_);
  void pass(int64_t now) CLEAT_REQUIRES(mutex_);
  uint32_t nextQueue() const CLEAT_REQUIRES(mutex_);
  void seatWhoIsNext() CLEAT_REQUIRES(mutex_);
  void seatAgain(FlowWait& wait) CLEAT_REQUIRES(mutex_);
  // Takes it out of those that want their seats again, if it is one of them.
  bool stopReturning(const std::shared_ptr<FlowWait>& wait) CLEAT_REQUIRES(mutex_);

  const std::string name_;
  const LevelCounts counts_;
  mutable Mutex mutex_;
  LevelSettings settings_ CLEAT_GUARDED_BY(mutex_);
  uint32_t limit_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint32_t taken_ CLEAT_GUARDED_BY(mutex_) = 0, waiting_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint32_t waitingSeats_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::deque<std::shared_ptr<FlowWait>> returning_ CLEAT_GUARDED_BY(mutex_);  // their seats count as waited for
  std::vector<Queue> queues_ CLEAT_GUARDED_BY(mutex_);
  uint32_t first_ CLEAT_GUARDED_BY(mutex_) = 0;   // the number of the first of them; those before are no more
  uint32_t active_ CLEAT_GUARDED_BY(mutex_) = 0;  // how many of them are not idle
  double clock_ CLEAT_GUARDED_BY(mutex_) = 0;     // what each of those was due; begins anew when all are idle
  uint32_t next_ CLEAT_GUARDED_BY(mutex_) = 0;    // the queue that is looked at first where clocks are equal
  // The hands of the flows that were here last, one after the other, and whose they are.
  std::vector<uint32_t> cards_ CLEAT_GUARDED_BY(mutex_);
  std::vector<uint64_t> dealtTo_ CLEAT_GUARDED_BY(mutex_);
  uint32_t card_ CLEAT_GUARDED_BY(mutex_) = 0;            // that is played next where all queues are empty
  std::vector<LastSeats> last_ CLEAT_GUARDED_BY(mutex_);  // a heap, the earliest on top
  int64_t wakeAt_ CLEAT_GUARDED_BY(mutex_) = 0;           // somebody will call `wake` then; 0: nobody
  // Of the demand: seats times nanoseconds, and their squares, since `demandSince_`.
  double area_ CLEAT_GUARDED_BY(mutex_) = 0, squares_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint32_t mostDemand_ CLEAT_GUARDED_BY(mutex_) = 0;
  int64_t demandSince_ CLEAT_GUARDED_BY(mutex_) = 0, demandAt_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::api
