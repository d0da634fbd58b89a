// The functions that expressions may call: declared with their types, and what they do. Libraries are tables that a
// host puts together; `kubernetesFunctions` has the language's own and what Kubernetes adds.
//
//   FunctionTable table = kubernetesFunctions();
//   table.add("shout", {.id = "shout_string", .params = {types::text()}, .result = types::text(), .run = shout});
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cleat/cel/type.h"
#include "cleat/cel/value.h"

namespace cleat::cel {

// The arguments are of the overload's types, and the function's own: it may take what it wants out of them. None is an
// error.
using Function = Value (*)(std::span<Value> args);

// What a call costs, as upstream counts it. The names say what is gone through.
enum class CostRule : uint8_t {
  one,
  fallback,  // nothing; the second argument is asked for only where the first, an optional, is empty
  authorization,
  listTraversal,
  traversal,   // of the first argument, into a text as long
  scan,        // of the first argument
  scanPrefix,  // startsWith
  twice,       // the first argument and what is made of it
  replace,
  split,
  join,
  find,
  matches,
  contains,
  membership,  // `in` of a list
  comparison,
  concatenation,
  listConcatenation,
  textToBytes,
  bytesToText,
  addressInCidr,
  addressTextInCidr,
  cidrInCidr,
  cidrTextInCidr,
  setProduct,
  setProductTwice,
  format,
  quote,
  validateFormat,
  listSlice,  // from here on: lists made of others (cost_lists.h)
  listRange,
  listReverse,
  listFlatten,
  listDistinct,
  listSort,
  listSortBy,
};

struct Overload {
  std::string id;
  bool isMember = false;
  std::vector<TypeRef> params;
  TypeRef result;
  Function run = nullptr;  // null: the operator says itself what it does
  CostRule cost = CostRule::one;
};

class FunctionTable {
 public:
  using Overloads = std::vector<std::shared_ptr<const Overload>>;

  void add(const std::string& function, Overload overload);
  // Names that stand for types: `net.IP`.
  void addType(TypeRef type);
  const Overloads* find(std::string_view function) const;
  TypeRef findType(std::string_view name) const;  // null where there is none

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, Overloads, Hash, std::equal_to<>> functions_;
  std::unordered_map<std::string, TypeRef, Hash, std::equal_to<>> types_;
};

// Kubernetes keeps what expressions came to when it took the libraries in, and they have gone on since: how numbers are
// written by `format`, what a duration's getMilliseconds counts, reverse() of a text.
enum class Edition : uint8_t { kubernetes, language };

void addStandardFunctions(FunctionTable& table, Edition edition = Edition::kubernetes);
void addOptionals(FunctionTable& table);
void addStrings(FunctionTable& table, Edition edition = Edition::kubernetes);  // charAt, format, join, replace, …
void addLists(FunctionTable& table);                                           // isSorted, sum, min, max, indexOf, …
void addListForms(FunctionTable& table);  // slice, flatten, sort, distinct, lists.range, …
void addSets(FunctionTable& table);
void addRegex(FunctionTable& table);  // find, findAll
void addUrls(FunctionTable& table);
void addAddresses(FunctionTable& table);  // ip, cidr
void addQuantities(FunctionTable& table);
void addSemver(FunctionTable& table);
void addFormats(FunctionTable& table);
void addAuthorizer(FunctionTable& table);
void addTwoVariables(FunctionTable& table);

// What an expression in Kubernetes may call. Made once; any thread may read it.
const std::shared_ptr<const FunctionTable>& kubernetesFunctions();
// The same in the language's own edition, as its conformance tests have it.
const std::shared_ptr<const FunctionTable>& languageFunctions();

}  // namespace cleat::cel
