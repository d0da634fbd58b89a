// A gate in front of a store in memory, with plugins that are functions of the test: each stage of a request can be
// looked at, changed and refused. Pods, config maps and deployments are real kinds; their behaviour is the test's.
// Component statuses and the metrics of pods are stored nowhere.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/asio_executor.h"
#include "core/gate/gate.h"
#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "tests/core/store/memory_engine.h"

namespace cleat::gate {

// What a stage does with an object: gives another one back, or nothing. `old` is null where there is none.
using Stage = std::function<Ref<Message>(const Message& object, const Message* old)>;

class FakeRoles final : public Roles {
 public:
  explicit FakeRoles(object::KindRegistry& kinds) : kinds_(kinds) {}

  std::vector<std::string> chain(std::string_view role) const override;
  Ref<const Message> interests(const std::string& plugin) const override;
  uint64_t generation() const override { return generation_; }
  Task<RoleAnswer> call(std::string_view plugin, RoleCall call) override;

  Stage onDefault, onMutate, onCommit;
  // What the mutating plugin is told and says, beside the object.
  std::function<void(role::AdmissionParams::Reader, role::AdmissionResults::Builder)> onMutateSays;
  std::function<std::vector<StatusCause>(const Message& object)> onValidate;
  std::function<std::string(const Message& object)> onAdmit;  // why not; empty: it is admitted
  std::function<RoleAnswer(const RoleCall&)> onConvert;
  std::function<RoleAnswer(const RoleCall&)> onLook;
  std::string denied;              // a verb that nobody may
  std::vector<std::string> calls;  // the stages that were asked, in order
  int compiled = 0;                // how often the admission chain was asked for
  // A rule "RESOURCE" of the admission plugin's interests, "*/*" by default; in objects that have one of the fields.
  void setInterest(const std::string& resource, std::vector<std::string> fields = {});

 private:
  RoleAnswer answer(const char* stage, const Stage& hook, const RoleCall& call);

  object::KindRegistry& kinds_;
  mutable std::string interest_ = "*/*";
  std::vector<std::string> fields_;
  uint64_t generation_ = 1;
};

class GateTest : public testing::Test {
 protected:
  GateTest();
  ~GateTest() override;

  const object::Kind& kind(const std::string& name) const;
  bus::Target target(const std::string& kindName, const std::string& name, const std::string& subresource = {}) const;
  Ref<Message> message(const std::string& kindName, std::string_view json) const;
  // The JSON of what was written, or "CODE REASON: message" of what was refused.
  std::string create(const std::string& kindName, std::string_view json, const std::string& manager = "test");
  std::string update(const std::string& kindName, const std::string& name, std::string_view json,
                     const std::string& subresource = {}, const std::string& manager = "test");
  std::string patch(const std::string& kindName, const std::string& name, bus::PatchType type, const std::string& body,
                    const std::string& subresource = {}, const std::string& manager = "test");
  std::string remove(const std::string& kindName, const std::string& name, std::optional<int64_t> grace = std::nullopt);
  std::string stored(const std::string& kindName, const std::string& name) const;
  // A member of it by its path ("metadata.labels"), as JSON; empty where there is none.
  std::string member(const std::string& kindName, const std::string& name, const std::string& path) const;
  // "MANAGER OPERATION SUBRESOURCE {fields}" of each entry.
  std::vector<std::string> owners(const std::string& kindName, const std::string& name) const;

  template <class T>
  T wait(Task<T> task) {
    std::promise<T> promise;
    std::future<T> future = promise.get_future();
    spawn(std::move(task), [&promise](T value) { promise.set_value(std::move(value)); });
    return future.get();
  }

  base::AsioExecutor executor_;
  object::KindRegistry kinds_;
  store::Disk disk_;
  FakeRoles roles_{kinds_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<bus::Hub> hub_;
  std::unique_ptr<Gate> gate_;
  bus::User user_;
};

}  // namespace cleat::gate
