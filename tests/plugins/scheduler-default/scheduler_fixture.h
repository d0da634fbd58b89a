// The plugin on the test kit, with the pods and nodes that its tests look at.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::scheduling {

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    host.know<core_v1::Pod>();
    host.know<core_v1::Event>();
    host.know<core_v1::Namespace>();
    host.know<core_v1::PersistentVolume>();
    host.know<core_v1::PersistentVolumeClaim>();
    host.know<core_v1::Service>();
    host.know<policy_v1::PodDisruptionBudget>();
    host.know<resource_v1::DeviceClass>();
    host.know<resource_v1::DeviceTaintRule>();
    host.know<resource_v1::ResourceClaim>();
    host.know<resource_v1::ResourceSlice>();
    host.know<storage_v1::CSIDriver>();
    host.know<storage_v1::CSINode>();
    host.know<storage_v1::CSIStorageCapacity>();
    host.know<storage_v1::StorageClass>();
    host.know<storage_v1::VolumeAttachment>();
  }
  void start(const test::Settings& settings = {}) {
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  }
  void pod(const std::string& name, const std::string& cpu = "1", const std::string& scheduler = "default-scheduler") {
    auto draft = test::makePod(name, {{"cpu", cpu}});
    draft->getSpec().setSchedulerName(scheduler);
    host.put(std::move(draft));
  }
  // A pod with labels that asks something: edit(Pod::Builder).
  template <class F>
  void pod(const std::string& name, const test::Pairs& labels, F edit) {
    auto draft = test::makePod(name, {{"cpu", "1m"}}, labels);
    draft->getSpec().setSchedulerName("default-scheduler");
    edit(*draft);
    host.put(std::move(draft));
  }
  std::string nodeOf(const std::string& name) {
    return str(host.get<core_v1::Pod>("default", name)->getSpec().getNodeName());
  }
  std::string nominatedNodeOf(const std::string& name) {
    return str(host.get<core_v1::Pod>("default", name)->getStatus().getNominatedNodeName());
  }
  std::string whyWaiting(const std::string& name) {
    auto pod = host.get<core_v1::Pod>("default", name);
    auto condition = findCondition(pod->getStatus().getConditions(), "PodScheduled");
    return condition ? str(condition->getMessage()) : "";
  }
  // Without what preemption adds to it.
  std::string reasonOf(const std::string& name) {
    const std::string why = whyWaiting(name);
    return why.substr(0, why.find(" preemption:"));
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<core_v1::Event>()) {
      all.push_back(concat(event->getReason(), ": ", event->getMessage()));
    }
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat::scheduling
