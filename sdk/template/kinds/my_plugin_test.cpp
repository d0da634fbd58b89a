#include "my_plugin.capnp.h"

#include <cleat/schema/role/kinds.methods.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using my_plugin::Ticket;

AnyRef ticketFor(const char* seat, int guests) {
  Draft<Ticket> ticket;
  ticket->initMetadata().setName("mine");
  auto spec = ticket->initSpec();
  spec.setSeat(seat);
  spec.initGuests().setValue(guests);
  return std::move(ticket).freezeAny();
}

std::vector<std::string> findingsOf(test::AnyStarted& plugin, AnyRef ticket) {
  auto about = [](role::ValidateParams::Builder params) {
    auto ref = params.initRef();
    ref.setGroup("my-plugin.example");
    ref.setVersion("v1");
    ref.setResource("tickets");
  };
  auto outcome = plugin.call(role::kinds::validate, about, {std::move(ticket)});
  EXPECT_TRUE(outcome.ok()) << outcome.status.message;
  std::vector<std::string> found;
  for (auto cause : outcome.answer->getCauses()) found.push_back(concat(cause.getField(), ": ", cause.getMessage()));
  return found;
}

TEST(MyPlugin, KnowsItsKind) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  auto described = plugin.call(role::kinds::describe);
  ASSERT_TRUE(described.ok()) << described.status.message;
  ASSERT_EQ(described.answer->getKinds().size(), 1u);
  EXPECT_EQ(view(described.answer->getKinds()[0].getPlural()), "tickets");
}

TEST(MyPlugin, NamesWhatIsWrong) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  EXPECT_THAT(findingsOf(plugin, ticketFor("B12", 1)), testing::IsEmpty());
  EXPECT_THAT(findingsOf(plugin, ticketFor("12B", -1)),
              testing::ElementsAre("spec.seat: Invalid value: \"12B\": must be a capital letter and a number",
                                   "spec.guests: Invalid value: -1: must not be negative"));
}

}  // namespace
