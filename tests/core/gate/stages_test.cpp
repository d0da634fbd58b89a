// The stages of a write, one after the other, and what each may see and do.
#include <cleat/sdk/text.h>

#include "core/gate/object_edit.h"
#include "tests/core/gate/gate_fixture.h"

namespace cleat::gate {
namespace {

using Calls = std::vector<std::string>;

constexpr const char* kMap = R"({"metadata":{"name":"m"},"data":{"k":"v"}})";

// Gives the object another annotation.
Ref<Message> annotated(const object::Kind& kind, const Message& object, const char* key) {
  ObjectEdit edit(kind, object);
  auto before = object.meta().getAnnotations();
  auto list = edit.meta().initAnnotations(before.size() + 1);
  for (unsigned i = 0; i < before.size(); ++i) list.setWithCaveats(i, before[i]);
  list[before.size()].setKey(key);
  list[before.size()].setValue("1");
  return edit.finish();
}

bool hasAnnotation(const Message& object, std::string_view key) {
  for (auto entry : object.meta().getAnnotations()) {
    if (view(entry.getKey()) == key) return true;
  }
  return false;
}

TEST_F(GateTest, ACreateGoesThroughItsStagesInOrder) {
  EXPECT_NE(create("ConfigMap", kMap).find(R"("name":"m")"), std::string::npos);
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate", "admit", "commit"}));
}

TEST_F(GateTest, AnUpdateGoesThroughTheSameWithWhatWasThere) {
  create("ConfigMap", kMap);
  roles_.calls.clear();
  bool sawOld = false;
  roles_.onMutate = [&](const Message&, const Message* old) {
    sawOld = old != nullptr;
    return Ref<Message>();
  };
  update("ConfigMap", "m", R"({"metadata":{"name":"m"},"data":{"k":"w"}})");
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate", "admit", "commit"}));
  EXPECT_TRUE(sawOld);
}

TEST_F(GateTest, WhatIsRefusedEarlyReachesNoLaterStage) {
  roles_.denied = "create";
  EXPECT_TRUE(create("ConfigMap", kMap).starts_with("403 Forbidden: configmaps is forbidden"))
      << create("ConfigMap", kMap);
  EXPECT_EQ(roles_.calls, Calls{});
  roles_.denied.clear();
  roles_.onValidate = [](const Message&) {
    return std::vector<StatusCause>{{"FieldValueInvalid", "Invalid value: no", "data"}};
  };
  roles_.onAdmit = [](const Message&) { return std::string("a policy"); };
  // What is invalid is told before what a policy forbids.
  EXPECT_EQ(create("ConfigMap", kMap), R"(422 Invalid: ConfigMap "m" is invalid: data: Invalid value: no)");
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate"}));
  roles_.onValidate = nullptr;
  roles_.calls.clear();
  EXPECT_EQ(create("ConfigMap", kMap), "403 Forbidden: a policy");
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate", "admit", "withdraw"}));
  EXPECT_EQ(stored("ConfigMap", "m"), "none");
}

TEST_F(GateTest, AdmissionSeesDefaultsAndWhatItChangesIsDefaultedAgain) {
  const object::Kind& map = kind("ConfigMap");
  int defaulted = 0;
  bool seen = false;
  roles_.onDefault = [&](const Message& object, const Message*) {
    ++defaulted;
    if (!hasAnnotation(object, "default")) return annotated(map, object, "default");
    return hasAnnotation(object, "admission") ? annotated(map, object, "again") : Ref<Message>();
  };
  roles_.onMutate = [&](const Message& object, const Message*) {
    seen = hasAnnotation(object, "default");
    return annotated(map, object, "admission");
  };
  create("ConfigMap", kMap);
  EXPECT_TRUE(seen);
  EXPECT_EQ(defaulted, 2);
  EXPECT_EQ(member("ConfigMap", "m", "metadata.annotations"), R"({"default":"1","admission":"1","again":"1"})");
  // Whose request it was owns the defaults, and not what admission has added.
  EXPECT_EQ(
      owners("ConfigMap", "m"),
      Calls{R"(test Update {"f:data":{".":{},"f:k":{}},"f:metadata":{"f:annotations":{".":{},"f:default":{}}}})"});
}

kj::ArrayPtr<const kj::byte> bytes(std::string_view text) {
  return {reinterpret_cast<const kj::byte*>(text.data()), text.size()};
}

// What is told of rounds: "first", "second KEPT same", "second KEPT changed".
std::string roundOf(role::AdmissionParams::Reader params) {
  if (!params.getAgain()) return "first";
  const auto kept = params.getKept().asChars();
  return concat("second ", std::string_view(kept.begin(), kept.size()), params.getChanged() ? " changed" : " same");
}

TEST_F(GateTest, MutatingPluginsAreAskedOnceMoreWhereOneWantsThat) {
  Calls rounds;
  roles_.onMutateSays = [&](role::AdmissionParams::Reader params, role::AdmissionResults::Builder results) {
    rounds.push_back(roundOf(params));
    results.setAskAgain(true);  // the second time it makes no difference
    results.setKeep(bytes("mine"));
  };
  create("ConfigMap", kMap);
  EXPECT_EQ(rounds, (Calls{"first", "second mine same"}));
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "mutate", "validate", "admit", "commit"}));
}

