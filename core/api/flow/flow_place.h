// FlowPlace: a request's place among the others: the seats that it has of its flow's level, waits for, or has lent
// while it waits for somebody outside of the server. Its end gives the seats back. Where no flow takes requests it is
// one of those that are counted.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "core/api/flow/flow_table.h"
#include "core/base/executor.h"
#include "core/bus/request_place.h"

namespace cleat::api {

// Where somebody waits for seats that come back by themselves, they are waited for here.
void wakeInTime(base::Executor& executor, const std::shared_ptr<FlowLevel>& level);

class FlowPlace final : public bus::RequestPlace {
 public:
  FlowPlace() = default;
  FlowPlace(FlowPlace&& other) noexcept : RequestPlace() { move(other); }
  FlowPlace& operator=(FlowPlace&& other) noexcept {
    leave();
    return move(other);
  }
  ~FlowPlace() override { leave(); }

  // Whether a flow took it: otherwise there is nothing to be said.
  bool isInFlow() const { return flow_ != nullptr; }
  bool isSeated() const { return seated_; }
  bool waits() const { return wait_ != nullptr; }
  // What clients are told of their flow and level, as lines of a head.
  const std::string& headLines() const { return flow_->headLines; }
  // It is one of those counted there, if no flow takes it; the count outlives it.
  void countIn(std::atomic<int>& count) { counted_ = &count; }
  // Nobody waits for it longer than until then, by this clock; 0: nobody says so.
  void endsAt(const base::Executor& clock, int64_t until) {
    clock_ = &clock;
    until_ = until;
  }

  // Waits until it has seats, or has waited for too long. On the strand that it came with, before and after.
  Task<void> turn();
  int64_t waitedNs() const { return waitedNs_; }
  // Gives the seats back: what is left of the request is no work.
  void leave();

  // bus::RequestPlace. Goes on on the strand that it came with.
  void lend() override;
  Task<void> back() override;
  int64_t leftNs() const override { return until_ == 0 ? INT64_MAX : until_ - clock_->now(); }

 private:
  friend class FlowControl;
  FlowPlace& move(FlowPlace& other);
  void seat(int64_t now, uint32_t queue);
  void count(int64_t by) const;
  void abandon();

  base::Executor* executor_ = nullptr;
  std::shared_ptr<base::Strand> strand_;
  Ref<const FlowTable> table_;
  const Flow* flow_ = nullptr;
  std::shared_ptr<FlowWait> wait_;
  std::chrono::nanoseconds longestWait_{};
  int64_t since_ = 0;  // when it came or, once it has seats, when it got them
  int64_t waitedNs_ = 0;
  FlowWork work_;
  uint32_t queue_ = FlowLevel::kNone;
  bool seated_ = false, lent_ = false;
  const base::Executor* clock_ = nullptr;  // by which it ends
  int64_t until_ = 0;                      // 0: at no time
  std::atomic<int>* counted_ = nullptr;
};

}  // namespace cleat::api
