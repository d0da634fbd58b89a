// Objects of a few declared fields, as expressions see them: types, and values with only what is there.
//
//   static const cel::TypeRef kType = objectOf("kubernetes.UserInfo", {{"username", cel::types::text()}, …});
//   return Fields().addText("username", user.getName()).make(kType);
#pragma once

#include <capnp/list.h>
#include <cleat/cel/type.h>
#include <cleat/cel/value.h>
#include <cleat/sdk/text.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cleat::policy {

class NamedFields : public cel::ObjectSchema {
 public:
  explicit NamedFields(std::map<std::string, cel::TypeRef, std::less<>> fields) : fields_(std::move(fields)) {}
  std::optional<Field> field(std::string_view name) const override {
    auto found = fields_.find(name);
    if (found == fields_.end()) return std::nullopt;
    return Field{found->second, found->first};
  }

 private:
  std::map<std::string, cel::TypeRef, std::less<>> fields_;
};

inline cel::TypeRef objectOf(const char* name, std::map<std::string, cel::TypeRef, std::less<>> fields) {
  return cel::types::object(name, std::make_shared<NamedFields>(std::move(fields)));
}

// Texts are looked at, not copied: they have to live as long as the value.
class Fields {
 public:
  Fields& add(const char* name, cel::Value value) {
    entries_.emplace_back(cel::Value::text(name), std::move(value));
    return *this;
  }
  Fields& addText(const char* name, capnp::Text::Reader text) {
    return text.size() > 0 ? add(name, cel::Value::text(view(text))) : *this;
  }
  cel::Value make(const cel::TypeRef& type) {
    return cel::Value::map(
        cel::SharedRef<const cel::MapValue>(cel::makeShared<cel::VectorMap>(std::move(entries_), type)));
  }

 private:
  cel::VectorMap::Entries entries_;
};

inline cel::Value textValues(capnp::List<capnp::Text>::Reader all) {
  std::vector<cel::Value> values;
  for (auto each : all) values.push_back(cel::Value::text(view(each)));
  return cel::Value::list(std::move(values));
}

}  // namespace cleat::policy
