// The rules for the classes that pods name: how important they are, and how they are run.
#include <cleat/sdk/kinds/node_v1.h>
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class PriorityClassKind : public KindsFixture {
 protected:
  PriorityClassKind() : KindsFixture("kinds-scheduling") {}
};

TEST_F(PriorityClassKind, HasAValueThatIsLeftToUsers) {
  using scheduling_v1::PriorityClass;
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"high"},"value":1000000000})"), IsEmpty());
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"high"},"value":1000000001})"),
              ElementsAre("value: Forbidden: maximum allowed value of a user defined priority is 1000000000"));
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"high"},"preemptionPolicy":"Maybe"})"),
              ElementsAre("preemptionPolicy: Unsupported value: \"Maybe\": supported values: \"PreemptLowerPriority\", "
                          "\"Never\""));
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"high"},"preemptionPolicy":""})"),
              ElementsAre("preemptionPolicy: Required value"));
}

TEST_F(PriorityClassKind, HasANameThatIsLeftToUsers) {
  using scheduling_v1::PriorityClass;
  const std::string reserved =
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"system-mine"},"value":1})"),
              ElementsAre(reserved + "system-mine is not a known system priority class"));
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"system-node-critical"},"value":1})"),
              ElementsAre(reserved + "value of system-node-critical PriorityClass must be 2000001000"));
  EXPECT_THAT(findings<PriorityClass>(
                  R"({"metadata":{"name":"system-cluster-critical"},"value":2000000000,"globalDefault":true})"),
              ElementsAre(reserved + "globalDefault of system-cluster-critical PriorityClass must be false"));
  EXPECT_THAT(findings<PriorityClass>(R"({"metadata":{"name":"system-cluster-critical"},"value":2000000000})"),
              IsEmpty());
}

TEST_F(PriorityClassKind, StaysWhatItIs) {
  using scheduling_v1::PriorityClass;
  EXPECT_THAT(
      findings<PriorityClass>(R"({"metadata":{"name":"high"},"value":1})",
                              R"({"metadata":{"name":"high"},"value":2,"preemptionPolicy":"Never","description":"d"})"),
      ElementsAre("value: Forbidden: may not be changed in an update.",
                  "preemptionPolicy: Invalid value: \"Never\": field is immutable"));
  EXPECT_THAT(row<PriorityClass>(R"({"metadata":{"name":"high"},"value":5,"preemptionPolicy":"Never"})"),
              ElementsAre("high", "5", "", "<unknown>", "Never"));
}

class RuntimeClassKind : public KindsFixture {
 protected:
  RuntimeClassKind() : KindsFixture("kinds-node") {}
};

TEST_F(RuntimeClassKind, IsOfAHandlerForGood) {
  using node_v1::RuntimeClass;
  EXPECT_THAT(findings<RuntimeClass>(R"({"metadata":{"name":"r"}})"), ElementsAre("handler: Required value"));
  EXPECT_THAT(findings<RuntimeClass>(R"({"metadata":{"name":"r"},"handler":"Kata!"})"),
              ElementsAre(StartsWith("handler: Invalid value: \"Kata!\": a lowercase RFC 1123 label must consist of")));
  EXPECT_THAT(findings<RuntimeClass>(R"({"metadata":{"name":"r"},"handler":"a"})",
                                     R"({"metadata":{"name":"r"},"handler":"b"})"),
              ElementsAre("handler: Invalid value: \"b\": field is immutable"));
  EXPECT_THAT(row<RuntimeClass>(R"({"metadata":{"name":"r"},"handler":"a"})"), ElementsAre("r", "a", "<unknown>"));
}

TEST_F(RuntimeClassKind, SaysWhatItTakesAndWhereItIs) {
  using node_v1::RuntimeClass;
  EXPECT_THAT(findings<RuntimeClass>(
                  R"({"metadata":{"name":"r"},"handler":"a","overhead":{"podFixed":[{"key":"cpu","value":"-1"}]}})"),
              ElementsAre("overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"));
  EXPECT_THAT(
      findings<RuntimeClass>(
          R"({"metadata":{"name":"r"},"handler":"a","scheduling":{"tolerations":[{"key":"a","operator":"Exists"},)"
          R"({"key":"a","operator":"Exists","effect":"NoExecute"},{"key":"a","operator":"Exists"}]}})"),
      ElementsAre("scheduling.tolerations[2]: Duplicate value: "
                  "{\"Key\":\"a\",\"Operator\":\"Exists\",\"Value\":\"\",\"Effect\":\"\","
                  "\"TolerationSeconds\":null}"));
  const Verdict verdict = validated(object<RuntimeClass>(
      R"({"metadata":{"name":"r"},"handler":"a","scheduling":{"nodeSelector":[{"key":"beta.kubernetes.io/os","value":"l"}]}})"));
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_THAT(verdict.warnings, ElementsAre("scheduling.nodeSelector: deprecated since v1.14; use \"kubernetes.io/os\" "
                                            "instead"));
}

}  // namespace
}  // namespace cleat::test
