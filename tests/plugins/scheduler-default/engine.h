// The scheduler's decisions alone, for tests that look at one node after the other.
#pragma once

#include <map>
#include <string>

#include "plugins/scheduler-default/cycle/scheduler.h"
#include "tests/plugins/objects.h"

namespace cleat::scheduling {

class Engine {
 public:
  explicit Engine(std::vector<Profile> profiles = {defaultProfile()}) : scheduler(std::move(profiles)) {}
  static Profile defaultProfile() {
    Profile profile;
    profile.schedulerName = "default-scheduler";
    return profile;
  }

  ClusterState& state() { return scheduler.state(); }
  ClassView& view(const Object<Pod>& pod) { return scheduler.viewOf(state().classes().of(pod)); }

  // By node: the first reason against it, or "" for one that fits.
  std::map<std::string, std::string> reasons(const Object<Pod>& pod) {
    ClassView& view = this->view(pod);
    std::map<std::string, std::string> reasons;
    for (NodeIndex node = 0; node < state().nodes().size(); ++node) {
      if (!state().nodes().isPresent(node)) continue;
      const MaybeWhy why = view.whyNot(node);
      std::string text;
      if (why) text = textsOf(*why, view.podClass(), state()).front();
      reasons[state().nodes().row(node).name] = text;
    }
    return reasons;
  }
  // Of those that fit.
  std::map<std::string, int64_t> scores(const Object<Pod>& pod) {
    std::map<std::string, int64_t> scores;
    for (const Option& option : view(pod).options()) scores[state().nodes().row(option.node).name] = option.score;
    return scores;
  }

  test::FakeHost host;
  Scheduler scheduler;
};

}  // namespace cleat::scheduling
