// capnpc-cleat-methods: a plugin of the Cap'n Proto compiler. For each schema with interfaces it writes NAME.methods.h,
// where every method is one constant that knows its interface, ordinal, parameters and results; NAME.role.h, with a
// class per interface whose virtual functions are the methods, for plugins to derive from; and NAME.interface.h, with
// each interface's schema as a plugin's file carries it (cleat/sdk/interface.h). What is there already as it is to be
// is left alone, so that nothing is compiled again for it.
//
//   capnp compile --src-prefix=schema -o./capnpc-cleat-methods:OUTPUT_FOLDER schema/role/runtime.capnp
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <unistd.h>

#include <cctype>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "interface_schema.h"

namespace {

using capnp::schema::CodeGeneratorRequest;
using capnp::schema::Node;

constexpr uint64_t kNamespaceAnnotation = 0xb9c6f99ebf805f2c;  // $Cxx.namespace

// A name of the schema as an identifier of C++: those that are keywords get an underscore.
std::string identifier(const std::string& name) {
  for (const char* keyword : {"default", "delete", "continue", "register", "new", "switch", "export"}) {
    if (name == keyword) return name + "_";
  }
  return name;
}

std::string lowered(std::string name) {
  name[0] = static_cast<char>(std::tolower(name[0]));
  return name;
}

class Writer {
 public:
  explicit Writer(CodeGeneratorRequest::Reader request) {
    for (auto node : request.getNodes()) nodes_.emplace(node.getId(), node);
  }

  void write(CodeGeneratorRequest::RequestedFile::Reader file) const {
    std::ostringstream constants, classes, bodies, schemas;
    std::string name = file.getFilename().cStr();
    Node::Reader root = nodes_.at(file.getId());
    for (auto nested : root.getNestedNodes()) {
      Node::Reader node = nodes_.at(nested.getId());
      if (!node.isInterface()) continue;
      writeConstants(constants, nested.getName().cStr(), node);
      writeClass(classes, bodies, nested.getName().cStr(), node);
      writeSchema(schemas, nested.getName().cStr(), node);
    }
    if (constants.str().empty()) return;
    std::string base = name.substr(0, name.rfind('.'));
    std::string space = namespaceOf(root);
    std::ostringstream methods, role, body, interface;
    methods << "// Generated from " << name << ": its methods.\n#pragma once\n\n"
            << "#include <cleat/schema/" << name << ".h>\n#include <cleat/sdk/method.h>\n\n"
            << "namespace " << space << " {\n"
            << constants.str() << "}  // namespace " << space << "\n";
    role << "// Generated from " << name << ": what a plugin that fills the role overrides.\n"
         << "#pragma once\n\n#include <cleat/schema/" << base
         << ".methods.h>\n#include <cleat/sdk/context.h>\n\nnamespace " << space << " {\n"
         << classes.str() << "}  // namespace " << space << "\n";
    body << "// Generated from " << name << ": the roles' methods as nobody overrides them.\n"
         << "#include <cleat/schema/" << base << ".role.h>\n\nnamespace " << space << " {\n"
         << bodies.str() << "}  // namespace " << space << "\n";
    interface << "// Generated from " << name << ": its interfaces' schemas, as a plugin's file carries them.\n"
              << "#pragma once\n\n#include <cstdint>\n\nnamespace " << space << " {\n"
              << schemas.str() << "}  // namespace " << space << "\n";
    put(base + ".methods.h", methods.str());
    put(base + ".role.h", role.str());
    put(base + ".role.c++", body.str());
    put(base + ".interface.h", interface.str());
  }

 private:
  static void put(const std::string& file, const std::string& text) {
    std::ifstream before(file, std::ios::binary);
    std::ostringstream there;
    if (before) there << before.rdbuf();
    if (!before || there.str() != text) std::ofstream(file, std::ios::binary) << text;
  }

  std::string namespaceOf(Node::Reader file) const {
    for (auto annotation : file.getAnnotations()) {
      if (annotation.getId() == kNamespaceAnnotation) return annotation.getValue().getText().cStr();
    }
    return {};
  }

  // The C++ type of a method's parameters or results: "void" where there are none.
  std::string typeOf(uint64_t id) const {
    Node::Reader node = nodes_.at(id);
    if (node.getScopeId() == 0 && node.getStruct().getFields().size() == 0) return "void";
    std::string name = node.getDisplayName().cStr();
    name = name.substr(node.getDisplayNamePrefixLength());
    uint64_t scope = node.getScopeId();
    while (!nodes_.at(scope).isFile()) {
      Node::Reader outer = nodes_.at(scope);
      name = std::string(outer.getDisplayName().cStr()).substr(outer.getDisplayNamePrefixLength()) + "::" + name;
      scope = outer.getScopeId();
    }
    return "::" + namespaceOf(nodes_.at(scope)) + "::" + name;
  }

  void writeConstants(std::ostream& out, const std::string& name, Node::Reader node) const {
    out << "\nnamespace " << lowered(name) << " {\n";
    uint16_t ordinal = 0;
    for (auto method : node.getInterface().getMethods()) {
      out << "inline constexpr ::cleat::Method<" << typeOf(method.getParamStructType()) << ", "
          << typeOf(method.getResultStructType()) << "> " << identifier(method.getName().cStr()) << "{{0x" << std::hex
          << node.getId() << std::dec << ", " << ordinal++ << "}};\n";
    }
    out << "}  // namespace " << lowered(name) << "\n";
  }

  // The class's declaration, and apart from it the bodies: who includes the one does not compile the other.
  void writeClass(std::ostream& out, std::ostream& bodies, const std::string& name, Node::Reader node) const {
    const std::string task = "::cleat::Task<::cleat::Result<void>> ", role = name + "Role";
    std::ostringstream served;
    out << "\nclass " << role << " {\n public:\n  virtual ~" << role << "() = default;\n\n";
    for (auto method : node.getInterface().getMethods()) {
      const std::string called = identifier(method.getName().cStr());
      const std::string constant = lowered(name) + "::" + called;
      std::string params = typeOf(method.getParamStructType());
      params = params == "void" ? "" : params + "::Reader";
      const std::string call = "::cleat::Call<" + typeOf(method.getResultStructType()) + ">&";
      const std::string taken = "(" + params + (params.empty() ? "" : ", ") + call + ")";
      out << "  virtual " << task << called << taken << ";\n";
      bodies << task << role << "::" << called << taken << " {\n  return ::cleat::detail::absentMethod(" << constant
             << ");\n}\n";
      served << "  context.serve(" << constant << ", [this](" << params << (params.empty() ? "" : " params, ") << call
             << " call) { return this->" << called << "(" << (params.empty() ? "" : "params, ") << "call); });\n";
    }
    out << "\n protected:\n  void serveMethods(::cleat::Context& context);\n};\n";
    bodies << "void " << role << "::serveMethods(::cleat::Context& context) {\n" << served.str() << "}\n";
  }

  // The interface with everything that its methods take and give.
  void writeSchema(std::ostream& out, const std::string& name, Node::Reader node) const {
    out << "\nnamespace " << lowered(name) << " {\ninline constexpr uint64_t kSchema[] = {" << std::hex;
    size_t i = 0;
    for (const uint64_t word : interfaceSchema(nodes_, node)) {
      out << (i == 0 ? "" : ",") << (i % 6 == 0 ? "\n    " : " ") << "0x" << word << "u";
      ++i;
    }
    out << std::dec << "};\n}  // namespace " << lowered(name) << "\n";
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
