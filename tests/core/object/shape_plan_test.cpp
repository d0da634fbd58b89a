#include "core/object/schema/shape_plan.h"

#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/object/schema/message_shape.h"

namespace cleat::object {
namespace {

template <class T>
struct Plan {
  ShapePlan plan{capnp::Schema::from<T>()};
  bool fits(const Message& message) const { return plan.fits(words::rootOf(message.words())); }
  // What is said of it; empty: nothing.
  std::string wrong(const Message& message) const {
    const Result<void> by = checkShape(message, plan);
    // Whoever is asked in the plan's place says the same.
    EXPECT_EQ(by.has_value(), checkShape(message, capnp::Schema::from<T>()).has_value());
    return by ? "" : by.error().message;
  }
};

TEST(ShapePlan, TakesWhatItsSchemaDescribes) {
  const Plan<role::AdmissionParams> params;
  const Ref<Message> message = makeMessage<role::AdmissionParams>([](role::AdmissionParams::Builder builder) {
    builder.initRef().setName("web");
    auto user = builder.initUser();
    user.setName("jörg");
    user.initGroups(2).set(1, "system:authenticated");
    auto extra = user.initExtra(1);
    extra[0].setKey("k");
    extra[0].initValues(1).set(0, "v");
  });
  EXPECT_TRUE(params.fits(*message));
  EXPECT_EQ(params.wrong(*message), "");
  EXPECT_TRUE(params.fits(*Message::make(1)));
}

TEST(ShapePlan, LooksAtWhatAUnionHoldsAlone) {
  const Plan<role::RowsResults> results;
  const Ref<Message> message = makeMessage<role::RowsResults>([](role::RowsResults::Builder builder) {
    auto cells = builder.initRows(1)[0].initCells(3);
    cells[0].setText("a");
    cells[1].setInteger(7);
    cells[2].setBoolean(true);
  });
  EXPECT_TRUE(results.fits(*message));
  const Ref<Message> text = makeMessage<role::RowsResults>(
      [](role::RowsResults::Builder builder) { builder.initRows(1)[0].initCells(1)[0].setText("\xff"); });
  EXPECT_FALSE(results.fits(*text));
  EXPECT_NE(results.wrong(*text).find("UTF-8"), std::string::npos);
  // A number now; what the text was is not looked at.
  const Ref<Message> number = makeMessage<role::RowsResults>([](role::RowsResults::Builder builder) {
    auto cell = builder.initRows(1)[0].initCells(1)[0];
    cell.setText("\xff");
    cell.setInteger(7);
  });
  EXPECT_TRUE(results.fits(*number));
  EXPECT_EQ(results.wrong(*number), "");
}

TEST(ShapePlan, RefusesAPointerOfAnotherKind) {
  const Plan<role::AdmissionResults> results;
  const Plan<role::AdmissionParams> params;
  // Its first pointer is a struct there, and a list here.
  const Ref<Message> other = makeMessage<role::AdmissionParams>(
      [](role::AdmissionParams::Builder builder) { builder.initRef().setName("web"); });
  EXPECT_TRUE(params.fits(*other));
  EXPECT_FALSE(results.fits(*other));
  EXPECT_NE(results.wrong(*other), "");
}

TEST(ShapePlan, IsMadeOnceHoweverManyAskFirst) {
  const Plan<role::KindsDescription> plan;
  const Ref<Message> message = makeMessage<role::KindsDescription>([](role::KindsDescription::Builder builder) {
    auto kind = builder.initKinds(1)[0];
    kind.setPlural("things");
    kind.initVerbs(1).set(0, "get");
  });
  std::vector<std::thread> threads;
  std::atomic<int> fitting = 0;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { fitting += plan.fits(*message); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fitting, 4);
}

}  // namespace
}  // namespace cleat::object
