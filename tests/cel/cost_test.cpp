// What expressions are estimated to cost, and do cost: upstream's numbers.
#include <cleat/cel/environment.h>
#include <gtest/gtest.h>

#include <array>

namespace cleat::cel {

namespace {

TypeRef texts(uint64_t items, uint64_t length) {
  return types::withMaxSize(types::list(types::withMaxSize(types::text(), length)), items);
}

CostRange estimated(std::string_view source, TypeRef self) {
  Environment environment(kubernetesFunctions());
  environment.declare("self", self);
  const Compiled compiled = environment.compile(source);
  EXPECT_TRUE(compiled.program) << compiled.message;
  return compiled.program ? compiled.program->estimate(self) : CostRange{};
}

Evaluated evaluated(std::string_view source, Value self, uint64_t limit = ~uint64_t{0}) {
  Environment environment(kubernetesFunctions());
  environment.declare("self", types::dyn());
  const Compiled compiled = environment.compile(source);
  EXPECT_TRUE(compiled.program) << compiled.message;
  const std::array<Value, 1> values{std::move(self)};
  return compiled.program->evaluate(values, {.cost = limit});
}

TEST(Costs, OfPlainExpressions) {
  EXPECT_EQ(estimated("1 + 2 == 3", types::dyn()).max, 2u);
  EXPECT_EQ(estimated("self", types::boolean()).max, 1u);
  EXPECT_EQ(estimated("[1, 2]", types::dyn()).max, 10u);
  EXPECT_EQ(estimated("{'a': 1}", types::dyn()).max, 30u);
  EXPECT_EQ(estimated("self.startsWith('abcdefghijk')", types::text()).max, 3u);
}

// What is looked at is as long as the beginning or the end that is asked for.
TEST(Costs, OfBeginningsAreOfWhatIsAskedFor) {
  const std::string text(1000, 'x');
  EXPECT_EQ(evaluated("self.startsWith('xxxx')", Value::text(text)).cost, 2u);
  EXPECT_EQ(evaluated("self.endsWith('xxxx')", Value::text(text)).cost, 2u);
  EXPECT_EQ(evaluated("self.lowerAscii() == ''", Value::text(text)).cost, 101u);
}

TEST(Costs, GrowWithWhatSchemasAllow) {
  // Each of 10 elements: the condition (2), what was found so far (1) and the comparison of the element.
  EXPECT_EQ(estimated("self.all(x, x == 'a')", texts(10, 100)).max, 1u + 10 * (2 + 1 + 1 + 1) + 1);
  EXPECT_EQ(estimated("self.all(x, x.contains('aaaaaaaaaa'))", texts(10, 100)).max, 1u + 10 * (2 + 1 + 1 + 10) + 1);
  EXPECT_EQ(
      estimated("self.all(x, self.all(y, x == y))", types::withMaxSize(types::list(types::integer()), kUnlimited)).max,
      kUnlimited);
}

TEST(Costs, OfMapsThatAreMadeEntryByEntry) {
  // The texts (1) and the map (30); for each of 10 elements: the call, the map that there is, a new one (30) and its
  // two variables; the result (1).
  EXPECT_EQ(estimated("self.transformMapEntry(i, v, {v: i})", texts(10, 100)).max, 1u + 30 + 10 * (1 + 1 + 30 + 2) + 1);
}

TEST(Costs, WhatAConditionChoseIsTakenForTheWhole) {
  // The condition (1 for the greater branch), and for each of 256: negation and condition (3), what was found so far
  // (1), the element (1), and 26 times 1 for a text as long as the whole is, 256.
  EXPECT_EQ(estimated("(true ? self : []).exists(k, k.contains('/'))", texts(256, 1'000'000)).max,
            10u + 256 * (3 + 1 + 1 + 26) + 1);
}

TEST(Costs, OfWhatLibrariesBring) {
  const TypeRef text = types::withMaxSize(types::text(), 100);
  EXPECT_EQ(estimated("quantity(self) == quantity('1')", text).max, 1u + 10 + 1 + 1);
  EXPECT_EQ(estimated("ip(self) == ip('::1')", text).max, 1u + 10 + 1 + 1);
  EXPECT_EQ(estimated("url(self) == url('http://a')", text).max, 1u + 10 + 1 + 1);
  EXPECT_EQ(estimated("self == 'é'", text).max, 1u + 1) << "two bytes are one character";
}

TEST(Costs, OfListsMadeOfOthers) {
  EXPECT_EQ(estimated("self.slice(2, 5) == []", texts(100, 10)).max, 1u + (3 + 11) + 10 + 0);
  EXPECT_EQ(estimated("self.reverse() == []", texts(100, 10)).max, 1u + (100 + 11) + 10 + 0);
  EXPECT_EQ(estimated("self.distinct() == []", texts(100, 10)).max, 1u + (20'000 + 11) + 10 + 0);
  EXPECT_EQ(estimated("self.sort() == []", texts(100, 10)).max, 1u + (21'000 + 11) + 10 + 0);
  EXPECT_EQ(estimated("lists.range(7) == []", texts(1, 1)).max, 7u + 11 + 10 + 0);
  const Value list = Value::list({Value::integer(1), Value::integer(2)});
  EXPECT_EQ(evaluated("self.reverse()", list).cost, 1u + (2 + 11));
  EXPECT_EQ(evaluated("self.distinct()", list).cost, 1u + (8 + 11));
}

TEST(Costs, AreCountedOnTheWay) {
  const Value list = Value::list({Value::integer(1), Value::integer(2)});
  EXPECT_EQ(evaluated("1 + 2 == 3", list).cost, 2u);
  EXPECT_EQ(evaluated("self[0]", list).cost, 2u);
  // The range (1), for each the condition (2), the accumulator (1), the element (1) and the comparison (1); the result
  // (1).
  EXPECT_EQ(evaluated("self.all(x, x > 0)", list).cost, 1u + 2 * 5 + 1);
  EXPECT_EQ(evaluated("has(self.a)", Value::null()).cost, 1u);
}

TEST(Costs, HaveALimit) {
  std::vector<Value> elements(1000, Value::integer(1));
  const Evaluated stopped = evaluated("self.all(x, self.all(y, x == y))", Value::list(std::move(elements)), 10'000);
  EXPECT_TRUE(stopped.overCost);
  EXPECT_EQ(stopped.value.message(), "operation cancelled: actual cost limit exceeded");
  EXPECT_LT(stopped.cost, 11'000u);
}

}  // namespace

}  // namespace cleat::cel
