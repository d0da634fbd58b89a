// Schemas and objects that are made to cost: each is answered in bounded time, with a finding that names a field.
#include <gtest/gtest.h>

#include <chrono>

#include "kinds-apiextensions/schema/compiled_schema.h"
#include "schema_text.h"

namespace cleat::kinds::extensions {
namespace {

using Clock = std::chrono::steady_clock;

struct Outcome {
  std::shared_ptr<const CompiledSchema> schema;
  Findings findings;
  std::string first() const {
    return findings.empty() ? "nothing" : concat(findings.causes()[0].field, ": ", findings.causes()[0].message);
  }
};

Outcome compiled(std::string_view json) {
  Outcome outcome;
  auto schema = test::schemaOf(json);
  outcome.schema = compileSchema(schema.reader(), Path("schema"), {}, outcome.findings);
  return outcome;
}

std::string root(std::string_view properties) { return concat(R"({"type":"object","properties":{)", properties, "}}"); }

std::string list(size_t count, std::string_view element) {
  std::string out = "[";
  for (size_t i = 0; i < count; ++i) out += concat(i == 0 ? "" : ",", element);
  return out + "]";
}

// Generous: these run beside others, and under sanitizers.
class Stopwatch {
 public:
  ~Stopwatch() { EXPECT_LT(Clock::now() - start_, std::chrono::seconds(60)); }

