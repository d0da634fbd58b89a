// LeaderLease: one Lease on a server that says which of several processes acts, held as Kubernetes' own programs hold
// theirs, so that it can be shared with them. Whoever holds it renews it every `retryPeriod` and, when that has not
// worked for `renewDeadline`, stops to act; the others take it when they have not seen it renewed for the time that it
// says. Each goes by its own clock alone.
//
//   while (true) {
//     const bool held = co_await lease.acquire();
//     if (!held) break;                      // stopped
//     …begin to act…
//     co_await lease.hold();                 // until it is lost, or stopped
//     …stop…
//     co_await lease.release();              // harmless where it is lost
//   }
//
// One of its tasks at a time; `stop` and `holder` from any thread.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/task.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/executor.h"
#include "core/http/http_client.h"

namespace cleat::app {

struct LeaderLeaseOptions {
  std::string ns, name;
  std::string identity;  // no other process has the same
  std::chrono::nanoseconds duration = std::chrono::seconds(15);
  std::chrono::nanoseconds renewDeadline = std::chrono::seconds(10);
  std::chrono::nanoseconds retryPeriod = std::chrono::seconds(2);
};

class LeaderLease {
 public:
  // `renewed` is called with the time, of the executor's clock, at which a request was begun by which it is held anew.
  using Renewed = std::function<void(int64_t began)>;
  LeaderLease(base::Executor& executor, std::shared_ptr<http::HttpClient> server, LeaderLeaseOptions options,
              Renewed renewed);

  Task<bool> acquire();
  Task<void> hold();
  // Whoever waits for it may take it now.
  Task<void> release();
  void stop();

  // Who held it when that was last looked at; empty: nobody, or nothing is known.
  std::string holder() const;
  bool held() const;
  const LeaderLeaseOptions& options() const { return options_; }

 private:
  enum class Outcome { held, others, unknown };
  Task<Outcome> attempt(std::chrono::nanoseconds limit);
  Task<Outcome> create(std::chrono::nanoseconds limit);
  Task<Outcome> write(boost::json::object lease, std::chrono::nanoseconds limit);
  Task<Result<http::ClientResponse>> ask(std::string method, boost::json::object body, std::chrono::nanoseconds limit);
  Outcome took(const http::ClientResponse& answer);
  Outcome failed(std::string why);
  void observe(const boost::json::object& lease);
  void setHeld(bool held);
  void fill(boost::json::object& spec, bool ours) const;
  Task<void> sleep(std::chrono::nanoseconds time);
  bool stopped() const;
  std::string path() const;

  base::Executor& executor_;
  const std::shared_ptr<http::HttpClient> server_;
  const LeaderLeaseOptions options_;
  const Renewed renewed_;

  // Of the task that runs.
  std::optional<boost::json::object> lease_;  // as it was last written by us
  std::string observedRevision_;
  int64_t observedAt_ = 0;
  int64_t renewedAt_ = 0;
  std::string lastFailure_;

  struct Nap {
    base::TimerId timer;
    Completion<bool> over;
  };
  mutable Mutex mutex_;
  std::optional<Nap> nap_ CLEAT_GUARDED_BY(mutex_);
  std::string holder_ CLEAT_GUARDED_BY(mutex_);
  bool held_ CLEAT_GUARDED_BY(mutex_) = false;
  bool stopped_ CLEAT_GUARDED_BY(mutex_) = false;
};

}  // namespace cleat::app
