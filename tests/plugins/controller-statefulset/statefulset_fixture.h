// The StatefulSet controller in a host in memory, with the sets and pods of a test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

#include "tests/plugins/controller-statefulset/statefulset_test.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::statefulset {

using apps_v1::ControllerRevision;
using core_v1::Event;

class StatefulSetTest : public testing::Test {
 protected:
  StatefulSetTest() {
    host.know<StatefulSet>();
    host.know<ControllerRevision>();
    host.know<PersistentVolumeClaim>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void put(Draft<StatefulSet> set) {
    host.put(std::move(set));
    host.settle();
  }
  template <class F>
  void change(F edit) {
    host.change<StatefulSet>("default", "web", [&](auto set) {
      edit(set);
      set.getMetadata().setGeneration(set.getMetadata().getGeneration() + 1);
    });
    host.settle();
  }
  void setImage(const std::string& image) {
    change([&](auto set) { set.getSpec().getTemplate().getSpec().getContainers()[0].setImage(image); });
  }
  void scale(int replicas) {
    change([&](auto set) { set.getSpec().initReplicas().setValue(replicas); });
  }
  Object<StatefulSet> set() { return host.get<StatefulSet>("default", "web"); }
  std::vector<std::string> pods() {  // "web-0:one"
    std::vector<std::string> found;
    for (const auto& pod : host.list<Pod>()) {
      if (!isControlledBy(pod.meta(), set().uid())) continue;
      found.push_back(concat(pod.name(), ":", pod->getSpec().getContainers()[0].getImage(),
                             deletionPending(pod.meta()) ? " leaves" : ""));
    }
    return found;
  }
  // The nodes do their part: what leaves is gone, all else runs and is ready.
  void run() {
    for (const auto& pod : host.list<Pod>()) {
      if (deletionPending(pod.meta())) {
        host.remove<Pod>("default", pod.name());
      } else if (view(pod->getStatus().getPhase()) != "Running") {
        host.change<Pod>("default", pod.name(), [](auto change) { change.getSpec().setNodeName("a"); });
        test::setPodReady(host, "default", pod.name());
      }
    }
    host.settle();
  }
  void runAll(int rounds = 8) {
    for (int i = 0; i < rounds; ++i) run();
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }
  std::vector<int64_t> revisions() {
    auto all = host.list<ControllerRevision>();
    sortByRevision(all);
    std::vector<int64_t> numbers;
    for (const auto& revision : all) {
      if (isControlledBy(revision.meta(), set().uid())) numbers.push_back(revision->getRevision());
    }
    return numbers;
  }
  std::vector<std::string> claims() {  // "data-web-0:KIND of its owner"
    std::vector<std::string> all;
    for (const auto& claim : host.list<PersistentVolumeClaim>()) {
      auto owner = controllerOf(claim.meta());
      all.push_back(concat(claim.name(), ":", owner ? view(owner->getKind()) : std::string_view()));
    }
    return all;
  }
  std::string numbers() {
    auto status = set()->getStatus();
    return concat(status.getReplicas(), " ", status.getReadyReplicas(), " ", status.getAvailableReplicas(), " ",
                  status.getCurrentReplicas(), " ", status.getUpdatedReplicas());
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat::statefulset
