#include "cleat/cel/functions.h"

namespace cleat::cel {

void FunctionTable::add(const std::string& function, Overload overload) {
  functions_[function].push_back(std::make_shared<const Overload>(std::move(overload)));
}

void FunctionTable::addType(TypeRef type) { types_.emplace(type->name, type); }

const FunctionTable::Overloads* FunctionTable::find(std::string_view function) const {
  auto found = functions_.find(function);
  return found == functions_.end() ? nullptr : &found->second;
}

TypeRef FunctionTable::findType(std::string_view name) const {
  auto found = types_.find(name);
  return found == types_.end() ? nullptr : found->second;
}

const std::shared_ptr<const FunctionTable>& kubernetesFunctions() {
  static const std::shared_ptr<const FunctionTable> kTable = [] {
    auto table = std::make_shared<FunctionTable>();
    addStandardFunctions(*table);
    addOptionals(*table);
    addStrings(*table);
    addLists(*table);
    addListForms(*table);
    addSets(*table);
    addRegex(*table);
    addUrls(*table);
    addAddresses(*table);
    addQuantities(*table);
    addSemver(*table);
    addFormats(*table);
    addAuthorizer(*table);
    addTwoVariables(*table);
    return table;
  }();
  return kTable;
}

}  // namespace cleat::cel
