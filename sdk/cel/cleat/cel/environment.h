// What an expression may speak of: variables with their types, functions, types of objects. From it a text becomes a
// program.
//
//   Environment environment(kubernetesFunctions());
//   environment.declare("self", selfType);
//   Compiled compiled = environment.compile("self.replicas <= 3");
//   if (!compiled.program) return compiled.message;   // "ERROR: <input>:1:6: undefined field 'replicas' …"
//   Evaluated evaluated = compiled.program->evaluate(std::array{self}, limits);
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cleat/cel/functions.h"
#include "cleat/cel/parser.h"
#include "cleat/cel/program.h"

namespace cleat::cel {

// Types that expressions make objects of by `Name{field: value}`.
class ObjectTypes {
 public:
  virtual ~ObjectTypes() = default;
  virtual TypeRef find(std::string_view name) const = 0;  // null where there is none
};

struct CheckOptions {
  bool check = true;  // false: names are resolved, and types are met with as they come
  bool oneElementType =
      false;  // lists and maps written out hold values of one type, and literals are what they are taken for
  std::string container;  // names are looked for in it first
};

struct Compiled {
  std::shared_ptr<const Program> program;  // null where there is a message
  std::string message;
  std::vector<Issue> issues;
  bool syntax = false;  // the text is no expression
};

class Environment {
 public:
  explicit Environment(std::shared_ptr<const FunctionTable> functions) : functions_(std::move(functions)) {}

  // Values are given in the order of declaration.
  void declare(std::string name, TypeRef type) { variables_.push_back({std::move(name), std::move(type)}); }
  void setObjectTypes(std::shared_ptr<const ObjectTypes> types) { objects_ = std::move(types); }
  ParseOptions& parsing() { return parsing_; }
  CheckOptions& checking() { return checking_; }

  Compiled compile(std::string_view source) const;

  struct Variable {
    std::string name;
    TypeRef type;
  };
  const std::vector<Variable>& variables() const { return variables_; }
  const FunctionTable& functions() const { return *functions_; }
  const CheckOptions& checking() const { return checking_; }
  TypeRef findObject(std::string_view name) const { return objects_ ? objects_->find(name) : nullptr; }

 private:
  std::shared_ptr<const FunctionTable> functions_;
  std::shared_ptr<const ObjectTypes> objects_;
  std::vector<Variable> variables_;
  ParseOptions parsing_;
  CheckOptions checking_;
};

}  // namespace cleat::cel
