// capnpc-cleat-c: a plugin of the Cap'n Proto compiler. For each schema it writes NAME.h for plain C: where each field
// of each struct is, how large a struct is, what enumerants count, the interfaces' ids and the methods' ordinals. The
// functions that read and write by them are in <cleat/c/wire.h>. What is there already as it is to be is left alone.
//
//   capnp compile --src-prefix=schema -o./capnpc-cleat-c:OUTPUT_FOLDER schema/role/admission.capnp
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <unistd.h>

#include <cctype>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "interface_schema.h"

namespace {

using capnp::schema::CodeGeneratorRequest;
using capnp::schema::Field;
using capnp::schema::Node;
using capnp::schema::Type;
using capnp::schema::Value;

constexpr uint64_t kNamespaceAnnotation = 0xb9c6f99ebf805f2c;  // $Cxx.namespace

// What a field of the type is read by.
const char* accessor(Type::Reader type) {
  switch (type.which()) {
    case Type::BOOL: return "bool";
    case Type::INT8: return "i8";
    case Type::INT16: return "i16";
    case Type::INT32: return "i32";
    case Type::INT64: return "i64";
    case Type::UINT8: return "u8";
    case Type::UINT16:
    case Type::ENUM: return "u16";
    case Type::UINT32: return "u32";
    case Type::UINT64: return "u64";
    case Type::FLOAT32: return "f32";
    case Type::FLOAT64: return "f64";
    case Type::TEXT: return "text";
    case Type::DATA: return "data";
    case Type::LIST: return "list";
    case Type::STRUCT: return "struct";
    default: return nullptr;
  }
}

// A number that a field has when nothing is set, with which it is stored XORed; 0 for all others.
int64_t defaultOf(Value::Reader value) {
  switch (value.which()) {
    case Value::BOOL: return value.getBool();
    case Value::INT8: return value.getInt8();
    case Value::INT16: return value.getInt16();
    case Value::INT32: return value.getInt32();
    case Value::INT64: return value.getInt64();
    case Value::UINT8: return value.getUint8();
    case Value::UINT16: return value.getUint16();
    case Value::UINT32: return value.getUint32();
    case Value::UINT64: return static_cast<int64_t>(value.getUint64());
    case Value::ENUM: return value.getEnum();
    default: return 0;
  }
}

class Writer {
 public:
  explicit Writer(CodeGeneratorRequest::Reader request) {
    for (auto node : request.getNodes()) nodes_.emplace(node.getId(), node);
  }

  void write(CodeGeneratorRequest::RequestedFile::Reader file) const {
    const std::string name = file.getFilename().cStr();
    const std::string base = name.substr(0, name.rfind('.'));
    Node::Reader root = nodes_.at(file.getId());
    std::string guard = "CLEAT_C_" + base + "_H";
    for (char& c : guard) c = std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::toupper(c)) : '_';
    std::ostringstream out;
    out << "/* Generated from " << name << ", which says what everything means. */\n#ifndef " << guard << "\n#define "
        << guard << "\n\n#include <cleat/c/wire.h>\n";
    writeNested(out, prefixOf(root), root);
    out << "\n#endif\n";
    put(base + ".h", out.str());
  }

 private:
  static void put(const std::string& file, const std::string& text) {
    std::ifstream before(file, std::ios::binary);
    std::ostringstream there;
    if (before) there << before.rdbuf();
    if (!before || there.str() != text) std::ofstream(file, std::ios::binary) << text;
  }

  // The last part of the namespace that the schema has in C++.
  static std::string prefixOf(Node::Reader file) {
    for (auto annotation : file.getAnnotations()) {
      if (annotation.getId() != kNamespaceAnnotation) continue;
      const std::string space = annotation.getValue().getText().cStr();
      const size_t colon = space.rfind(':');
      return (colon == std::string::npos ? space : space.substr(colon + 1)) + "_";
    }
    return {};
  }

  void writeNested(std::ostream& out, const std::string& prefix, Node::Reader node) const {
    for (auto nested : node.getNestedNodes()) {
      auto found = nodes_.find(nested.getId());
      if (found == nodes_.end()) continue;
      const std::string name = prefix + nested.getName().cStr();
      switch (found->second.which()) {
        case Node::STRUCT: writeStruct(out, name, found->second); break;
        case Node::ENUM: writeEnum(out, name, found->second); break;
        case Node::INTERFACE: writeInterface(out, name, found->second); break;
        default: break;
      }
      writeNested(out, name + "_", found->second);
    }
  }

  void writeStruct(std::ostream& out, const std::string& name, Node::Reader node) const {
    out << "\n#define " << name << "_shape ((cleat_shape){" << node.getStruct().getDataWordCount() << ", "
        << node.getStruct().getPointerCount() << "})\n";
    std::ostringstream fields;
    writeFields(fields, name, node);
    if (!fields.str().empty()) out << "enum {\n" << fields.str() << "};\n";
  }

  // Those of a group too: it is a part of its struct.
  void writeFields(std::ostream& out, const std::string& name, Node::Reader node) const {
    if (node.getStruct().getDiscriminantCount() > 0) {
      out << "  " << name << "_which = " << node.getStruct().getDiscriminantOffset() << ", /* u16 */\n";
    }
    for (auto field : node.getStruct().getFields()) {
      const std::string called = name + "_" + field.getName().cStr();
      if (field.getDiscriminantValue() != Field::NO_DISCRIMINANT) {
        out << "  " << called << "_is = " << field.getDiscriminantValue() << ", /* of which */\n";
      }
      if (field.isGroup()) {
        writeFields(out, called, nodes_.at(field.getGroup().getTypeId()));
        continue;
      }
      const char* by = accessor(field.getSlot().getType());
      if (!by) continue;
      out << "  " << called << " = " << field.getSlot().getOffset() << ", /* " << by;
      if (const int64_t byDefault = defaultOf(field.getSlot().getDefaultValue()); byDefault != 0) {
        out << ", XORed with " << byDefault;
      }
      out << " */\n";
    }
  }

  static void writeEnum(std::ostream& out, const std::string& name, Node::Reader node) {
    out << "\nenum {\n";
    int number = 0;
    for (auto enumerant : node.getEnum().getEnumerants()) {
      out << "  " << name << "_" << enumerant.getName().cStr() << " = " << number++ << ",\n";
    }
    out << "};\n";
  }

  // Beside the methods its schema, which is the file's only where CLEAT_C_BRINGS(name) puts it.
  void writeInterface(std::ostream& out, const std::string& name, Node::Reader node) const {
    out << "\n#define " << name << "_id UINT64_C(0x" << std::hex << node.getId() << std::dec << ")\nenum {\n";
    int ordinal = 0;
    for (auto method : node.getInterface().getMethods()) {
      out << "  " << name << "_" << method.getName().cStr() << " = " << ordinal++ << ",\n";
    }
    const std::vector<uint64_t> schema = interfaceSchema(nodes_, node);
    out << "};\n#define " << name << "_schema_words " << schema.size() << "\n#define " << name << "_schema" << std::hex;
    for (size_t i = 0; i < schema.size(); ++i) {
      out << (i % 6 == 0 ? " \\\n    " : " ") << "0x" << schema[i] << "u,";
    }
    out << std::dec << "\n";
  }

  NodesById nodes_;
};

}  // namespace

int main() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = uint64_t{1} << 30;
  capnp::StreamFdMessageReader message(STDIN_FILENO, options);
  auto request = message.getRoot<CodeGeneratorRequest>();
  Writer writer(request);
  for (auto file : request.getRequestedFiles()) writer.write(file);
}
