// Makes one of several instances the leader, by a Lease that the leader renews. The others take over when it has not
// been renewed for `leaseDuration`, as observed on their own clock.
//
//   LeaderElection election_{context(), {.ns = "kube-system", .name = "my-controller"}};
//   election_.onStarted([this] { controller_.run(); });
//   election_.onStopped([this] { … });
//   election_.run();
#pragma once

#include <cleat/sdk/client.h>

#include <functional>
#include <memory>
#include <string>

namespace cleat {

struct LeaderElectionOptions {
  std::string ns = "kube-system";
  std::string name;      // of the Lease
  std::string identity;  // unique; empty: made of the plugin's name and a random part
  Duration leaseDuration = std::chrono::seconds(15);
  Duration renewDeadline = std::chrono::seconds(10);
  Duration retryPeriod = std::chrono::seconds(2);
};

class LeaderElection {
 public:
  LeaderElection(Context& context, LeaderElectionOptions options);
  ~LeaderElection();

  void onStarted(std::function<void()> leading);
  // Leadership was lost (it could not be renewed in time). Another try begins by itself.
  void onStopped(std::function<void()> lost);
  void run();
  bool isLeader() const;
  const std::string& identity() const;
  // Gives the Lease back, so that the next one need not wait.
  Task<void> release();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cleat