TEST_F(GateTest, TheSecondRoundSeesDefaultsWhichAreNobodysChange) {
  const object::Kind& map = kind("ConfigMap");
  Calls rounds;
  roles_.onDefault = [&](const Message& object, const Message*) {
    return hasAnnotation(object, "admission") && !hasAnnotation(object, "filled") ? annotated(map, object, "filled")
                                                                                  : Ref<Message>();
  };
  roles_.onMutate = [&](const Message& object, const Message*) {
    rounds.push_back(hasAnnotation(object, "filled") ? "filled in" : "not filled in");
    return hasAnnotation(object, "admission") ? Ref<Message>() : annotated(map, object, "admission");
  };
  roles_.onMutateSays = [&](role::AdmissionParams::Reader params, role::AdmissionResults::Builder results) {
    rounds.push_back(roundOf(params));
    results.setAskAgain(!params.getAgain());
    results.setKeep(bytes("k"));
  };
  create("ConfigMap", kMap);
  EXPECT_EQ(rounds, (Calls{"not filled in", "first", "filled in", "second k same"}));
  EXPECT_EQ(member("ConfigMap", "m", "metadata.annotations"), R"({"admission":"1","filled":"1"})");
}

TEST_F(GateTest, APluginThatGoesOnSeesWhatItChangedFilledIn) {
  const object::Kind& map = kind("ConfigMap");
  Calls steps;
  roles_.onDefault = [&](const Message& object, const Message*) {
    return hasAnnotation(object, "one") && !hasAnnotation(object, "filled") ? annotated(map, object, "filled")
                                                                            : Ref<Message>();
  };
  roles_.onMutate = [&](const Message& object, const Message*) {
    steps.push_back(hasAnnotation(object, "filled") ? "filled in" : "not filled in");
    return annotated(map, object, hasAnnotation(object, "one") ? "two" : "one");
  };
  roles_.onMutateSays = [&](role::AdmissionParams::Reader params, role::AdmissionResults::Builder results) {
    const auto kept = params.getKept().asChars();
    steps.emplace_back(kept.begin(), kept.size());
    results.setGoOn(kept.size() == 0);
    results.setKeep(bytes("more"));
  };
  create("ConfigMap", kMap);
  EXPECT_EQ(steps, (Calls{"not filled in", "", "filled in", "more"}));
  EXPECT_EQ(member("ConfigMap", "m", "metadata.annotations"), R"({"one":"1","filled":"1","two":"1"})");
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "default", "mutate", "default", "validate", "admit", "commit"}));
}

TEST_F(GateTest, APluginThatGoesOnWithoutEndFailsTheRequest) {
  roles_.onMutateSays = [](role::AdmissionParams::Reader, role::AdmissionResults::Builder results) {
    results.setGoOn(true);
  };
  EXPECT_EQ(create("ConfigMap", kMap), "500 InternalError: plugin admission comes to no end with a request");
}

