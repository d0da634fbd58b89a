// The kinds of admissionregistration.k8s.io/v1 and the rules that several of them share.
#pragma once

#include <cleat/sdk/kinds/admissionregistration_v1.h>

#include <span>
#include <string_view>

#include "kinds-common/kind_table.h"
#include "policy-common/policy_program.h"

namespace cleat::kinds::admissionregistration {

namespace v1 = admissionregistration_v1;

inline constexpr const char* kSchemaFile = "kinds/admissionregistration_v1.capnp";
inline constexpr const char* kCategory = "api-extensions";

void addWebhooks(KindTable& table);
void addPolicies(KindTable& table);
void addBindings(KindTable& table);

// -- Rules by which requests are chosen (match_rules.cpp) --

// Of a rule of either kind: v1::RuleWithOperations or v1::NamedRuleWithOperations.
void setScope(v1::RuleWithOperations::Builder rule);
void setDefaults(v1::MatchResources::Builder match);

void checkRule(v1::RuleWithOperations::Reader rule, const Path& path, Findings& findings);
void checkMatchResources(v1::MatchResources::Reader match, const Path& path, Findings& findings);
// What a mutating policy cannot be about.
void checkNoDelete(v1::MatchResources::Reader match, const Path& path, Findings& findings);
// `hasParams`: expressions may speak of parameters.
void checkMatchConditions(capnp::List<v1::MatchCondition>::Reader conditions, bool hasParams, const Path& path,
                          Findings& findings);
void checkFailurePolicy(std::string_view policy, const Path& path, Findings& findings);
void checkMatchPolicy(std::string_view policy, const Path& path, Findings& findings);

// -- Expressions (expressions.cpp) --

// The expressions of one policy, in the order in which they stand: those behind a variable may speak of it. Whatever
// does not compile is a finding in its place.
class PolicyExpressions {
 public:
  // `looks` false: nothing is compiled, because all of it was stored before and stays as good as it was.
  PolicyExpressions(bool looks, bool hasParams, bool mutates, Findings& findings);

  void variable(v1::Variable::Reader variable, const Path& path);
  void check(std::string_view expression, policy::ResultTypes result, const Path& path,
             policy::Scope scope = policy::Scope::all);

 private:
  void tell(const policy::PolicyProgram& program, const Path& path);

  const bool looks_;
  policy::PolicyCompiler compiler_;
  Findings& findings_;
};

void checkCondition(std::string_view expression, bool hasParams, const Path& path, Findings& findings);

// The text without white space around it.
std::string_view trimmed(std::string_view text);

}  // namespace cleat::kinds::admissionregistration
