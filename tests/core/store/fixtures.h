// What the tests of the store and the bus share: kinds, config maps and writers that wait for their answer.
#pragma once

#include <capnp/message.h>
#include <cleat/schema/kinds/core_v1.capnp.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "core/store/store.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::store {

struct TestKinds {
  object::KindRegistry registry;
  object::KindRef configMap;  // in namespaces
  object::KindRef node;       // not

  TestKinds() {
    add("Node");
    add("ConfigMap");
  }
  struct None {};
  explicit TestKinds(None) {}

  void add(const std::string& name) {
    static const std::string schema = test::compileSchema({"core_v1"});
    std::vector<test::KindNames> names;
    for (const auto& known : test::kindNames()) {
      if (name == known.kind) names.push_back(known);
    }
    capnp::MallocMessageBuilder builder;
    auto description = builder.initRoot<role::KindsDescription>();
    test::describe(description, schema, names);
    Result<void> added = registry.add("kinds-" + name, description.asReader());
    ASSERT_TRUE(added) << added.error().message;
    configMap = registry.find("", "v1", "configmaps");
    node = registry.find("", "v1", "nodes");
  }
};

inline Ref<object::Message> configMapMessage(const std::string& ns, const std::string& name, const std::string& value,
                                             const std::string& app = "") {
  capnp::MallocMessageBuilder builder;
  auto map = builder.initRoot<core_v1::ConfigMap>();
  auto meta = map.initMetadata();
  meta.setName(name);
  meta.setNamespace(ns);
  if (!app.empty()) {
    auto label = meta.initLabels(1)[0];
    label.setKey("app");
    label.setValue(app);
  }
  auto entry = map.initData(1)[0];
  entry.setKey("value");
  entry.setValue(value);
  return object::Message::copy(map.asReader());
}

inline std::string valueOf(const object::Object& object) {
  return object.message()->root<core_v1::ConfigMap>().getData()[0].getValue().cStr();
}

// An answer that will come; from a thread of the store.
inline std::future<Result<ObjectRef>> begin(Store& store, Write write) {
  auto promise = std::make_shared<std::promise<Result<ObjectRef>>>();
  auto answer = promise->get_future();
  spawn(store.commit(std::move(write)), [promise](Result<ObjectRef> result) { promise->set_value(std::move(result)); });
  return answer;
}

inline Result<ObjectRef> commit(Store& store, Write write) { return begin(store, std::move(write)).get(); }

// Config maps in the namespace "default".
class Maps {
 public:
  Maps(const Kind& kind, Store& store) : kind_(kind), store_(store) {}

  Write putting(const std::string& name, const std::string& value, uint64_t expected,
                const std::string& app = "") const {
    return {prepare(kind_, "default", name, configMapMessage("default", name, value, app)), false, expected};
  }
  Write removing(const std::string& name, uint64_t expected) const {
    Prepared object;
    object.kind = object::KindRef::share(&kind_);
    object.ns = "default";
    object.name = name;
    return {std::move(object), true, expected};
  }

  Result<ObjectRef> create(const std::string& name, const std::string& value = "1", const std::string& app = "") {
    return commit(store_, putting(name, value, 0, app));
  }
  // Of the latest revision.
  Result<ObjectRef> update(const std::string& name, const std::string& value, const std::string& app = "") {
    return commit(store_, putting(name, value, revisionOf(name), app));
  }
  Result<ObjectRef> remove(const std::string& name) { return commit(store_, removing(name, revisionOf(name))); }

  uint64_t revisionOf(const std::string& name) const {
    ObjectRef object = store_.snapshot()->get(kind_, "default", name);
    return object ? object->revision() : 0;
  }

 private:
  const Kind& kind_;
  Store& store_;
};

// Without options every write goes through the committer's thread, so that a test can hold one up and go on.
inline std::unique_ptr<Store> openStore(object::KindRegistry& kinds, std::unique_ptr<Engine> engine,
                                        Options options = {.commitHereBelow = {}}) {
  auto store = Store::open(kinds, std::move(engine), options);
  EXPECT_TRUE(store.has_value()) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

}  // namespace cleat::store