TEST_F(GateTest, WhatWasWarnedOfBeforeARefusalIsTold) {
  roles_.onMutateSays = [](role::AdmissionParams::Reader, role::AdmissionResults::Builder results) {
    results.initWarnings(1).set(0, "mind the gap");
  };
  roles_.onAdmit = [](const Message&) { return std::string("a policy"); };
  bus::Warnings warnings;
  bus::WriteOptions options;
  options.warnings = &warnings;
  const auto written = wait(gate_->create(user_, target("ConfigMap", ""), message("ConfigMap", kMap), options));
  EXPECT_FALSE(written);
  EXPECT_EQ(warnings, (Calls{"mind the gap"}));
}

TEST_F(GateTest, AdmissionIsToldHowARequestIsToBeDone) {
  std::string told;
  roles_.onMutateSays = [&](role::AdmissionParams::Reader params, role::AdmissionResults::Builder) {
    auto options = params.getOptions();
    told = concat(view(options.getFieldManager()), " ", view(options.getFieldValidation()), " ",
                  options.getHasGracePeriodSeconds() ? std::to_string(options.getGracePeriodSeconds()) : "none");
  };
  create("ConfigMap", kMap, "me");
  EXPECT_EQ(told, "me  none");
  remove("ConfigMap", "m", 7);
  EXPECT_EQ(told, "  7");
}

TEST_F(GateTest, APluginCannotTouchWhoOwnsWhat) {
  const object::Kind& map = kind("ConfigMap");
  roles_.onMutate = [&](const Message& object, const Message*) {
    ObjectEdit edit(map, object);
    edit.meta().disownManagedFields();
    return edit.finish();
  };
  EXPECT_EQ(
      create("ConfigMap", kMap),
      "500 InternalError: plugin admission changed metadata.managedFields, which is not a plugin's to change here");
}

TEST_F(GateTest, WhatOnlyTheServerWritesIsPutBackBehindAdmission) {
  const object::Kind& deployment = kind("Deployment");
  roles_.onMutate = [&](const Message& object, const Message*) {
    Ref<Message> other = message("Deployment", R"({"metadata":{"name":"d"},"status":{"replicas":7}})");
    ObjectEdit edit(deployment, object);
    edit.copyField("status", *other);
    edit.meta().disownCreationTimestamp();
    edit.meta().setGeneration(7);
    edit.meta().initLabels(1)[0].setKey("hooked");
    edit.meta().setUid("");
    return edit.finish();
  };
  create("Deployment", R"({"metadata":{"name":"d"},"spec":{"replicas":1}})");
  EXPECT_EQ(member("Deployment", "d", "metadata.labels"), R"({"hooked":""})");
  EXPECT_EQ(member("Deployment", "d", "metadata.generation"), "1");
  EXPECT_EQ(member("Deployment", "d", "status.replicas"), "");
  const std::string uid = member("Deployment", "d", "metadata.uid");
  EXPECT_GT(uid.size(), 30u);
  update("Deployment", "d", R"({"metadata":{"name":"d"},"spec":{"replicas":2}})");
  EXPECT_EQ(member("Deployment", "d", "metadata.generation"), "2");
  EXPECT_EQ(member("Deployment", "d", "metadata.uid"), uid);
  EXPECT_EQ(member("Deployment", "d", "status.replicas"), "");
  // A write to the status reaches nothing else, and this it does.
  roles_.onMutate = [&](const Message& object, const Message*) {
    Ref<Message> other =
        message("Deployment", R"({"metadata":{"name":"d"},"spec":{"replicas":9},"status":{"replicas":8}})");
    ObjectEdit edit(deployment, object);
    edit.copyField("spec", *other);
    edit.copyField("status", *other);
    return edit.finish();
  };
  update("Deployment", "d", R"({"metadata":{"name":"d"},"status":{"replicas":3}})", "status");
  EXPECT_EQ(member("Deployment", "d", "spec.replicas"), "2");
  EXPECT_EQ(member("Deployment", "d", "status.replicas"), "8");
}

