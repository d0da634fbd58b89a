// What a node may write of a volume on its own disk.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolume;
using role::Operation;
using Edit = std::function<void(Draft<PersistentVolume>&)>;

class OwnVolumeTest : public testing::Test {
 protected:
  OwnVolumeTest() {
    host.know<core_v1::Node>();
    host.know<core_v1::Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  static Object<PersistentVolume> volume(const char* node, const Edit& edit = {}) {
    auto draft = test::named<PersistentVolume>("", "v", {{"cleat/local-path-node", node}});
    addFinalizer(draft.meta(), "cleat/local-path");
    draft->initSpec().initLocal().setPath("/volumes/v");
    if (edit) edit(draft);
    return std::move(draft).freeze();
  }
  static void letGo(Draft<PersistentVolume>& draft) {
    removeFinalizer(draft.meta(), "cleat/local-path");
    draft.meta().setResourceVersion(7);
  }
  // "" where the node n1 may, and why not otherwise.
  std::string ask(Operation operation, const Object<PersistentVolume>& now, const Object<PersistentVolume>& old = {}) {
    test::AdmissionRequest request{.operation = operation};
    request.user = "system:node:n1";
    request.groups = {"system:nodes", "system:authenticated"};
    request.name = "v";
    auto outcome = test::admit<PersistentVolume>(*plugin, test::Pass::validate, request, now, old);
    return outcome.ok() ? std::string() : outcome.status.message;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

constexpr const char* kOnly =
    "persistentvolumes \"v\" is forbidden: node \"n1\" can only remove the finalizer \"cleat/local-path\" of persistent "
    "volumes";

TEST_F(OwnVolumeTest, ANodeTakesItsFinalizerAway) {
  EXPECT_EQ(ask(Operation::UPDATE, volume("n1", letGo), volume("n1")), "");
  EXPECT_EQ(ask(Operation::UPDATE, volume("n2", letGo), volume("n2")),
            "persistentvolumes \"v\" is forbidden: node \"n1\" can only update persistent volumes that are on its own "
            "disk");
  EXPECT_EQ(ask(Operation::DELETE, volume("n1")),
            "persistentvolumes \"v\" is forbidden: unexpected operation \"DELETE\"");
}

TEST_F(OwnVolumeTest, AndChangesNothingElse) {
  const Edit kEdits[] = {
      [](auto& draft) { letGo(draft), draft->getSpec().getLocal().setPath("/etc"); },
      [](auto& draft) { letGo(draft), setLabel(draft.meta(), "cleat/local-path-node", "n2"); },
      [](auto& draft) { letGo(draft), draft->initStatus().setPhase("Available"); },
      [](auto& draft) { addFinalizer(draft.meta(), "other"); },
  };
  for (const Edit& edit : kEdits) EXPECT_EQ(ask(Operation::UPDATE, volume("n1", edit), volume("n1")), kOnly);
  EXPECT_EQ(ask(Operation::UPDATE, volume("n1"), volume("n1", letGo)), kOnly) << "it adds none";
}

}  // namespace
}  // namespace cleat
