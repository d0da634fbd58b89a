// Objects for the tests of controllers and schedulers: small ones with what those look at. Requests, labels and the
// like are given as pairs: {{"cpu", "1"}, {"memory", "1Gi"}}.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;

template <class MapBuilder>
void fillMap(MapBuilder map, const Pairs& pairs) {
  for (uint32_t i = 0; i < pairs.size(); ++i) {
    map[i].setKey(pairs[i].first);
    map[i].setValue(pairs[i].second);
  }
}

inline void setLabels(meta_v1::ObjectMeta::Builder meta, const Pairs& labels) {
  for (const auto& [key, value] : labels) setLabel(meta, key, value);
}

template <class K>
Draft<K> named(std::string_view ns, std::string_view name, const Pairs& labels = {}) {
  Draft<K> draft;
  draft->initMetadata().setName(std::string(name));
  draft.meta().setNamespace(std::string(ns));
  setLabels(draft.meta(), labels);
  return draft;
}

inline Draft<core_v1::Pod> makePod(std::string_view name, const Pairs& requests = {}, const Pairs& labels = {}) {
  auto pod = named<core_v1::Pod>("default", name, labels);
  auto container = pod->initSpec().initContainers(1)[0];
  container.setName("main");
  fillMap(container.initResources().initRequests(requests.size()), requests);
  return pod;
}

inline Draft<core_v1::Node> makeNode(std::string_view name, const Pairs& allocatable, const Pairs& labels = {}) {
  auto node = named<core_v1::Node>("", name, labels);
  fillMap(node->initStatus().initAllocatable(allocatable.size()), allocatable);
  return node;
}

// As the node's agent reports it.
inline void setPodReady(FakeHost& host, std::string_view ns, std::string_view name, bool ready = true) {
  host.change<core_v1::Pod>(ns, name, [&](core_v1::Pod::Builder pod) {
    pod.getStatus().setPhase("Running");
    setCondition<core_v1::PodCondition>(pod.getStatus(),
                                        {"Ready", ready ? "True" : "False", "", "", formatTime(host.wallNow())});
  });
}

inline size_t countRequests(const FakeHost& host, std::string_view prefix) {
  size_t count = 0;
  for (const std::string& request : host.requests()) count += request.starts_with(prefix);
  return count;
}

}  // namespace cleat::test
