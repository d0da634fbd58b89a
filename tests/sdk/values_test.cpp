// Times, durations, quantities and selectors: what Kubernetes writes as text.
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/time.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using namespace std::chrono_literals;

TEST(Time, IsWrittenAsRfc3339) {
  WallTime time = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 12h + 5min + 9s + 1234567ns;
  EXPECT_EQ(formatTime(time), "2026-03-01T12:05:09Z");
  EXPECT_EQ(formatMicroTime(time), "2026-03-01T12:05:09.001234Z");
  EXPECT_EQ(formatTime(WallTime(-1s)), "1969-12-31T23:59:59Z");
}

TEST(Time, IsReadWithFractionsAndOffsets) {
  EXPECT_EQ(formatMicroTime(*parseTime("2026-03-01T12:05:09.001234Z")), "2026-03-01T12:05:09.001234Z");
  EXPECT_EQ(formatTime(*parseTime("2026-03-01T01:00:00+02:00")), "2026-02-28T23:00:00Z");
  EXPECT_EQ(*parseTime("1970-01-01T00:00:01.5Z"), WallTime(1500ms));
  for (const char* wrong : {"", "2026-03-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z",
                            "2026-03-01T00:00:00", "2026-03-01T00:00:00Zx", "2026-03-01T00:00:00.Z"}) {
    EXPECT_FALSE(parseTime(std::string_view(wrong))) << wrong;
  }
}

TEST(Duration, IsReadAndWrittenAsGoDoes) {
  EXPECT_EQ(parseDuration("1h30m"), 90min);
  EXPECT_EQ(parseDuration("250ms"), 250ms);
  EXPECT_EQ(parseDuration("1.5s"), 1500ms);
  EXPECT_EQ(parseDuration("0"), 0s);
  EXPECT_EQ(parseDuration("-2s"), -2s);
  for (const char* wrong : {"", "5", "s", "1x", "1 s", "-", "10000000h"}) {
    EXPECT_FALSE(parseDuration(wrong)) << wrong;
  }
  EXPECT_EQ(formatDuration(90min), "1h30m0s");
  EXPECT_EQ(formatDuration(1500ms), "1.5s");
  EXPECT_EQ(formatDuration(250us), "250µs");
  EXPECT_EQ(formatDuration(0s), "0s");
  EXPECT_EQ(formatDuration(-65s), "-1m5s");
}

TEST(Quantity, IsWrittenInItsCanonicalForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},
      {"100m", "100m"},
      {"0.1", "100m"},
      {"1000m", "1"},
      {"1500m", "1500m"},
      {"1Gi", "1Gi"},
      {"1024Mi", "1Gi"},
      {"1536Mi", "1536Mi"},
      {"0.5Gi", "512Mi"},
      {"1.5Gi", "1536Mi"},
      {"1000", "1k"},
      {"123456", "123456"},
      {"1e3", "1e3"},
      {"12e2", "1200"},
      {"1E", "1E"},
      {"1000Ki", "1000Ki"},
      {"512", "512"},
      {"0.5Ki", "512"},
      {"1n", "1n"},
      {"0.0000000001", "1n"},
      {"-1.5", "-1500m"},
      {"+2", "2"},
      {"1.0", "1"},
      {".5", "500m"},
      {"5.", "5"},
      {"100000Ei", "9223372036854775807"},
      {"9223372036854775807", "9223372036854775807"},
      // However large it is written, it counts; a quantity that is none would count as 0.
      {"1e100000", "9223372036854775807"},
      {"1e2147483647", "9223372036854775807"},
      {"1e-2147483648", "1e-9"},
      {"922239223344.07200170955", "922239223344072001710n"}};
  for (auto [text, canonical] : cases) {
    auto quantity = Quantity::parse(std::string_view(text));
    ASSERT_TRUE(quantity) << text;
    EXPECT_EQ(quantity->text(), canonical) << text;
  }
  for (const char* wrong : {"", "m", "1x", "1..2", "--1", "1 Gi", "1gi", "e3", "1e", ".", "1mm"}) {
    EXPECT_FALSE(Quantity::parse(std::string_view(wrong))) << wrong;
  }
}

TEST(Quantity, IsComparedAndAddedExactly) {
  Quantity a = *Quantity::parse(std::string_view("100m"));
  Quantity b = *Quantity::parse(std::string_view("0.1"));
  EXPECT_EQ(a, b);
  EXPECT_LT(a, *Quantity::parse(std::string_view("1Ki")));
  EXPECT_EQ((a + b).text(), "200m");
  EXPECT_EQ((a - b - b).text(), "-100m");
  EXPECT_EQ(a.milliValue(), 100);
  EXPECT_EQ(a.value(), 1);
  EXPECT_EQ(Quantity::parse(std::string_view("1Gi"))->value(), 1 << 30);
  EXPECT_EQ(Quantity::of(3).milliValue(), 3000);
  Quantity sum;
  sum += *Quantity::parse(std::string_view("64Mi"));
  sum += *Quantity::parse(std::string_view("64Mi"));
  EXPECT_EQ(sum.text(), "128Mi");
  EXPECT_EQ(Quantity::parse(std::string_view("1E"))->milliValue(), INT64_MAX);
}

