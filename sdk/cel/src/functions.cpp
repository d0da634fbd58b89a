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

namespace {

std::shared_ptr<const FunctionTable> everything(Edition edition) {
  auto table = std::make_shared<FunctionTable>();
  addStandardFunctions(*table, edition);
  addOptionals(*table);
  addStrings(*table, edition);
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
}

}  // namespace

const std::shared_ptr<const FunctionTable>& kubernetesFunctions() {
  static const std::shared_ptr<const FunctionTable> kTable = everything(Edition::kubernetes);
  return kTable;
}

const std::shared_ptr<const FunctionTable>& languageFunctions() {
  static const std::shared_ptr<const FunctionTable> kTable = everything(Edition::language);
  return kTable;
}

}  // namespace cleat::cel