 private:
  Clock::time_point start_ = Clock::now();
};

TEST(HostileSchemas, WithTenThousandPropertiesAreSmallAndFast) {
  Stopwatch watch;
  std::string properties;
  for (int i = 0; i < 10'000; ++i) properties += concat(i == 0 ? "" : ",", "\"field", i, R"(":{"type":"string"})");
  Outcome outcome = compiled(root(properties));
  ASSERT_NE(outcome.schema, nullptr) << outcome.first();
  EXPECT_LT(outcome.schema->byteSize(), 1'000'000u);
}

TEST(HostileSchemas, WithTooManyPartsAreRefused) {
  Stopwatch watch;
  std::string properties = concat(R"("a":{"type":"object","anyOf":)", list(100'001, "{}"), "}");
  Outcome outcome = compiled(root(properties));
  EXPECT_EQ(outcome.schema, nullptr);
  EXPECT_NE(outcome.first().find("must not have more than 100000 parts"), std::string::npos) << outcome.first();
}

TEST(HostileSchemas, TooDeepAreRefused) {
  std::string nested = R"({"type":"string"})";
  for (int i = 0; i < 90; ++i) nested = concat(R"({"type":"array","items":)", nested, "}");
  auto tree = JsonTree::parse(nested, {.maxDepth = 300});
  auto schema = test::schemaOf(tree->view());
  Findings findings;
  EXPECT_EQ(compileSchema(schema.reader(), Path("schema"), {}, findings), nullptr);
  ASSERT_EQ(findings.causes().size(), 1u);
  EXPECT_EQ(findings.causes()[0].message, "Forbidden: must not be nested deeper than 64 schemas");
}

TEST(HostileSchemas, WithExplodingExpressionsAreRefused) {
  Stopwatch watch;
  Outcome nested = compiled(root(R"("a":{"type":"string","pattern":"((a{100}){100}){100}"})"));
  EXPECT_EQ(nested.schema, nullptr);
  EXPECT_NE(nested.first().find("schema.properties[a].pattern: Invalid value"), std::string::npos) << nested.first();

  Outcome large = compiled(root(concat(R"("a":{"type":"string","pattern":")", std::string(20'000, 'a'), "\"}")));
  EXPECT_EQ(large.first(), "schema.properties[a].pattern: Forbidden: must not be longer than 16384 bytes");

  std::string many;
  for (int i = 0; i < 2'000; ++i) {
    many +=
        concat(i == 0 ? "" : ",", "\"f", i, R"(":{"type":"string","pattern":"^([a-z]{200}[0-9]{200}x){2})", i, "$\"}");
  }
  EXPECT_NE(compiled(root(many)).first().find("too large together"), std::string::npos);
}

TEST(HostileSchemas, WithLongNamesAreRefused) {
  Stopwatch watch;
  Outcome outcome = compiled(root(concat("\"", std::string(1'000'000, 'k'), R"(":{"type":"object"})")));
  EXPECT_EQ(outcome.schema, nullptr);
  EXPECT_EQ(outcome.first(), "schema.properties: Forbidden: must not have names longer than 4096 bytes");
}

TEST(HostileSchemas, WithManyMistakesGetSomeOfThem) {
  Stopwatch watch;
  std::string properties;
  for (int i = 0; i < 50'000; ++i) properties += concat(i == 0 ? "" : ",", "\"field", i, "\":{}");
  for (int depth = 0; depth < 40; ++depth) {
    properties = concat("\"", std::string(4000, 'k'), R"(":{"type":"object","properties":{)", properties, "}}");
  }
  Outcome outcome = compiled(root(properties));
  EXPECT_EQ(outcome.schema, nullptr);
  EXPECT_GE(outcome.findings.causes().size(), kMostFindings);
  EXPECT_LT(outcome.findings.causes().size(), 4 * kMostFindings);
}

// Each text is compiled once, however often it stands there.
TEST(HostileSchemas, WithOneLargeExpressionManyTimesAreFast) {
  Stopwatch watch;
  std::string properties;
  for (int i = 0; i < 20'000; ++i) {
    properties += concat(i == 0 ? "" : ",", "\"field", i, R"(":{"type":"string","pattern":"\\pL{400}"})");
  }
  Outcome outcome = compiled(root(properties));
  EXPECT_NE(outcome.schema, nullptr) << outcome.first();
}

TEST(HostileSchemas, WithSelfReferencesAreRefused) {
  EXPECT_EQ(compiled(root(R"("a":{"type":"object","$ref":"#"})")).first(),
            "schema.properties[a].$ref: Forbidden: $ref is not supported");
}

TEST(HostileSchemas, WithRulesThatCostTooMuchAreRefused) {
  const std::string costly =
      R"-("a":{"type":"array","items":{"type":"string"},"x-kubernetes-validations":[{"rule":"self.all(x, self.all(y, x == y))"}]})-";
  EXPECT_THAT(
      compiled(root(costly)).first(),
      testing::HasSubstr("schema.properties[a].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost "
                         "exceeds budget by factor of more than 100x"));
}

TEST(HostileSchemas, WithRulesNestedTooDeepAreRefused) {
  std::string rule(1000, '(');
  rule += "true" + std::string(1000, ')');
  EXPECT_THAT(
      compiled(root(concat(R"("a":{"type":"object","x-kubernetes-validations":[{"rule":")", rule, R"("}]})"))).first(),
      testing::HasSubstr("expression recursion limit exceeded: 250"));
}

TEST(HostileSchemas, WarnOfFormatsThatNobodyKnows) {
  Outcome outcome = compiled(root(R"("a":{"type":"string","format":"zip"},"b":{"type":"integer","format":"date"})"));
  EXPECT_NE(outcome.schema, nullptr);
  EXPECT_EQ(outcome.findings.warnings(),
            (std::vector<std::string>{R"(unrecognized format "date")", R"(unrecognized format "zip")"}));
}

TEST(HostileObjects, WithAMillionElementsAreValidated) {
  Stopwatch watch;
  auto outcome = compiled(root(R"("l":{"type":"array","items":{"type":"integer","maximum":5}})"));
  test::TestObject object(concat(R"({"l":)", list(999'000, "1"), "}"));
  Findings findings;
  validateObject(*outcome.schema, object.get(), findings);
  EXPECT_TRUE(findings.empty());
}

TEST(HostileObjects, WithAMillionErrorsGetAFewOfThem) {
  Stopwatch watch;
  auto outcome =
      compiled(root(R"("l":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"integer","maximum":5}})"));
  test::TestObject object(concat(R"({"l":)", list(999'000, "7"), "}"));
  Findings findings;
  validateObject(*outcome.schema, object.get(), findings);
  EXPECT_EQ(findings.causes().size(), kMostFindings);
}

TEST(HostileObjects, WithDuplicateKeysAreFoundInOneGo) {
  Stopwatch watch;
  auto outcome =
      compiled(root(R"("l":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],)"
                    R"("items":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}})"));
  ASSERT_NE(outcome.schema, nullptr) << outcome.first();
  std::string elements = "[";
  for (int i = 0; i < 200'000; ++i) elements += concat(i == 0 ? "" : ",", R"({"n":)", i, "}");
  test::TestObject object(concat(R"({"l":)", elements, R"(,{"n":7}]})"));
  Findings findings;
  validateObject(*outcome.schema, object.get(), findings);
  ASSERT_EQ(findings.causes().size(), 1u);
  EXPECT_EQ(findings.causes()[0], (StatusCause{"FieldValueDuplicate", R"(Duplicate value: {"n":7})", "l[200000]"}));
}

// So many alternatives for so many elements are more than anybody waits for.
TEST(HostileObjects, ThatTakeTooManyStepsAreRefused) {
  Stopwatch watch;
  std::string alternatives = list(20'000, R"({"minimum":5})");
  alternatives.replace(alternatives.size() - 1, 1, R"(,{"maximum":5}])");
  auto outcome =
      compiled(root(concat(R"("l":{"type":"array","items":{"type":"integer","anyOf":)", alternatives, "}}")));
  ASSERT_NE(outcome.schema, nullptr) << outcome.first();
  test::TestObject object(concat(R"({"l":)", list(10'000, "1"), "}"));
  Findings findings;
  validateObject(*outcome.schema, object.get(), findings);
  ASSERT_EQ(findings.causes().size(), 1u);
  EXPECT_EQ(findings.causes()[0].message,
            "Forbidden: validating the object by the schema of its kind takes too many steps");
}

// What is wrong is told with its path, which is as long as the names in it.
TEST(HostileObjects, WithLongNamesAreToldInBoundedText) {
  Stopwatch watch;
  auto outcome = compiled(
      root(concat(R"("m":{"type":"object","additionalProperties":{"type":"array","items":{"type":"integer","anyOf":)",
                  list(10'000, R"({"minimum":5})"), R"(,"maximum":0}}},)",
                  R"("s":{"type":"object","additionalProperties":{"type":"array","x-kubernetes-list-type":"set",)",
                  R"("items":{"type":"integer"}}})")));
  ASSERT_NE(outcome.schema, nullptr) << outcome.first();
  const std::string name(1'000'000, 'k');
  Findings findings;
  validateObject(*outcome.schema, test::TestObject(concat(R"({"m":{")", name, "\":", list(1000, "1"), "}}")).get(),
                 findings);
  ASSERT_EQ(findings.causes().size(), 1u);
  EXPECT_EQ(findings.causes()[0].message,
            "Forbidden: validating the object by the schema of its kind takes too many steps");
  std::string pairs = "[";
  for (int i = 0; i < 100'000; ++i) pairs += concat(i == 0 ? "" : ",", i / 2);
  Findings twice;
  validateObject(*outcome.schema, test::TestObject(concat(R"({"s":{")", name, "\":", pairs, "]}}")).get(), twice);
  EXPECT_FALSE(twice.empty());
  EXPECT_LT(twice.causes().size(), 5u);
}

TEST(HostileObjects, WithLongTextsForLargeExpressionsAreBounded) {
  Stopwatch watch;
  auto outcome = compiled(root(R"("t":{"type":"string","pattern":"(a|b)*a(a|b){400}c$"})"));
  ASSERT_NE(outcome.schema, nullptr) << outcome.first();
  std::string text;
  for (uint32_t i = 0, random = 1; i < 2'000'000; ++i, random = random * 1664525 + 1013904223)
    text += random >> 31 ? 'a' : 'b';
  test::TestObject object(concat(R"({"t":")", text, "\"}"));
  Findings findings;
  validateObject(*outcome.schema, object.get(), findings);
  EXPECT_EQ(findings.causes().size(), 1u);
}

// Five hundred kinds are to cost under 100 KB each; this one has what kinds of a hundred fields have.
TEST(CompiledSchemas, AreSmallAndValidateInMicroseconds) {
  std::string fields, values;
  for (int i = 0; i < 50; ++i) {
    fields += concat(i == 0 ? "" : ",", "\"name", i,
                     R"(":{"type":"string","maxLength":63,"pattern":"^[a-z0-9-]+$","description":"A field."})");
    fields += concat(",\"count", i, R"(":{"type":"integer","minimum":0,"format":"int32"})");
    values += concat(i == 0 ? "" : ",", "\"name", i, R"(":"some-value","count)", i, R"(":5)");
  }
  auto outcome = compiled(root(concat(R"("spec":{"type":"object","required":["name0"],"properties":{)", fields, "}}")));
  ASSERT_NE(outcome.schema, nullptr) << outcome.first();
  EXPECT_LT(outcome.schema->byteSize(), 16'000u);
  test::TestObject object(concat(R"({"spec":{)", values, "}}"));
  constexpr int kTimes = 200;
  auto start = Clock::now();
  for (int i = 0; i < kTimes; ++i) {
    Findings findings;
    validateObject(*outcome.schema, object.get(), findings);
    ASSERT_TRUE(findings.empty());
  }
  auto each = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start) / kTimes;
  std::printf("%zu bytes, %ld microseconds an object\n", outcome.schema->byteSize(), static_cast<long>(each.count()));
  EXPECT_LT(each, std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace cleat::kinds::extensions