class Labels {
 public:
  explicit Labels(std::vector<std::pair<std::string, std::string>> entries) {
    meta_->initMetadata();
    for (auto& [key, value] : entries) setLabel(meta_->getMetadata(), key, value);
  }
  TextMapReader reader() { return meta_.reader().getMetadata().getLabels(); }

 private:
  Draft<meta_v1::AnyObject> meta_;
};

TEST(LabelSelector, MatchesAsKubernetesDoes) {
  Labels labels({{"app", "web"}, {"tier", "front"}, {"n", "5"}, {"empty", ""}});
  const std::pair<const char*, bool> cases[] = {
      {"", true},
      {"app=web", true},
      {"app==web", true},
      {"app=db", false},
      {"app!=web", false},
      {"gone!=x", true},
      {"app", true},
      {"!app", false},
      {"!gone", true},
      {"app in (web,db)", true},
      {"app notin (web)", false},
      {"gone notin (x)", true},
      {"gone in (x)", false},
      {"app=web,tier=front", true},
      {"app=web,tier=back", false},
      {"n>4", true},
      {"n>5", false},
      {"n<6", true},
      {"app>1", false},
      {"gone<1", false},
      {"empty=", true},
      {"empty in (,x)", true},
      {" app = web , ! gone ", true},
      {"app in ( web )", true},
  };
  for (const auto& [text, matches] : cases) {
    Result<LabelSelector> selector = LabelSelector::parse(text);
    ASSERT_TRUE(selector) << text << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(labels.reader()), matches) << text;
  }
}

TEST(LabelSelector, RefusesBadSyntaxInKubernetesWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"app=web=x", "found '=', expected: ',' or 'end of string'"},
      {"app in web", "unable to parse requirement: found 'web' expected: '('"},
      {"app ~ web", "unable to parse requirement: found '~', expected: in, notin, =, ==, !=, gt, lt"},
      {",", "found ',', expected: !, identifier, or 'end of string'"},
      {"n>x",
       "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an "
       "integer"},
  };
  for (const auto& [text, message] : cases) {
    Result<LabelSelector> selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, 400);
    EXPECT_EQ(selector.error().message, message) << text;
  }
  for (const char* text :
       {"app in (a", "-x", "a/b/c", "app=b@d", "app=a,", "x in (a b)", "=", "app in", "app web", "rank>x", ","}) {
    EXPECT_FALSE(LabelSelector::parse(text)) << text;
  }
}

TEST(LabelSelector, WritesItselfInACanonicalForm) {
  EXPECT_EQ(LabelSelector::parse("b in (y, x),!c,a == 1, d notin (z), e>3,f")->text(), "b in (x,y),!c,a=1,d!=z,e>3,f");
  EXPECT_EQ(LabelSelector::parse("a notin (x,),b in (,)")->text(), "a notin (,x),b=") << "an empty value is one too";
}

TEST(LabelSelector, SaysWhatItDemands) {
  std::string text;
  for (const SelectorRequirement& each : LabelSelector::parse("b in (y, x),!c,d!=z,e>3,f<4,g")->requirements()) {
    text += concat(each.key, " ", each.op);
    for (const std::string& value : each.values) text += " " + value;
    text += ";";
  }
  EXPECT_EQ(text, "b In x y;c DoesNotExist;d NotIn z;e Gt 3;f Lt 4;g Exists;");
  EXPECT_TRUE(LabelSelector().requirements().empty());
}

TEST(LabelSelector, OfNothingMatchesNothing) {
  Labels labels({{"app", "web"}, {"tier", "front"}});
  EXPECT_FALSE(LabelSelector::nothing().matches(labels.reader()));
}

TEST(LabelSelector, IsCompiledFromAnObjects) {
  Draft<meta_v1::LabelSelector> draft;
  auto entry = draft->initMatchLabels(1)[0];
  entry.setKey("app");
  entry.setValue("web");
  auto expressions = draft->initMatchExpressions(2);
  expressions[0].setKey("env");
  expressions[0].setOperator("In");
  expressions[0].initValues(2).set(0, "prod");
  expressions[0].getValues().set(1, "dev");
  expressions[1].setKey("legacy");
  expressions[1].setOperator("DoesNotExist");
  auto selector = LabelSelector::compile(draft.reader());
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector->text(), "app=web,env in (dev,prod),!legacy");
  Labels yes({{"app", "web"}, {"env", "dev"}}), no({{"app", "web"}, {"env", "dev"}, {"legacy", ""}});
  EXPECT_TRUE(selector->matches(yes.reader()));
  EXPECT_FALSE(selector->matches(no.reader()));
  EXPECT_EQ(LabelSelector::parse(selector->text())->text(), selector->text());
  expressions[1].setOperator("Near");
  EXPECT_EQ(LabelSelector::compile(draft.reader()).error().code, 400);
  expressions[1].setOperator("In");
  EXPECT_FALSE(LabelSelector::compile(draft.reader()));
}

}  // namespace
}  // namespace cleat