TEST_F(GateTest, APluginNamesWhatIsNew) {
  roles_.onMutate = [&](const Message& object, const Message*) {
    EXPECT_EQ(view(object.meta().getName()), "");
    EXPECT_EQ(view(object.meta().getUid()), "");
    EXPECT_EQ(view(object.meta().getCreationTimestamp()), "");
    ObjectEdit edit(kind("ConfigMap"), object);
    edit.meta().setName("another");
    return edit.finish();
  };
  create("ConfigMap", R"({"metadata":{"generateName":"made-"}})");
  EXPECT_EQ(member("ConfigMap", "another", "metadata.generateName"), R"("made-")");
  EXPECT_NE(member("ConfigMap", "another", "metadata.uid"), "");
}

TEST_F(GateTest, APluginCannotRenameWhatItIsGiven) {
  create("ConfigMap", kMap);
  roles_.onMutate = [&](const Message& object, const Message*) {
    ObjectEdit edit(kind("ConfigMap"), object);
    edit.meta().setName("another");
    return edit.finish();
  };
  EXPECT_EQ(update("ConfigMap", "m", kMap),
            "500 InternalError: plugin admission changed metadata.name, which is not a plugin's to change here");
}

TEST_F(GateTest, WhatAPluginGivesIsUtf8) {
  const object::Kind& map = kind("ConfigMap");
  roles_.onMutate = [&](const Message& object, const Message*) { return annotated(map, object, "a\xff"); };
  EXPECT_EQ(
      create("ConfigMap", kMap),
      "500 InternalError: plugin admission gave an object that is no ConfigMap: the message does not fit ConfigMap: "
      "metadata.annotations[0].key: not UTF-8");
}

TEST_F(GateTest, ADryRunGoesAllTheWayAndStoresNothing) {
  bus::WriteOptions options;
  options.dryRun = true;
  options.fieldManager = "test";
  Result<bus::Written> written =
      wait(gate_->create(user_, target("ConfigMap", ""), message("ConfigMap", kMap), options));
  ASSERT_TRUE(written);
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate", "admit", "commit"}));
  EXPECT_EQ(stored("ConfigMap", "m"), "none");
}

TEST_F(GateTest, WhoLetSomethingThroughIsToldWhenNothingCameOfIt) {
  const Calls lost = {"default", "mutate", "validate", "admit", "withdraw"};
  create("ConfigMap", kMap);
  roles_.calls.clear();
  EXPECT_TRUE(create("ConfigMap", kMap).starts_with("409 AlreadyExists"));
  EXPECT_EQ(roles_.calls, lost);
  roles_.calls.clear();
  EXPECT_FALSE(update("ConfigMap", "m", kMap).starts_with("4"));
  EXPECT_EQ(roles_.calls, lost) << "it is as it was";
  roles_.calls.clear();
  update("ConfigMap", "m", R"({"metadata":{"name":"m"},"data":{"k":"w"}})");
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate", "admit", "commit"}));
}

TEST_F(GateTest, EachTryThatMeetsAConflictIsTakenBack) {
  create("ConfigMap", kMap);
  bool met = false;
  roles_.onCommit = [&](const Message&, const Message*) {
    if (std::exchange(met, true)) return Ref<Message>();
    store::Write write;
    object::ObjectRef there = store_->snapshot()->get(kind("ConfigMap"), "default", "m");
    write.object = store::prepare(there->kind(), "default", "m",
                                  message("ConfigMap", R"({"metadata":{"name":"m"},"data":{"other":"1"}})"));
    write.expectedRevision = there->revision();
    EXPECT_TRUE(wait(store_->commit(std::move(write))));
    return Ref<Message>();
  };
  roles_.calls.clear();
  patch("ConfigMap", "m", bus::PatchType::merge, R"({"data":{"mine":"2"}})");
  EXPECT_EQ(roles_.calls, (Calls{"default", "mutate", "validate", "admit", "commit", "withdraw", "default", "mutate",
                                 "validate", "admit", "commit"}));
}

TEST_F(GateTest, AChainIsWorkedOutOnceAndAgainWhenAPluginSaysOtherwise) {
  create("ConfigMap", kMap);
  update("ConfigMap", "m", R"({"metadata":{"name":"m"},"data":{"k":"w"}})");
  EXPECT_EQ(roles_.compiled, 1);
  roles_.setInterest("pods");
  roles_.calls.clear();
  update("ConfigMap", "m", R"({"metadata":{"name":"m"},"data":{"k":"x"}})");
  EXPECT_EQ(roles_.compiled, 2);
  EXPECT_EQ(roles_.calls, (Calls{"default", "validate", "commit"}));
}

