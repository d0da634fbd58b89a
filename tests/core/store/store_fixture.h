// A store of configmaps on a disk in memory, for the tests of what it promises.
#pragma once

#include "core/store/store.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "core/store/history.h"
#include "tests/core/store/fixtures.h"
#include "tests/core/store/memory_engine.h"

namespace cleat::store {

struct StoreTest : ::testing::Test {
  TestKinds kinds;
  Disk disk;
  std::unique_ptr<Store> store = openStore(kinds.registry, std::make_unique<MemoryEngine>(disk));
  Maps maps{*kinds.configMap, *store};

  void reopen(Options options = {}) {
    store.reset();
    store = openStore(kinds.registry, std::make_unique<MemoryEngine>(disk), options);
    std::destroy_at(&maps);
    std::construct_at(&maps, *kinds.configMap, *store);
  }

  // "name=value@revision …"
  std::string list(const Snapshot& snapshot, const std::string& ns = "", const Snapshot::Position* after = nullptr) {
    std::string text;
    snapshot.visit(*kinds.configMap, ns, after, [&](const ObjectRef& object) {
      text += (text.empty() ? "" : " ") + object->name() + "=" + valueOf(*object) + "@" +
              std::to_string(object->revision());
      return true;
    });
    return text;
  }
  std::string changes(uint64_t after) {
    std::string text;
    bool whole = store->history(*kinds.configMap).visit(after, store->revision(), [&](const Change& change) {
      text += (text.empty() ? "" : " ") +
              std::string(change.type == ChangeType::added      ? "+"
                          : change.type == ChangeType::modified ? "~"
                                                                : "-") +
              change.object->name() + "@" + std::to_string(change.revision) +
              (change.previous ? "(" + std::to_string(change.previous->revision()) + ")" : "");
      return true;
    });
    return whole ? text : "given up";
  }
  // The oldest revision that can still be read.
  uint64_t horizon() {
    uint64_t revision = store->revision();
    while (revision > 0 && store->at(revision - 1)) --revision;
    return revision;
  }
};

}  // namespace cleat::store
