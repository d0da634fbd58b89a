// Whether types fit each other, and what the parameters in them stand for then. Private to the library.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cleat/cel/type.h"

namespace cleat::cel {

class TypeUnifier {
 public:
  TypeRef fresh() { return types::parameter("_var" + std::to_string(count_++)); }
  // The type with parameters of its own in place of those that a declaration has.
  using Renaming = std::unordered_map<std::string, TypeRef>;
  TypeRef instance(const TypeRef& type, Renaming& renaming);

  // Whether a value of `from` may stand where `to` is asked for. What this says of parameters is kept if it may.
  bool assignable(const TypeRef& to, const TypeRef& from);
  bool assignable(const std::vector<TypeRef>& to, const std::vector<TypeRef>& from);

  // The type with what is known put in; what is not becomes dyn where `unknownIsDyn`.
  TypeRef substitute(const TypeRef& type, bool unknownIsDyn) const;

  static const TypeRef& moreGeneral(const TypeRef& a, const TypeRef& b);

 private:
  using Known = std::unordered_map<std::string, TypeRef>;

  template <class Fit>
  bool attempt(Fit fit);
  void learn(const std::string& parameter, TypeRef type);
  TypeRef substitute(const TypeRef& type, bool unknownIsDyn, Known& done) const;
  bool fits(const TypeRef& a, const TypeRef& b);
  bool allFit(const std::vector<TypeRef>& a, const std::vector<TypeRef>& b);
  // Whether `type` may be what `parameter` stands for; `isKnown` says whether it stood for something.
  bool standsFor(const TypeRef& type, const TypeRef& parameter, bool& isKnown);
  bool occursIn(const TypeRef& parameter, const TypeRef& type);

  Known known_;
  std::vector<std::pair<std::string, TypeRef>> learnt_;  // what stood there before; null: nothing
  size_t steps_ = 0;                                     // of the attempt that is under way
  size_t count_ = 0;
};

}  // namespace cleat::cel