TEST_F(GateTest, AnInterestInSubresourcesIsNoneInTheObject) {
  create("Pod", R"({"metadata":{"name":"p"},"spec":{}})");
  auto admitted = [&](const char* interest, const char* subresource) {
    roles_.setInterest(interest);
    roles_.calls.clear();
    patch("Pod", "p", bus::PatchType::merge, R"({"metadata":{"labels":{"a":")" + std::string(interest) + R"("}}})",
          subresource);
    return std::ranges::find(roles_.calls, "mutate") != roles_.calls.end();
  };
  EXPECT_TRUE(admitted("*", ""));
  EXPECT_FALSE(admitted("*", "status"));
  EXPECT_TRUE(admitted("pods", ""));
  EXPECT_FALSE(admitted("pods", "status"));
  EXPECT_TRUE(admitted("pods/status", "status"));
  EXPECT_FALSE(admitted("pods/status", ""));
  EXPECT_TRUE(admitted("pods/*", "status"));
  EXPECT_TRUE(admitted("*/status", "status"));
  EXPECT_TRUE(admitted("*/*", "status"));
  EXPECT_TRUE(admitted("*/*", ""));
  EXPECT_FALSE(admitted("deployments/status", "status"));
}

TEST_F(GateTest, AnInterestInFieldsIsNoneInObjectsWithoutThem) {
  auto admitted = [&](std::vector<std::string> fields, const std::string& spec) {
    roles_.setInterest("pods", std::move(fields));
    roles_.calls.clear();
    create("Pod", R"({"metadata":{"generateName":"p-"},"spec":)" + spec + "}");
    return std::ranges::find(roles_.calls, "mutate") != roles_.calls.end();
  };
  EXPECT_TRUE(admitted({}, "{}"));
  EXPECT_FALSE(admitted({"spec.nodeName"}, "{}"));
  EXPECT_TRUE(admitted({"spec.nodeName"}, R"({"nodeName":"n"})"));
  EXPECT_TRUE(admitted({"spec.runtimeClassName", "spec.nodeName"}, R"({"nodeName":"n"})"));
  EXPECT_FALSE(admitted({"spec.runtimeClassName"}, R"({"nodeName":"n"})"));
  EXPECT_TRUE(admitted({"spec.runtimeClassName"}, R"({"runtimeClassName":""})"));
  EXPECT_FALSE(admitted({"spec.affinity.nodeAffinity"}, "{}"));
  EXPECT_TRUE(admitted({"spec.affinity.nodeAffinity"}, R"({"affinity":{"nodeAffinity":{}}})"));
  // What cannot be told is asked about.
  EXPECT_TRUE(admitted({"spec.noSuchField"}, R"({"nodeName":"n"})"));
  EXPECT_TRUE(admitted({"metadata.generation"}, "{}"));
  EXPECT_TRUE(admitted({"spec.containers.name"}, R"({"containers":[{"name":"c"}]})"));
}

TEST_F(GateTest, AConflictBeginsAgainOffTheCommitter) {
  create("ConfigMap", kMap);
  int tries = 0;
  roles_.onCommit = [&](const Message&, const Message* old) {
    // Somebody is quicker, the first time.
    if (old && ++tries == 1) {
      store::Write write;
      object::ObjectRef there = store_->snapshot()->get(kind("ConfigMap"), "default", "m");
      write.object = store::prepare(there->kind(), "default", "m",
                                    message("ConfigMap", R"({"metadata":{"name":"m"},"data":{"other":"1"}})"));
      write.expectedRevision = there->revision();
      EXPECT_TRUE(wait(store_->commit(std::move(write))));
    }
    return Ref<Message>();
  };
  patch("ConfigMap", "m", bus::PatchType::merge, R"({"data":{"mine":"2"}})");
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(member("ConfigMap", "m", "data"), R"({"mine":"2","other":"1"})");
}

}  // namespace
}  // namespace cleat::gate
