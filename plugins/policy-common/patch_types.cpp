#include "policy-common/patch_types.h"

namespace cleat::policy {

namespace {

// Fields of objects may be anything; whether they fit is known when they are applied.
class AnyFields : public cel::ObjectSchema {
 public:
  std::optional<Field> field(std::string_view name) const override {
    return Field{cel::types::dyn(), std::string(name)};
  }
};

class JsonPatchFields : public cel::ObjectSchema {
 public:
  std::optional<Field> field(std::string_view name) const override {
    if (name == "op" || name == "path" || name == "from") return Field{cel::types::text(), std::string(name)};
    if (name == "value") return Field{cel::types::dyn(), std::string(name)};
    return std::nullopt;
  }
};

class PatchTypes : public cel::ObjectTypes {
 public:
  cel::TypeRef find(std::string_view name) const override {
    if (name == kJsonPatchType) return jsonPatch_;
    const bool isObject = name == kObjectType || name.starts_with(std::string(kObjectType) + ".");
    return isObject ? cel::types::object(std::string(name), fields_) : nullptr;
  }

 private:
  std::shared_ptr<const cel::ObjectSchema> fields_ = std::make_shared<AnyFields>();
  cel::TypeRef jsonPatch_ = cel::types::object(kJsonPatchType, std::make_shared<JsonPatchFields>());
};

cel::Value escapeKey(std::span<cel::Value> args) {
  std::string out;
  for (char c : args[0].asText()) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return cel::Value::ownText(std::move(out));
}

}  // namespace

const std::shared_ptr<const cel::ObjectTypes>& patchTypes() {
  static const std::shared_ptr<const cel::ObjectTypes> kTypes = std::make_shared<PatchTypes>();
  return kTypes;
}

const std::shared_ptr<const cel::FunctionTable>& mutationFunctions() {
  static const std::shared_ptr<const cel::FunctionTable> kTable = [] {
    auto table = std::make_shared<cel::FunctionTable>(*cel::kubernetesFunctions());
    table->add("jsonpatch.escapeKey", {.id = "string_jsonpatch_escapeKey_string",
                                       .params = {cel::types::text()},
                                       .result = cel::types::text(),
                                       .run = escapeKey});
    return table;
  }();
  return kTable;
}

}  // namespace cleat::policy
