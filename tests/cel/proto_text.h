// A reader of protobuf's text format, as far as the conformance files of the language use it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::cel::test {

// A message: its fields in order, each a scalar as it is written (texts unescaped) or a message.
struct ProtoMessage {
  struct Field {
    std::string name;
    std::string scalar;
    std::shared_ptr<ProtoMessage> message;  // null of scalars
  };
  std::vector<Field> fields;

  std::vector<const Field*> all(std::string_view name) const {
    std::vector<const Field*> found;
    for (const Field& field : fields) {
      if (field.name == name) found.push_back(&field);
    }
    return found;
  }
  const ProtoMessage* message(std::string_view name) const {
    auto found = all(name);
    return found.empty() ? nullptr : found[0]->message.get();
  }
  std::string scalar(std::string_view name) const {
    auto found = all(name);
    return found.empty() ? "" : found[0]->scalar;
  }
  bool has(std::string_view name) const { return !all(name).empty(); }
};

// Aborts the test where the file is not what is expected.
ProtoMessage readProtoText(std::string_view text);

}  // namespace cleat::cel::test
