#include "core/http/strangers.h"

#include <gtest/gtest.h>

#include <vector>

namespace cleat::http {
namespace {

constexpr StrangerLimits kLimits{
    .connections = 6, .connectionsOfOne = 4, .requests = 3, .requestsOfOne = 2, .bytes = 100, .bytesOfOne = 60};

struct StrangersTest : testing::Test {
  using Place = std::unique_ptr<Strangers::Place>;
  std::shared_ptr<Strangers> strangers = std::make_shared<Strangers>(kLimits);
  std::vector<std::string> putOut;
  std::vector<Place> places;

  // One more, and who has to go for it.
  Strangers::Place* come(const std::string& origin, const std::string& name) {
    Strangers::Admission admission = strangers->admit(origin);
    if (admission.putOut) admission.putOut();
    if (!admission.place) return nullptr;
    admission.place->onPutOut([this, name] { putOut.push_back(name); });
    places.push_back(std::move(admission.place));
    return places.back().get();
  }
};

TEST_F(StrangersTest, ANewcomerTakesThePlaceOfTheOldestOfItsOriginWhereThatHasItsShare) {
  come("b", "b1");
  for (const char* name : {"a1", "a2", "a3", "a4"}) come("a", name);
  EXPECT_TRUE(putOut.empty());
  come("a", "a5");
  EXPECT_EQ(putOut, std::vector<std::string>{"a1"});
  EXPECT_EQ(strangers->connections(), 5u);
}

TEST_F(StrangersTest, WhereAllAreTakenTheOriginWithMostGivesUpItsOldest) {
  come("b", "b1");
  come("b", "b2");
  for (const char* name : {"a1", "a2", "a3", "a4"}) come("a", name);
  come("c", "c1");
  come("d", "d1");
  EXPECT_EQ(putOut, (std::vector<std::string>{"a1", "a2"}));
  // All have two or one now; of b and a, b has waited longer.
  come("e", "e1");
  EXPECT_EQ(putOut.back(), "b1");
  EXPECT_EQ(strangers->connections(), 6u);
}

TEST_F(StrangersTest, WhoGetsAStepFurtherIsTheLastToGo) {
  Strangers::Place* first = come("a", "a1");
  for (const char* name : {"a2", "a3", "a4"}) come("a", name);
  first->moved();
  come("a", "a5");
  EXPECT_EQ(putOut, std::vector<std::string>{"a2"});
}

TEST_F(StrangersTest, WhoIsKnownLeavesAndCountsNoMore) {
  for (const char* name : {"a1", "a2", "a3", "a4"}) come("a", name);
  places.erase(places.begin() + 1);
  EXPECT_EQ(strangers->connections(), 3u);
  come("a", "a5");
  EXPECT_TRUE(putOut.empty());
}

TEST_F(StrangersTest, ARequestInHandKeepsItsPlaceAndThereAreFewOfThem) {
  Strangers::Place* first = come("a", "a1");
  EXPECT_TRUE(first->beginRequest());
  EXPECT_TRUE(first->beginRequest()) << "the same one";
  for (const char* name : {"a2", "a3", "a4"}) come("a", name);
  EXPECT_TRUE(places[1]->beginRequest());
  EXPECT_FALSE(places[2]->beginRequest()) << "more than one origin may have";
  Strangers::Place* other = come("b", "b1");
  EXPECT_TRUE(other->beginRequest());
  EXPECT_FALSE(come("b", "b2")->beginRequest()) << "more than all may have";
  come("a", "a5");
  EXPECT_EQ(putOut, std::vector<std::string>{"a3"});
  first->endRequest();
  EXPECT_TRUE(places[3]->beginRequest());
}

TEST_F(StrangersTest, WhereNobodyCanGoNobodyComes) {
  constexpr StrangerLimits limits{.connections = 2, .connectionsOfOne = 2, .requests = 2, .requestsOfOne = 2};
  strangers = std::make_shared<Strangers>(limits);
  EXPECT_TRUE(come("a", "a1")->beginRequest());
  EXPECT_TRUE(come("a", "a2")->beginRequest());
  EXPECT_EQ(come("a", "a3"), nullptr);
  EXPECT_EQ(come("b", "b1"), nullptr);
  EXPECT_FALSE(strangers->takeOne());
  places[0]->endRequest();
  EXPECT_NE(come("b", "b1"), nullptr);
  EXPECT_EQ(putOut, std::vector<std::string>{"a1"});
}

TEST_F(StrangersTest, BytesAreCountedForTheOriginAndForAll) {
  Strangers::Place *a = come("a", "a1"), *b = come("b", "b1"), *c = come("c", "c1");
  EXPECT_TRUE(a->hold(60));
  EXPECT_FALSE(a->hold(61));
  EXPECT_TRUE(a->hold(50));
  EXPECT_TRUE(b->hold(50));
  EXPECT_FALSE(c->hold(1));
  places.erase(places.begin());
  EXPECT_TRUE(c->hold(50));
}

TEST_F(StrangersTest, WhoWasPutOutLeavesNothingBehind) {
  for (const char* name : {"a1", "a2", "a3", "a4", "a5"}) come("a", name);
  EXPECT_FALSE(places[0]->beginRequest());
  places.clear();
  EXPECT_EQ(strangers->connections(), 0u);
  for (const char* name : {"a1", "a2", "a3", "a4"}) come("a", name);
  EXPECT_EQ(putOut, std::vector<std::string>{"a1"});
}

}  // namespace
}  // namespace cleat::http
