// Slices and classes of devices for the scheduler's tests.
#pragma once

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/struct_json.h>

#include "tests/plugins/objects.h"

namespace cleat::test {

// As a manifest has it, without its kind.
template <class K>
Object<K> fromJson(const std::string& text) {
  auto tree = JsonTree::parse(text);
  if (!tree) throw std::invalid_argument(text);
  Draft<K> draft;
  if (auto read = readStruct(tree->view(), *draft); !read) throw std::invalid_argument(read.error().message);
  return std::move(draft).freeze();
}

inline Draft<resource_v1::DeviceClass> deviceClass(const std::string& name, const std::string& expression) {
  auto made = named<resource_v1::DeviceClass>("", name);
  made->initSpec().initSelectors(1)[0].initCel().setExpression(expression);
  return made;
}

struct SliceSpec {
  std::string name;
  std::string node;  // empty: all nodes
  std::vector<std::string> devices;
  std::string driver = "gpu.example.com";
  std::string pool = {};  // as the slice
  int64_t generation = 1, slices = 1;
};
inline Draft<resource_v1::ResourceSlice> slice(const SliceSpec& wanted) {
  auto made = named<resource_v1::ResourceSlice>("", wanted.name);
  auto spec = made->initSpec();
  spec.setDriver(wanted.driver);
  auto pool = spec.initPool();
  pool.setName(wanted.pool.empty() ? wanted.name : wanted.pool);
  pool.setGeneration(wanted.generation);
  pool.setResourceSliceCount(wanted.slices);
  if (wanted.node.empty()) {
    spec.initAllNodes().setValue(true);
  } else {
    spec.setNodeName(wanted.node);
  }
  auto devices = spec.initDevices(static_cast<uint32_t>(wanted.devices.size()));
  for (uint32_t i = 0; i < devices.size(); ++i) devices[i].setName(wanted.devices[i]);
  return made;
}

}  // namespace cleat::test
