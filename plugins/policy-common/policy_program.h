// The expressions of a policy, compiled together: conditions and validations may speak of the policy's variables.
//
//   PolicyCompiler compiler({.hasParams = true});
//   compiler.variable("replicas", "object.spec.replicas");
//   PolicyProgram program = compiler.compile("variables.replicas <= 5", ResultTypes::boolean);
//   if (!program.program) …                       // program.error: "compilation failed: ERROR: <input>:1:1: …"
#pragma once

#include <cleat/cel/authorizer.h>
#include <cleat/cel/environment.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::policy {

struct PolicyProgram {
  std::string expression;                       // as it is written
  std::shared_ptr<const cel::Program> program;  // null where there is an error
  std::string error;
  bool isInternal = false;  // an expression that is one, and that nobody can evaluate
};

enum class ResultTypes : uint8_t { any, boolean, text, textOrNull, applyConfiguration, jsonPatch };

// What expressions speak of: whoever evaluates them has to make nothing else.
struct Spoken {
  bool authorizer = false, request = false, namespaceObject = false, variables = false;
};

// What may be spoken of where.
enum class Scope : uint8_t { all, withoutAuthorizer };

class PolicyCompiler {
 public:
  struct Options {
    bool hasParams = false;
    bool mutates = false;                                                 // there are Object{…} and JSONPatch{…}
    cel::TypeRef object = cel::types::dyn(), params = cel::types::dyn();  // where more is known of them
  };
  explicit PolicyCompiler(Options options);

  PolicyProgram compile(std::string_view expression, ResultTypes result, Scope scope = Scope::all);
  // From here on expressions may speak of it.
  PolicyProgram variable(const std::string& name, std::string_view expression);
  // What those that were compiled so far speak of.
  const Spoken& spoken() const { return spoken_; }

 private:
  class Variables;
  cel::Environment environment(Scope scope) const;

  Options options_;
  std::shared_ptr<Variables> variables_;
  Spoken spoken_;
};

struct PolicyVariable {
  std::string name;
  PolicyProgram program;
};

// What the expressions of one policy come to for one request. For one thread.
class PolicyRun {
 public:
  struct Inputs {
    cel::Value object, oldObject, request, params, namespaceObject;
    cel::Value authorizer, resourceCheck;
  };
  // Without the variables where no expression speaks of them.
  PolicyRun(const std::vector<PolicyVariable>& variables, Inputs inputs, bool hasVariables = true);
  PolicyRun(const PolicyRun&) = delete;
  PolicyRun& operator=(const PolicyRun&) = delete;
  ~PolicyRun();

  // An error with upstream's words where it fails: "expression '…' resulted in error: …".
  cel::Value evaluate(const PolicyProgram& program);
  // Everything together has cost more than it may.
  bool outOfBudget() const { return budget_ == 0; }

 private:
  class LazyVariables;
  friend class LazyVariables;
  cel::Value value(const PolicyProgram& program);

  const std::vector<PolicyVariable>& variables_;
  std::array<cel::Value, 8> inputs_;
  std::map<size_t, cel::Value> known_;
  uint64_t budget_;
};

}  // namespace cleat::policy
