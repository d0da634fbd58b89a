// A Job controller on a host in memory, with a job called "sum" and nodes that do what a test says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/plugins/controller-job/job_test.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::job {

class JobTest : public testing::Test {
 protected:
  using Event = core_v1::Event;
  JobTest() {
    host.know<Job>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    start();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void put(Draft<Job> job) {
    host.put(std::move(job));
    host.settle();
  }
  template <class F>
  void change(F edit) {
    host.change<Job>("default", "sum", edit);
    host.settle();
  }
  Object<Job> job() { return host.get<Job>("default", "sum"); }

  std::vector<Object<Pod>> pods() {
    std::vector<Object<Pod>> own;
    for (const auto& pod : host.list<Pod>()) {
      if (isControlledBy(pod.meta(), job().uid())) own.push_back(pod);
    }
    return own;
  }
  // Those whose containers run, or are to.
  std::vector<Object<Pod>> active() {
    std::vector<Object<Pod>> found;
    for (const auto& pod : pods()) {
      const std::string phase = str(pod->getStatus().getPhase());
      if (phase != "Succeeded" && phase != "Failed" && !deletionPending(pod.meta())) found.push_back(pod);
    }
    return found;
  }
  Object<Pod> activeOf(int index) {
    for (const auto& pod : active()) {
      if (annotation(pod.meta(), kIndex) == std::to_string(index)) return pod;
    }
    return {};
  }
  // "0 2" of those that are active.
  std::string activeIndexes() {
    std::vector<std::string> all;
    for (const auto& pod : active()) all.emplace_back(annotation(pod.meta(), kIndex).value_or("?"));
    std::ranges::sort(all);
    std::string text;
    for (const auto& one : all) text += (text.empty() ? "" : " ") + one;
    return text;
  }
  void run(const Object<Pod>& pod) {
    host.change<Pod>("default", pod.name(), [](auto change) { change.getSpec().setNodeName("node"); });
    test::setPodReady(host, "default", pod.name());
    host.settle();
  }
  void succeed(const Object<Pod>& pod) { end(pod, "Succeeded", 0); }
  void fail(const Object<Pod>& pod, int code = 1) { end(pod, "Failed", code); }
  void end(const Object<Pod>& pod, std::string_view phase, int code) {
    ASSERT_TRUE(pod) << "there is no such pod";
    host.change<Pod>("default", pod.name(), [&](auto change) { endPod(change, phase, code, host.wallNow()); });
    host.settle();
  }
  void succeedAll() {
    for (const auto& pod : active()) succeed(pod);
  }
  // The nodes have ended what is to go.
  void reap() {
    for (const auto& pod : host.list<Pod>()) {
      if (deletionPending(pod.meta()) && !hasFinalizer(pod.meta(), kFinalizer)) host.remove<Pod>("default", pod.name());
    }
    host.settle();
  }
  size_t tracked() {
    size_t count = 0;
    for (const auto& pod : host.list<Pod>()) count += hasFinalizer(pod.meta(), kFinalizer);
    return count;
  }

  // "active ready terminating succeeded failed"
  std::string numbers() {
    auto status = job()->getStatus();
    return concat(status.getActive(), " ", status.getReady().getValue(), " ", status.getTerminating().getValue(), " ",
                  status.getSucceeded(), " ", status.getFailed());
  }
  std::vector<std::string> conditions() {
    std::vector<std::string> all;
    for (auto condition : job()->getStatus().getConditions()) {
      all.push_back(
          concat(condition.getStatus() == "True" ? "" : "not ", condition.getType(), ": ", condition.getReason()));
    }
    return all;
  }
  std::string messageOf(std::string_view type) {
    auto found = findCondition(job()->getStatus().getConditions(), type);
    return found ? str(found->getMessage()) : "no such condition";
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat::job
