// What is told of expressions that are wrong, and where.
#include <cleat/cel/environment.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::cel {

namespace {

using testing::HasSubstr;

std::string messageOf(std::string_view source, TypeRef self = types::dyn()) {
  Environment environment(kubernetesFunctions());
  environment.declare("self", std::move(self));
  environment.checking().oneElementType = true;
  return environment.compile(source).message;
}

TEST(Messages, ShowTheLineAndThePlace) {
  EXPECT_EQ(messageOf("self ==\n  other.x"),
            "ERROR: <input>:2:3: undeclared reference to 'other' (in container '')\n |   other.x\n | ..^");
  EXPECT_EQ(messageOf("1 + 'a'"),
            "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^");
}

TEST(Messages, PointBelowWideCharacters) {
  EXPECT_EQ(messageOf("'ä' + x"),
            "ERROR: <input>:1:7: undeclared reference to 'x' (in container '')\n | 'ä' + x\n | .．....^");
}

TEST(Messages, NameWhatTheSyntaxExpects) {
  EXPECT_THAT(messageOf("self."), HasSubstr("1:6: Syntax error: mismatched input '<EOF>' expecting IDENTIFIER"));
  EXPECT_THAT(messageOf("(self"), HasSubstr("1:6: Syntax error: missing ')' at '<EOF>'"));
  EXPECT_THAT(messageOf("1 2"), HasSubstr("1:3: Syntax error: extraneous input '2' expecting <EOF>"));
  EXPECT_THAT(messageOf("1 ~ 2"), HasSubstr("1:3: Syntax error: token recognition error at: '~'"));
  EXPECT_THAT(messageOf("'abc"), HasSubstr("Syntax error: token recognition error at: ''abc'"));
  EXPECT_THAT(messageOf("for"), HasSubstr("reserved identifier: for"));
  EXPECT_THAT(messageOf("9223372036854775808"), HasSubstr("invalid int literal"));
}

TEST(Messages, OfMacros) {
  EXPECT_THAT(messageOf("has(self)"), HasSubstr("invalid argument to has() macro"));
  EXPECT_THAT(messageOf("[1].all(1, true)"), HasSubstr("argument must be a simple name"));
  EXPECT_THAT(messageOf("1.all(x, true)"),
              HasSubstr("expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"));
}

TEST(Messages, OfTypes) {
  EXPECT_THAT(messageOf("[1, 'a']"), HasSubstr("expected type 'int' but found 'string'"));
  EXPECT_THAT(messageOf("self.x", types::integer()), HasSubstr("type 'int' does not support field selection"));
  EXPECT_THAT(messageOf("self.startsWith(1)", types::text()),
              HasSubstr("found no matching overload for 'startsWith' applied to 'string.(int)'"));
  EXPECT_THAT(messageOf("nothing(1)"), HasSubstr("undeclared reference to 'nothing' (in container '')"));
}

TEST(Limits, KeepExpressionsSmall) {
  EXPECT_THAT(messageOf(std::string(300, '(') + "1" + std::string(300, ')')),
              HasSubstr("expression recursion limit exceeded: 250"));
  std::string sum = "1";
  for (int i = 0; i < 2000; ++i) sum += "+1";
  EXPECT_THAT(messageOf(sum), HasSubstr("expression recursion limit exceeded"));
  EXPECT_THAT(messageOf(std::string(100'001, ' ') + "1"), HasSubstr("expression code point size exceeds limit"));
  // What a macro repeats counts as often.
  std::string chain = "optional.of(1)";
  for (int i = 0; i < 40; ++i) chain += ".optMap(x, x)";
  EXPECT_THAT(messageOf(chain), HasSubstr("expression recursion limit exceeded"));
  std::string both = "true";
  for (int i = 0; i < 2000; ++i) both += " && true";
  EXPECT_EQ(messageOf(both), "");
}

// Each level uses the one before twice: written out it would be 2^40 large.
std::string doubled(const std::string& first, const std::string& step, const std::string& last) {
  const auto with = [](std::string text, const std::string& name) {
    for (size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + name.size()))
      text.replace(at, 1, name);
    return text;
  };
  std::string source = "cel.bind(v0, " + first + ", ";
  for (int i = 0; i < 40; ++i) {
    source += "cel.bind(v" + std::to_string(i + 1) + ", " + with(step, "v" + std::to_string(i)) + ", ";
  }
  return source + with(last, "v40") + std::string(41, ')');
}

Value resultOf(const std::string& source) {
  Environment environment(kubernetesFunctions());
  environment.parsing().bind = true;
  const Compiled compiled = environment.compile(source);
  if (!compiled.program) return Value::error(compiled.message);
  return compiled.program->evaluate({}, {.cost = 1'000'000}).value;
}

TEST(Limits, HoldForWhatIsSmallAndStandsForMuch) {
  EXPECT_TRUE(resultOf(doubled("[1]", "@ + @", "size(@) == 1099511627776")).isError());
  EXPECT_TRUE(resultOf(doubled("[1]", "@ + @", "@.sum() > 0")).isError());
  EXPECT_TRUE(resultOf(doubled("[1]", "@ + @", "1 in @")).isError());
  EXPECT_TRUE(resultOf(doubled("['a']", "@ + @", "@.join()")).isError());
  EXPECT_TRUE(resultOf(doubled("'ab'", "@ + @", "@.size() > 0")).isError());
  EXPECT_TRUE(resultOf(doubled("[1]", "[dyn(@), dyn(@)]", "@ != [@]")).isTrue());
  EXPECT_TRUE(resultOf(doubled("[1]", "[dyn(@), dyn(@)]", "'%s'.format([@])")).isError());
  // Types that double, and long expressions with many parameters in them.
  EXPECT_TRUE(resultOf(doubled("1", "{@: @}", "size(@) == 1")).isError());
  std::string comparisons = "[] == []";
  for (int i = 0; i < 3000; ++i) comparisons += " && [] == []";
  EXPECT_TRUE(resultOf(comparisons).isTrue());
}

}  // namespace

}  // namespace cleat::cel
